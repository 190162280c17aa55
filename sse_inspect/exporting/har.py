"""HTTP Archive 1.2, as Chromium's DevTools read and write it: one entry for each connection attempt.

Beside the decoded body, in which bytes that are no UTF-8 become U+FFFD, an entry has the events in
`_eventSourceMessages`: `time` in seconds since the Unix epoch, `eventName`, `eventId` (the last event ID string) and
`data`. Of the hops of a redirect only the last is known. The request's header fields are those the session asked for.

What the archive must have and nothing tells is written as what is no value: 0 for a time or a status, the epoch for a
date, `unknown:///` for a URL; the entry's comment names all that is unknown.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

from sse_inspect.config import shown_url
from sse_inspect.exporting.exporter import Step
from sse_inspect.inputs import Chunk, Opened
from sse_inspect.records import PIECE, Connecting, Disconnect, End, Event, Origin
from sse_inspect.store.capture.facts import Facts

_NO_ERROR = frozenset({"eof", "forced", "unknown"})
_NO_DATE = Origin(0).at(0.0).strftime("%Y-%m-%dT%H:%M:%SZ")
_NO_URL = "unknown:///"
_NO_TIMINGS = {"blocked": -1.0, "dns": -1.0, "connect": -1.0, "ssl": -1.0, "send": 0.0, "wait": 0.0, "receive": 0.0}
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Har:
    """The archive; the events of an entry wait in `spool`, an empty file, until the entry's body is written."""

    wants_bodies = True

    def __init__(self, facts: Facts, origin: Origin, spool: IO[bytes]) -> None:
        self._facts = facts
        self._origin = origin
        self._spool = spool
        self._entry: _Entry | None = None
        self._before = _head(facts)
        self._t = 0.0

    def take(self, step: Step) -> Iterator[bytes]:
        """What is known of an entry by now, and all of it once the next one begins."""
        if self._entry is not None:
            self._entry.take(step)
            if step.body and step.connection == self._entry.connection:
                yield from self._begin_entry(self._entry)
                yield from self._entry.add_body(step.body)
        for record in step.records:
            if isinstance(record, Connecting):
                yield from self._end_entry(step.body)
                self._entry = _Entry(record, self._facts, self._origin, self._spool)
                self._entry.take(step)
        self._t = step.happened.t

    def finish(self, rest: bytes) -> Iterator[bytes]:
        """The last entry, and the end of the archive."""
        yield from self._end_entry(rest)
        yield self._before.removesuffix(b",\n")
        yield b"\n]}}\n"

    def _begin_entry(self, entry: _Entry) -> Iterator[bytes]:
        if not entry.is_begun:
            entry.is_begun = True
            yield self._before
            self._before = b",\n"
            yield entry.head()

    def _end_entry(self, rest: bytes) -> Iterator[bytes]:
        entry, self._entry = self._entry, None
        if entry is None or not (entry.is_wanted or entry.is_begun or rest):
            return
        yield from self._begin_entry(entry)
        yield from entry.add_body(rest, final=True)
        yield from entry.tail(self._t)


