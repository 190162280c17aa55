"""Events by aiohttp-sse as an application writes them: `/feed` replays from a ring, `/idle` only pings."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp_sse import sse_response

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


async def producing(_: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(produce())
    yield
    task.cancel()


async def behind(position: int) -> None:
    """Wait for an event behind that position."""
    async with NEWS:
        await NEWS.wait_for(lambda: RING and RING[-1] > position)


async def feed(request: web.Request) -> web.StreamResponse:
    async with sse_response(request, ping_interval=1) as response:
        newest = RING[-1] if RING else 0
        asked = response.last_event_id or request.query.get("last_event_id") or ""
        position = int(asked) if asked.isdigit() and int(asked) <= newest else newest
        while response.is_connected():
            await behind(position)
            for n in [each for each in RING if each > position]:
                position = n
                await response.send(json.dumps({"n": n, "since": SINCE}), id=str(n), event="tick")
    return response


async def idle(request: web.Request) -> web.StreamResponse:
    async with sse_response(request, ping_interval=1) as response:
        await response.wait()
    return response


app = web.Application()
app.cleanup_ctx.append(producing)
app.router.add_get("/feed", feed)
app.router.add_get("/idle", idle)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
