"""Records in words: what a record says, as short parts that stand with ` · ` between them.

Everything is visible text, and bounded: nothing a server sends makes a part longer than `LIMIT` cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from sse_inspect.present.safe import preview
from sse_inspect.present.signs import ALERTS, KINDS, SEVERITIES, Sign
from sse_inspect.present.units import UNKNOWN, counted, duration, percent, seconds, size
from sse_inspect.records import (
    Alert,
    Backoff,
    Comment,
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Record,
    Recovered,
    Resumed,
    Retry,
    Session,
    Stall,
    Summary,
)

LIMIT = 400
"""Cells of one part of foreign text."""

END_REASONS = {
    "completed": "the stream is complete",
    "no-content": "the server said there is no more (204)",
    "limit": "the limit asked for is reached",
    "interrupted": "interrupted",
    "max-retries": "no more retries",
    "fatal": "the server's answer forbids reconnecting",
}
BACKOFF_SOURCES = {
    "exponential": "exponential",
    "retry-field": "the stream's retry field",
    "retry-after": "the server's Retry-After",
}

_NEVER_OPEN = frozenset(
    ("timeout", "refused", "unreachable", "dns", "tls", "status", "content-type", "redirect"),
)
"""Reasons for which an attempt ends before it is a connection."""


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:g}"


_MEASURES: dict[str, Callable[[float | None], str]] = {"LowCompletionRate": percent, "SlowReconnect": seconds}
"""How the value of an alert is said, where it is no plain number; by the alert's name."""


def sign_of(record: Record) -> Sign:
    """The sign and style of a record; those of a diagnosis or an alert tell how bad it is."""
    match record:
        case Diagnosis():
            return SEVERITIES[record.severity]
        case Alert():
            return ALERTS[record.state]
    return KINDS[record.kind]


def parts(record: Record, sent: str | None = None) -> list[str]:
    """What the record says, the headline first; `sent` is the Last-Event-ID an `open` answers, where known."""
    return [part for part in _said(record, sent) if part]


def _said(record: Record, sent: str | None) -> tuple[str, ...]:
    match record:
        case Event():
            return (preview(record.data, LIMIT),)
        case Comment():
            return (": " + preview(record.text, LIMIT),)
        case Retry():
            return (f"retry: {record.reconnection_time} ms",)
        case Session():
            return ("session", f"{_foreign(record.method)} {_foreign(record.url)}", f"sse-inspect {record.version}")
        case Connecting():
            return (f"connecting, attempt {record.attempt}", _foreign(record.last_event_id, "sends Last-Event-ID "))
        case Open():
            return (
                "open",
                _answer(record),
                _foreign(sent, "sent Last-Event-ID "),
                _foreign(record.http_version, "HTTP/"),
                _foreign(record.peer),
            )
        case Gap():
            return (f"gap {id_range(record)}", f"{record.missing:,} missing")
        case GapFilled():
            left = f"{record.remaining:,} still missing" if record.remaining else "gap closed"
            return (f"filled {id_range(record)}", left)
        case Stall():
            event = "" if record.since_event is None else f"no event for {duration(record.since_event)}"
            return (f"stall: no byte for {duration(record.silence)}", event)
        case Resumed():
            return (f"resumed after {duration(record.silence)}",)
        case Disconnect():
            # The detail last: it may be long, and what stands behind it would be cut.
            return (
                f"{'attempt failed' if record.reason in _NEVER_OPEN else 'disconnected'}: {record.reason}",
                counted(record.events, "event") if record.bytes else "",
                size(record.bytes) if record.bytes else "",
                seconds(record.duration),
                f"{size(record.partial)} of an unfinished event dropped" if record.partial else "",
                _foreign(record.detail),
            )
        case Backoff():
            return (f"attempt {record.attempt} in {seconds(record.delay)} ({BACKOFF_SOURCES[record.source]})",)
        case Recovered():
            return (
                f"recovered in {seconds(record.reconnect)}",
                f"{record.lost:,} lost",
                f"outage {seconds(record.outage)}",
                f"{record.replayed:,} replayed",
                counted(record.duplicates, "duplicate"),
                counted(record.attempts, "attempt"),
            )
        case Diagnosis():
            return (f"{record.code}: {_foreign(record.title)}", _foreign(record.evidence))
        case Alert():
            said = _MEASURES.get(record.name, _number)
            return (f"alert {record.state}: {record.name}", f"{said(record.value)} (limit {said(record.threshold)})")
        case Fault():
            what = "on purpose" if record.state == "begun" else "over"
            return (f"fault {what}: {_foreign(record.fault)}", _foreign(record.detail))
        case End():
            return (f"end: {END_REASONS[record.reason]}", _foreign(record.detail))
        case Summary():
            return (
                "summary",
                counted(record.events, "event"),
                f"{percent(record.completion_rate)} complete",
                f"{record.messages_lost:,} lost",
                counted(record.duplicates["received"], "duplicate"),
                counted(int(record.stalls["count"]), "stall"),
                counted(record.connections, "connection"),
                size(record.bytes),
                duration(record.duration),
            )
        case _:
            assert_never(record)


def id_range(gap: Gap | GapFilled) -> str:
    """The IDs of a gap: `1051–1053`, `feed-7`."""
    prefix = preview(gap.prefix, 40)
    return f"{prefix}{gap.first}" if gap.first == gap.last else f"{prefix}{gap.first}–{gap.last}"


def _answer(record: Open) -> str:
    """The status, and how long its first byte took."""
    first = record.timings.get("first_byte")
    return str(record.status) if first is None else f"{record.status} after {seconds(first)}"


def _foreign(text: str | None, before: str = "") -> str:
    return before + preview(text, LIMIT) if text else ""
