"""Where the values of a JSON text stand, found by its tokens: nothing is built, and nothing has to be complete.

What is cut off, or stops being JSON in the middle, is read as far as it goes. Several values may follow each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sse_inspect.exporting.json_path import Paths, States

DEEPEST = 10_000
"""Levels that are told apart; what stands deeper is one value, and meant by every path that could lead there."""

Kind = Literal["string", "key", "number", "literal", "plain"]

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?P<next>,)?[ \t\r\n]*(?:
    "(?P<string>[^"\\]*(?:\\.[^"\\]*)*)(?:(?P<quote>")(?P<colon>[ \t\r\n]*:)?|\\?\Z)
    |(?P<number>-?[0-9][0-9.eE+-]*)|(?P<literal>true|false|null)|(?P<open>[{\[])|(?P<shut>[}\]]))""",
    re.VERBOSE | re.DOTALL,
)


class Value(NamedTuple):
    """A number, a literal, or what stands between the quotes of a string, by place; `meant` by these paths.

    A `key` is the name of a member. What is no JSON is one `plain` value.
    """

    start: int
    end: int
    kind: Kind
    meant: Sequence[int]


@dataclass(slots=True)
class _Level:
    """A container that is open: an object's `key` is None where the next string is a name."""

    is_object: bool
    states: States
    meant: Sequence[int]
    key: str | int | None


def values(text: str, paths: Paths) -> Iterator[Value]:
    """The values of a text in order, but for some that no path means; without any path all of them."""
    levels = [_Level(False, paths.start, paths.whole, 0)]
    top = levels[0]
    at, end = 0, len(text)
    while at < end:
        if paths.passed_over and top.is_object and not top.meant and (top.key is None or text[at] == ","):
            passed = paths.passed_over.match(text, at)
            if passed:
                at, top.key = passed.end(), ""
        token = _TOKEN.match(text, at)
        if token is None:
            if text[at:].strip(" \t\r\n"):
                yield Value(at, end, "plain", top.meant)
            return
        at = token.end()
        if token.start("next") >= 0:
            top.key = top.key + 1 if isinstance(top.key, int) else None
        match token.lastgroup:
            case "quote" | "colon" | "string":
                start, stop = token.span("string")
                if top.is_object and top.key is None:
                    top.key = _name(token["string"])
                    yield Value(start, stop, "key", ())
                else:
                    yield Value(start, stop if token["quote"] else end, "string", _inside(paths, levels)[1])
            case "number":
                yield Value(*token.span("number"), "number", _inside(paths, levels)[1])
            case "literal":
                yield Value(*token.span("literal"), "literal", _inside(paths, levels)[1])
            case "open":
                states, meant = _inside(paths, levels)
                if len(levels) > DEEPEST:
                    yield Value(at, end, "plain", meant or [number for number, _ in states])
                    return
                is_object = text[at - 1] == "{"
                top = _Level(is_object, states, meant, None if is_object else 0)
                levels.append(top)
            case _:
                if len(levels) == 1 or top.is_object is not (text[at - 1] == "}"):
                    yield Value(at - 1, end, "plain", paths.whole)
                    return
                levels.pop()
                top = levels[-1]


def _inside(paths: Paths, levels: list[_Level]) -> tuple[States, Sequence[int]]:
    """What a value at the present place is: what paths may mean inside it, and which mean it itself."""
    top = levels[-1]
    if len(levels) == 1:  # the whole of the data is no element of anything
        return top.states, top.meant
    if top.meant or not top.states:
        return (), top.meant
    return paths.descend(top.states, top.key)


def _name(string: str) -> str:
    if "\\" not in string:
        return string
    try:
        return str(json.loads(f'"{string}"', strict=False))
    except ValueError:
        return string
