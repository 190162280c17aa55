"""The events of a capture by number: those that stand alone and those in runs, as one.

What is read may come from anybody: a value that cannot be raises ValueError, a row that SQLite cannot give what `query`
raises.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise, repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from sse_inspect.store.capture.event_rows import Row

COLUMNS = {"numbers": "n", "types": "type", "ids": "id", "sizes": "size", "flags": "flags"}
"""What `EventIndex.columns` gives, and the names of it in the table of single events."""
_MOST = 1 << 24
"""Events in one run: more than any chunk has."""
_FIRST = itemgetter(0)
T = TypeVar("T")
_numbers = msgspec.json.Decoder(list[int]).decode
_texts = msgspec.json.Decoder(list[str]).decode


class Extent(NamedTuple):
    """Where `events` events stand that follow one another in a body, the first of them number `n`."""

    n: int
    events: int
    connection: int
    offset: int
    size: int


class _Run:
    """A row of `event_runs`, or a part of it."""

    def __init__(self, row: Row, start: int, stop: int) -> None:
        self.n, self._count, self._t, self._connection, self._offset, places, self._beyond, *rest = row
        self._type, self._types, self._prefix, self._first_id, self._ids, self._last_event_id = rest
        whole = {type(each) for each in (self.n, self._count, self._connection, self._offset, self._beyond)}
        if whole != {int} or not 0 < self._count <= _MOST or not 0 <= self._beyond <= 1:
            raise ValueError("a run of events")
        self._part = slice(max(0, start - self.n), min(self._count, stop - self.n))
        self.numbers = range(self.n, self.n + self._count)[self._part]
        places = _decoded(_numbers, places)
        if len(places) != self._count + 1:
            raise ValueError("the places of a run of events")
        self._places = places[self._part.start : self._part.stop + 1]
        self.sizes = [after - place - self._beyond for place, after in pairwise(self._places)]
        if min(self.sizes, default=1) < 1:
            raise ValueError("the sizes of a run of events")

    @property
    def types(self) -> Sequence[str]:
        if self._type is None:
            return self._texts(self._types)
        return [_text(self._type)] * len(self.numbers)

    @property
    def ids(self) -> Sequence[str | None]:
        if self._ids is not None:
            return self._texts(self._ids)
        if self._first_id is None:
            return [None] * len(self.numbers)
        first = self._first_id
        if type(first) is not int or first < 0:
            raise ValueError("the first ID of a run of events")
        prefix = _text(self._prefix)
        return [f"{prefix}{number}" for number in range(first, first + self._count)[self._part]]

    def rows(self) -> Iterator[Row]:
        before = self._last_event_id if self._last_event_id is None else _text(self._last_event_id)
        return zip(
            self.numbers,
            repeat(self._t),
            repeat(self._connection),
            map(self._offset.__add__, self._places),
            self.sizes,
            self.types,
            self.ids,
            repeat(before),
            repeat(0),
            strict=False,
        )

    def _texts(self, text: Any) -> list[str]:
        found = _decoded(_texts, text)
        if len(found) != self._count:
            raise ValueError("a column of a run of events")
        return found[self._part]

    @property
    def flags(self) -> Sequence[int]:
        """None has one."""
        return [0] * len(self.numbers)


class EventIndex:
    """The events that `query` finds: it takes SQL and its values, and gives all rows."""

    def __init__(self, query: Callable[..., list[Row]]) -> None:
        self._query = query

    @property
    def last(self) -> int:
        """The number of the last event, 0 if there is none."""
        ((last,),) = self._query(
            "SELECT max(coalesce((SELECT max(n) FROM single_events), 0), "
            "coalesce((SELECT n + count - 1 FROM event_runs ORDER BY n DESC LIMIT 1), 0))"
        )
        return int(last)

    def time_of(self, n: int) -> float | None:
        """When the n-th event came; None where it is not there."""
        found = self._query(
            "SELECT t FROM single_events WHERE n = ?1 UNION ALL SELECT t FROM "
            "(SELECT t, n + count AS stop FROM event_runs WHERE n <= ?1 ORDER BY n DESC LIMIT 1) WHERE stop > ?1",
            n,
        )
        return float(found[0][0]) if found else None

    def rows(self, start: int, stop: int) -> list[Row]:
        """The events from number `start` up to, not including, `stop`, in order; fewer where they are not all there.

        As (n, t, connection, offset, size, type, id, last_event_id, flags).
        """
        singles = self._query(
            "SELECT n, t, connection, offset, size, type, id, last_event_id, flags FROM single_events "
            "WHERE n >= ? AND n < ? ORDER BY n",
            start,
            stop,
        )
        runs = list(chain.from_iterable(run.rows() for run in self._runs(start, stop)))
        return sorted([*singles, *runs], key=_FIRST) if singles and runs else singles or runs

    def columns(self, start: int, stop: int, names: Sequence[str]) -> list[Sequence[Any]]:
        """The numbers of the events from `start` up to, not including, `stop`, and of `COLUMNS` the values."""
        runs = self._runs(start, stop)
        names = ["numbers", *names]
        singles = self._singles(start, stop, [COLUMNS[name] for name in names])
        if not singles:
            return [list(chain.from_iterable(getattr(run, name) for run in runs)) for name in names]
        together = chain.from_iterable(zip(*(getattr(run, name) for name in names), strict=True) for run in runs)
        return list(zip(*sorted(chain(singles, together), key=_FIRST), strict=True))

    def extent(self, start: int, stop: int) -> Extent | None:
        """Where the events from number `start` up to, not including, `stop` stand; None if in more than one body.

        The first and the last tell: of one connection the events stand in the order of their numbers.
        """
        offset, _, connection = self._place(start)
        last, size, there = self._place(stop - 1)
        reach = last + size - offset
        return Extent(start, stop - start, connection, offset, reach) if connection == there and reach > 0 else None

    def _place(self, n: int) -> tuple[int, int, int]:
        """The offset, the size and the connection of an event."""
        ((offset, size, connection),) = self._query(
            "SELECT offset, size, connection FROM single_events WHERE n = ?1 UNION ALL "
            "SELECT offset + (places ->> at), (places ->> (at + 1)) - (places ->> at) - beyond, connection FROM "
            "(SELECT *, ?1 - n AS at FROM event_runs WHERE n <= ?1 ORDER BY n DESC LIMIT 1) WHERE at < count",
            n,
        )
        if {type(offset), type(size), type(connection)} != {int}:
            raise ValueError("the place of an event")
        return offset, size, connection

    def next_duplicate(self, after: int) -> int | None:
        """The number of the first duplicate behind event `after`."""
        return self._mark("SELECT min(n) FROM single_events WHERE flags & 1 AND n > ?", after)

    def last_duplicate(self, until: int) -> int | None:
        """The number of the last duplicate up to event `until`."""
        return self._mark("SELECT max(n) FROM single_events WHERE flags & 1 AND n <= ?", until)

    def _mark(self, query: str, n: int) -> int | None:
        ((found,),) = self._query(query, n)
        return None if found is None else int(found)

    def _singles(self, start: int, stop: int, columns: Sequence[str]) -> list[Any]:
        """One row for all: each that SQLite gives lets go of the interpreter, and has to win it back."""
        ((text,),) = self._query(
            f"SELECT json_group_array(json_array({','.join(columns)})) FROM "  # noqa: S608 the names stand here
            f"(SELECT {','.join(columns)} FROM single_events WHERE n >= ? AND n < ? ORDER BY n)",
            start,
            stop,
        )
        return cast("list[Any]", json.loads(text))

    def _runs(self, start: int, stop: int) -> list[_Run]:
        rows = self._query(
            "SELECT * FROM event_runs WHERE n < ?2 AND n >= "
            "coalesce((SELECT max(n) FROM event_runs WHERE n <= ?1), 0) ORDER BY n",
            start,
            stop,
        )
        return [run for run in (_Run(row, start, stop) for row in rows) if run.numbers]


def _decoded(decode: Callable[[str], T], text: Any) -> T:
    try:
        return decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(f"a column of a run of events: {error}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("bytes in the place of text")
    return value
