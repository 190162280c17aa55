"""`tail --format pretty`: a record as a line for people, aligned and safe, without any escape sequence.

    12:03:11.204  event       1042    tick         121 B        {"price": 101.3}
    12:03:11.304  event       1042    tick         121 B  DUP   {"price": 101.3}
    12:03:20.871  disconnect  forced · 44 events · 5.3 kB · 44.2 s

`report` says what the summary says over several lines, for the end of a session.
"""

from __future__ import annotations

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION
from sse_inspect.present.rows import clip_spans
from sse_inspect.present.safe import cells, fit, preview, preview_end
from sse_inspect.present.signs import VERDICTS, badge, met
from sse_inspect.present.styles import Span
from sse_inspect.present.units import (
    UNKNOWN,
    clock,
    count,
    counted,
    date,
    duration,
    percent,
    seconds,
    size,
    transferred,
)
from sse_inspect.present.words import LIMIT, comments, facts, sign_of
from sse_inspect.records import Diagnosis, Event, Origin, Record, Session, Summary

DATA_CELLS = 1_000
"""Cells of an event's data that are shown where no width is given; the other formats hold all of it."""

_KIND, _ID, _TYPE, _SIZE, _BADGE, _NAME = 10, 6, 8, 8, 4, 15
_LONGEST_ID = 40


def pretty(record: Record, origin: Origin, width: int | None = None) -> str:
    """The record as one line, of at most `width` cells if given."""
    return "".join(text for text, _ in pretty_line(record, origin, width)).rstrip()


def pretty_line(record: Record, origin: Origin, width: int | None = None) -> list[Span]:
    """The same line as spans of visible text and style names."""
    line = _lead(record, origin)
    if isinstance(record, Event):
        line += _event(record)
    else:
        line.append((" · ".join(_facts(record, origin)), sign_of(record).style))
    return line if width is None else clip_spans(line, width)


def report(record: Summary, origin: Origin) -> list[list[Span]]:
    """The summary over several lines, all but the first indented."""
    length = "" if record.duration is None else f" in {duration(record.duration)}"
    first: Span = (f"{counted(record.events, 'event')}{length}", "mark.summary")
    return [[*_lead(record, origin), first], *_summary(record, origin)]


def _lead(record: Record, origin: Origin) -> list[Span]:
    at = clock(origin.time_of(record), origin)
    return [(at + "  ", "time"), (fit(record.kind, _KIND) + "  ", sign_of(record).style)]


def _facts(record: Record, origin: Origin) -> list[str]:
    """What the record says beside its kind, and what nothing else in these lines tells."""
    match record:
        case Session():
            return [date(record.t, origin), *facts(record)]
        case Diagnosis():
            said = [record.severity, *facts(record)]
            if record.fix:
                said[-1] += f" — fix: {preview(record.fix, LIMIT)}"
            return said
    return facts(record)


def _event(event: Event) -> list[Span]:
    flag = badge(event)
    shown_id = "" if event.id is None else preview_end(event.id, _LONGEST_ID) or '""'
    return [
        (_padded(shown_id, _ID) + "  ", "event.id"),
        (_padded(preview(event.event, _LONGEST_ID), _TYPE) + "  ", "event.type"),
        (fit(size(event.size), _SIZE, right=True) + "  ", "event.size"),
        (fit(flag.word if flag else "", _BADGE) + "  ", flag.style if flag else ""),
        (preview(event.data, DATA_CELLS), "event.data"),
    ]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def metrics(record: Summary, origin: Origin) -> list[tuple[str, str, bool | None]]:
    """The six metrics: name, value in words, and whether the contract's target is met (None if unmeasured)."""
    rate, lost, reconnects = record.completion_rate, record.messages_lost, record.reconnect_seconds
    p95 = reconnects.get("p95")
    received, delivered = record.duplicates["received"], record.duplicates["delivered"]
    stalls, silent = record.stalls["count"], record.silent_failures
    times = counted(int(reconnects.get("count") or 0), "reconnect")
    why = " (no IDs to count by)" if record.events else ""
    return [
        (
            "completion rate",
            f"{percent(rate)} ({record.received:,} received)" if rate is not None else f"{UNKNOWN}{why}",
            None if rate is None else rate >= MIN_COMPLETION,
        ),
        (
            "reconnect time",
            UNKNOWN if p95 is None else f"p95 {seconds(p95)}, max {seconds(reconnects.get('max'))} ({times})",
            None if p95 is None else p95 < MAX_RECONNECT_P95,
        ),
        ("messages lost", f"{lost:,}", met(lost == 0, rate is not None)),
        (
            "duplicates",
            f"{received:,} received, {delivered:,} delivered as new",
            met(delivered == 0, record.received > 0 and origin.has_repeated_ids),
        ),
        (
            "stalls",
            f"{stalls:,}, longest {duration(record.stalls['longest'])}" if stalls else count(stalls),
            None if stalls is None else met(stalls == 0, record.events > 0),
        ),
        ("silent failures", count(silent), None if silent is None else met(silent == 0, record.events > 0)),
    ]


def _summary(record: Summary, origin: Origin) -> list[list[Span]]:
    lines: list[list[Span]] = []
    for name, value, verdict in metrics(record, origin):
        sign = VERDICTS[verdict] if verdict is not None else None
        lead: Span = (f"  {sign.sign} ", sign.style) if sign else ("    ", "")
        lines.append([lead, (fit(name, _NAME) + "  ", "dim"), (value, "")])
    reasons = ", ".join(f"{preview(reason, 40)} {times:,}" for reason, times in record.disconnects.items())
    for name, value in (
        ("traffic", f"{transferred(record.bytes, record.wire_bytes)}, {comments(record.comments)}"),
        ("connections", f"{record.connections:,}{', ended by: ' + reasons if reasons else ''}"),
    ):
        lines.append([("    ", ""), (fit(name, _NAME) + "  ", "dim"), (value, "")])
    return lines
