"""Which records to look at: the filter language, and the view of a log through a filter.

A filter is a list of terms with spaces between: all must hold. Of the values of one term, with commas between, one
must hold; there is no other OR. `-` before a term turns it round. Spaces stand in quotes (`"two words"`,
`data~"two words"`).

    tick "two words"    the data contains it, in any case; of other records the text, reason or detail;
                        a quote that is not one around words, as in `"price":`, stands for itself
    type:tick,trade     the event type is one of these, in any case
    id:40..60  id:abc   the last number in the event's ID lies there, or the ID is exactly that
    n:10..20  size>1k   ordinal and size (bytes) of an event: also < <= >= =, and open ranges such as `10..`
    data~regex          the data matches (a Python regular expression, case-sensitive)
    is:dup              a duplicate; replayed, late and cut likewise
    kind:gap,stall      records of these kinds

A term that asks about events is false of every other record, so `type:tick` hides the life of the connection and
`-type:tick` keeps it. The empty filter lets everything through.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, overload

from sse_inspect.errors import BugError, UsageError
from sse_inspect.records import (
    KINDS,
    Alert,
    Comment,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Fault,
    Record,
    Session,
)
from sse_inspect.store.patterns import compile_pattern, literal
from sse_inspect.store.stretch import DUPLICATE, OUT_OF_ORDER, REPLAYED, TRUNCATED, Piece, Stretch, Wish

WORDS_LOOK_AT = 1 << 20
"""Characters of an event's data in which words are looked for; `patterns` says it for regular expressions."""

Places = Sequence[int]
"""Ascending places in a stretch of events."""

_TERM = re.compile(
    r'(-(?=\S))?(?:([a-z_]+)(:|~|>=|<=|>|<|=))?(?:"([^"\\]*(?:\\.[^"\\]*)*)"(?!\S)|(\S+)|)', re.IGNORECASE | re.DOTALL
)
_RANGE = re.compile(r"([^.]*)\.\.([^.]*)")
_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)(?:([kmg])b?)?", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"([0-9]+)[^0-9]*\Z")
_LONGEST_NUMBER = 64
_SCALE = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_FLAGS = {"dup": DUPLICATE, "replayed": REPLAYED, "late": OUT_OF_ORDER, "cut": TRUNCATED}
_FIELDS = "type: id: n: size: size> is: kind: data~"


@dataclass(frozen=True, slots=True)
class Term:
    """What must hold: `holds` says it of one record, `among` which of these places in a stretch of events it leaves.

    `columns` are those of events it looks at; `word`, if any, stands in the data of every event it holds for.
    """

    holds: Callable[[Record], bool]
    among: Callable[[Stretch, Places], Places]
    columns: frozenset[str] = frozenset()
    word: str = ""


@dataclass(frozen=True)
class Filter:
    """A parsed filter; `text` is how it was written."""

    text: str
    terms: tuple[Term, ...]

    @cached_property
    def wish(self) -> Wish:
        """What it needs to know of events."""
        columns = frozenset[str]().union(*(term.columns for term in self.terms))
        return Wish(columns, tuple(term.word for term in self.terms if term.word))

    def matches(self, record: Record) -> bool:
        """Whether every term holds for the record."""
        return all(term.holds(record) for term in self.terms)

    def among(self, events: Stretch) -> Places:
        """The places of the events that every term holds for."""
        places: Places = range(len(events.numbers))
        for term in self.terms:
            if not places:
                break
            places = term.among(events, places)
        return places

    def hits(self, log: Log, first: int, stop: int) -> list[int]:
        """The ordinals, ascending, of the records from `first` up to, not including, `stop` that it lets through."""
        found: list[int] = []
        parts = 0
        for ordinals, what in log.candidates(first, stop, self.wish):
            hits = len(found)
            if isinstance(what, Stretch):
                found += map(ordinals.__getitem__, self.among(what))
            else:
                found += [ordinal for ordinal, record in zip(ordinals, what, strict=True) if self.matches(record)]
            parts += len(found) > hits
        if parts > 1:
            found.sort()
        return found


def both(first: Filter, second: Filter) -> Filter:
    """What lets through what both let through."""
    return Filter(f"{first.text} {second.text}", first.terms + second.terms)


