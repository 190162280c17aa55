"""HTTP/1.1 and 1.0 on one connection: requests in, answers and chunked bodies out, by way of h11."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import unquote

import h11

from sse_inspect.server.answers import CORS, Answer, Headers, phrase, told
from sse_inspect.server.options import ServerOptions

_READ_SIZE = 16 * 1024
_LAST_WORDS = 1.0
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose head and body have arrived; the body is thrown away. Header names are in lower case."""

    method: str
    target: str
    path: str
    query: str
    headers: dict[str, str]


class BadRequestError(Exception):
    """A request that cannot be understood or is too large; `answer` says so and the connection closes."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


class HttpConnection:
    """One client. Methods that write raise OSError when it is gone, TimeoutError when it does not read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: ServerOptions) -> None:
        self._reader, self._writer, self._options = reader, writer, options
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=options.max_head)
        self._head_only = False
        self.standing: Headers = CORS
        """Fields that every response has beside its own."""
        writer.transport.set_write_buffer_limits(high=options.write_buffer)

    @property
    def peer(self) -> str:
        """The address of the client, without its port; empty if it is gone already."""
        address = self._writer.get_extra_info("peername")
        return str(address[0]) if address else ""

    async def next_request(self) -> Request | None:
        """The next request; None when there will be none: the client left, is too slow, or was told to close.

        Raises BadRequestError, after which only `answer` and `part` may be called.
        """
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        if self._h11.our_state is not h11.IDLE:
            return None
        try:
            return await self._request()
        except h11.RemoteProtocolError as error:
            sentence = f"This is not an HTTP request that can be understood: {error}."
            raise BadRequestError(told(error.error_status_hint, sentence)) from error
        except TimeoutError:
            return None

    async def _request(self) -> Request | None:
        async with asyncio.timeout(self._options.request_timeout):
            head = await self._event()
            if not isinstance(head, h11.Request):
                return None
            size = 0
            while isinstance(event := await self._event(), h11.Data):
                size += len(event.data)
                if size > self._options.max_body:
                    raise BadRequestError(told(413, f"A body may have {self._options.max_body} bytes."))
        if not isinstance(event, h11.EndOfMessage):
            return None
        request = _understood(head)
        self._head_only = request.method == "HEAD"
        return request

    async def _event(self) -> h11.Event | None:
        """The next event of the request; None where it breaks off."""
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            if self._h11.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._h11.receive_data(await self._reader.read(_READ_SIZE))
        return event if isinstance(event, h11.Event) else None

    async def answer(self, answer: Answer) -> None:
        """Send a complete response."""
        body = answer.body.encode()
        headers = list(answer.headers)
        if answer.status not in _BODILESS:
            headers += [("Content-Type", answer.content_type), ("Content-Length", str(len(body)))]
            headers += [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]
        self._write_head(answer.status, tuple(headers))
        if not self._head_only and answer.status not in _BODILESS:
            self._write(h11.Data(data=body))
        await self._send(h11.EndOfMessage())

    async def begin(self, headers: Headers, status: int = 200) -> None:
        """Send the head of a body of unknown length: chunked, or up to the close for HTTP/1.0 (RFC 9112, 6.3)."""
        self._write_head(status, headers)
        await self._drain()

    async def send_chunks(self, chunks: list[bytes], *, apart: bool) -> None:
        """Send each as a chunk; `apart` hands each to the network on its own, so that a reader sees it torn."""
        framed = [self._h11.send(h11.Data(data=chunk)) or b"" for chunk in chunks if chunk]
        for data in framed if apart else [b"".join(framed)]:
            self._writer.write(data)
        await self._drain()

    async def end(self) -> None:
        """Complete the body."""
        await self._send(h11.EndOfMessage())

    async def reset(self) -> None:
        """Send what is waiting, then RST."""
        self._writer.transport.set_write_buffer_limits(high=0)
        await self._drain()
        sock = self._writer.get_extra_info("socket")
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                # A reset throws away what the other side has not taken yet.
                while _on_the_way(sock):  # noqa: ASYNC110 - the kernel knows it, and tells nobody
                    await asyncio.sleep(0.001)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def until_gone(self) -> None:
        """Return when the client has closed the connection; what it sends meanwhile is thrown away."""
        with suppress(OSError):
            while await self._reader.read(_READ_SIZE):
                pass

    async def part(self) -> None:
        """Close in a way that lets the client read the last answer even if it was still sending."""
        with suppress(OSError):
            async with asyncio.timeout(_LAST_WORDS):
                self._writer.write_eof()
                await self.until_gone()

    async def close(self, *, flush: bool) -> None:
        """Close, at the latest when a slow client's time is over; without `flush` at once."""
        if not flush:
            self._writer.transport.abort()
        self._writer.close()
        try:
            async with asyncio.timeout(self._options.write_timeout):
                await self._writer.wait_closed()
        except OSError:
            pass  # closed it is, one way or the other
        finally:
            self._writer.transport.abort()

    def _write_head(self, status: int, headers: Headers) -> None:
        head = [*headers, *self.standing, ("Date", formatdate(usegmt=True))]
        fields = [(name.encode(), value.encode()) for name, value in head]
        self._write(h11.Response(status_code=status, headers=fields, reason=phrase(status).encode()))

    def _write(self, event: h11.Event) -> None:
        self._writer.write(self._h11.send(event) or b"")

    async def _send(self, event: h11.Event) -> None:
        self._write(event)
        await self._drain()

    async def _drain(self) -> None:
        async with asyncio.timeout(self._options.write_timeout):
            await self._writer.drain()


def _on_the_way(sock: socket.socket) -> int:
    """Bytes that were sent and are not acknowledged; 0 where the system does not tell."""
    try:
        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0


def _understood(head: h11.Request) -> Request:
    target = head.target.decode("ascii", "replace")
    if "://" in target.split("?", 1)[0]:  # absolute form, as proxies get it (RFC 9112, 3.2.2)
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    path, _, query = target.partition("?")
    # Header values are bytes; browsers and this program write Last-Event-ID in UTF-8 (WHATWG 9.2.2).
    headers = {name.decode("ascii"): value.decode("utf-8", "replace") for name, value in head.headers}
    return Request(head.method.decode("ascii"), target, unquote(path), query, headers)
