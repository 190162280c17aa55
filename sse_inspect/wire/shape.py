"""The shape of ordinary blocks: which fields, in which order, with or without the space after the colon.

A stream is written by one program, so its blocks look alike. A shape is that look as one compiled expression:
where it fits, the regular expression engine does in C what a loop over lines does in Python, several times
faster. It knows only blocks of `id`, `event` and `data`, each once (`data` in any number of lines on end), and
only where a value begins beyond doubt; any other block is a misfit, which is told apart and left to `Block`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import add, itemgetter
from typing import Any, NamedTuple

_FIELDS = ("id", "event", "data")
_PREFIX = re.compile("(id|event|data): ?")


class Columns(NamedTuple):
    """Events field by field.

    `ids` is None where the blocks have no `id` line, and `events` where all types are "message". `lengths` are the
    characters of each block.
    """

    ids: Sequence[str] | None
    events: Sequence[str] | None
    data: Sequence[str]
    lengths: list[int]


class Shape:
    """Finds the blocks of one look in decoded text whose lines all end with `line_end`.

    `prefixes` are the beginnings of the lines, such as "id: ", in order; `many`: the `data` line may repeat.
    """

    __slots__ = (
        "_all",
        "_between_lines",
        "_find",
        "_fixed_size",
        "_in_order",
        "_names",
        "_one",
        "_returns",
        "beyond",
        "has_id",
        "line_end",
        "many",
        "prefixes",
    )

    def __init__(self, prefixes: tuple[str, ...], many: bool, line_end: str) -> None:
        self.prefixes = prefixes
        self.many = many
        self.line_end = line_end
        self.beyond = len(line_end) - 1
        self._returns = {"\n": 0, "\r\n": len(prefixes) + 1, "\r": None}[line_end]
        prefix_of = {prefix.partition(":")[0]: prefix for prefix in prefixes}
        self.has_id = "id" in prefix_of
        self._between_lines = line_end + prefix_of["data"]
        self._names = tuple(prefix_of)
        # A dot is several times faster than a set, and enough as all lines end alike.
        value = {"\n": ".*+", "\r\n": ".*", "\r": "[^\r]*+"}[line_end]
        self._all = re.compile("".join(self._line(prefix, value) for prefix in prefixes) + line_end).findall
        self._fixed_size = sum(map(len, prefixes)) + (len(prefixes) + 1) * len(line_end)
        names = list(self._names)
        for index, name in enumerate(_FIELDS):
            if name not in prefix_of:
                names.insert(index, name)
        lines = "".join(self._line(prefix_of.get(name), value) for name in names)
        misfit = f"(?:(?!{line_end}){value}{line_end})*+(?:{line_end}(?={line_end}))*+"
        # An event's size ends with the first byte of the blank line's end: the LF of a CRLF stands outside.
        self._find = re.compile(f"((?:{lines}|{misfit}){line_end[0]}){line_end[1:]}").findall
        self._one = re.compile(f"(){lines}{line_end}")
        places = [1 + names.index(name) for name in _FIELDS]
        self._in_order = None if places == [1, 2, 3] else itemgetter(0, *places)

    def _line(self, prefix: str | None, value: str) -> str:
        if prefix is None:
            return "()"
        start = prefix if prefix.endswith(" ") else f"{prefix}(?! )"
        more = ""
        if self.many and prefix.startswith("data"):
            # Nothing is given back once it was found, so a dot must leave the CR of a CRLF alone by itself.
            value += "(?=\r)" if self.line_end == "\r\n" else ""
            more = f"(?:{self.line_end}{start}{value})*+"
        return f"{start}({value}{more}){self.line_end}"

    def fits(self, text: str) -> bool:
        """Whether the first block of `text` has this shape."""
        return self._one.match(text) is not None

    def only(self, text: str) -> Any:
        """The row, as of `rows` but for `whole`, of the one block that `text` is; None if it is anything else.

        Lines of any end may come: as many CRs as there ought to be are no others. Where CR alone ends the lines
        that proves nothing, and the LF of the last might be still to come.
        """
        if "\r" in text and text.count("\r") != self._returns:
            return None
        found = self._one.fullmatch(text)
        if found is None:
            return None
        row = found.groups()
        return self._in_order(row) if self._in_order else row

    def rows(self, text: str) -> list[Any]:
        """The blocks of `text`, which ends with a blank line, as (whole, id, event, data), all strings.

        `whole` ends where the event's size does; `data` is empty where `whole` is a misfit and the blank lines
        after it.
        """
        found = self._find(text)
        return list(map(self._in_order, found)) if self._in_order else found

    def columns(self, text: str) -> Columns | None:
        """The fields of the blocks of `text`, if there are no others in it; else None.

        The expression passes over what does not fit. That there is nothing of the kind is seen by the sizes.
        """
        found = self._all(text)
        if not found:
            return None
        fields: list[Sequence[str]] = [found] if len(self._names) == 1 else list(zip(*found, strict=True))
        lengths = map(self._fixed_size.__add__, map(len, fields[0]))
        for field in fields[1:]:
            lengths = map(add, lengths, map(len, field))
        known = list(lengths)
        if sum(known) != len(text):
            return None
        by_name = dict(zip(self._names, fields, strict=True))
        events, data = by_name.get("event"), by_name["data"]
        if events is not None and "" in events:
            events = tuple(event or "message" for event in events)
        if self.many:
            data = [self.join(value) for value in data]
        return Columns(by_name.get("id"), events, data, known)

    def sizes(self, text: str, lengths: list[int]) -> list[int]:
        """The bytes of each event of `text`, whose blocks have these lengths."""
        if not text.isascii():
            blank = self.line_end.encode() * 2
            lengths = [len(block) + len(blank) for block in text.encode().split(blank)[:-1]]
        return [length - self.beyond for length in lengths] if self.beyond else lengths

    def join(self, data: str) -> str:
        """The value that a run of `data` lines has together."""
        return data.replace(self._between_lines, "\n")


@lru_cache(maxsize=256)
def shape_of(prefixes: tuple[str, ...], many: bool, line_end: str) -> Shape:
    """The shape of that look, compiled once."""
    return Shape(prefixes, many, line_end)


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
