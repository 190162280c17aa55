"""An entry of a HAR as an event stream: leniently, since every writer spells it a little differently."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from sse_inspect.errors import CaptureError
from sse_inspect.importing.har_stream import Message, Stream
from sse_inspect.importing.source import (
    LATEST_BEGIN_US,
    LONGEST_SESSION,
    NO_HEAD,
    is_address,
    whole,
)
from sse_inspect.inputs import ResponseHead, Timings

_VERSION = re.compile(r"(?:HTTP/|h)(\d(?:\.\d)?)", re.IGNORECASE)
_BY_A_SCRIPT = frozenset({"", "eventsource", "fetch", "xhr", "other"})
"""Types of requests that may be for a stream: none of a page, an image or a preflight."""


def stream_of(entry: dict[str, Any]) -> Stream | None:
    """The entry as an event stream, or as an attempt at one; None if it is something else."""
    request, response = _object(entry.get("request")), _object(entry.get("response"))
    content = _object(response.get("content"))
    fields = _fields(response.get("headers"))
    mime = _text(content.get("mimeType"))
    told = entry.get("_eventSourceMessages")
    messages = [message for message in told if isinstance(message, dict)] if isinstance(told, list) else []
    is_stream = any(
        "text/event-stream" in value.lower() for value in (mime, *(v for n, v in fields if n == "content-type"))
    )
    kind = _text(entry.get("_resourceType")).lower()
    method = _text(request.get("method")) or "GET"
    is_asked_for = bool(messages) or is_stream or kind == "eventsource"
    if method == "OPTIONS" or (not is_asked_for and (kind not in _BY_A_SCRIPT or method != "GET")):
        return None
    has_fields = bool(fields)
    if mime and not any(name == "content-type" for name, _ in fields):
        fields = (*fields, ("content-type", mime))
    status = response.get("status")
    known_head = isinstance(status, int) and 100 <= status <= 999 and (is_stream or not messages)
    is_other = known_head and not is_stream and (status != 200 or has_fields or bool(mime))
    body = b"" if messages or is_other else _body(content)
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
    location = next((value for name, value in fields if name == "location"), "") or _text(response.get("redirectURL"))
    origins = {value for name, value in asked if name == "origin" and value.isprintable()}
    sent = "; ".join(value for name, value in asked if name == "cookie")
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
        method == "GET" and (bool(ids) or kind in ("", "eventsource")),
        bool(asked),
        not isinstance(told, list) and not is_other and (not known_head or status == 200) and _lacks_body(content),
        is_stream or bool(messages),
        is_asked_for,
        _joined(url, location),
        _text(entry.get("pageref")),
        # A page got its messages: whatever the fields say, it was allowed to.
        origins.pop() if len(origins) == 1 and has_fields and not messages else "",
        tuple(part.partition("=")[0].strip() for part in sent.split(";") if part.strip()),
        _messages(messages, begin_us) if messages else None,
    )


def _joined(url: str, location: str) -> str:
    """Where a redirect leads, empty where that is no URL."""
    try:
        return urljoin(url, location).partition("#")[0] if location else ""
    except ValueError:
        return ""


def _wait(steps: dict[str, float | None]) -> float | None:
    """From the connection made to the first byte of the response."""
    return None if steps["wait"] is None else steps["wait"] + (steps["send"] or 0.0)


def _messages(told: list[dict[str, Any]], begin_us: int) -> list[Message]:
    """The messages; without times unless each has one."""
    times = [_since(message.get("time"), begin_us) for message in told]
    known = None not in times
    return [
        Message(t if known else None, *(_text(message.get(name)) for name in ("eventName", "eventId", "data")))
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
