"""Masks values in event data: as many bytes stand there as before, and what was JSON stays JSON.

What is masked in a string, a name or plain text becomes asterisks, one for each byte of UTF-8, an escape such as
`\\u00e9` counting as it is written; a number becomes nines; `true` and `false` become `null`, with a space before it
where one is needed. So the length of what was masked can still be told.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice, takewhile

from sse_inspect.exporting.json_path import JsonPath, Paths
from sse_inspect.exporting.json_values import Kind, Value, values
from sse_inspect.records import Event, Record

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_DIGIT = re.compile(r"[0-9]")
_UNDECODED = "sse-inspect-undecoded"
_NONE_UNDECODED = 0xDC00
_UNDECODED_MARKS = re.compile("[\udc01-\udc03]")
_NO_PATHS = Paths(())


@dataclass(frozen=True, slots=True)
class Regex:
    """An expression: what it matches is masked, or what its groups match, where it has some."""

    text: str
    pattern: re.Pattern[str]


Rule = JsonPath | Regex


@dataclass(slots=True)
class _Mask:
    """What is to be covered; `whole`: all of the value."""

    start: int
    end: int
    kind: Kind
    whole: bool


class Redaction:
    """Masks what any of the rules means; knows afterwards which of them found something."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._paths = [rule for rule in rules if isinstance(rule, JsonPath)]
        self._regexes = [rule for rule in rules if isinstance(rule, Regex)]
        self._followed = Paths(self._paths)
        self._unused = {rule.text: rule for rule in rules}

    @property
    def unused(self) -> list[str]:
        """The rules that nothing matched so far, as they were written."""
        return list(self._unused)

    def record(self, record: Record) -> Record:
        """The record with its data masked, if it is an event."""
        return replace(record, data=self.text(record.data)) if isinstance(record, Event) else record

    def text(self, data: str) -> str:
        """The data of an event, masked."""
        masks = self._masks(data)
        return _covered(data, masks) if masks else data

    def lines(self, lines: Sequence[bytes]) -> list[bytes]:
        """What stands in the `data` lines of a block, masked: as many lines, each as long as it was."""
        data = "\n".join([line.decode("utf-8", _UNDECODED) for line in lines])
        masks = self._masks(_UNDECODED_MARKS.sub("\ufffd", data))
        if not masks:
            return list(lines)
        covered = _covered(data, masks).split("\n")
        return [_with_undecoded(text, line) for text, line in zip(covered, lines, strict=True)]

    def _masks(self, data: str) -> list[_Mask]:
        masks = [*self._by_path(data), *self._by_regex(data)] if data else []
        masks.sort(key=lambda mask: mask.start)
        return masks

    def _by_path(self, data: str) -> Iterator[_Mask]:
        if not any("\\" in data or _could_be_in(path, data) for path in self._paths):
            return
        for start, end, kind, meant in values(data, self._followed):
            if meant:
                for number in meant:
                    self._unused.pop(self._paths[number].text, None)
                if start < end:
                    yield _Mask(start, end, kind, whole=True)

    def _by_regex(self, data: str) -> Iterator[_Mask]:
        if not self._regexes:
            return
        hits = _joined(hit for regex in self._regexes for hit in self._hits(regex, data))
        escaped = "\\" in data
        if not hits and not escaped:
            return
        at = 0
        for value in values(data, _NO_PATHS):
            while at < len(hits) and hits[at][1] <= value.start:
                at += 1
            if at == len(hits) and not escaped:
                return
            here = takewhile(lambda hit: hit[0] < value.end, islice(hits, at, None))  # noqa: B023 used up at once
            for start, end in [*here, *(self._hits_in_escaped(data, value) if escaped else ())]:
                low, high = max(start, value.start), min(end, value.end)
                if value.kind in ("string", "key"):
                    low, high = _whole_escapes(data, value, low, high)
                elif value.kind == "literal":
                    low, high = value.start, value.end
                yield _Mask(low, high, value.kind, whole=(low, high) == (value.start, value.end))

    def _hits(self, regex: Regex, data: str) -> Iterator[tuple[int, int]]:
        for match in regex.pattern.finditer(data):
            for group in range(1, regex.pattern.groups + 1) if regex.pattern.groups else (0,):
                start, end = match.span(group)
                if start < end:
                    self._unused.pop(regex.text, None)
                    yield start, end

    def _hits_in_escaped(self, data: str, value: Value) -> Iterator[tuple[int, int]]:
        """What the expressions match in the string that is meant where escapes hide it."""
        if value.kind not in ("string", "key"):
            return
        escapes = list(_ESCAPE.finditer(data, value.start, value.end))
        if not escapes:
            return
        meant = _ESCAPE.sub(_unescaped, data[value.start : value.end])
        longer = list(accumulate(len(escape[0]) - 1 for escape in escapes))
        places = [escape.end() - value.start - more for escape, more in zip(escapes, longer, strict=True)]

        def written(at: int) -> int:
            before = bisect_right(places, at)
            return value.start + at + (longer[before - 1] if before else 0)

        for regex in self._regexes:
            for start, end in self._hits(regex, meant):
                yield written(start), written(end)


