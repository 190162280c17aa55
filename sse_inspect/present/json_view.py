"""JSON text laid out in coloured lines, exactly as it came: number literals, order and repeated keys stay.

Nothing is loaded: the text is cut into lines by one expression, without recursion and in linear time, and a line is
drawn when it is asked for. So neither a megabyte nor a hundred thousand brackets cost more than their length.
"""

from __future__ import annotations

import re
from array import array

from sse_inspect.present.safe import preview, visible
from sse_inspect.present.styles import Span, StyleName

INDENT = 2
DEEPEST = 32
"""Levels that are indented; what is nested deeper stands no further to the right."""

LONGEST = 10_000
"""Cells of one string or number that are shown; `…` ends one that is longer."""

_STRING = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_SCALAR = rf"{_STRING}|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null"
_LINE = re.compile(
    rf"""[ \t\n\r]*+(?:
        (?:({_STRING})[ \t\n\r]*+:[ \t\n\r]*+)?   # 1: key
        (?:
            ({_SCALAR}|\{{[ \t\n\r]*+\}}|\[[ \t\n\r]*+\])   # 2: scalar or empty container
            (?:[ \t\n\r]*+(,))?   # 3
            | ([\[{{])   # 4: opening
        )
        | ([\]}}])(?:[ \t\n\r]*+(,))?   # 5: closing, 6
    )""",
    re.VERBOSE,
)
_KEY, _VALUE, _VALUE_COMMA, _OPEN, _CLOSE, _CLOSE_COMMA = range(1, 7)
_SPACE = re.compile(r"[ \t\n\r]*+")


class JsonView:
    """The lines of a JSON text, found bit by bit: `len` counts those known, `line` draws one.

    `error` is the position of the first character that cannot belong to JSON, None as long as there is none; a last
    line then shows what stands there.
    """

    def __init__(self, text: str) -> None:
        self.error: int | None = None
        self.finished = False
        self._text = text
        self._starts = array("Q")
        self._depths = bytearray()
        self._open = bytearray()  # the containers around the next line, as their closing brackets
        self._more = True  # another value must follow, otherwise the container closes
        self._position = 0

    def __len__(self) -> int:
        return len(self._starts) + (self.error is not None)

    def extend(self, limit: int) -> bool:
        """Look at about `limit` further characters; True once the text is at its end, or no JSON any more."""
        stop = self._position + limit
        while not self.finished and self._position < stop:
            self._next_line()
        return self.finished

    def _next_line(self) -> None:
        match = _LINE.match(self._text, self._position)
        if match is None or not self._fits(match):
            self._fail()
            return
        self._position = match.end()
        if not self._open and not self._more:
            self._position = end = _end_of_space(self._text, match.end())
            self.finished = True
            if end < len(self._text):
                self._fail()

    def _fits(self, match: re.Match[str]) -> bool:
        """Take the line in, if the grammar of RFC 8259 allows it here."""
        depth = len(self._open)
        last = match.lastindex
        if last in (_CLOSE, _CLOSE_COMMA):
            if self._more or not depth or self._text[match.start(_CLOSE)] != chr(self._open[-1]):
                return False
            self._open.pop()
            depth -= 1
            self._more = last == _CLOSE_COMMA
        else:
            in_object = depth > 0 and self._open[-1] == 125
            if not self._more or (match.start(_KEY) >= 0) != in_object:
                return False
            if last == _OPEN:
                self._open.append(ord(self._text[match.start(_OPEN)]) + 2)
                self._more = True
            else:
                self._more = last == _VALUE_COMMA
        if self._more and not self._open:
            return False
        self._starts.append(match.start())
        self._depths.append(min(depth, DEEPEST))
        return True

    def _fail(self) -> None:
        self.error = _end_of_space(self._text, self._position)
        self.finished = True

    def line(self, number: int) -> list[Span]:
        """The line of that number, from 0, indented and visible."""
        if number == len(self._starts) and self.error is not None:
            rest = self._text[self.error : self.error + LONGEST]
            said = "✖ no JSON from here on: " if rest else "✖ the JSON ends too early"
            return [(said, "bad"), (preview(rest, LONGEST), "")]
        match = _LINE.match(self._text, self._starts[number])
        if match is None:
            raise IndexError(number)
        spans: list[Span] = [(" " * (INDENT * self._depths[number]), "")]
        key, value, comma, opening, closing, closing_comma = match.groups()
        if key is not None:
            spans += [(_shown(key), "json.key"), (": ", "json.punct")]
        if value is not None:
            spans.append(_value(value))
        for punctuation in (comma, opening, closing, closing_comma):
            if punctuation is not None:
                spans.append((punctuation, "json.punct"))
        return [span for span in spans if span[0]]


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _value(text: str) -> Span:
    first = text[0]
    if first in "{[":
        return first + text[-1], "json.punct"
    style: StyleName = "json.string" if first == '"' else "json.word" if first in "tfn" else "json.number"
    return _shown(text), style


def _shown(text: str) -> str:
    return visible(text) if len(text) <= LONGEST else preview(text, LONGEST)


def json_view(text: str, limit: int = 1 << 18) -> JsonView | None:
    """A view of the text, its first `limit` characters looked at; None if they are no JSON object or array.

    A lone number, word or string is valid JSON too, but nothing to lay out: None.
    """
    view = JsonView(text)
    start = _end_of_space(text, 0)
    if text[start : start + 1] not in ("{", "["):
        return None
    view.extend(limit)
    return None if view.error is not None else view


def json_lines(text: str) -> list[list[Span]] | None:
    """All lines of a JSON object or array at once, or None if it is none; for texts of moderate size."""
    view = json_view(text, len(text) + 1)
    return None if view is None else [view.line(number) for number in range(len(view))]
