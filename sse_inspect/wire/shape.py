"""The shape of ordinary blocks: which fields, in which order, with or without the space after the colon.

A stream is written by one program, so its blocks look alike. A shape is that look as one compiled expression:
where it fits, the regular expression engine does in C what a loop over lines does in Python, several times
faster. It knows only blocks of `id`, `event` and `data`, each once (`data` in any number of lines on end), and
only where a value begins beyond doubt; any other block is a misfit, which is told apart and left to `Block`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

_FIELDS = ("id", "event", "data")
_PREFIX = re.compile("(id|event|data): ?")
# A dot is several times faster than a set, and enough where all lines end alike.
_VALUE = {"\n": ".*+", "\r\n": ".*", "\r": "[^\r]*+"}


class Columns(NamedTuple):
    """Events field by field.

    `ids` is None where the blocks have no `id` line, and `events` where all types are "message". `lengths` are the
    characters of each block, or none of them where the data tells that.
    """

    ids: Sequence[str] | None
    events: Sequence[str] | None
    data: Sequence[str]
    lengths: list[int]


class Shape(ABC):
    """Finds the blocks of one look in decoded text without NUL whose lines end with `line_end`.

    `prefixes` are the beginnings of the lines, such as "id: ", in order; `many`: the `data` line may repeat. Text for
    a shape whose lines end with LF holds no CR, and with CR no LF.

    `one` matches text that is one such block, its groups the fields, "" for one that it has not. Then `in_order`, if
    any, makes ID, type and data of them, and `join` the value of `many` lines of data.
    """

    __slots__ = (
        "_between_lines",
        "_find",
        "_one",
        "beyond",
        "has_id",
        "in_order",
        "line_end",
        "many",
        "one",
        "prefixes",
    )

    def __init__(self, prefixes: tuple[str, ...], many: bool, line_end: str) -> None:
        self.prefixes = prefixes
        self.many = many
        self.line_end = line_end
        self.beyond = len(line_end) - 1
        prefix_of = {prefix.partition(":")[0]: prefix for prefix in prefixes}
        self.has_id = "id" in prefix_of
        self._between_lines = line_end + prefix_of["data"]
        names = list(prefix_of)
        for index, name in enumerate(_FIELDS):
            if name not in prefix_of:
                names.insert(index, name)
        self.in_order = None if names == list(_FIELDS) else itemgetter(*map(names.index, _FIELDS))
        lines = "".join(self._line(prefix_of[name]) if name in prefix_of else "()" for name in names)
        self._one = re.compile(lines + line_end)
        self.one = self._one.fullmatch
        fitting = "".join(
            self._line(prefix) if prefix.startswith("data") else self._line(prefix, "") for prefix in prefixes
        )
        misfit = f"(?:(?!{line_end}){_VALUE[line_end]}{line_end})*+(?:{line_end}(?={line_end}))*+"
        # An event's size ends with the first byte of the blank line's end: the LF of a CRLF stands outside.
        self._find = re.compile(f"((?:{fitting}|{misfit}){line_end[0]}){line_end[1:]}").findall

    def _line(self, prefix: str, group: str = "()") -> str:
        start, value = _start(prefix), _VALUE[self.line_end]
        more = ""
        if self.many and prefix.startswith("data"):
            # Nothing is given back once it was found, so a dot must leave the CR of a CRLF alone by itself.
            value += "(?=\r)" if self.line_end == "\r\n" else ""
            more = f"(?:{self.line_end}{start}{value})*+"
        return f"{start}{group[:1]}{value}{more}{group[1:]}{self.line_end}"

    def fits(self, text: str) -> bool:
        """Whether the first block of `text` has this shape."""
        return self._one.match(text) is not None

    def blocks(self, text: str) -> list[tuple[str, str]]:
        """The blocks of `text`, which ends with a blank line, and their data.

        A block ends where the event's size does; data is empty where the block is a misfit and the blank lines after
        it.
        """
        return self._find(text)

    @abstractmethod
    def columns(self, text: str) -> Columns | None:
        """The fields of the blocks of `text`, which ends with a blank line, if there are no others in it; else None."""

    @abstractmethod
    def _lengths(self, columns: Columns) -> list[int]:
        """The characters of each block."""

    def sizes(self, text: str, columns: Columns) -> list[int]:
        """The bytes of each event of `text`, which has these columns."""
        if text.isascii():
            lengths = self._lengths(columns)
        else:
            blank = self.line_end.encode() * 2
            lengths = [len(block) + len(blank) for block in text.encode().split(blank)[:-1]]
        return [length - self.beyond for length in lengths] if self.beyond else lengths

    def join(self, data: str) -> str:
        """The value that a run of `data` lines has together."""
        return "\n".join(data.split(self._between_lines))


class FieldsShape(Shape):
    """The shape of blocks with more than data: an expression for a whole block takes it apart."""

    __slots__ = ("_names", "_split")

    def __init__(self, prefixes: tuple[str, ...], many: bool, line_end: str) -> None:
        super().__init__(prefixes, many, line_end)
        self._names = [prefix.partition(":")[0] for prefix in prefixes]
        self._split = re.compile(f"({''.join(map(self._line, prefixes))}{line_end})").split

    def columns(self, text: str) -> Columns | None:
        """See `Shape`."""
        # Of each block: what stands before it, all of it, its fields.
        found, width = self._split(text), 2 + len(self._names)
        lengths = list(map(len, found[1::width]))
        if sum(lengths) != len(text):
            return None
        column_of = {name: found[place::width] for place, name in enumerate(self._names, 2)}
        if self.many:
            column_of["data"] = list(map(self.join, column_of["data"]))
        if self.beyond and any("\r" in "".join(column) for column in column_of.values()):
            return None
        events = column_of.get("event")
        if events is not None and not all(events):
            events = [event or "message" for event in events]
        return Columns(column_of.get("id"), events, column_of["data"], lengths)

    def _lengths(self, columns: Columns) -> list[int]:
        return columns.lengths


class DataShape(Shape):
    """The shape of blocks of nothing but data: what is left where text is cut at all that stands between."""

    __slots__ = ("_around", "_begins", "_between", "_inside", "_lines")

    def __init__(self, prefixes: tuple[str, ...], many: bool, line_end: str) -> None:
        super().__init__(prefixes, many, line_end)
        (prefix,) = prefixes
        blank = 2 * line_end
        self._inside = slice(len(prefix), -len(blank))
        self._around = len(prefix) + len(blank)
        self._begins = re.compile(_start(prefix)).match
        # Such an expression finds long words faster than `str.split` does.
        self._between = re.compile(blank + _start(prefix)).split
        self._lines = re.compile(line_end + _start(prefix)).split

    def columns(self, text: str) -> Columns | None:
        """See `Shape`."""
        if not self._begins(text):
            return None
        text = text[self._inside]
        values = self._marked(text).split(f"{self.line_end}\0") if self.many else self._between(text)
        known = "".join(values)
        if "\n" in known or "\r" in known:
            return None
        return Columns(None, None, [value.replace("\0", "\n") for value in values] if self.many else values, [])

    def _marked(self, text: str) -> str:
        """The text with a NUL for what begins each further line of data, so that line ends are only between blocks."""
        return "\0".join(self._lines(text))

    def _lengths(self, columns: Columns) -> list[int]:
        if not self.many:
            return list(map(self._around.__add__, map(len, columns.data)))
        more = len(self.prefixes[0]) + self.beyond
        return [len(value) + more * value.count("\n") + self._around for value in columns.data]


def _start(prefix: str) -> str:
    """The expression for the beginning of a line; one space after the colon is never the value's."""
    return prefix if prefix.endswith(" ") else f"{prefix}(?! )"


@lru_cache(maxsize=256)
def shape_of(prefixes: tuple[str, ...], many: bool, line_end: str) -> Shape:
    """The shape of that look, compiled once."""
    return (FieldsShape if len(prefixes) > 1 else DataShape)(prefixes, many, line_end)


def learn(text: str, line_end: str) -> Shape | None:
    """The shape of the first block of `text`; None where it is not an ordinary one."""
    prefixes: list[str] = []
    many = False
    for line in text.partition(line_end * 2)[0].split(line_end):
        prefix = _PREFIX.match(line)
        if prefix is None:
            return None
        if prefix[1] == "data" and prefixes and prefixes[-1] == prefix[0]:
            many = True
        else:
            prefixes.append(prefix[0])
    names = {prefix.partition(":")[0] for prefix in prefixes}
    return shape_of(tuple(prefixes), many, line_end) if "data" in names and len(names) == len(prefixes) else None