def parse_filter(text: str) -> Filter:
    """Read a filter; raises UsageError with one sentence that says what is allowed."""
    terms: list[Term] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TERM.match(text, position)
        if match is None:
            raise BugError(f"the filter {text!r} was not understood at {position}")
        position = max(match.end(), position + 1)
        negated, name, operator, quoted, bare = match.groups()
        if name is not None and bare is not None and bare.startswith('"'):
            raise UsageError("filter", "a quote is not closed, or something follows it without a space.")
        value = bare or "" if quoted is None else quoted.replace('\\"', '"')
        term = _words(value) if name is None else _field(name.lower(), operator, value)
        terms.append(_negated(term) if negated else term)
    return Filter(text, tuple(terms))


def _negated(term: Term) -> Term:
    def among(events: Stretch, places: Places) -> Places:
        hidden = term.among(events, places)
        if not hidden:
            return places
        without = frozenset(hidden)
        return [place for place in places if place not in without]

    return Term(lambda record: not term.holds(record), among, term.columns)


def _field(name: str, operator: str, value: str) -> Term:
    term = f"{name}{operator}"
    if not value:
        raise UsageError("filter", f"{term} needs a value right behind it.")
    match term:
        case "type:":
            return _type(frozenset(value.lower().split(",")))
        case "id:":
            return _on("ids", "id", _id(value))
        case "is:":
            return _is(sum({_FLAGS[flag] for flag in _choices(term, value, _FLAGS)}))
        case "kind:":
            kinds = frozenset(_choices(term, value, KINDS))
            return Term(
                lambda record: record.kind in kinds, lambda events, places: places if Event.kind in kinds else ()
            )
        case "data~":
            search = compile_pattern(value)
            return replace(_on("data", "data", search), word=_word(literal(value)))
    if name in ("n", "size") and operator != "~":
        low, high = _bounds(term, operator, value)
        if name == "size":
            return _on("sizes", "size", lambda size: low <= size <= high)
        return Term(
            lambda record: isinstance(record, Event) and low <= record.n <= high,
            lambda events, places: [place for place in places if low <= events.numbers[place] <= high],
        )
    raise UsageError("filter", f"there is no {term}; known are {_FIELDS}, and text that holds one goes in quotes.")


def _on(column: str, field: str, test: Callable[[Any], bool]) -> Term:
    """A term about one field of events."""

    def among(events: Stretch, places: Places) -> Places:
        values = getattr(events, column)
        if values is None:
            return places if test(None) else ()
        return [place for place in places if test(values[place])]

    return Term(lambda record: isinstance(record, Event) and test(getattr(record, field)), among, frozenset((column,)))


def _type(types: frozenset[str]) -> Term:
    def among(events: Stretch, places: Places) -> Places:
        column = events.types
        # Of few types there are many events.
        kinds = frozenset(("message",) if column is None else column)
        wanted = frozenset(kind for kind in kinds if kind.lower() in types)
        if column is None or len(wanted) in (0, len(kinds)):
            return places if wanted else ()
        return [place for place in places if column[place] in wanted]

    return Term(
        lambda record: isinstance(record, Event) and record.event.lower() in types, among, frozenset(("types",))
    )


def _is(flags: int) -> Term:
    def among(events: Stretch, places: Places) -> Places:
        column = events.flags
        return () if column is None else [place for place in places if column[place] & flags]

    return Term(lambda record: isinstance(record, Event) and bool(_flags(record) & flags), among, frozenset(("flags",)))


def _flags(event: Event) -> int:
    return (
        event.duplicate * DUPLICATE
        | event.replayed * REPLAYED
        | event.out_of_order * OUT_OF_ORDER
        | event.truncated * TRUNCATED
    )


def _choices(term: str, value: str, known: dict[str, int] | dict[str, type[Record]]) -> list[str]:
    chosen = value.lower().split(",")
    for choice in chosen:
        if choice not in known:
            raise UsageError("filter", f"{term}{choice} is unknown; {term} takes {', '.join(known)}.")
    return chosen


def _bounds(term: str, operator: str, value: str) -> tuple[float, float]:
    span = _RANGE.fullmatch(value) if operator == ":" else None
    if span is not None and value != "..":
        low, high = (_number(term, end) if end else None for end in span.groups())
        return 0 if low is None else low, float("inf") if high is None else high
    number = _number(term, value)
    match operator:
        case ">":
            return number + 1e-6, float("inf")
        case ">=":
            return number, float("inf")
        case "<":
            return 0, number - 1e-6
        case "<=":
            return 0, number
    return number, number


