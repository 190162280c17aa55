"""HTTP/2, the client's side of one exchange (RFC 9113), on h2.

h2 is given one frame at a time: what it makes of a good one is not lost with a bad one that came in the same read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import H2Error, InvalidBodyLengthError
from h2.settings import SettingCodes, Settings

from sse_inspect.net.exchange import Head, Question
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.sentences import LONGEST, legible, sentence
from sse_inspect.net.stream import READ_SIZE, WatchedStream

WINDOW = 1 << 30
"""Bytes a server may send, on the stream and on the connection, before they have been taken up: more than are read
ahead, so that it is TCP that slows it down, as over HTTP/1.1."""

_STREAM = 1
"""Every connection serves one request."""
_HEADER_SIZE = 9
_DATA, _HEADERS, _GOAWAY = 0, 1, 7
_PADDED = 8
_LARGEST = 1 << 14
"""Bytes of a frame where no setting allows more."""
_STATUS = re.compile(rb"[1-9][0-9]{2}")
_NOT_SENT = (b"host", b"transfer-encoding")
_SETTINGS = {
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.MAX_CONCURRENT_STREAMS: 100,
    SettingCodes.MAX_HEADER_LIST_SIZE: 1 << 16,
}


class Http2:
    """An exchange over HTTP/2.

    A GOAWAY that only says that no further requests are taken, as servers send before they shut down, lets the stream
    go on (RFC 9113, 6.8); h2 would not, so it is kept from it. A malformed head is refused (8.1.1), by h2.
    """

    def __init__(self, stream: WatchedStream) -> None:
        self._stream = stream
        self._frames = Frames()
        self._state = H2Connection(H2Configuration(header_encoding=None))
        self._head: Head | None = None
        self._content: deque[tuple[bytes, int]] = deque()
        self._ended = False
        self._leaving = False
        self._failure: Exception | None = None

    async def ask(self, question: Question) -> Head:
        """Send the request; the head of its final response."""
        state = self._state
        state.local_settings = Settings(client=True, initial_values=_SETTINGS)
        del state.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]  # some servers stumble over what they know not
        state.initiate_connection()
        state.increment_flow_control_window(WINDOW)
        try:
            state.send_headers(_STREAM, _header_list(question), end_stream=not question.body)
        except H2Error as error:
            raise AttemptError(sentence(error).replace("response", "request", 1)) from error
        state.increment_flow_control_window(WINDOW, _STREAM)
        await self._flush()
        await self._send(question.body)
        while self._head is None:
            await self._advance()
        return self._head

    async def body(self) -> AsyncIterator[bytes]:
        """The content, framing removed, as it comes."""
        while True:
            while self._content:
                data, size = self._content.popleft()
                if size and self._failure is None:
                    self._state.acknowledge_received_data(size, _STREAM)
                    await self._flush()
                yield data
            if self._ended:
                return
            await self._advance()

    async def _send(self, body: bytes) -> None:
        """Send the body as the server's windows let it; an answer may come before all of it was sent."""
        state = self._state
        while body and not self._ended:
            room = min(state.local_flow_control_window(_STREAM), state.max_outbound_frame_size)
            if room <= 0:
                await self._advance()
                continue
            part, body = body[:room], body[room:]
            state.send_data(_STREAM, part, end_stream=not body)
            await self._flush()

    async def _advance(self) -> None:
        """Read once, and take up what came; a failure is raised once all that came before it was taken."""
        if self._failure is not None:
            raise self._failure
        data = await self._stream.receive(READ_SIZE)
        if not data:
            how = " after GOAWAY" if self._leaving else ""
            if self._head is None:
                raise AttemptError(f"closed without a response{how}")
            raise AttemptError(f"closed before the end of the HTTP/2 stream{how}", "truncated")
        try:
            for frame in self._frames.feed(data):
                self._take(frame)
        except AttemptError as error:
            self._failure = error
        except H2Error as error:
            self._failure = AttemptError(*_judged(error))
        if self._frames.answered:
            self._stream.note()
        await self._flush()

    def _take(self, frame: bytes) -> None:
        if frame[3] == _GOAWAY and _is_graceful(frame[_HEADER_SIZE:]):
            self._leaving = True
            return
        try:
            events = self._state.receive_data(frame)
        except InvalidBodyLengthError as error:
            content = _content(frame)
            before = error.actual_length - len(content)
            self._content.append((content[: error.expected_length - before], 0))
            raise
        for event in events:
            self._happened(event)

    def _happened(self, event: Event) -> None:
        match event:
            case ResponseReceived():
                self._head = _head(event)
            case DataReceived():
                self._content.append((event.data or b"", event.flow_controlled_length or 0))
            case StreamEnded():
                self._ended = True
            case StreamReset() | ConnectionTerminated():
                raise AttemptError(_code(event))

    async def _flush(self) -> None:
        if data := self._state.data_to_send():
            with suppress(OSError):  # what is left to read comes first, and then tells of it
                await self._stream.write(data)


