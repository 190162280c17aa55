"""What the detail pane shows of a record, page by page: rows that are found bit by bit.

Every text is visible (`present.safe`) before it leaves here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice, repeat
from typing import NamedTuple, Protocol
from unicodedata import combining

from sse_inspect.inspected import Inspected
from sse_inspect.present import units
from sse_inspect.present.bytes_view import BytesView
from sse_inspect.present.json_view import JsonView, json_view
from sse_inspect.present.safe import cells, visible
from sse_inspect.present.words import parts, sign_of
from sse_inspect.records import Event, Open, Record
from sse_inspect.tui.wrapping import Span, wrap

_LABEL = 16
# How many characters decide at once whether data is JSON.
_LOOK_AHEAD = 1 << 14
# Characters of a long line that are made visible at a time.
_PIECE = 1 << 14
# Wrapping a line of JSON costs as much as looking at so many characters.
_LINE_COST = 16
_SECONDS = {
    "t",
    "silence",
    "since_event",
    "duration",
    "delay",
    "outage",
    "reconnect",
    "dns",
    "tcp",
    "tls",
    "first_byte",
}
_SIZES = {"bytes", "partial", "size", "offset"}


class Rows(Protocol):
    """The rows of a page, found bit by bit: `len` counts those known, `line` gives one."""

    def __len__(self) -> int: ...

    def extend(self, limit: int) -> bool:
        """Look at about `limit` further characters, bytes or rows; True once all rows are known."""
        ...

    def line(self, number: int) -> Sequence[tuple[str, str]]:
        """The row of that number, from 0."""
        ...


@dataclass(slots=True)
class Line:
    """A line of spans; `words` breaks it at spaces, `indent` stands before its further rows."""

    spans: Iterable[Span]
    words: bool = False
    indent: int = 0


class LineRows:
    """Lines made one after the other, wrapped and kept."""

    def __init__(self, lines: Iterable[Line], width: int) -> None:
        self._coming = (row for line in lines for row in wrap(line.spans, width, words=line.words, indent=line.indent))
        self._rows: list[list[Span]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def extend(self, limit: int) -> bool:
        """Make up to `limit` further rows."""
        before = len(self._rows)
        self._rows.extend(islice(self._coming, limit))
        return len(self._rows) - before < limit

    def line(self, number: int) -> list[Span]:
        """The row of that number."""
        return self._rows[number]


class JsonRows:
    """A JSON view whose long lines are wrapped; only the number of the line is kept for each row."""

    def __init__(self, view: JsonView, width: int) -> None:
        self._view = view
        self._width = width
        self._lines = array("Q")
        self._indexed = 0
        self._last: tuple[int, list[list[Span]]] = (-1, [])

    def __len__(self) -> int:
        return len(self._lines)

    def extend(self, limit: int) -> bool:
        """Wrap lines already known, or look at up to `limit` further characters."""
        view = self._view
        if self._indexed == len(view) and not view.finished:
            view.extend(limit)
        for number in range(self._indexed, min(len(view), self._indexed + max(1, limit // _LINE_COST))):
            self._lines.extend(repeat(number, sum(1 for _ in self._wrapped(number))))
            self._indexed = number + 1
        return view.finished and self._indexed == len(view)

    def line(self, number: int) -> list[Span]:
        """The row of that number."""
        line = self._lines[number]
        if self._last[0] != line:
            self._last = (line, list(self._wrapped(line)))
        return self._last[1][number - bisect_left(self._lines, line)]

    def _wrapped(self, line: int) -> Iterator[list[Span]]:
        spans = self._view.line(line)
        lead = spans[0][0] if spans and spans[0][0].isspace() else ""
        return wrap(spans, self._width, indent=len(lead) + 2)


def json_rows(record: Record, inspection: Inspected, width: int) -> Rows | None:
    """The data as JSON, or None if it is none."""
    view = json_view(record.data, _LOOK_AHEAD) if isinstance(record, Event) else None
    return None if view is None else JsonRows(view, width)


def text_lines(record: Record, inspection: Inspected) -> Iterator[Line]:
    """The data, a line of the stream on each."""
    if isinstance(record, Event):
        for text in record.data.split("\n"):
            yield Line((visible(piece), "event.data") for piece in _pieces(text))
        if record.truncated:
            yield _said("cut here: the data is longer than --max-event-bytes", "badge.cut")


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, none of which begins with a mark that belongs to the piece before."""
    start = 0
    while start < len(text):
        end = start + _PIECE
        while end < len(text) and combining(text[end]):
            end += 1
        yield text[start:end]
        start = end


