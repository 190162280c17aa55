"""A TCP connection, with TLS where asked for, that notes on a line when bytes came.

It stamps bytes in the event loop's read itself, closes with FIN or RST as the line says, and always at once: closing
never waits, so that no cancellation can stop it halfway.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sse_inspect.net.line import Line

READ_SIZE = 1 << 16
"""Bytes that are taken up at once."""
READ_AHEAD = 1 << 18
"""Bytes that may wait to be taken up before the socket is left alone, and TCP slows the sender down."""
NO_LIMIT = 86_400.0
_RESET = struct.pack("ii", 1, 0)


class _Receiver(asyncio.Protocol):
    """Keeps what came, with the time it came, until it is taken up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._parts: deque[tuple[float, bytes]] = deque()
        self._waiting = 0
        self._paused = False
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport
        self.over = False
        self.failure: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parts.append((self._clock(), data))
        self._waiting += len(data)
        if self._waiting > READ_AHEAD and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        self.over = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self.failure = exc
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def take(self, most: int) -> tuple[float, bytes]:
        """What came first, and when, once there is any; empty at the end. Raises what the connection died of."""
        if self._parts:
            await asyncio.sleep(0)  # a turn for those who handle what was taken up before
        while not self._parts:
            if self.failure is not None:
                raise self.failure
            if self.over:
                return self._clock(), b""
            self._news.clear()
            await self._news.wait()
        t, data = self._parts.popleft()
        if len(data) > most:
            self._parts.appendleft((t, data[most:]))
            data = data[:most]
        self._waiting -= len(data)
        if self._waiting <= READ_AHEAD and self._paused:
            self._paused = False
            self.transport.resume_reading()
        return t, data

    async def drained(self) -> None:
        """Wait until what was written is on its way; raises what the connection died of."""
        await self._writable.wait()
        if self.failure is not None:
            raise self.failure


class WatchedStream:
    """A network stream that notes its reads on a line."""

    def __init__(self, transport: asyncio.Transport, receiver: _Receiver, line: Line) -> None:
        self._tcp = self._transport = transport
        self._receiver = receiver
        self._line = line
        self._received_at = 0.0

    @classmethod
    async def over(cls, connected: socket.socket, line: Line) -> WatchedStream:
        """A stream over a connected socket, which it then owns."""
        loop = asyncio.get_running_loop()
        try:
            transport, receiver = await loop.create_connection(lambda: _Receiver(line.clock), sock=connected)
        except BaseException:
            connected.close()
            raise
        peer = transport.get_extra_info("peername")
        line.peer = _spelled(peer) if peer else ""
        stream = cls(transport, receiver, line)
        line.connections.append(stream)
        return stream

    async def read(self, most: int) -> bytes:
        """The bytes of a response that came first; empty at the end. Raises OSError."""
        data = await self.receive(most)
        if data:
            self.note()
        return data

    async def receive(self, most: int) -> bytes:
        """The bytes that came first, whatever they belong to; empty at the end. Raises OSError."""
        self._received_at, data = await self._receiver.take(most)
        return data

    def note(self) -> None:
        """What was received last is of a response."""
        self._line.read(self._received_at)

    async def write(self, data: bytes) -> None:
        """Write, and wait while too much is waiting to be sent. Raises OSError."""
        self._transport.write(data)
        await self._receiver.drained()

    async def start_tls(self, context: ssl.SSLContext, name: str, protocols: list[str]) -> str | None:
        """Begin TLS on this connection, and note how long it took; the protocol that was negotiated, if any.

        Closes the connection where that fails; raises OSError.
        """
        line = self._line
        line.securing()
        began = line.clock()
        context.set_alpn_protocols(protocols)
        try:
            self._transport = await self._handshake(context, name)
        except BaseException:
            self.close()
            raise
        line.tls = line.clock() - began
        line.connected()
        negotiated: str | None = self._transport.get_extra_info("ssl_object").selected_alpn_protocol()
        return negotiated

    async def _handshake(self, context: ssl.SSLContext, name: str) -> asyncio.Transport:
        loop, receiver = asyncio.get_running_loop(), self._receiver
        transport, below = None, self._transport
        if sys.version_info < (3, 12) and below is not self._tcp:
            # asyncio of 3.11 trips over itself where TLS within TLS fails, and tells standard error
            below._force_close = lambda _: below.abort()  # type: ignore[attr-defined]  # noqa: SLF001 no public way
        if not receiver.over:  # asyncio would wait for ever for a handshake on what is closed
            try:
                transport = await loop.start_tls(
                    below, receiver, context, server_hostname=name, ssl_handshake_timeout=NO_LIMIT
                )
            except ConnectionError as error:
                if error.errno is not None:
                    raise
        if transport is None:
            raise ssl.SSLError(ssl.SSL_ERROR_EOF, "the server closed the connection during the TLS handshake")
        receiver.transport = transport
        return transport

    def close(self) -> None:
        """Close at once, with RST if the line says so, else with FIN; what has not been read is lost."""
        if self._line.resets:
            with suppress(OSError):
                self._tcp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        else:
            with suppress(OSError):
                self._tcp.write_eof()
        self._tcp.abort()


def _spelled(address: tuple[Any, ...]) -> str:
    host, port = str(address[0]), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
