"""The bytes around the most telling moments of a session: a body's begin, before a cut, at a gap, at a difference."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sse_inspect.config import Target
from sse_inspect.present.bytes_view import BytesView
from sse_inspect.present.secrets import secrets_of
from sse_inspect.present.words import id_range
from sse_inspect.records import Disconnect, Event, Gap, Open, Record
from sse_inspect.ticket.content import Different, Excerpt
from sse_inspect.ticket.masking import covered, masked
from sse_inspect.ticket.reread import Body

FIRST, LAST = 2, 2
"""Moments of a sort that are shown, from the begin and from the end."""
BEGIN, BEFORE, AFTER, AROUND = 256, 512, 256, 128
"""Bytes of the begin of a body, before a cut, on both sides of a gap, and of a difference."""
LONGEST_LINE, HEAD, TAIL = 112, 60, 20
"""A line of the stream that is longer is shown without its middle."""
WIDTH = 112
"""Cells of a row."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a body worth a look."""

    title: str
    connection: int
    start: int
    end: int


class _Some:
    """The first and the last of many."""

    def __init__(self) -> None:
        self._first: list[Moment] = []
        self._last: deque[Moment] = deque(maxlen=LAST)

    def add(self, moment: Moment) -> None:
        (self._first if len(self._first) < FIRST else self._last).append(moment)

    def __iter__(self) -> Iterator[Moment]:
        return iter([*self._first, *self._last])


class Moments:
    """Folds records into the moments that are worth a look."""

    def __init__(self) -> None:
        self._begin: Moment | None = None
        self._cuts, self._gaps = _Some(), _Some()
        self._opened = 0
        self._event: Event | None = None
        self._gap: Gap | None = None

    def fold(self, record: Record) -> None:
        """Take in one record."""
        match record:
            case Open():
                self._opened = record.connection
                self._event = None
            case Event():
                if self._gap is not None:
                    self._at_gap(self._gap, record)
                    self._gap = None
                self._event = record
            case Gap():
                if self._event is not None and self._event.t == record.t:
                    self._at_gap(record, self._event)
                else:
                    self._gap = record
            case Disconnect() if record.connection == self._opened and record.bytes:
                self.here(record.connection, record.bytes)
                if record.reason != "forced":
                    cut = f"the end of connection {record.connection} ({record.reason})"
                    self._cuts.add(Moment(cut, record.connection, record.bytes - BEFORE, record.bytes))

    def here(self, connection: int, size: int) -> None:
        """A connection has a body of this size by now; of the first that has one the begin is shown."""
        if self._begin is None and connection == self._opened and size:
            self._begin = Moment(f"the begin of connection {connection}", connection, 0, min(size, BEGIN))

    def _at_gap(self, gap: Gap, event: Event) -> None:
        start = max(event.offset - AFTER, 0)
        end = event.offset + min(event.size, AFTER)
        self._gaps.add(Moment(f"the gap {id_range(gap)}", event.connection, start, end))

    def all(self, differences: Iterable[Different]) -> list[Moment]:
        """The moments in the order in which they are shown."""
        begin = [] if self._begin is None else [self._begin]
        found = [*begin, *self._cuts, *self._gaps]
        for each in differences:
            title = f"what an ordinary client reads otherwise ({each.kind}: {each.cause})"
            start, end = max(each.offset - AROUND, 0), each.offset + AROUND
            if not any(it.connection == each.connection and it.start <= start and end <= it.end for it in found):
                found.append(Moment(title, each.connection, start, end))
        return found


def excerpt(moment: Moment, body: Body, target: Target, *, with_data: bool) -> Excerpt | None:
    """The bytes of a moment as rows of text; None where they are not held."""
    start = max(moment.start, 0)
    data, end = None, moment.end
    while data is None and end > start:  # where a body ends behind the moment nobody has said
        data = body(moment.connection, start, end - start)
        end = end if data is not None else start + (end - start) * 3 // 4
    if not data:
        return None
    before = body(moment.connection, start - 1, 1) if start else b"\n"
    data = covered(data, secrets_of(target))
    shown = data if with_data else masked(data, begins_line=before in (b"\n", b"\r"))
    return Excerpt(moment.title, moment.connection, start, len(data), tuple(_rows(shown, start)))


def _rows(data: bytes, offset: int) -> Iterator[str]:
    for part, omitted in _pieces(data):
        if omitted:
            yield f"{'':8}  … {omitted:,} bytes …"
        else:
            yield from _drawn(data[part], offset + part.start)


def _pieces(data: bytes) -> Iterator[tuple[slice, int]]:
    """What is shown, and between it how much is not: the middle of long lines."""
    start = at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        if end - at > LONGEST_LINE:
            yield slice(start, at + HEAD), 0
            yield slice(0), end - TAIL - at - HEAD
            start = end - TAIL
        at = end
    if start < at:
        yield slice(start, at), 0


def _drawn(data: bytes, offset: int) -> Iterator[str]:
    view = BytesView(data, WIDTH, offset)
    view.extend(len(data))
    for number in range(len(view)):
        yield "".join(text for text, _ in view.line(number)).rstrip()
