"""Records in words: what a record says, as short parts that stand with ` · ` between them.

Everything is visible text, and bounded: nothing a server sends makes a part longer than `LIMIT` cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from sse_inspect.analysis.snapshot import FaultOver
from sse_inspect.present.safe import preview
from sse_inspect.present.signs import ALERTS, BADGES, KINDS, SEVERITIES, Sign
from sse_inspect.present.units import UNKNOWN, counted, duration, percent, seconds, size, transferred
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
from sse_inspect.unknown import Unknown

LIMIT = 400
"""Cells of one part of foreign text."""

END_REASONS = {
    "completed": "the server ended the stream",
    "no-content": "there is no more",
    "limit": "as asked",
    "interrupted": "interrupted",
    "max-retries": "no more retries",
    "fatal": "no reconnecting after this",
    "unknown": "not told how",
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
    lead, *said = _said(record, sent)
    if not lead.endswith(" "):
        return [part for part in (lead, *said) if part]
    return [lead + said[0], *filter(None, said[1:])]


def facts(record: Record) -> list[str]:
    """The same for a line that begins with the kind: without the words that only name it."""
    return [part for part in _said(record, None)[1:] if part]


def spellings(record: Record, sent: str | None = None) -> Iterator[list[str]]:
    """`parts`, and then the same in ever fewer words, for lines that have no room for more."""
    yield parts(record, sent)
    if isinstance(record, Recovered):
        cost = [
            f"recovered {seconds(record.reconnect)}",
            f"{record.lost:,} lost",
            f"outage {seconds(record.outage)}",
            f"{record.replayed:,} {BADGES['replayed'].word}",
            f"{record.duplicates:,} {BADGES['duplicate'].word}",
            counted(record.attempts, "attempt"),
        ]
        yield cost
        yield [*cost[:3], cost[-1]]


def _said(record: Record, sent: str | None) -> tuple[str, ...]:
    """First what names the kind, if anything does; with a space at its end it belongs to the part behind it."""
    match record:
        case Event():
            return ("", preview(record.data, LIMIT))
        case Comment():
            return ("", ": " + preview(record.text, LIMIT))
        case Retry():
            return ("retry: ", f"{record.reconnection_time} ms")
        case Session():
            by = f"sse-inspect {_foreign(record.version)}"
            unknown = f"unknown: {', '.join(record.unknown)}" if record.unknown else ""
            asked = "" if Unknown.REQUEST in record.unknown else f"{_foreign(record.method)} {_foreign(record.url)}"
            return ("session", asked, by, _foreign(unknown))
        case Connecting():
            return ("connecting, ", f"attempt {record.attempt}", _foreign(record.last_event_id, "sends Last-Event-ID "))
        case Open():
            return (
                "open",
                _answer(record),
                _foreign(sent, "sent Last-Event-ID "),
                _foreign(record.http_version, "HTTP/"),
                _foreign(record.peer),
            )
        case Gap():
            return ("gap ", id_range(record), f"{record.missing:,} missing")
        case GapFilled():
            left = f"{record.remaining:,} still missing" if record.remaining else "gap closed"
            return ("filled ", id_range(record), left)
        case Stall():
            event = "" if record.since_event is None else f"no event for {duration(record.since_event)}"
            return ("stall: ", f"no byte for {duration(record.silence)}", event)
        case Resumed():
            return ("resumed ", f"after {duration(record.silence)}")
        case Disconnect():
            # The detail last: it may be long, and what stands behind it would be cut.
            failed = record.reason in _NEVER_OPEN
            reason = END_REASONS["unknown"] if record.reason == "unknown" else record.reason
            return (
                "" if failed else "disconnected: ",
                f"attempt failed: {reason}" if failed else reason,
                counted(record.events, "event") if record.bytes else "",
                transferred(record.bytes, record.wire_bytes) if record.bytes else "",
                "" if record.duration is None else seconds(record.duration),
                f"{size(record.partial)} of an unfinished event dropped" if record.partial else "",
                _foreign(record.detail),
            )
        case Backoff():
            return ("", f"attempt {record.attempt} in {seconds(record.delay)} ({BACKOFF_SOURCES[record.source]})")
        case Recovered():
            return (
                "recovered ",
                f"in {seconds(record.reconnect)}",
                f"{record.lost:,} lost",
                f"outage {seconds(record.outage)}",
                f"{record.replayed:,} replayed",
                counted(record.duplicates, "duplicate"),
                counted(record.attempts, "attempt"),
            )
        case Diagnosis():
            return ("", f"{record.code}: {_foreign(record.title)}", _foreign(record.evidence))
        case Alert():
            said = _MEASURES.get(record.name, _number)
            return (
                "alert ",
                f"{record.state}: {record.name}",
                f"{said(record.value)} (limit {said(record.threshold)})",
            )
        case Fault():
            what = "on purpose" if record.state == "begun" else "over"
            return ("fault ", f"{what}: {_foreign(record.fault)}", _foreign(record.detail))
        case End():
            return ("end: ", END_REASONS[record.reason], _foreign(record.detail))
        case Summary():
            return (
                "summary",
                counted(record.events, "event"),
                f"{percent(record.completion_rate)} complete",
                f"{record.messages_lost:,} lost",
                counted(record.duplicates["received"], "duplicate"),
                stalls(record.stalls["count"]),
                counted(record.connections, "connection"),
                transferred(record.bytes, record.wire_bytes),
                "" if record.duration is None else duration(record.duration),
            )
        case _:
            assert_never(record)


def inside(title: str) -> str:
    """A title as it stands inside a sentence: an abbreviation stays as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def fault_over(over: FaultOver, *, countable: bool) -> tuple[str, str, str]:
    """What a fault that is over has cost: its title and how long it was, what was lost, what came meanwhile.

    Unless IDs are `countable` nobody knows what was lost.
    """
    lost = f"{over.lost:,} lost" if over.lost else "nothing lost" if countable else "loss cannot be known"
    return f"{over.title} over after {seconds(over.lasted)}", lost, f"{counted(over.events, 'event')} meanwhile"


def stalls(count: float | None) -> str:
    """How many stalls there were: `2 stalls`, `stalls unknown`."""
    return "stalls unknown" if count is None else counted(int(count), "stall")


def comments(count: int | None) -> str:
    """How many comments there were: `2 comments`, `comments unknown`."""
    return "comments unknown" if count is None else counted(count, "comment")


def id_range(gap: Gap | GapFilled) -> str:
    """The IDs of a gap: `1051–1053`, `feed-7`."""
    prefix = preview(gap.prefix, 40)
    return f"{prefix}{gap.first}" if gap.first == gap.last else f"{prefix}{gap.first}–{gap.last}"


def _answer(record: Open) -> str:
    """The status, and how long its first byte took."""
    first = record.timings.get("first_byte")
    status = "" if record.status is None else str(record.status)
    return status if first is None else f"{record.status} after {seconds(first)}"


def _foreign(text: str | None, before: str = "") -> str:
    return before + preview(text, LIMIT) if text else ""
