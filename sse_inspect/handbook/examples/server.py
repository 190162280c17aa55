"""An event stream: pip install fastapi uvicorn; python server.py."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

# Seconds without an event until a comment is sent.
HEARTBEAT = float(os.environ.get("HEARTBEAT", "10"))
# Events kept: their rate times the longest outage to survive.
HISTORY = int(os.environ.get("HISTORY", "10000"))
# Seconds between the events of this example.
EVERY = float(os.environ.get("EVERY", "1"))

HEADERS = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}


class Feed:
    """Numbered events, the latest of which are kept.

    A client is no more than a position in them, so that slow ones cost
    nothing.
    """

    def __init__(self) -> None:
        # IDs count on from the time, so that they grow over restarts too.
        self.newest = time.time_ns() // 1_000_000
        self.kept: dict[int, str] = {}
        self.news = asyncio.Event()
        self.clients = 0

    def publish(self, data: object) -> None:
        self.newest += 1
        # JSON has no line breaks: one data line is enough.
        lines = f"event: tick\ndata: {json.dumps(data)}\n\n"
        self.kept[self.newest] = f"id: {self.newest}\n{lines}"
        self.kept.pop(self.newest - HISTORY, None)
        self.news.set()
        self.news = asyncio.Event()

    async def stream(self, asked: str) -> AsyncIterator[str]:
        position = self.newest
        if asked:
            is_id = re.fullmatch("[0-9]{1,16}", asked)
            position = int(asked) if is_id else -1
        self.clients += 1
        try:
            # At once, so that client and proxies see the stream live.
            yield "retry: 2000\n: connected\n"
            while True:
                oldest = self.newest - len(self.kept) + 1
                if not oldest - 1 <= position <= self.newest:
                    # What this client needs next is not kept: say so.
                    there = {"oldest": oldest, "newest": self.newest}
                    yield f"event: reset\ndata: {json.dumps(there)}\n\n"
                    position = oldest - 1
                elif position < self.newest:
                    position += 1
                    # Goes on once the client has taken it.
                    yield self.kept[position]
                else:
                    try:
                        await asyncio.wait_for(self.news.wait(), HEARTBEAT)
                    except TimeoutError:
                        # No blank line: that would end an event.
                        yield ": heartbeat\n"
        finally:
            # Also when the client has left: the wait is cancelled then.
            self.clients -= 1


async def produce(feed: Feed) -> None:
    while True:
        await asyncio.sleep(EVERY)
        feed.publish({"at": time.time()})


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.feed = Feed()
    producer = asyncio.create_task(produce(app.state.feed))
    yield
    producer.cancel()


app = FastAPI(lifespan=lifespan)


@app.get("/events")
async def events(request: Request) -> StreamingResponse:
    asked = request.headers.get("last-event-id")
    asked = asked or request.query_params.get("last_event_id") or ""
    return StreamingResponse(
        app.state.feed.stream(asked),
        media_type="text/event-stream",
        headers=HEADERS,
    )


@app.get("/state")
async def state() -> dict[str, int]:
    """What a client begins with, and again after a reset.

    It holds everything up to this ID.
    """
    feed = app.state.feed
    return {"id": feed.newest, "clients": feed.clients}


if __name__ == "__main__":
    # Streams have no end: at a shutdown they are cut after a second.
    uvicorn.run(
        app,
        port=int(os.environ.get("PORT", "8000")),
        timeout_graceful_shutdown=1,
        log_level="warning",
    )
