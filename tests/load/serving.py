"""A server that sends each event to all its clients, makes faults that are planned, and counts what it made.

`python -m tests.load.serving RATE SECONDS` runs it alone; it tells its URL first, in the end what it made, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
RESET = struct.pack("ii", 1, 0)
_LAST_EVENT_ID = re.compile(rb"^last-event-id: (\d+)\r$", re.IGNORECASE | re.MULTILINE)


@dataclass
class Made:
    """What the server did to its clients; `lost` events, of those it passed over and those of outages."""

    gaps: int = 0
    lost: int = 0
    repeated: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    connections: int = 0
    events: int = 0


@dataclass
class Faults:
    """Which connection, counted from 0, gets what; `n` counts the events that are due on it, from 1."""

    drops: Callable[[int, int], bool] = lambda connection, n: False
    repeats: Callable[[int, int], bool] = lambda connection, n: False
    end: Callable[[int, int], str] = lambda connection, n: ""
    """`eof`, `reset` or `truncated` before this event, or nothing."""
    refuses: Callable[[int], bool] = lambda connection: False


class _Connection(asyncio.Protocol):
    def __init__(self, server: FanOutServer) -> None:
        self.server = server
        self.head = b""
        self.number = -1
        self.due = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.head += data
        if self.number < 0 and b"\r\n\r\n" in self.head:
            match = _LAST_EVENT_ID.search(self.head)
            self.server.opened(self, int(match[1]) if match else None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open.discard(self)


class FanOutServer:
    """Serves on a port of its own, within `async with`."""

    def __init__(
        self,
        rate: float,
        faults: Faults | None = None,
        enough: Callable[[FanOutServer], bool] = lambda server: False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.rate = rate
        self.has_enough = asyncio.Event()
        self._enough = enough
        self._tls = tls
        self.faults = faults or Faults()
        self.made = Made()
        self.open: set[_Connection] = set()
        self.n = 0
        self.url = ""

    async def __aenter__(self) -> FanOutServer:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=4096, ssl=self._tls)
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"
        self._feeding = asyncio.create_task(self._feed())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._feeding.cancel()
        await asyncio.wait([self._feeding])
        self._server.close()
        for each in list(self.open):
            each.transport.abort()
        await self._server.wait_closed()

    def opened(self, connection: _Connection, last: int | None) -> None:
        connection.number = self.made.connections
        self.made.connections += 1
        if self.faults.refuses(connection.number):
            self.made.refused += 1
            connection.transport.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            connection.transport.close()
            return
        connection.transport.write(HEAD)
        self.open.add(connection)
        if last is not None and last < self.n:  # it goes on with the next one: nothing is sent again
            self.made.gaps += 1
            self.made.lost += self.n - last

    async def _feed(self) -> None:
        began = time.monotonic()
        while True:
            self.n += 1
            data = json.dumps({"n": self.n, "sent": {"at": time.time()}, "padding": "." * 60})
            block = f"id: {self.n}\ndata: {data}\n\n".encode()
            if self._enough(self):
                self.has_enough.set()
            self._send(b"%x\r\n%s\r\n" % (len(block), block))
            await asyncio.sleep(max(0.0, began + self.n / self.rate - time.monotonic()))

    def _send(self, chunk: bytes) -> None:
        faults, made = self.faults, self.made
        for each in list(self.open):
            each.due += 1
            n = each.due
            if how := faults.end(each.number, n):
                self._end(each, how)
            elif faults.drops(each.number, n):
                made.gaps += 1
                made.lost += 1
            else:
                each.transport.write(chunk)
                made.events += 1
                if faults.repeats(each.number, n):
                    each.transport.write(chunk)
                    made.events += 1
                    made.repeated += 1

    def _end(self, connection: _Connection, how: str) -> None:
        self.open.discard(connection)
        self.made.ends[how] += 1
        if how == "reset":
            connected = connection.transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.transport.abort()
            return
        if how == "eof":
            connection.transport.write(b"0\r\n\r\n")
        connection.transport.close()


async def _alone(rate: float, seconds: float) -> None:
    """In the first half of the time every tenth client is reset once, and some events are passed over or repeated."""
    until = time.monotonic() + seconds / 2
    faults = Faults(
        drops=lambda connection, n: (
            connection < 1000 and n % 40 == connection % 40 and n > 20 and time.monotonic() < until
        ),
        repeats=lambda connection, n: n % 50 == connection % 50,
        end=lambda connection, n: "reset" if connection % 10 == 4 and connection < 1000 and n == 40 else "",
    )
    async with FanOutServer(rate, faults) as server:
        print(server.url, flush=True)
        await asyncio.sleep(seconds)
    print(json.dumps(vars(server.made)), flush=True)


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(_alone(float(sys.argv[1]), float(sys.argv[2])))
