"""The reference server: streams that behave, or misbehave on request.

Every path but `/` and `/health` is an event stream; `Behaviour` lists what a request can ask of it, the page at
`/` shows that to people. A stream runs from its first request on, so that an outage misses events which only replay
brings back. A request that names an ID gets everything after it, as far as the buffer reaches, and is told in the
header `X-Replay`: `complete`; `incomplete`, the ID has left the buffer and the body begins with what is held; `none`,
the stream has not used that ID and only new events come. In the last two cases the body begins with a comment and
an event `replay-incomplete` without an ID, whose data is JSON: `last_event_id`, `reason`, `first_id`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from math import inf
from typing import Any
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
from sse_inspect.server.http import HttpConnection, Request
from sse_inspect.server.listener import Listener
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.script import Action, Step
from sse_inspect.server.streams import Stream, Streams

# Waking for each event costs more than sending it; so many seconds of them go out together.
_LEAST_REST = 0.002
_FIELDS = "Last-Event-ID, Cache-Control, Authorization, Content-Type"
_REMEMBERED = ("Access-Control-Max-Age", "600")


class ReferenceServer(Listener):
    """Serves streams that are made up as they are asked for."""

    def __init__(self, options: ServerOptions | None = None) -> None:
        super().__init__(options or ServerOptions())
        self.streams = Streams(
            seed=self.options.seed,
            most=self.options.max_streams,
            linger=self.options.linger,
            scripts=self.options.scripts,
        )
        self._pages = {
            "/": index(self.options.defaults),
            "/health": told(200, "ok"),
            "/favicon.ico": told(404, "There is no icon."),
        }

    def url(self, path: str = "/", **parameters: Any) -> str:
        """The address of `path` with query parameters as `Behaviour` names them; raises UsageError for others.

        Values are Python's or texts: `close_after=3`, `close_after="5s"`, `drop=[4, (8, 9)]`, `ids=False`.
        """
        texts = spell(parameters)
        Behaviour.from_texts(texts, self.options.defaults)
        return f"{self.address}{quote(path)}" + ("?" + urlencode(texts) if texts else "")

    def act(self, path: str, action: Action) -> None:
        """Make something happen to a stream now; raises KeyError if there is none at `path`."""
        stream = self.streams[path]
        stream.schedule(Step(time.monotonic() - stream.created, action))

    async def respond(self, http: HttpConnection, request: Request) -> None:
        """Answer with a page, a stream, or what stands for one."""
        page = self._pages.get(request.path)
        if request.method == "OPTIONS":
            await http.answer(preflight(_FIELDS, _REMEMBERED))
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