def _number(term: str, text: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise UsageError("filter", f"{term}{text} is no number; expected one such as 40, 40..60, 40.., ..60 or 1.5k.")
    return float(match[1]) * _SCALE[(match[2] or "").lower()]


def _id(value: str) -> Callable[[str | None], bool]:
    span = _RANGE.fullmatch(value)
    if span is None or value == ".." or not all(end.isdecimal() or not end for end in span.groups()):
        return lambda event_id: event_id == value
    first, last = span.groups()
    low = int(first[:_LONGEST_NUMBER] or 0)
    high = int(last[:_LONGEST_NUMBER]) if last else None

    def test(event_id: str | None) -> bool:
        if event_id is None:
            return False
        number = _LAST_NUMBER.search(event_id[-_LONGEST_NUMBER:])
        return number is not None and low <= int(number[1]) and (high is None or int(number[1]) <= high)

    return test


def _words(words: str) -> Term:
    wanted = words.lower()

    def among(events: Stretch, places: Places) -> Places:
        data = events.data
        return [place for place in places if wanted in _beginning(data[place]).lower()]

    return Term(lambda record: wanted in _text(record).lower(), among, frozenset(("data",)), _word(wanted))


def _word(text: str) -> str:
    """How what stands in an event's data is sure to stand in the text of the stream, in lower case; or ""."""
    wanted = text.lower()
    # What the lower case of a sigma is depends on what stands before it, which is not the same there.
    return "" if any(character in wanted for character in "\r\nσς") else wanted


def _beginning(data: str) -> str:
    return data if len(data) <= WORDS_LOOK_AT else data[:WORDS_LOOK_AT]


def _text(record: Record) -> str:
    match record:
        case Event():
            return _beginning(record.data)
        case Comment():
            return record.text
        case Disconnect() | End():
            return f"{record.reason} {record.detail}"
        case Diagnosis():
            return f"{record.code} {record.title} {record.evidence}"
        case Fault():
            return f"{record.fault} {record.detail}"
        case Alert():
            return f"{record.name} {record.state}"
        case Session():
            return record.url
    return ""


class Log(Protocol):
    """What a view needs of a `RecordLog`."""

    def __len__(self) -> int: ...

    def candidates(self, start: int, stop: int, wish: Wish) -> Sequence[Piece]:
        """The records from `start` up to, not including, `stop`; events that `wish` rules out may be missing."""
        ...


class FilteredView(Sequence[int]):
    """The ordinals, ascending, of the records of a log that a filter lets through.

    They are found bit by bit, backwards and forwards from `start`: what stands nearest to it comes first, and with the
    end of the log as the start, the newest.
    """

    def __init__(self, log: Log, wanted: Filter, start: int | None = None) -> None:
        self._log = log
        self._filter = wanted
        # 4 bytes each: the records of a log may be many millions.
        self._older = array("I")
        self._newer = array("I")
        self._low = self._high = len(log) if start is None else max(0, min(start, len(log)))

    def extend(self, limit: int) -> bool:
        """Look at up to `limit` further records, at least one; True once all the log holds have been looked at."""
        total = len(self._log)
        forward = min(total - self._high, limit if not self._low else (limit + 1) // 2)
        backward = min(self._low, max(limit - forward, 1))
        hits = self._filter.hits
        if forward:
            self._newer.extend(hits(self._log, self._high, self._high + forward))
        if backward:
            self._older.extend(reversed(hits(self._log, self._low - backward, self._low)))
        self._high += forward
        self._low -= backward
        return not self._low and self._high >= len(self._log)

    @property
    def looked(self) -> int:
        """How many records have been looked at."""
        return self._high - self._low

    @property
    def older(self) -> int:
        """How many were found in front of the start: as more are, the others move towards the end."""
        return len(self._older)

    def __len__(self) -> int:
        return len(self._older) + len(self._newer)

    @overload
    def __getitem__(self, position: int) -> int: ...

    @overload
    def __getitem__(self, position: slice) -> Sequence[int]: ...

    def __getitem__(self, position: int | slice) -> int | Sequence[int]:
        if isinstance(position, slice):
            return [self[at] for at in range(*position.indices(len(self)))]
        at = position - len(self._older) if position >= 0 else position + len(self._newer)
        return self._newer[at] if at >= 0 else self._older[-at - 1]
