"""The reference server: real sockets in front of streams that behave, or misbehave on request.

Every path but `/` and `/health` is an event stream; `Behaviour` lists what a request can ask of it, the page at
`/` shows that to people. A stream runs from its first request on, so that an outage misses events which only replay
brings back. A request that names an ID gets everything after it, as far as the buffer reaches, and is told in the
header `X-Replay`: `complete`; `incomplete`, the ID has left the buffer and the body begins with what is held; `none`,
the stream has not used that ID and only new events come. In the last two cases the body begins with a comment and
an event `replay-incomplete` without an ID, whose data is JSON: `last_event_id`, `reason`, `first_id`.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from contextlib import suppress
from math import inf
from typing import Any, Self
from urllib.parse import quote, urlencode

from sse_inspect.errors import UsageError
from sse_inspect.server.answers import (
    METHODS,
    Headers,
    index,
    instead_of_stream,
    not_allowed,
    preflight,
    redirect,
    told,
)
from sse_inspect.server.behaviour import Behaviour, spell
from sse_inspect.server.delivery import Delivery, Finish, Write
from sse_inspect.server.http import BadRequestError, HttpConnection, Request
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.script import Action, Step
from sse_inspect.server.streams import Stream, Streams

# Waking for each event costs more than sending it; so many seconds of them go out together.
_LEAST_REST = 0.002
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound to


class ReferenceServer:
    """Serves while its `async with` block runs. Raises UsageError for an address that cannot be listened on."""

    def __init__(self, options: ServerOptions | None = None) -> None:
        self.options = options or ServerOptions()
        self.host = self.options.host
        self.port = self.options.port
        self.streams = Streams(
            seed=self.options.seed,
            most=self.options.max_streams,
            linger=self.options.linger,
            scripts=self.options.scripts,
        )
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._pages = {
            "/": index(self.options.defaults),
            "/health": told(200, "ok"),
            "/favicon.ico": told(404, "There is no icon."),
        }

    async def __aenter__(self) -> Self:
        listening = _listening(self.host, self.port)
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listening, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for client in self._clients:
                client.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def url(self, path: str = "/", **parameters: Any) -> str:
        """The address of `path` with query parameters as `Behaviour` names them; raises UsageError for others.

        Values are Python's or texts: `close_after=3`, `close_after="5s"`, `drop=[4, (8, 9)]`, `ids=False`.
        """
        texts = spell(parameters)
        Behaviour.from_texts(texts, self.options.defaults)
        host = _ANY_ADDRESS.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}{quote(path)}" + ("?" + urlencode(texts) if texts else "")

    def act(self, path: str, action: Action) -> None:
        """Make something happen to a stream now; raises KeyError if there is none at `path`."""
        stream = self.streams[path]
        stream.schedule(Step(time.monotonic() - stream.created, action))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving() or len(self._clients) >= self.options.max_connections:
            writer.transport.abort()
            return
        client = asyncio.create_task(self._serve(HttpConnection(reader, writer, self.options)))
        self._clients.add(client)
        client.add_done_callback(self._gone)

    def _gone(self, client: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        if not client.cancelled() and (bug := client.exception()) is not None:
            client.get_loop().call_exception_handler({"message": "A connection failed.", "exception": bug})

    async def _serve(self, http: HttpConnection) -> None:
        in_order = False
        try:
            await self._converse(http)
            in_order = True
        except OSError:
            pass  # the client is gone, or takes nothing: nobody is left to tell
        finally:
            await http.close(flush=in_order)

    async def _converse(self, http: HttpConnection) -> None:
        try:
            while (request := await http.next_request()) is not None:
                await self._respond(http, request)
        except BadRequestError as error:
            await http.answer(error.answer)
            await http.part()

    async def _respond(self, http: HttpConnection, request: Request) -> None:
        page = self._pages.get(request.path)
        if request.method == "OPTIONS":
            await http.answer(preflight())
        elif request.method not in (("GET", "HEAD") if page else ("GET", "HEAD", "POST")):
            await http.answer(not_allowed("GET, HEAD, OPTIONS" if page else METHODS))
        elif page:
            await http.answer(page)
        else:
            await self._respond_with_stream(http, request)

    async def _respond_with_stream(self, http: HttpConnection, request: Request) -> None:
        try:
            behaviour = Behaviour.from_query(request.query, self.options.defaults)
        except UsageError as error:
            await http.answer(told(400, str(error)))
            return
        if behaviour.redirect:
            await http.answer(redirect(request.target, behaviour))
            return
        if request.method == "HEAD":
            await http.begin(_headers(behaviour, ""))
            await http.end()
            return
        now = time.monotonic()
        stream = self.streams.request(request.path, behaviour, now)
        if stream is None:
            await http.answer(told(503, f"There are {self.options.max_streams} streams already; try one of them."))
            return
        if conflict := behaviour.schedule_conflict(stream.behaviour, request.query):
            await http.answer(told(409, conflict))
            return
        stream.counts.requests += 1
        last_event_id = request.headers.get("last-event-id") or behaviour.last_event_id
        t = now - stream.created
        answer = instead_of_stream(stream, behaviour, last_event_id, t, time.time())
        if answer is not None:
            stream.counts.refused += 1
            await http.answer(answer)
            return
        stream.counts.connections += 1
        if behaviour.once and stream.counts.connections > 1:
            behaviour = behaviour.without_faults()
        stream.counts.open += 1
        try:
            await _send_stream(http, stream, behaviour, Delivery(stream, behaviour, last_event_id, t))
        except TimeoutError:
            stream.counts.too_slow += 1
            raise
        finally:
            stream.counts.open -= 1
            stream.last_used = time.monotonic()


async def _send_stream(http: HttpConnection, stream: Stream, behaviour: Behaviour, delivery: Delivery) -> None:
    attention = asyncio.Event()
    gone = asyncio.create_task(http.until_gone())
    gone.add_done_callback(lambda _: attention.set())
    stream.wakers.add(attention.set)
    try:
        await _rest(attention, behaviour.head_delay)
        await http.begin(_headers(behaviour, delivery.resume.replay))
        while not gone.done():
            attention.clear()
            outputs = delivery.poll(time.monotonic() - stream.created)
            chunks = [output.data for output in outputs if isinstance(output, Write)]
            await http.send_chunks(chunks, apart=behaviour.chunks_per_event > 1)
            if outputs and isinstance(last := outputs[-1], Finish):
                await _finish(http, last)
                return
            await _rest(attention, delivery.deadline() - (time.monotonic() - stream.created))
    finally:
        stream.wakers.discard(attention.set)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _rest(attention: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, _LEAST_REST) if seconds < inf else None):
            await attention.wait()


async def _finish(http: HttpConnection, finish: Finish) -> None:
    match finish.how:
        case "complete":
            await http.end()
        case "reset":
            await http.reset()
        case "truncated":
            pass  # the connection is closed without a word


def _headers(behaviour: Behaviour, replay: str) -> Headers:
    content_type = behaviour.content_type + (f"; charset={behaviour.charset}" if behaviour.charset else "")
    return (
        ("Content-Type", content_type),
        ("Cache-Control", "no-cache, no-transform"),
        ("X-Accel-Buffering", "no"),
        ("Connection", "close"),
        *([("X-Replay", replay)] if replay else []),
    )


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise UsageError("--port", f"takes a number from 0 to 65535, not {port}.")
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except (OSError, UnicodeError) as error:
        listening.close()
        reason = getattr(error, "errno", None)
        if reason == errno.EADDRINUSE:
            raise UsageError("--port", f"{port} is taken by another program; 0 takes a free one.") from error
        if reason == errno.EACCES:
            raise UsageError("--port", f"{port} is not allowed for this user; 0 takes a free one.") from error
        raise UsageError("--host", f"{host!r} is no address of this machine.") from error
    return listening