def byte_rows(record: Record, inspection: Inspected, width: int) -> Rows:
    """The bytes of the block as they came."""
    if not inspection.origin.has_bytes:
        return LineRows([_said("Unknown: the source of this capture does not tell the bytes.", "dim")], width)
    data = inspection.body(record.connection, record.offset, record.size) if isinstance(record, Event) else None
    if data is None or not isinstance(record, Event):
        lost = _said("These bytes are no longer held; a capture (--record) keeps them all.", "dim")
        return LineRows([lost], width)
    return BytesView(data, width, record.offset)


def head_lines(record: Record, inspection: Inspected) -> Iterator[Line]:
    """What is known beside the data: the head of the response it came in, and the event's own facts."""
    opened = record if isinstance(record, Open) else inspection.opened(record.connection)
    if opened is None:
        yield _said(f"No response head is known of connection {record.connection}.", "dim")
    else:
        yield from _response_lines(opened)
    if isinstance(record, Event):
        yield Line([])
        yield Line([(f"event {record.n}", "good")])
        yield from _field_lines(record, inspection, without=("connection", "n", "data"))


def _response_lines(opened: Open) -> Iterator[Line]:
    if opened.status is None:
        yield _said("Unknown: the source of this capture does not tell the response head.", "dim")
        return
    version = f"HTTP/{visible(opened.http_version)} " if opened.http_version else ""
    peer = f"  from {visible(opened.peer)}" if opened.peer else ""
    yield Line([(f"{version}{opened.status}", "good"), (peer, "dim")])
    for name, seconds in opened.timings.items():
        yield _labelled(name.replace("_", " "), units.seconds(seconds))
    for name, value in opened.headers.items():
        yield Line([(visible(name), "json.key"), (": ", "json.punct"), (visible(value), "")], indent=4)


def field_lines(record: Record, inspection: Inspected) -> Iterator[Line]:
    """A record that is no event: what it says, then field by field."""
    sign = sign_of(record)
    yield Line([(f"{sign.sign} {' · '.join(parts(record)[:1])}", sign.style)], words=True, indent=2)
    yield from _field_lines(record, inspection, without=("connection",))


class Page(NamedTuple):
    """The title of a page, and what makes its rows for a width; None where the record has nothing of the kind."""

    title: str
    rows: Callable[[Record, Inspected, int], Rows | None]


def _of_lines(lines: Callable[[Record, Inspected], Iterable[Line]]) -> Callable[[Record, Inspected, int], Rows]:
    return lambda record, inspection, width: LineRows(lines(record, inspection), width)


PAGES = {
    "json": Page("JSON", json_rows),
    "text": Page("Text", _of_lines(text_lines)),
    "bytes": Page("Bytes", byte_rows),
    "fields": Page("Fields", _of_lines(field_lines)),
    "headers": Page("Headers", _of_lines(head_lines)),
}
"""By the name that `Detail.view` takes."""


def pages_of(record: Record) -> tuple[str, ...]:
    """The names of the pages that a record has."""
    return ("json", "text", "bytes", "headers") if isinstance(record, Event) else ("fields", "headers")


def _field_lines(record: Record, inspection: Inspected, without: tuple[str, ...]) -> Iterator[Line]:
    for name in (field.name for field in fields(record)):
        if name not in without:
            value = getattr(record, name)
            yield from _value_lines(name, inspection.origin.time_of(record) if name == "t" else value)


def _value_lines(name: str, value: object) -> Iterator[Line]:
    label = name.replace("_", " ")
    if isinstance(value, dict):
        for key, item in value.items():
            yield _labelled(f"{label} {visible(str(key))}", _said_value(str(key), item))
    else:
        yield _labelled(label, _said_value(name, value))


def _said_value(name: str, value: object) -> str:
    match value:
        case None:
            return units.UNKNOWN
        case bool():
            return "yes" if value else "no"
        case float() if name in _SECONDS:
            return units.seconds(value)
        case float():
            return f"{value:.6g}"
        case int() if name in _SIZES:
            return f"{units.count(value)} B"
        case int():
            return str(value)
        case tuple():
            return visible(", ".join(map(str, value))) or "nothing"
    return visible(str(value)) or '""'


def _labelled(label: str, value: str) -> Line:
    padding = " " * max(1, _LABEL - cells(label))
    return Line([(label + padding, "label"), (value, "")], words=True, indent=_LABEL)


def _said(text: str, style: str) -> Line:
    return Line([(text, style)], words=True)