class Frames:
    """Whole frames out of whatever parts they come in (RFC 9113, 4.1).

    `answered` is whether the header of a response has begun.
    """

    def __init__(self) -> None:
        self.answered = False
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that are complete now, in order.

        Raises AttemptError for one that is larger than allowed, as its header tells: it is how other protocols look.
        """
        data, at = self._held + data, 0
        while len(data) - at >= _HEADER_SIZE:
            size = int.from_bytes(data[at : at + 3], "big")
            if size > _LARGEST:
                raise AttemptError(f"an HTTP/2 frame of {size} bytes, where {_LARGEST} are allowed")
            self.answered = self.answered or data[at + 3] == _HEADERS
            end = at + _HEADER_SIZE + size
            if end > len(data):
                break
            yield data[at:end]
            at = end
        self._held = data[at:]


def _header_list(question: Question) -> list[tuple[bytes, bytes]]:
    authority = next(value for name, value in question.fields if name.lower() == b"host")
    return [
        (b":method", question.method),
        (b":authority", authority),
        (b":scheme", question.scheme),
        (b":path", question.target),
        *((name.lower(), value) for name, value in question.fields if name.lower() not in _NOT_SENT),
    ]


def _head(event: ResponseReceived) -> Head:
    fields = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
    status = dict(fields)[b":status"]
    if not _STATUS.fullmatch(status):
        raise AttemptError(f"the :status of the response is no status of HTTP: {legible(status)}")
    return Head("2", int(status), "", [(name, value) for name, value in fields if not name.startswith(b":")])


def _content(frame: bytes) -> bytes:
    """What a DATA frame brings, without its padding; nothing of another frame."""
    kind, flags, payload = frame[3], frame[4], frame[_HEADER_SIZE:]
    if kind != _DATA:
        return b""
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def _is_graceful(payload: bytes) -> bool:
    last_stream, code = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF, int.from_bytes(payload[4:8], "big")
    return len(payload) >= 8 and code == 0 and last_stream >= _STREAM


def _judged(error: H2Error) -> tuple[str, Any]:
    if isinstance(error, InvalidBodyLengthError) and error.actual_length < error.expected_length:
        return f"received {error.actual_length} bytes, expected {error.expected_length}", "truncated"
    return sentence(error), "protocol"


def _code(event: StreamReset | ConnectionTerminated) -> str:
    """What an RST_STREAM or a GOAWAY tells (RFC 9113, 7)."""
    code: Any = event.error_code
    told = f"{getattr(code, 'name', 'unknown code')} ({int(code)})"
    if isinstance(event, StreamReset):
        return f"RST_STREAM {told}"
    more = (event.additional_data or b"")[:LONGEST].decode("utf-8", "replace")
    return f"GOAWAY {told}{f': {more}' if more else ''}"
