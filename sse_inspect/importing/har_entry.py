"""An entry of a HAR as an event stream: leniently, since every writer spells it a little differently."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sse_inspect.config import shown_url
from sse_inspect.errors import CaptureError
from sse_inspect.importing.source import (
    LATEST_BEGIN_US,
    LONGEST_SESSION,
    NO_HEAD,
    PIECE,
    block,
    here_it_ends,
    whole,
)
from sse_inspect.inputs import Chunk, Input, Opened, ResponseHead, Started, Timings
from sse_inspect.wire import EventToken, Parser

_VERSION = re.compile(r"(?:HTTP/|h)(\d(?:\.\d)?)", re.IGNORECASE)


@dataclass(slots=True)
class _Message:
    t: float | None
    event: str
    id: str
    data: str


@dataclass(slots=True)
class Stream:
    """An entry that is an event stream; seconds, but `begin_us`: microseconds since the Unix epoch, 0 if unknown."""

    url: str
    method: str
    sent_id: str
    begin_us: int
    opened: float
    length: float
    head: ResponseHead
    timings: Timings
    peer: str
    body: bytes
    error: str
    messages: list[_Message] | None = None
    unknown: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        basics: tuple[str, ...] = () if self.begin_us else ("time of the request",)
        if self.head is NO_HEAD:
            basics = (*basics, "response head")
        if self.messages is None:
            self.unknown = (*basics, "times of what arrived", "chunk boundaries", "how it ended")
            return
        times = () if all(message.t is not None for message in self.messages) else ("times of events",)
        lost = ("comments", "retry fields", "repeated IDs", "raw bytes", "chunk boundaries", "how it ended")
        self.unknown = (*basics, *times, *lost)

    @property
    def shown(self) -> str:
        """What tells it from other streams."""
        at = datetime.fromtimestamp(self.begin_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S") if self.begin_us else ""
        if self.messages is None:
            events = sum(isinstance(token, EventToken) for token in Parser().feed(self.body))
        else:
            events = len(self.messages)
        return (
            f"{at or 'unknown time':<19}  {events:>7,} {'event ' if events == 1 else 'events'}  {shown_url(self.url)}"
        )

    def inputs(self) -> Iterator[Input]:
        """What happened, as far as the entry tells."""
        yield Started(0.0, self.begin_us)
        yield Opened(self.opened, self.head, self.timings, self.peer)
        t = self.opened
        for place in range(0, len(self.body), PIECE):
            yield Chunk(t, self.body[place : place + PIECE])
        last_id = self.sent_id
        for message in self.messages or ():
            t = max(t, message.t or 0.0)
            own_id = message.id if message.id != last_id else None
            kind = message.event if message.event not in ("", "message") else None
            yield Chunk(t, block(message.data, kind, own_id))
            last_id = message.id
        told = "the HAR tells no more; how the connection ended is not told"
        yield here_it_ends(max(t, self.length), f"{told} ({self.error})" if self.error else told)


def stream_of(entry: dict[str, Any]) -> Stream | None:
    """The entry as an event stream, or None if it is something else."""
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    content = _object(response.get("content"))
    fields = _fields(response.get("headers"))
    mime = _text(content.get("mimeType"))
    told = entry.get("_eventSourceMessages")
    messages = [message for message in told if isinstance(message, dict)] if isinstance(told, list) else []
    is_stream = any(
        "text/event-stream" in value.lower() for value in (mime, *(v for n, v in fields if n == "content-type"))
    )
    body = b"" if messages else _body(content)
    if not messages and not (is_stream or _text(entry.get("_resourceType")).lower() == "eventsource"):
        return None
    if mime and not any(name == "content-type" for name, _ in fields):
        fields = (*fields, ("content-type", mime))
    status = response.get("status")
    known_head = isinstance(status, int) and 100 <= status <= 999 and (is_stream or not messages)
    version = _VERSION.match(_text(response.get("httpVersion")))
    head = NO_HEAD
    if known_head:
        phrase = _text(response.get("statusText"))
        head = ResponseHead(int(status or 0), version[1] if version else "", fields, reason=phrase)
    begin_us = _begin_us(_text(entry.get("startedDateTime")))
    timings = _object(entry.get("timings"))
    steps = {name: _milliseconds(timings.get(name)) for name in ("blocked", "dns", "connect", "ssl", "send", "wait")}
    opened = sum(step or 0.0 for name, step in steps.items() if name != "ssl")
    tls, connect = steps["ssl"], steps["connect"]
    ids = [value for name, value in _fields(request.get("headers")) if name == "last-event-id"]
    sent_id = ids[-1] if ids and not any(char in ids[-1] for char in "\0\r\n") else ""
    return Stream(
        _text(request.get("url")),
        _text(request.get("method")) or "GET",
        sent_id,
        begin_us,
        opened,
        _milliseconds(entry.get("time")) or 0.0,
        head,
        Timings(steps["dns"], None if connect is None else max(connect - (tls or 0.0), 0.0), tls, _wait(steps)),
        _text(entry.get("serverIPAddress")),
        body,
        _text(response.get("_error"))[:200],
        _messages(messages, begin_us) if messages else None,
    )


def _wait(steps: dict[str, float | None]) -> float | None:
    """From the connection made to the first byte of the response."""
    return None if steps["wait"] is None else steps["wait"] + (steps["send"] or 0.0)


def _messages(told: list[dict[str, Any]], begin_us: int) -> list[_Message]:
    """The messages; without times unless each has one."""
    times = [_since(message.get("time"), begin_us) for message in told]
    known = None not in times
    return [
        _Message(t if known else None, *(_text(message.get(name)) for name in ("eventName", "eventId", "data")))
        for t, message in zip(times, told, strict=True)
    ]


def _since(time: Any, begin_us: int) -> float | None:
    """Seconds since the request began, of a time in seconds since the Unix epoch."""
    if not isinstance(time, int | float) or not begin_us or not 0 <= time <= LATEST_BEGIN_US:
        return None
    t = time - begin_us / 1e6
    return max(t, 0.0) if -60 <= t <= LONGEST_SESSION else None


def _body(content: dict[str, Any]) -> bytes:
    text = _text(content.get("text"))
    if _text(content.get("encoding")).lower() != "base64":
        return whole(text).encode()
    try:
        return b64decode(text)
    except (ValueError, binascii.Error):
        raise CaptureError("the HAR holds a body whose base64 cannot be read.") from None


def _begin_us(text: str) -> int:
    """Microseconds since the Unix epoch, of an RFC 3339 time; 0 if it is none."""
    try:
        at = datetime.fromisoformat(text)
        return min(max(round(at.timestamp() * 1e6), 0), LATEST_BEGIN_US) if at.tzinfo else 0
    except (ValueError, OverflowError):
        return 0


def _milliseconds(value: Any) -> float | None:
    """The seconds; None for what did not occur, which HAR writes as -1, and for what is no number."""
    if not isinstance(value, int | float) or not 0 <= value <= LONGEST_SESSION * 1000:
        return None
    return value / 1000


def _fields(headers: Any) -> tuple[tuple[str, str], ...]:
    """Header fields, names in lower case; those of HTTP/2 that are no fields are left out."""
    listed = [_object(header) for header in headers] if isinstance(headers, list) else []
    fields = [(_text(header.get("name")).lower(), _text(header.get("value"))) for header in listed]
    return tuple((name, value) for name, value in fields if name and not name.startswith(":"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
