"""Events by sse-starlette as an application writes them.

`/feed` replays from a ring, `/forgetful` does not, `/idle` only pings.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

RING: deque[int] = deque(maxlen=1000)
NEWS = asyncio.Condition()
SINCE = time.time()
"""Tells the events of one life of the server from those of another."""


async def produce() -> None:
    n = 0
    while True:
        n += 1
        async with NEWS:
            RING.append(n)
            NEWS.notify_all()
        await asyncio.sleep(0.1)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    task = asyncio.create_task(produce())
    yield
    task.cancel()


async def behind(position: int) -> None:
    """Wait for an event behind that position."""
    async with NEWS:
        await NEWS.wait_for(lambda: RING and RING[-1] > position)


async def after(position: int) -> AsyncIterator[ServerSentEvent]:
    while True:
        await behind(position)
        for n in [each for each in RING if each > position]:
            position = n
            yield ServerSentEvent(json.dumps({"n": n, "since": SINCE}), id=str(n), event="tick")


async def feed(request: Request) -> EventSourceResponse:
    newest = RING[-1] if RING else 0
    asked = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or ""
    known = asked.isdigit() and int(asked) <= newest
    return EventSourceResponse(after(int(asked) if known else newest), ping=1)


async def forgetful(_: Request) -> EventSourceResponse:
    return EventSourceResponse(after(RING[-1] if RING else 0), ping=1)


async def idle(_: Request) -> EventSourceResponse:
    async def nothing() -> AsyncIterator[ServerSentEvent]:
        await asyncio.Event().wait()
        yield ServerSentEvent()

    return EventSourceResponse(nothing(), ping=1)


app = Starlette(
    routes=[Route("/feed", feed), Route("/forgetful", forgetful), Route("/idle", idle)],
    lifespan=lifespan,
)
