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
from dataclasses import dataclass
from typing import Protocol, overload

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
from sse_inspect.store.patterns import compile_pattern

WORDS_LOOK_AT = 1 << 20
"""Characters of an event's data in which words are looked for; `patterns` says it for regular expressions."""

Test = Callable[[Record], bool]

_TERM = re.compile(
    r'(-(?=\S))?(?:([a-z_]+)(:|~|>=|<=|>|<|=))?(?:"([^"\\]*(?:\\.[^"\\]*)*)"(?!\S)|(\S+)|)', re.IGNORECASE | re.DOTALL
)
_RANGE = re.compile(r"([^.]*)\.\.([^.]*)")
_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)(?:([kmg])b?)?", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"([0-9]+)[^0-9]*\Z")
_LONGEST_NUMBER = 64
_SCALE = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}
_FLAGS: dict[str, Callable[[Event], bool]] = {
    "dup": lambda event: event.duplicate,
    "replayed": lambda event: event.replayed,
    "late": lambda event: event.out_of_order,
    "cut": lambda event: event.truncated,
}
_FIELDS = "type: id: n: size: size> is: kind: data~"


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; `text` is how it was written, `needs_data` whether it looks into the data of events."""

    text: str
    tests: tuple[Test, ...]
    needs_data: bool = True

    def matches(self, record: Record) -> bool:
        """Whether every term holds for the record."""
        return all(test(record) for test in self.tests)


def parse_filter(text: str) -> Filter:
    """Read a filter; raises UsageError with one sentence that says what is allowed."""
    tests: list[Test] = []
    needs_data = False
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
        test = _words(value) if name is None else _field(name.lower(), operator, value)
        tests.append(_negated(test) if negated else test)
        needs_data = needs_data or name is None or operator == "~"
    return Filter(text, tuple(tests), needs_data)


def _negated(test: Test) -> Test:
    return lambda record: not test(record)


def _field(name: str, operator: str, value: str) -> Test:
    term = f"{name}{operator}"
    if not value:
        raise UsageError("filter", f"{term} needs a value right behind it.")
    match term:
        case "type:":
            types = frozenset(value.lower().split(","))
            return lambda record: isinstance(record, Event) and record.event.lower() in types
        case "id:":
            return _id(value)
        case "is:":
            flags = [_FLAGS[flag] for flag in _choices(term, value, _FLAGS)]
            return lambda record: isinstance(record, Event) and any(flag(record) for flag in flags)
        case "kind:":
            kinds = frozenset(_choices(term, value, KINDS))
            return lambda record: record.kind in kinds
        case "data~":
            search = compile_pattern(value)
            return lambda record: isinstance(record, Event) and search(record.data)
    if name in ("n", "size") and operator != "~":
        low, high = _bounds(term, operator, value)
        if name == "n":
            return lambda record: isinstance(record, Event) and low <= record.n <= high
        return lambda record: isinstance(record, Event) and low <= record.size <= high
    raise UsageError("filter", f"there is no {term}; known are {_FIELDS}, and text that holds one goes in quotes.")


def _choices(
    term: str, value: str, known: dict[str, Test] | dict[str, Callable[[Event], bool]] | dict[str, type[Record]]
) -> list[str]:
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


def _id(value: str) -> Test:
    span = _RANGE.fullmatch(value)
    if span is None or value == ".." or not all(end.isdecimal() or not end for end in span.groups()):
        return lambda record: isinstance(record, Event) and record.id == value
    first, last = span.groups()
    low = int(first[:_LONGEST_NUMBER] or 0)
    high = int(last[:_LONGEST_NUMBER]) if last else None

    def test(record: Record) -> bool:
        if not isinstance(record, Event) or record.id is None:
            return False
        number = _LAST_NUMBER.search(record.id[-_LONGEST_NUMBER:])
        return number is not None and low <= int(number[1]) and (high is None or int(number[1]) <= high)

    return test


def _words(words: str) -> Test:
    wanted = words.lower()
    return lambda record: wanted in _text(record).lower()


def _text(record: Record) -> str:
    match record:
        case Event():
            return record.data if len(record.data) <= WORDS_LOOK_AT else record.data[:WORDS_LOOK_AT]
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

    def slice(self, start: int, stop: int, *, data: bool = True) -> Sequence[Record]:
        """The records from `start` up to, not including, `stop`; without `data` that of events may be missing."""
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
        self._newer.extend(self._hits(self._high, self._high + forward))
        self._older.extend(reversed(self._hits(self._low - backward, self._low)))
        self._high += forward
        self._low -= backward
        return not self._low and self._high >= len(self._log)

    def _hits(self, first: int, stop: int) -> list[int]:
        if first >= stop:
            return []
        matches = self._filter.matches
        records = self._log.slice(first, stop, data=self._filter.needs_data)
        return [ordinal for ordinal, record in enumerate(records, first) if matches(record)]

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
