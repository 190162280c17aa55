"""Serves a recording again: the bytes as they were, in the same chunks, after the same pauses, with the same ends.

The k-th request of a listener gets the k-th connection of the capture (see `Turns`), whatever its path, query, method
and Last-Event-ID: what was recorded is not made to fit. A listener is who asks from one address, with one User-Agent,
for one path, so that every path is a session of its own; `?connection=N` asks for one connection, out of turn.

Not as it was: the time between two connections, which is the client's (`retry` fields and `Retry-After` say what they
said, at any speed); what an attempt met below HTTP (refused, unreachable, dns, tls), which is accepted and reset; the
body of a response that was no event stream, which is empty. A connection that stalled or timed out falls silent until
the client leaves. One that the user or the end of the session cut ends cleanly, as does one whose end the capture does
not hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Self
from urllib.parse import parse_qsl

from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.server.answers import Answer, Headers, preflight, told
from sse_inspect.server.http import HttpConnection, Request
from sse_inspect.server.listener import Listener
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.origins import Origins
from sse_inspect.server.page import page
from sse_inspect.server.recording import Exchange, Head, Recording
from sse_inspect.server.turns import Turns

PATIENCE = 3600.0
"""Seconds that a client may take nothing: one that is held at a breakpoint takes nothing either."""
BATCH_CHUNKS = 64
BATCH_BYTES = 256 * 1024
"""Chunks that are due, and bytes of them, that are sent before anybody else gets a turn."""


class ReplayServer(Listener):
    """Serves `recording` at `speed` times its own; infinity leaves out all pauses.

    Behind the last connection a request is told to stop (204), unless with `loop`, or where the capture ends with a 204
    of its own or is of a request that is not repeated. `origins` are those of pages that may read it beside loopback's.
    `name` is what the page at `/` calls the capture; `tell` gets a sentence where the capture turns out to be damaged.
    """

    def __init__(
        self,
        recording: Recording,
        options: ServerOptions | None = None,
        *,
        speed: float = 1.0,
        loop: bool = False,
        origins: tuple[str, ...] = (),
        name: str = "",
        tell: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        super().__init__(options or ServerOptions(write_timeout=PATIENCE))
        self._recording = recording
        self._speed = speed
        self._origins = Origins(origins)
        self._tell = tell
        last = recording.exchange(recording.exchange_count - 1).head
        stops = recording.is_repeated and not loop and not (last and last.status == 204)
        self._turns = Turns(recording.exchange_count, stops=stops)
        self._pages = {
            "/": page(recording, name or recording.path.name, speed),
            "/health": told(200, "ok"),
            "/favicon.ico": told(404, "There is no icon."),
        }

    async def respond(self, http: HttpConnection, request: Request) -> None:
        """Answer with a page, or with the connection whose turn it is."""
        http.standing = self._origins.headers(request.headers)
        wants_stream = "text/event-stream" in request.headers.get("accept", "")
        if request.method == "OPTIONS":
            # Whatever fields the page wants to send: they change nothing.
            await http.answer(preflight(request.headers.get("access-control-request-headers", "")))
        elif request.path in self._pages and not wants_stream:
            await http.answer(self._pages[request.path])
        else:
            try:
                await self._replay(http, request)
            except UsageError as error:
                await http.answer(told(400, str(error)))
            except CaptureError as error:
                self._tell(str(error))
                await http.reset()

    async def _replay(self, http: HttpConnection, request: Request) -> None:
        recording = self._recording
        asked = _asked_for(request.query, recording.exchange_count)
        if request.method == "HEAD":
            await _begin(http, recording.exchange(asked or 0).head or Head(204, (), 0.0))
            await http.end()
            return
        who = (http.peer, request.headers.get("user-agent", ""), request.path)
        index = self._turns.take(who) if asked is None else asked
        if index is None:
            await http.answer(Answer(204))
            return
        exchange = recording.exchange(index)
        async with _Audience(http, self._speed) as audience:
            await _perform(audience, exchange, recording.chunks(index))
            if asked is None:
                self._turns.served(who, index)
            await _close(audience, exchange)


class _Audience:
    """A client that is being served: waits with it by one clock, so that no pause makes the next one late."""

    def __init__(self, http: HttpConnection, speed: float) -> None:
        self.http = http
        self._speed = speed
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        self.begin()
        self.gone = asyncio.create_task(self.http.until_gone())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gone.cancel()
        await asyncio.gather(self.gone, return_exceptions=True)

    def begin(self) -> None:
        """Set the clock to 0."""
        self._began = self._loop.time()

    def is_due(self, t: float) -> bool:
        """Whether what was recorded `t` seconds after the beginning is to be sent now."""
        return self._began + t / self._speed <= self._loop.time()

    async def until(self, t: float) -> None:
        """Wait for that moment; raises ConnectionResetError once the client is gone."""
        wait = self._began + t / self._speed - self._loop.time()
        if wait > 0:
            await asyncio.wait([self.gone], timeout=wait)
        if self.gone.done():
            raise ConnectionResetError


async def _perform(audience: _Audience, exchange: Exchange, chunks: Iterator[tuple[float, bytes]]) -> None:
    """All of an exchange but its end."""
    http, head = audience.http, exchange.head
    if head is None:
        return
    await audience.until(head.delay)
    await _begin(http, head)
    audience.begin()
    due: list[bytes] = []
    size = 0
    for t, data in chunks:
        if due and (not audience.is_due(t) or len(due) == BATCH_CHUNKS or size > BATCH_BYTES):
            await http.send_chunks(due, apart=True)
            await asyncio.sleep(0)
            due, size = [], 0
        await audience.until(t)
        due.append(data)
        size += len(data)
    await http.send_chunks(due, apart=True)
    if exchange.closing != "silence":
        await audience.until(exchange.closed)


async def _begin(http: HttpConnection, head: Head) -> None:
    exposed = ", ".join(dict.fromkeys(name for name, _ in head.headers))
    common: Headers = (("Access-Control-Expose-Headers", exposed), ("Connection", "close"))
    await http.begin((*head.headers, *common), head.status)


async def _close(audience: _Audience, exchange: Exchange) -> None:
    match exchange.closing:
        case "complete":
            await audience.http.end()
        case "reset":
            await audience.http.reset()
        case "silence":
            await audience.gone
        case "truncated":
            pass  # the connection is closed without a word


def _asked_for(query: str, count: int) -> int | None:
    """The index of the connection that the query names; raises UsageError for one that is not there."""
    texts = [text for name, text in parse_qsl(query) if name == "connection"]
    if not texts:
        return None
    number = int(texts[-1]) if texts[-1].isascii() and texts[-1].isdecimal() and len(texts[-1]) < 10 else 0
    if not 1 <= number <= count:
        raise UsageError("connection", f"takes a number from 1 to {count}, in the order of the capture.")
    return number - 1