class _Entry:
    """What is known of one attempt."""

    def __init__(self, connecting: Connecting, facts: Facts, origin: Origin, spool: IO[bytes]) -> None:
        self.connection = connecting.connection
        self._opened: Opened | None = None
        self._ended: Disconnect | End | None = None
        self._wire_size = 0
        self.is_wanted = False
        self.is_begun = False
        self._connecting = connecting
        self._facts = facts
        self._origin = origin
        self._spool = spool
        self._size = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        spool.seek(0)
        spool.truncate()

    def take(self, step: Step) -> None:
        """What an input and the records it led to tell of this attempt."""
        if step.connection == self.connection:
            if isinstance(step.happened, Opened):
                self._opened = step.happened
            elif isinstance(step.happened, Chunk):
                self._wire_size += step.happened.wire_size
        for record in step.records:
            if record.connection == self.connection and isinstance(record, Disconnect | End) and self._ended is None:
                self._ended = record
        for record in step.selected:
            if record.connection == self.connection:
                self.is_wanted = True
                if isinstance(record, Event):
                    self._add_event(record)

    def head(self) -> bytes:
        """The entry up to the begin of the body's text."""
        start = _json(
            {
                "startedDateTime": self._origin.rfc3339(self._origin.time_of(self._connecting)) or _NO_DATE,
                "_resourceType": "eventsource",
                "comment": "; ".join(filter(None, (f"connection {self.connection}", self._facts.note))),
                **_peer("" if self._opened is None else self._opened.peer),
                "request": _request(self._facts, self._connecting) if self._origin.has_request else _NO_REQUEST,
            }
        )
        response = _json(_response(self._opened if self._origin.has_heads else None))
        content = _json({"mimeType": self._mime_type()})
        return f'{start[:-1]},"response":{response[:-1]},"content":{content[:-1]},"text":"'.encode()

    def add_body(self, data: bytes, *, final: bool = False) -> Iterator[bytes]:
        """The next bytes of the body as text inside a JSON string."""
        self._size += len(data)
        text = self._decoder.decode(data, final)
        for at in range(0, len(text), PIECE):
            yield _json(text[at : at + PIECE])[1:-1].encode("utf-8", "replace")

    def _add_event(self, event: Event) -> None:
        """One of its events."""
        t = self._origin.time_of(event) if self._origin.is_known else None
        message = {
            **({} if t is None else {"time": (self._origin.unix_us + round(t * 1e6)) / 1e6}),
            "eventName": event.event,
            "eventId": event.last_event_id,
            "data": event.data,
        }
        comma = b"," if self._spool.tell() else b""
        self._spool.write(comma + b"\n" + _json(message).encode("utf-8", "replace"))

    def tail(self, now: float) -> Iterator[bytes]:
        """The entry behind the body's text."""
        ended = self._ended
        is_whole = isinstance(ended, Disconnect) and ended.bytes == self._size > 0 and not self._facts.is_imported
        saved = {"compression": self._size - self._wire_size} if is_whole else {}
        content = _json({"size": self._size, **saved})
        error = f"{ended.reason} ({ended.detail})" if isinstance(ended, Disconnect) else ""
        failed = isinstance(ended, Disconnect) and ended.reason not in _NO_ERROR
        sent = -1 if self._facts.is_imported else self._wire_size
        sizes = {"bodySize": sent, "_transferSize": max(sent, 0), **({"_error": error} if failed else {})}
        total = (now if ended is None else ended.t) - self._connecting.t
        timings = _timings(self._opened, total, self._connecting.t)
        spent = sum(max(0.0, timings[name]) for name in ("blocked", "dns", "connect", "send", "wait", "receive"))
        if ended is not None and self._origin.time_of(ended) is None:
            spent = timings["receive"] = 0.0
        if not self._origin.has_openings:
            timings = _NO_TIMINGS
        rest = _json({"time": round(spent, 3), "cache": {}, "timings": timings})
        yield f'",{content[1:]},{_json(sizes)[1:]},{rest[1:-1]},"_eventSourceMessages":['.encode("utf-8", "replace")
        self._spool.seek(0)
        while piece := self._spool.read(PIECE):
            yield piece
        yield b"]}"

    def _mime_type(self) -> str:
        kind = "" if self._opened is None else self._opened.head.headers.get("content-type", "")
        return kind.partition(";")[0].strip() or "x-unknown"


_NO_REQUEST: dict[str, Any] = {
    "method": "GET",
    "url": _NO_URL,
    "httpVersion": "",
    "headers": [],
    "queryString": [],
    "cookies": [],
    "headersSize": -1,
    "bodySize": -1,
    "comment": "the request is unknown",
}
"""Stands for a request that is not told: there must be one, with a method."""


def _head(facts: Facts) -> bytes:
    creator = _json({"name": "sse-inspect", "version": facts.version})
    return f'{{"log":{{"version":"1.2","creator":{creator},"pages":[],"entries":[\n'.encode()


