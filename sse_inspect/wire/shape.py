"""The shape of ordinary blocks: which fields, in which order, with or without the space after the colon.

A stream is written by one program, so its blocks look alike. A shape is that look as one compiled expression:
where it fits, the regular expression engine does in C what a loop over lines does in Python, several times
faster. It knows only blocks of `id`, `event` and `data`, each once (`data` in any number of lines on end), and
only where a value begins beyond doubt; any other block is a misfit, which is told apart and left to `Block`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

_FIELDS = ("id", "event", "data")
_PREFIX = re.compile("(id|event|data): ?")


class Shape:
    """Finds the blocks of one look in decoded text whose lines all end with `line_end`.

    `prefixes` are the beginnings of the lines, such as "id: ", in order; `many`: the `data` line may repeat.
    """

    __slots__ = (
        "_find",
        "_in_order",
        "_one",
        "_prefix_size",
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
        self._prefix_size = len(prefix_of["data"])
        names = list(prefix_of)
        for index, name in enumerate(_FIELDS):
            if name not in prefix_of:
                names.insert(index, name)
        # A dot is several times faster than a set, and enough as all lines end alike.
        value = {"\n": ".*+", "\r\n": ".*", "\r": "[^\r]*+"}[line_end]
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
        more = f"(?:{self.line_end}{start}{value})*+" if self.many and prefix.startswith("data") else ""
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

    def rows(self, text: str) -> Iterable[Any]:
        """The blocks of `text`, which ends with a blank line, as (whole, id, event, data), all strings.

        `whole` ends where the event's size does; `data` is empty where `whole` is a misfit and the blank lines
        after it.
        """
        found = self._find(text)
        return map(self._in_order, found) if self._in_order else found

    def join(self, data: str) -> str:
        """The value that a run of `data` lines has together."""
        first, *others = data.split(self.line_end)
        size = self._prefix_size
        return "\n".join([first, *[line[size:] for line in others]])


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
