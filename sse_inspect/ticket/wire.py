"""The bytes around the most telling moments of a session, a few blocks each: a begin, an end, a gap, a difference."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sse_inspect.config import Target
from sse_inspect.present.safe import visible
from sse_inspect.present.secrets import secrets_of
from sse_inspect.present.words import id_range
from sse_inspect.records import Disconnect, Event, Gap, Open, Record
from sse_inspect.ticket.content import Different, Excerpt
from sse_inspect.ticket.masking import covered, masked
from sse_inspect.ticket.reread import Body

FIRST, LAST = 1, 1
"""Moments of a sort that are shown, from the begin and from the end."""
DIFFERENCES = 2
"""Differences that are shown."""
BEGIN, BEFORE, AFTER, AROUND = 512, 1024, 512, 64
"""Bytes that are looked at: of the begin of a body, before an end, before and in a gap's event, around a difference."""
BLOCKS = 2
"""Blocks that are shown of those bytes, the first or the last."""
LONGEST_LINE, HEAD, TAIL = 100, 60, 20
"""A line of the stream that is longer is shown without its middle."""

_LEFT = frozenset(("forced", "unknown"))
"""Ends that say nothing of the other side."""
_BLOCK_END = re.compile(rb"(?>\r\n|\r|\n){2,}")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_BYTE = re.compile(r"⟨DC([89A-F][0-9A-F])⟩")


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a body worth a look; `blocks` says which of its blocks are shown."""

    title: str
    connection: int
    start: int
    end: int
    blocks: Literal["all", "first", "last"] = "last"


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
        self._end: Moment | None = None
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
                if record.reason not in _LEFT:
                    self._at_end(record)

    def here(self, connection: int, size: int) -> None:
        """A connection has a body of this size by now; of the first that has one the begin is shown."""
        if self._begin is None and connection == self._opened and size:
            self._begin = Moment(f"the begin of connection {connection}", connection, 0, min(size, BEGIN), "first")

    def _at_end(self, record: Disconnect) -> None:
        title = f"the end of connection {record.connection} ({record.reason})"
        moment = Moment(title, record.connection, record.bytes - BEFORE, record.bytes)
        if record.reason == "eof" and not record.partial:
            self._end = moment
        else:
            self._cuts.add(moment)

    def _at_gap(self, gap: Gap, event: Event) -> None:
        start = max(event.offset - AFTER, 0)
        end = event.offset + min(event.size, AFTER)
        self._gaps.add(Moment(f"the gap {id_range(gap)}", event.connection, start, end))

    def all(self, differences: Iterable[Different]) -> list[Moment]:
        """The moments in the order in which they are shown; of the ends in order it is the last one."""
        found = [*filter(None, (self._begin,)), *self._cuts, *filter(None, (self._end,)), *self._gaps]
        for each in [*differences][:DIFFERENCES]:
            title = f"what an ordinary client reads otherwise ({each.kind}: {each.cause})"
            start, end = max(each.offset - AROUND, 0), each.offset + AROUND
            if not any(it.connection == each.connection and it.start <= start and end <= it.end for it in found):
                found.append(Moment(title, each.connection, start, end, "all"))
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
    part = _part(shown, moment.blocks)
    start += part.start
    return Excerpt(moment.title, moment.connection, start, part.stop - part.start, tuple(_rows(shown[part], start)))


def _part(data: bytes, blocks: Literal["all", "first", "last"]) -> slice:
    """The first blocks, or the last ones with what is unfinished behind them."""
    ends = [found.end() for found in _BLOCK_END.finditer(data)]
    if blocks == "first":
        return slice(0, ends[BLOCKS - 1] if len(ends) >= BLOCKS else len(data))
    begins = [0, *(end for end in ends if end < len(data))]
    return slice(begins[-BLOCKS] if blocks == "last" and len(begins) >= BLOCKS else 0, len(data))


def _rows(data: bytes, offset: int) -> Iterator[str]:
    for found in _LINE.finditer(data):
        line = found.group()
        if len(line) > LONGEST_LINE:
            text = f"{_text(line[:HEAD])} … {len(line) - HEAD - TAIL:,} bytes … {_text(line[-TAIL:])}"
        else:
            text = _text(line)
        yield f"{offset + found.start():>8}  {text}"


def _text(line: bytes) -> str:
    """The line with its end as a sign, and what is no UTF-8 as bytes."""
    return _BYTE.sub(r"⟨byte \1⟩", visible(line.decode("utf-8", "surrogateescape")))