def _peer(peer: str) -> dict[str, str]:
    """Where `address:port` was connected to: IPv6 without brackets; DevTools take `connection` for the port."""
    address, _, port = peer.rpartition(":")
    return {"serverIPAddress": address.strip("[]"), "connection": port} if address else {}


def _request(facts: Facts, connecting: Connecting) -> dict[str, Any]:
    target = facts.target
    url = target.request_url(connecting.last_event_id if connecting.connection > 1 else None)
    url = url if facts.keep_secrets else shown_url(url)
    headers = _request_headers(facts, connecting.last_event_id)
    cookies = [pair for name, value in headers if name.lower() == "cookie" for pair in value.split(";")]
    return {
        "method": target.method,
        "url": url,
        "httpVersion": "" if facts.is_imported else "HTTP/2.0" if target.http2 else "HTTP/1.1",
        "headers": _fields(headers),
        "queryString": _fields(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        "cookies": [_cookie(pair) for pair in cookies],
        "headersSize": -1,
        "bodySize": 0 if target.body is None and target.is_safe else -1 if target.body is None else len(target.body),
    }


def _request_headers(facts: Facts, last_event_id: str | None) -> list[tuple[str, str]]:
    """The fields that the session asked for; a given one takes the place of the default, one without a value both.

    Of what was imported only that is known which a session keeps.
    """
    defaults: list[tuple[str, str | None]] = [
        ("Accept", "text/event-stream"),
        ("Cache-Control", "no-cache"),
        ("User-Agent", f"sse-inspect/{facts.version}"),
    ]
    fields = [] if facts.is_imported else defaults
    given = list(facts.target.headers)
    if last_event_id:
        given = [field for field in given if field[0].lower() != "last-event-id"] + [("Last-Event-ID", last_event_id)]
    names = {name.lower() for name, _ in given}
    fields = [field for field in fields if field[0].lower() not in names] + given
    return [(name, value) for name, value in fields if value is not None]


def _response(opened: Opened | None) -> dict[str, Any]:
    """The response without its content; status 0 where there was none, as in Chromium."""
    if opened is None:
        status: dict[str, Any] = {"status": 0, "statusText": "", "httpVersion": "", "headers": [], "cookies": []}
        return {**status, "redirectURL": "", "headersSize": -1}
    head = opened.head
    return {
        "status": head.status,
        "statusText": HTTPStatus(head.status).phrase if head.status in list(HTTPStatus) else "",
        "httpVersion": "HTTP/2.0" if head.http_version == "2" else head.http_version and f"HTTP/{head.http_version}",
        "headers": _fields(head.header_list),
        "cookies": [_cookie(value.partition(";")[0]) for name, value in head.header_list if name == "set-cookie"],
        "redirectURL": head.headers.get("location", "") if 300 <= head.status < 400 else "",
        "headersSize": -1,
    }


def _timings(opened: Opened | None, total: float, began: float) -> dict[str, float]:
    """Milliseconds of each step, -1 where it did not occur; what is left over is `blocked`."""
    if opened is None:
        return {"blocked": _ms(total), "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 0, "receive": 0}
    steps = opened.timings
    connect = None if steps.tcp is None else steps.tcp + (steps.tls or 0.0)
    wait = steps.first_byte or 0.0
    until = max(0.0, opened.t - began)
    return {
        "blocked": _ms(until - (steps.dns or 0.0) - (connect or 0.0) - wait),
        "dns": _ms(steps.dns),
        "connect": _ms(connect),
        "ssl": _ms(steps.tls),
        "send": 0,
        "wait": _ms(wait),
        "receive": _ms(total - until),
    }


def _ms(seconds: float | None) -> float:
    return -1 if seconds is None else round(max(0.0, seconds) * 1000, 3)


def _fields(pairs: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookie(pair: str) -> dict[str, str]:
    name, _, value = pair.strip().partition("=")
    return {"name": name, "value": value}