def _could_be_in(path: JsonPath, data: str) -> bool:
    """Whether the last name of a path stands in data without escapes: a cheap look before a thorough one."""
    name = path.steps[-1].key if path.steps else None
    return not isinstance(name, str) or name in data


def _joined(hits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches in order, those that overlap made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(hits):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _unescaped(escape: re.Match[str]) -> str:
    """The one character, or half of one, that an escape means."""
    try:
        return str(json.loads(f'"{escape[0]}"'))
    except ValueError:
        return escape[0][1]


def _whole_escapes(data: str, value: Value, low: int, high: int) -> tuple[int, int]:
    """The stretch, grown to the borders of the escapes that it cuts."""
    if "\\" in data[value.start : high]:
        for escape in _ESCAPE.finditer(data, value.start, value.end):
            if escape.start() >= high:
                break
            if escape.end() > low:
                low, high = min(low, escape.start()), max(high, escape.end())
    return low, high


def _covered(data: str, masks: Iterable[_Mask]) -> str:
    """The data with the masks laid over it, which are in order and may overlap."""
    parts: list[str] = []
    at = 0
    for mask in masks:
        start = max(at, mask.start)
        if start < mask.end:
            part = data[start : mask.end]
            parts += (data[at:start], _cover(part, mask.kind, mask.whole and start == mask.start))
            at = mask.end
    parts.append(data[at:])
    return "".join(parts)


def _cover(part: str, kind: Kind, whole: bool) -> str:
    """What takes the place of a part of a value: as many bytes, and no line feed more or less."""
    if kind == "number":
        return "9" * len(part) if whole else _DIGIT.sub("9", part)
    if kind == "literal":
        return "null".rjust(len(part))
    return "\n".join(["*" * _size(line) for line in part.split("\n")])


def _size(text: str) -> int:
    """The bytes of a text in UTF-8; what could not be decoded counts as it was."""
    return len(text) if text.isascii() else len(text.encode("utf-8", _UNDECODED))


def _with_undecoded(text: str, line: bytes) -> bytes:
    """The text as bytes, with the bytes of `line`, which is as long, where they could not be decoded."""
    made = bytearray(text.encode("utf-8", _UNDECODED))
    at = last = 0
    for mark in _UNDECODED_MARKS.finditer(text):
        at += _size(text[last : mark.start()])
        size = _size(mark[0])
        made[at : at + size] = line[at : at + size]
        at, last = at + size, mark.end()
    return bytes(made)


def _handle_undecoded(error: UnicodeError) -> tuple[str | bytes, int]:
    """Stand for bytes that are no UTF-8 with a lone surrogate that says how many they were, and the other way round."""
    if isinstance(error, UnicodeDecodeError):
        return chr(_NONE_UNDECODED + error.end - error.start), error.end
    if isinstance(error, UnicodeEncodeError):
        marks = error.object[error.start : error.end]
        return b"".join(bytes(ord(mark) - _NONE_UNDECODED) for mark in marks), error.end
    raise error


codecs.register_error(_UNDECODED, _handle_undecoded)
