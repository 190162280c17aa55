"""One attempt: a request, its response, its body, its end; told as inputs, stamped when they happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from sse_inspect.inputs import Chunk, Connected, Ended, Heard, Input, Opened
from sse_inspect.net.client import Client, head_of, head_of_proxy
from sse_inspect.net.decoding import decoder_for
from sse_inspect.net.disconnects import classify
from sse_inspect.net.excerpt import excerpt
from sse_inspect.net.failures import InjectedError
from sse_inspect.net.line import STAMPED_AHEAD, Line
from sse_inspect.net.route import RefusedByProxyError
from sse_inspect.session.last_event_id import Sent
from sse_inspect.session.outcome import Accept, judge_head

ROOM_BYTES = 1 << 25
"""Bytes that may wait to be handled before no more are taken up: what follows waits as it came, stamped too."""
ROOM_CHUNKS = 1 << 16
"""Chunks of which the same is true: small ones take much more memory than their bytes."""
PIECE = 1 << 16
"""Bytes that are handled at once, in about as long as the loop can do without a turn."""
MISTAKES = (AttributeError, NameError, TypeError)
"""What this program gets wrong, whatever the network brings: it must not be told as the network's failure."""

_OF_SPOILED_BYTES = frozenset({"protocol", "truncated", "encoding"})


class Attempt:
    """Runs as a task; `emit` gets the inputs of this attempt, and is not called once it was abandoned.

    What is heard without content is told at once only while `awaited()`; else `heard_at` says when there was some.
    `failed` gets what should never happen: a mistake of this program's, which must not look like silence. While more
    than `ahead` bytes wait to be taken up reading pauses, and TCP with it.
    """

    def __init__(
        self,
        client: Client,
        connection: int,
        sent: Sent,
        *,
        clock: Callable[[], float],
        emit: Callable[[int, Input], None],
        awaited: Callable[[], bool],
        failed: Callable[[BaseException], None],
        ahead: int = STAMPED_AHEAD,
    ) -> None:
        self.connection = connection
        self._client = client
        self._clock = clock
        self._emit = emit
        self._failed = failed
        self._sent = sent
        self._line = Line(
            clock,
            on_connected=lambda t, peer: self._tell(Connected(t, peer)),
            on_heard=lambda t: self._tell(Heard(t)),
            awaited=awaited,
            ahead=ahead,
        )
        self.waiting = 0
        """Bytes that were emitted and have not been handled."""
        self._chunks = 0
        self._room = asyncio.Event()
        self._room.set()
        self._opened = False
        self._task = asyncio.create_task(self._run(), name=f"attempt {connection}")
        self._task.add_done_callback(self._done)

    @property
    def heard_at(self) -> float | None:
        """When bytes of the response came last; None while there is no connection."""
        return self._line.last_read_at if self._line.stands else None

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be handled that nothing more is taken up."""
        return self.waiting >= ROOM_BYTES or self._chunks >= ROOM_CHUNKS

    @property
    def behind(self) -> int:
        """Bytes that were received and have not been handled."""
        return self.waiting + sum(connection.waiting for connection in self._line.connections)

    @property
    def is_paused(self) -> bool:
        """Whether so much waits that nothing more is read."""
        return any(connection.paused for connection in self._line.connections)

    def taken(self, size: int, chunks: int) -> None:
        """`size` bytes that were emitted in so many chunks have been handled."""
        self.waiting -= size
        self._chunks -= chunks
        if not self.is_full:
            self._room.set()

    def cut(self, detail: str, *, reset: bool) -> None:
        """End it on purpose, after whatever has been received."""
        if self._task.done():
            return
        self._line.resets = reset
        self._task.cancel()
        self._tell(Ended(self._clock(), "forced", detail, self._line.responded))

    async def abandon(self) -> None:
        """End it without another word, and wait until its connection is closed."""
        self._task.cancel()
        await asyncio.wait([self._task])

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failed(failure)

    def _tell(self, happened: Input) -> None:
        self._emit(self.connection, happened)

    async def _run(self) -> None:
        try:
            response = await self._client.open(self._line, self._sent)
            try:
                await self._read(response)
            finally:
                await response.aclose()
        except InjectedError as error:
            self._tell(Ended(self._clock(), "forced", str(error), self._line.responded))
        except RefusedByProxyError as error:
            self._tell(Opened(self._clock(), head_of_proxy(error.head), self._line.timings(), self._line.peer))
        except MISTAKES:
            raise
        except Exception as error:  # noqa: BLE001 whatever a library raises is the end of this attempt, and is told
            reason, detail = classify(error, opened=self._opened, stood=self._line.stands)
            if self._line.spoiled and reason in _OF_SPOILED_BYTES:
                reason, detail = "forced", f"bytes were spoiled on purpose: {detail}"
            self._tell(Ended(self._clock(), reason, detail, self._line.responded))
        finally:
            self._line.close()

    async def _read(self, response: httpx.Response) -> None:
        line = self._line
        head, t = head_of(response), line.last_read_at or self._clock()
        is_stream = isinstance(judge_head(head, datetime.now(UTC)), Accept)
        if line.spoiled and not is_stream:
            raise InjectedError("bytes were spoiled on purpose: the head of the response is none of an event stream")
        self._opened = True
        if not is_stream:
            head = replace(head, excerpt=await excerpt(response, head))
        self._tell(Opened(t, head, line.timings(), line.peer))
        if not is_stream:
            return
        decoder = decoder_for(head.headers.get("content-encoding", ""))
        async for part in response.aiter_raw():
            size = len(part)
            for number, plain in enumerate(decoder.decode(part)):
                if number:  # a bomb must not keep what comes from being stamped
                    await asyncio.sleep(0)
                for at in range(0, len(plain), PIECE):
                    await self._hand_on(plain[at : at + PIECE], size)
                    size = 0
            if size:  # a sign of life, though nothing to read yet
                await self._hand_on(b"", size)
        decoder.finish()
        framed = "content-length" in head.headers or "transfer-encoding" in head.headers or head.http_version == "2"
        detail = "the server closed the stream" if framed else "closed without framing: truncation cannot be known"
        self._tell(Ended(self._clock(), "eof", detail, responded=True))

    async def _hand_on(self, plain: bytes, wire_size: int) -> None:
        """Tell of bytes, and wait while too many are waiting."""
        self.waiting += len(plain)
        self._chunks += 1
        self._tell(Chunk(self._line.last_read_at, plain, wire_size))
        if self.is_full:
            self._room.clear()
            await self._room.wait()
