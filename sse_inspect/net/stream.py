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
from sse_inspect.net.weather import CALM, Passage, Weather

READ_SIZE = 1 << 16
"""Bytes that are taken up at once."""
READ_FIRST, READ_MOST = 1 << 13, 1 << 21
"""Bytes that one read of the socket takes at first, and at most; after one that was full the next takes more. What is
left behind is stamped a turn of the loop later, and the kernel holds megabytes while a loop is busy."""
READ_AHEAD = 1 << 18
"""Bytes that may wait to be taken up in bad weather, of which the sender is to feel as much as on a real network."""
TURN = 0.0005
"""Seconds for which what has come is taken up, or handled, before the loop gets its turn, which stamps what came
meanwhile."""
NO_LIMIT = 86_400.0
SMALL_BUFFER = 1 << 15
"""Bytes the system is asked to receive ahead for who reads slowly on purpose: with less, Linux throws segments of the
loopback away, and the sender stays slow long after."""
_RESET = struct.pack("ii", 1, 0)


class _Receiver(asyncio.BufferedProtocol):
    """Keeps what came, with the time it came, until it is taken up; in bad weather it comes by way of a passage.

    Once more than `ahead` bytes wait, the socket is left alone, and TCP slows the sender down.
    """

    def __init__(self, clock: Callable[[], float], ahead: int) -> None:
        self._clock = clock
        self._ahead = ahead
        self._room = memoryview(bytearray(READ_FIRST))
        self._parts: deque[tuple[float, bytes]] = deque()
        self.waiting = 0
        self.paused = False
        self._limit = ahead
        self._passage: Passage | None = None
        self._buffer = 0
        self._turn_until = 0.0
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport
        self.gone = False
        self.over = False
        self.failure: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room if self._passage is None else self._room[:READ_SIZE]

    def buffer_updated(self, nbytes: int) -> None:
        t, room = self._clock(), self._room
        self.waiting += nbytes
        if self._passage is None:
            for at in range(0, nbytes, READ_SIZE):
                self._parts.append((t, bytes(room[at : min(at + READ_SIZE, nbytes)])))
            self._news.set()
        else:
            self._passage.arrive(t, bytes(room[:nbytes]))
        if nbytes == len(room) < READ_MOST:
            self._room = memoryview(bytearray(4 * nbytes))
        if self.waiting > self._limit and not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def eof_received(self) -> None:
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        self._end(exc)

    def _end(self, failure: Exception | None) -> None:
        self.gone = True
        if self._passage is None:
            self.finish(failure)
        else:
            self._passage.end(self._clock(), failure)

    def bend(self, weather: Weather) -> None:
        """Let what comes pass through the weather as it is now."""
        conditions = weather.conditions
        if self._passage is None:
            if conditions == CALM:
                return
            loop = asyncio.get_running_loop()
            self._passage = Passage(self, weather, self._clock, loop.call_later)
            self._limit = READ_AHEAD
        if conditions.reluctant != (self._limit == 0):
            self._read_slowly(slowly=conditions.reluctant)
        self._passage.change(conditions)

    def _read_slowly(self, *, slowly: bool) -> None:
        """Leave in the socket what is not due yet, or read ahead again."""
        self._limit = 0 if slowly else READ_AHEAD
        with suppress(OSError):  # it may be closed
            connected = self.transport.get_extra_info("socket")
            if slowly:
                self._buffer = connected.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # Linux tells the double
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER if slowly else self._buffer)
        self._resume()

    def deliver(self, t: float, data: bytes) -> None:
        """Bytes came through the passage."""
        self._parts.append((t, data))
        self._news.set()

    def finish(self, failure: Exception | None) -> None:
        """Nothing more will come."""
        self.over = True
        self.failure = failure
        self._news.set()

    def drop(self, size: int) -> None:
        """Bytes that were counted will not come."""
        self.waiting -= size
        self._resume()

    def calmed(self) -> None:
        """The passage is not needed any more."""
        self._passage = None
        self._limit = self._ahead
        self._resume()

    def close(self) -> None:
        """Nobody will take up anything."""
        if self._passage is not None:
            self._passage.close()

    def _resume(self) -> None:
        if self.waiting <= self._limit and self.paused:
            self.paused = False
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def take(self, most: int) -> tuple[float, bytes]:
        """What came first, and when, once there is any; empty at the end. Raises what the connection died of."""
        if self._parts and self._clock() >= self._turn_until:
            await asyncio.sleep(0)
            self._turn_until = self._clock() + TURN
        while not self._parts:
            if self.failure is not None:
                raise self.failure
            if self.over:
                return self._clock(), b""
            self._news.clear()
            await self._news.wait()
        t, data = self._parts.popleft()
        if self._passage is not None and self._passage.torn:
            t, most = max(t, self._clock()), 1
        if len(data) > most:
            self._parts.appendleft((t, data[most:]))
            data = data[:most]
        self.waiting -= len(data)
        if self.paused:
            self._resume()
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
            transport, receiver = await loop.create_connection(
                lambda: _Receiver(line.clock, line.ahead), sock=connected
            )
        except BaseException:
            connected.close()
            raise
        peer = transport.get_extra_info("peername")
        line.peer = _spelled(peer) if peer else ""
        stream = cls(transport, receiver, line)
        line.connections.append(stream)
        stream.bend()
        return stream

    @property
    def waiting(self) -> int:
        """Bytes that came, and have not been taken up."""
        return self._receiver.waiting

    @property
    def paused(self) -> bool:
        """Whether so many wait that none are read."""
        return self._receiver.paused

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
        weather = self._line.weather
        if weather is not None and weather.conditions.latency and not self._received_at:
            await asyncio.sleep(weather.conditions.latency)
        self._transport.write(data)
        await self._receiver.drained()

    async def start_tls(self, context: ssl.SSLContext, name: str, protocols: list[str]) -> str | None:
        """Begin TLS on this connection, and note how long it took; the protocol that was negotiated, if any.

        Closes the connection where that fails; raises OSError.
        """
        line = self._line
        line.securing()
        began = line.clock()
        if line.weather is not None and line.weather.conditions.latency:
            await asyncio.sleep(line.weather.conditions.round_trip)
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
        if not receiver.gone:  # asyncio would wait for ever for a handshake on what is closed
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

    def bend(self) -> None:
        """Let what comes pass through the weather of the line."""
        if self._line.weather is not None:
            self._receiver.bend(self._line.weather)

    def close(self) -> None:
        """Close at once, with RST if the line says so, else with FIN; what has not been read is lost."""
        self._receiver.close()
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
