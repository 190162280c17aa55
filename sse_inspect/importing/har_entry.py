"""An entry of a HAR as an event stream: leniently, since every writer spells it a little differently."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sse_inspect.errors import CaptureError
from sse_inspect.importing.source import (
    LATEST_BEGIN_US,
    LONGEST_SESSION,
    NO_HEAD,
    PIECE,
    block,
    is_address,
    whole,
)
from sse_inspect.inputs import Chunk, Input, Opened, ResponseHead, Timings
from sse_inspect.unknown import Unknown
from sse_inspect.wire import EventToken, IdToken, Parser

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
    may_reconnect: bool
    """Whether it may be a browser's `EventSource`, which connects again by itself."""
    has_headers: bool
    """Whether the fields of the request are told."""
    lacks_body: bool
    """Whether a body came that is not in the HAR: nothing tells what was in it."""
    messages: list[_Message] | None = None

    @property
    def unknown(self) -> frozenset[Unknown]:
        """What it does not tell."""
        times = {Unknown.CLOCK: self.begin_us > 0, Unknown.ENDING: self.length > 0}
        if self.is_answered:  # else there is nothing that could be untold of the answer
            times[Unknown.OPENING] = self.opened > 0  # there must be numbers, so a writer that has none writes 0
            times[Unknown.ARRIVALS] = self.messages is not None and None not in [each.t for each in self.messages]
        untold = {each for each, is_told in times.items() if not is_told} if any(times.values()) else {Unknown.TIMES}
        if self.is_answered and self.head is NO_HEAD:
            untold.add(Unknown.HEAD)
        if not self.url:
            untold.add(Unknown.REQUEST)
        if self.messages is not None:
            untold |= {Unknown.COMMENTS, Unknown.RETRIES, Unknown.IDS, Unknown.BYTES}
        return frozenset({*untold, Unknown.CHUNKS, Unknown.END})

    @property
    def events(self) -> int:
        """How many it holds."""
        if self.messages is not None:
            return len(self.messages)
        return sum(isinstance(token, EventToken) for token in Parser().feed(self.body))

    @property
    def is_accepted(self) -> bool:
        """Whether the response was an event stream, as far as it is told; then the browser may have connected again."""
        return self.is_answered and self.head.status == 200

    @property
    def is_answered(self) -> bool:
        """Whether there was a response at all."""
        return self.head is not NO_HEAD or bool(self.body or self.messages)

    @property
    def lasted(self) -> float:
        """Until when it is known to have been, since its request."""
        times = (message.t or 0.0 for message in self.messages or ())
        return max(self.opened, self.length, *times)

    def last_id(self, before: str) -> str:
        """The last event ID string it leaves behind, `before` being that in front of it."""
        if self.messages:
            return self.messages[-1].id
        found = [token for token in Parser().feed(self.body) if isinstance(token, EventToken | IdToken)]
        own = [token.id for token in found if token.id is not None]
        return own[-1] if own else before

    def inputs(self, begin: float, last_id: str) -> Iterator[Input]:
        """What came of a request at `begin`, the last event ID string then being `last_id`, up to an unknown end."""
        if not self.is_answered:
            return
        t = begin + self.opened
        yield Opened(t, self.head, self.timings, self.peer)
        for place in range(0, len(self.body), PIECE):
            yield Chunk(t, self.body[place : place + PIECE])
        for message in self.messages or ():
            t = max(t, begin + (message.t or 0.0))
            own_id = message.id if message.id != last_id else None
            kind = message.event if message.event not in ("", "message") else None
            yield Chunk(t, block(message.data, kind, own_id))
            last_id = message.id


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
    connected = None if connect is None else max(connect - (tls or 0.0), 0.0)
    url = _text(request.get("url"))
    asked = _fields(request.get("headers"))
    ids = [value for name, value in asked if name == "last-event-id"]
    sent_id = whole(ids[-1]) if ids and not any(char in ids[-1] for char in "\0\r\n") else ""
    method = _text(request.get("method")) or "GET"
    return Stream(
        "" if url.startswith("unknown:") or not is_address(url) else url,
        method,
        sent_id,
        begin_us,
        opened,
        _milliseconds(entry.get("time")) or 0.0,
        head,
        Timings(steps["dns"], connected, tls, _wait(steps)) if opened else Timings(),
        _text(entry.get("serverIPAddress")),
        body,
        _text(response.get("_error"))[:200],
        method == "GET" and (bool(ids) or _text(entry.get("_resourceType")).lower() in ("", "eventsource")),
        bool(asked),
        not isinstance(told, list) and (not known_head or status == 200) and _lacks_body(content),
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


def _lacks_body(content: dict[str, Any]) -> bool:
    """Whether bytes were counted that are not there, as in a HAR that a browser saved without content."""
    size = content.get("size")
    return isinstance(size, int | float) and size > 0 and not _text(content.get("text"))


def _body(content: dict[str, Any]) -> bytes:
    text = _text(content.get("text"))
    if _text(content.get("encoding")).lower() != "base64":
        return whole(text).encode()
    try:
        return b64decode(text)
    except (ValueError, binascii.Error):
        raise CaptureError("the HAR holds a body whose base64 cannot be read.") from None


def _begin_us(text: str) -> int:
    """Microseconds since the Unix epoch, of an RFC 3339 time; 0 if it is none that a clock showed."""
    try:
        at = datetime.fromisoformat(text)
        begin_us = round(at.timestamp() * 1e6) if at.tzinfo else 0
    except (ValueError, OverflowError):
        return 0
    return begin_us if 0 < begin_us <= LATEST_BEGIN_US else 0


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
