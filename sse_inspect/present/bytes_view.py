"""Raw bytes as hex and text, each line of the stream on rows of its own, its end in words.

    00000000  64 61 74 61 3a 20 68 65 6c 6c 6f     data: hello  LF
    0000000c                                                    LF blank line

A row is found by looking at its own bytes only, so that a view of megabytes is made bit by bit, and drawn where it
is looked at.
"""

from __future__ import annotations

import re
from array import array

from sse_inspect.present.rows import clip_spans
from sse_inspect.present.styles import Span

_EVERY = 64
_OFFSET, _END = 8, 16
_ENDS = {b"\n": "LF", b"\r": "CR", b"\r\n": "CRLF"}
_TEXT = {code: chr(code) if 0x20 <= code < 0x7F else "·" for code in range(256)}
_FIELD = re.compile(rb"(?:data|event|id|retry)?:|(?:data|event|id|retry)\Z")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BytesView:
    """The rows of `data`, whose first byte stands at `offset` of the body, for a pane of `width` cells.

    `len` counts the rows known so far, `extend` finds more, `line` draws one.
    """

    def __init__(self, data: bytes, width: int, offset: int = 0) -> None:
        self.per_row = min(max((width - _OFFSET - _END - 6) // 4 // 4 * 4, 4), 32)
        self._data = data
        self._width = width
        self._offset = offset
        self._row = re.compile(rb"[^\r\n]{0,%d}(\r\n|\r|\n)?" % self.per_row)
        self._marks = array("Q")  # where each 64th row starts
        self._rows = 0
        self._position = 0

    def __len__(self) -> int:
        return self._rows

    def extend(self, limit: int) -> bool:
        """Look at about `limit` further bytes; True once all rows are known."""
        size = len(self._data)
        stop = min(self._position + limit, size)
        for match in self._row.finditer(self._data, self._position):
            if match.start() >= stop:
                break
            if self._rows % _EVERY == 0:
                self._marks.append(match.start())
            self._rows += 1
            self._position = match.end()
        return self._position >= size

    def line(self, number: int) -> list[Span]:
        """The row of that number, from 0: offset, hex, text, and the line's end where it has one."""
        if not 0 <= number < self._rows:
            raise IndexError(number)
        rows = self._row.finditer(self._data, self._marks[number // _EVERY])
        for _ in range(number % _EVERY):
            next(rows)
        match = next(rows)
        start, end = match.start(), match.group(1)
        content = match.group()[: -len(end)] if end else match.group()
        begins = start == 0 or self._data[start - 1] in b"\r\n"
        hexed = content.hex(" ").ljust(3 * self.per_row)
        spans: list[Span] = [(f"{self._offset + start:0{_OFFSET}x}  ", "bytes.offset"), (hexed + " ", "bytes.hex")]
        spans += self._text(content, begins)
        if end:
            blank = " blank line" if begins and not content else ""
            spans.append((f"{' ' * (self.per_row - len(content))} {_ENDS[end]}{blank}", "bytes.end"))
        return clip_spans(spans, self._width)

    def _text(self, content: bytes, begins: bool) -> list[Span]:
        text = "".join(map(_TEXT.__getitem__, content))
        field = _FIELD.match(content.removeprefix(_BYTE_ORDER_MARK)) if begins else None
        length = 0 if field is None else field.end() + len(content) - len(content.removeprefix(_BYTE_ORDER_MARK))
        return [(text[:length], "bytes.field"), (text[length:], "bytes.text")]
