"""One line of the event list: an event in columns, or what happened to the connection as a rule between events.

    1042  12:03:12.203  +0.999  1042  tick       121  {"price": 101…
       ♥  12:03:20.870          : ping
    ✂ ── disconnected: forced · 44 events · 5.3 kB · 44.2 s ────────

Only as much of a record is read as the line has room for, so a row costs the same for every size of event.
"""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.present.safe import cells, clip, fit, preview, preview_end
from sse_inspect.present.signs import badge
from sse_inspect.present.styles import Span, StyleName
from sse_inspect.present.units import clock, delta, short_size
from sse_inspect.present.words import parts, sign_of, spellings
from sse_inspect.records import Comment, Disconnect, End, Event, Fault, Origin, Record, Retry

_TIME, _DELTA, _BADGE, _SIZE = 12, 6, 4, 5
_TIMED = 72
"""Cells from which on a detail is cut rather than the time left out."""
_DROPPED_FIRST = ("size", "delta", "time", "type", "id", "badge", "n")


@dataclass(frozen=True, slots=True)
class Layout:
    """The widths of the columns in cells, 0 for a column that is left out; between columns stand `gap` spaces."""

    width: int
    n: int
    time: int
    delta: int
    id: int
    type: int
    badge: int
    size: int
    data: int


def layout(width: int, events: int = 0) -> Layout:
    """The columns that fit into `width` cells, the last event being number `events`; the data is the last to go."""
    columns = {
        "n": max(5, len(str(events))),
        "time": _TIME,
        "delta": _DELTA,
        "id": min(max(width // 12, 4), 24),
        "type": min(max(width // 12, 4), 16),
        "badge": _BADGE,
        "size": _SIZE,
    }
    least = max(10, width // 4)

    def room() -> int:
        return width - sum(size + _after(name) for name, size in columns.items() if size)

    for name in _DROPPED_FIRST:
        if room() >= least:
            break
        columns[name] = 0
    return Layout(width=width, data=max(room(), 0), **columns)


def _after(column: str) -> int:
    return 1 if column in ("type", "badge") else 2


def header(layout: Layout) -> list[Span]:
    """The names of the columns."""
    text = ""
    for name, title, right in (
        ("n", "n", True),
        ("time", "time", False),
        ("delta", "Δ", True),
        ("id", "id", False),
        ("type", "type", False),
        ("badge", "", False),
        ("size", "size", True),
        ("data", "data", False),
    ):
        if size := getattr(layout, name):
            text += fit(title, size, right) + " " * _after(name)
    return [(clip(text.rstrip(), layout.width), "header")]


def row(
    record: Record, origin: Origin, previous_event_t: float | None, layout: Layout, *, sent: str | None = None
) -> list[Span]:
    """One line of at most `layout.width` cells.

    `previous_event_t` is the time of the event before, for Δ; `sent` the Last-Event-ID an `open` answers, where known.
    """
    match record:
        case Event():
            return _event(record, origin, previous_event_t, layout)
        case Comment() | Retry():
            return _sign_of_life(record, origin, layout)
    return _rule(record, origin, layout, sent)


def _event(event: Event, origin: Origin, previous_event_t: float | None, layout: Layout) -> list[Span]:
    spans: list[Span] = []
    flag = badge(event)
    if layout.n:
        spans.append((fit(_number(event.n, layout.n), layout.n, True) + "  ", "event.n"))
    if layout.time:
        spans.append((clock(origin.time_of(event), origin) + "  ", "time"))
    if layout.delta:
        since = delta(event.t - previous_event_t) if previous_event_t is not None and origin.has_arrivals else ""
        spans.append((fit(since, layout.delta, True) + "  ", "event.delta"))
    if layout.id:
        # An empty id field is something else than none: it empties the last event ID string (WHATWG 9.2.6).
        shown = "" if event.id is None else preview_end(event.id, layout.id) or '""'
        spans.append((fit(shown, layout.id) + "  ", "event.id"))
    if layout.type:
        style: StyleName = "event.message" if event.event == "message" else "event.type"
        spans.append((fit(preview(event.event, layout.type), layout.type) + " ", style))
    if layout.badge:
        spans.append((fit(flag.word if flag else "", layout.badge) + " ", flag.style if flag else ""))
    if layout.size:
        spans.append((fit(short_size(event.size), layout.size, True) + "  ", "event.size"))
    spans.append((preview(event.data, layout.data), "event.replayed" if event.replayed else "event.data"))
    return spans


def _number(n: int, width: int) -> str:
    text = str(n)
    return text if len(text) <= width else "…" + text[1 - width :]


def _sign_of_life(record: Comment | Retry, origin: Origin, layout: Layout) -> list[Span]:
    sign = sign_of(record)
    spans: list[Span] = [(fit(sign.sign, layout.n or 1, True) + "  ", sign.style)]
    if layout.time:
        spans.append((clock(origin.time_of(record), origin) + "  ", "time"))
    if layout.delta:
        spans.append((" " * (layout.delta + 2), ""))
    room = layout.width - sum(cells(text) for text, _ in spans)
    spans.append((clip(parts(record)[0], room), sign.style))
    return clip_spans(spans, layout.width)


def _rule(record: Record, origin: Origin, layout: Layout, sent: str | None) -> list[Span]:
    sign = sign_of(record)
    spans: list[Span] = [(sign.sign, sign.style), (" ── ", "rule")]
    least = _TIME + 6
    is_timed = origin.is_known and origin.time_of(record) is not None
    kept = least if is_timed and layout.width >= _TIMED and isinstance(record, (Disconnect, End, Fault)) else 0
    most = layout.width - 5 - kept
    spelled = [" · ".join(said) for said in spellings(record, sent)]
    text = clip(next((text for text in spelled if cells(text) <= most), spelled[-1]), most)
    spans.append((text, sign.style))
    room = layout.width - 5 - cells(text)
    if is_timed and room >= least:
        at = clock(origin.time_of(record), origin)
        spans += [(" " + "─" * (room - _TIME - 5) + " ", "rule"), (at, "time"), (" ──", "rule")]
    elif room >= 2:
        spans.append((" " + "─" * (room - 1), "rule"))
    return clip_spans(spans, layout.width)


def clip_spans(spans: list[Span], width: int) -> list[Span]:
    """The spans cut to at most `width` cells together."""
    kept: list[Span] = []
    for text, style in spans:
        text = clip(text, width)
        if text:
            kept.append((text, style))
        width -= cells(text)
    return kept
