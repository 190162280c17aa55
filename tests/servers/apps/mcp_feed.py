"""An MCP server over streamable HTTP with an event store: `count` answers with progress, `feed` begins notifications.

What `feed` begins comes on the stream of the session itself (GET), ten a second, until the session ends.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp_types import JSONRPCMessage

FEEDS: set[asyncio.Task[None]] = set()


class Memory(EventStore):
    """Event IDs are the name of the stream, a dash, and a count within it."""

    def __init__(self) -> None:
        self.streams: dict[str, list[JSONRPCMessage | None]] = {}

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        stream = self.streams.setdefault(stream_id, [])
        stream.append(message)
        return f"{stream_id}-{len(stream)}"

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        stream_id, _, last = last_event_id.rpartition("-")
        stream = self.streams.get(stream_id, [])
        if not last.isdigit() or int(last) > len(stream):
            return None
        position = int(last)
        while position < len(stream):  # more may come while these are sent
            message = stream[position]
            position += 1
            if message is not None:
                await send_callback(EventMessage(message, f"{stream_id}-{position}"))
        return stream_id


server = MCPServer("feed")


@server.tool()
async def count(n: int, ctx: Context) -> str:
    """Counts to n, ten a second, with a notification of progress each."""
    for number in range(1, n + 1):
        await ctx.report_progress(number, n)
        await asyncio.sleep(0.1)
    return f"counted to {n}"


@server.tool()
async def feed(ctx: Context) -> str:
    """Begins notifications on the session's own stream."""
    session = ctx.session

    async def notify() -> None:
        number = 0
        while True:
            number += 1
            await session.send_log_message("info", {"n": number})
            await asyncio.sleep(0.1)

    task = asyncio.create_task(notify())
    FEEDS.add(task)
    return "begun"


app = server.streamable_http_app(event_store=Memory(), retry_interval=400)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=1)
