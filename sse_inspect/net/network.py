"""How a connection is made and watched: name resolution, TCP, TLS, and the time of every read.

httpcore takes a network backend as a public argument. This one resolves names in a step of its own, races the
addresses (RFC 8305), asks for TCP keep-alive so that a dead peer is found even where silence is allowed, and notes
when bytes came, at the read itself rather than when somebody gets round to looking at them.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore

from sse_inspect.inputs import Timings

KEEPALIVE_IDLE = 30
KEEPALIVE_INTERVAL = 10
KEEPALIVE_PROBES = 3
RACE_DELAY = 0.25
"""Seconds an address gets before the next one is tried beside it (RFC 8305, 5)."""


@dataclass(slots=True)
class Line:
    """One attempt as the network sees it; times in seconds by `clock`."""

    clock: Callable[[], float]
    on_connected: Callable[[float, str], None]
    dns: float | None = None
    tcp: float | None = None
    tls: float | None = None
    connected_at: float | None = None
    first_byte_at: float | None = None
    last_read_at: float = 0.0
    wire_size: int = 0
    peer: str = ""
    sockets: list[Any] = field(default_factory=list)

    @property
    def responded(self) -> bool:
        """Whether a byte of a response came."""
        return self.first_byte_at is not None

    def timings(self) -> Timings:
        """What each step took; `first_byte` from the connection made to the first byte of the response."""
        first_byte = None
        if self.first_byte_at is not None and self.connected_at is not None:
            first_byte = self.first_byte_at - self.connected_at
        return Timings(self.dns, self.tcp, self.tls, first_byte)

    def connected(self, stream: httpcore.AsyncNetworkStream) -> None:
        """The connection stands; called again once TLS is done on it."""
        self.connected_at = self.clock()
        self.first_byte_at = None
        address = stream.get_extra_info("server_addr")
        self.peer = _spelled(address) if address else ""
        raw = stream.get_extra_info("socket")
        if raw is not None and raw not in self.sockets:
            self.sockets.append(raw)

    def read(self, size: int) -> None:
        """Read, and note when."""
        """Bytes came."""
        self.last_read_at = self.clock()
        self.wire_size += size
        if self.first_byte_at is None:
            self.first_byte_at = self.last_read_at

    def reset_on_close(self) -> None:
        """Make the coming close a reset (RST) instead of a clean one (FIN)."""
        for raw in self.sockets:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class WatchedStream(httpcore.AsyncNetworkStream):
    """A network stream that notes its reads on a line."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, line: Line) -> None:
        self._stream = stream
        self._line = line

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 httpcore's signature
        """Read, and note when."""
        data = await self._stream.read(max_bytes, timeout)
        if data:
            self._line.read(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 httpcore's signature
        """Write."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Upgrade to TLS, and note how long it took."""
        began = self._line.clock()
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._line.tls = self._line.clock() - began
        self._line.connected(stream)
        self._line.on_connected(self._line.clock(), self._line.peer)
        return WatchedStream(stream, self._line)

    def get_extra_info(self, info: str) -> Any:
        """What the stream below knows."""
        return self._stream.get_extra_info(info)


class WatchedNetwork(httpcore.AsyncNetworkBackend):
    """The network backend; `line` is that of the attempt under way."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()
        self.line: Line | None = None
        self.secure = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, connect, and note how long each took."""
        line = self.line
        if line is None:
            raise httpcore.ConnectError("no attempt is under way")
        began = line.clock()
        addresses = await _resolve(host, port)
        resolved = line.clock()
        line.dns = resolved - began
        options = [*(socket_options or ()), *_keepalive()]

        def connect(address: str) -> Awaitable[httpcore.AsyncNetworkStream]:
            return self._backend.connect_tcp(address, port, timeout, local_address, options)

        stream = await _race(connect, addresses)
        line.tcp = line.clock() - resolved
        line.connected(stream)
        if not self.secure:
            line.on_connected(line.clock(), line.peer)
        return WatchedStream(stream, line)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refused: there is nothing to inspect there."""
        raise httpcore.UnsupportedProtocol("Unix sockets are not supported")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"cannot resolve {host}") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def _race(
    connect: Callable[[str], Awaitable[httpcore.AsyncNetworkStream]], addresses: list[str]
) -> httpcore.AsyncNetworkStream:
    """The first connection that stands; each address gets a head start of `RACE_DELAY` on the next."""
    pending: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
    failures: list[BaseException] = []
    winner: httpcore.AsyncNetworkStream | None = None
    queue = list(addresses)
    try:
        while winner is None and (queue or pending):
            if queue:
                pending.add(asyncio.ensure_future(connect(queue.pop(0))))
            done, pending = await asyncio.wait(
                pending, timeout=RACE_DELAY if queue else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                if (failure := task.exception()) is not None:
                    failures.append(failure)
                elif winner is None:
                    winner = task.result()
                else:
                    await task.result().aclose()
    finally:
        for task in pending:
            task.cancel()
        for result in await asyncio.gather(*pending, return_exceptions=True):
            if isinstance(result, httpcore.AsyncNetworkStream):
                await result.aclose()
    if winner is None:
        raise failures[0]
    return winner


def _keepalive() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = getattr(socket, "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE", None)
    for option, value in (
        (idle, KEEPALIVE_IDLE),
        (getattr(socket, "TCP_KEEPINTVL", None), KEEPALIVE_INTERVAL),
        (getattr(socket, "TCP_KEEPCNT", None), KEEPALIVE_PROBES),
    ):
        if option is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options


def _spelled(address: tuple[Any, ...]) -> str:
    host, port = str(address[0]), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
