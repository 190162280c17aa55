"""Which records to look at: the filter language, and the view of a log through a filter.

A filter is a list of terms with spaces between; all must hold, and `-` before a term turns it round. Spaces stand
in quotes (`"two words"`, `data~"two words"`).

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
from typing import Protocol

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
    """A parsed filter; `text` is how it was written."""

    text: str
    tests: tuple[Test, ...]

    def matches(self, record: Record) -> bool:
        """Whether every term holds for the record."""
        return all(test(record) for test in self.tests)


def parse_filter(text: str) -> Filter:
    """Read a filter; raises UsageError with one sentence that says what is allowed."""
    tests: list[Test] = []
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
    return Filter(text, tuple(tests))


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

    def slice(self, start: int, stop: int) -> Sequence[Record]:
        """The records from ordinal `start` up to, not including, `stop`, as far as there are any."""
        ...


class FilteredView:
    """The records of a log that a filter lets through, found bit by bit; `ordinals` are theirs in it, ascending."""

    def __init__(self, log: Log, wanted: Filter) -> None:
        self.ordinals = array("Q")
        self._log = log
        self._filter = wanted
        self._seen = 0

    def extend(self, limit: int) -> bool:
        """Look at up to `limit` further records; True once all the log holds have been looked at."""
        start = self._seen
        for ordinal, record in enumerate(self._log.slice(start, start + limit), start):
            if self._filter.matches(record):
                self.ordinals.append(ordinal)
            self._seen = ordinal + 1
        return self._seen >= len(self._log)

    def __len__(self) -> int:
        return len(self.ordinals)
