"""The line path: any lines whatever, field by field (WHATWG HTML 9.2.6).

It takes what the fast path leaves: blocks cut by the border of a chunk, comments, odd fields, invalid UTF-8,
and whatever is longer than the limit.
"""

from __future__ import annotations

import re

from sse_inspect.wire.held import Held
from sse_inspect.wire.line_ends import CR, CRLF, LF
from sse_inspect.wire.run import Item
from sse_inspect.wire.tokens import CommentToken, CutToken, EventToken, IdToken, RetryToken

RECONNECTION_TIME_MAX = 2**53 - 1  # milliseconds; the largest integer that every reader of JSON keeps exactly

_DATA = b"data: "
# An expression finds words of this length faster than `bytes.find` and `bytes.split` do.
_BLANK = {end: re.compile(end + end).search for end in (LF, CR, CRLF)}
_BETWEEN_DATA = {end: re.compile(end + _DATA).split for end in (LF, CR, CRLF)}
_SHORT = 1 << 12  # bytes of an unfinished line that are looked at again with its rest
_LONGEST_PREFIX = len("retry: ")
_LONGEST_CODE_POINT = 4


class Block:
    """The block being received, and what outlives it: the last event ID string and the place in the stream.

    `offset` is that of the block's first byte, `size` counts its bytes so far, those of an unfinished line too. It
    holds at most about `limit` bytes of data and as many of the unfinished line.
    """

    __slots__ = (
        "_data",
        "_event",
        "_id",
        "_limit",
        "_line",
        "_line_size",
        "_substantial",
        "last_event_id",
        "offset",
        "size",
    )

    def __init__(self, limit: int, last_event_id: str) -> None:
        self._limit = limit
        self.last_event_id = last_event_id
        self.offset = 0
        self._line = self._empty_line()
        self._line_size = 0
        self._begin()

    def _empty_line(self) -> Held:
        """What is held of a line is enough to tell that it was too long."""
        return Held(self._limit + _LONGEST_PREFIX + _LONGEST_CODE_POINT)

    def _begin(self) -> None:
        self.size = 0
        self._data: bytes | Held | None = None
        self._event = ""
        self._id: str | None = None
        self._substantial = False

    def skip(self, size: int) -> None:
        """Pass over bytes that belong to the line end before them."""
        if self.size:
            self.size += size
        else:
            self.offset += size

    def drop(self) -> int:
        """Forget the unfinished block; its size, or 0 if it held only finished comments and the like."""
        partial = self.size if self._substantial or self._line_size else 0
        self.offset += self.size
        self._line = self._empty_line()
        self._line_size = 0
        self._begin()
        return partial

    def rest_in(self, part: bytes, line_end: bytes) -> int:
        """How many bytes of `part` belong to this block, its blank line included."""
        if not self._line_size and part.startswith(line_end):
            return len(line_end)
        blank = _BLANK[line_end](part)
        return blank.end() if blank else len(part)

    def receive_data(self, part: bytes, line_end: bytes) -> bytes:
        """Take the lines of `part` at once if they are `data: ` lines, all of them; what is left to `receive`.

        That `line_end` ends them may be a guess.
        """
        if 0 < self._line_size <= _SHORT and line_end in part and len(self._line) == self._line_size:
            part = b"".join((*self._line.pieces(), part))
            self._line = self._empty_line()
            self.size -= self._line_size
            self._line_size = 0
        if self._line_size or not part.startswith(_DATA):
            return part
        last = part.rfind(line_end)
        if part.endswith(line_end, 0, last):
            last -= len(line_end)
        if last < 0:
            return part
        values = _BETWEEN_DATA[line_end](part[len(_DATA) : last])
        known = b"".join(values)
        if LF in known or CR in known:
            return part
        end = last + len(line_end)
        self._substantial = True
        self.size += end
        self._append(b"\n".join(values))
        return part[end:]

    def receive(self, part: bytes, line_end: bytes, tokens: list[Item]) -> None:
        """Take bytes whose lines all end with `line_end`, of any number of blocks; what they tell goes to `tokens`."""
        if self._line_size:
            begun, ended, part = part.partition(line_end)
            self._hold(begun)
            if not ended:
                return
            self._finish_line(len(line_end), tokens)
        *lines, rest = part.split(line_end)
        for line in lines:
            if line:
                at = self.offset + self.size
                self.size += len(line) + len(line_end)
                name, _, value = line.partition(b":")
                if value.startswith(b" "):
                    value = value[1:]
                self._interpret(name, value, at, len(line), tokens)
            elif self.size:
                self._dispatch(len(line_end), tokens)
            else:
                self.offset += len(line_end)
        if rest:
            self._hold(rest)

    def _finish_line(self, line_end_size: int, tokens: list[Item]) -> None:
        at = self.offset + self.size - self._line_size
        self.size += line_end_size
        size, self._line_size = self._line_size, 0
        line, self._line = self._line, self._empty_line()
        first = line.first
        colon = first.find(b":")
        if colon < 0:
            self._interpret(bytes(first), b"", at, size, tokens)
            return
        name = bytes(first[:colon])
        del first[: colon + 1 + first.startswith(b" ", colon + 1)]
        self._interpret(name, line, at, size, tokens)

    def _hold(self, part: bytes) -> None:
        """Keep a piece of an unfinished line."""
        self._line.add(part)
        self._line_size += len(part)
        self.size += len(part)

    def _interpret(self, name: bytes, value: bytes | Held, at: int, size: int, tokens: list[Item]) -> None:
        """One line, split at its first colon and the space after that; `at` is its offset, `size` that of all of it."""
        if name == b"data":
            self._substantial = True
            self._append(value)
        elif name == b"event":
            self._substantial = True
            self._event, cut = self._text(value)
            if cut:
                tokens.append(CutToken("event type", at))
        elif name == b"id":
            self._substantial = True
            text, cut = self._text(value)
            if cut:
                tokens.append(CutToken("id", at))
            elif "\0" not in text:
                self._id = text
        elif not name:
            text, cut = self._text(value)
            tokens.append(CommentToken(text, at))
            if cut:
                tokens.append(CutToken("comment", at))
        elif name == b"retry":
            self._retry(value, at, tokens)
        elif size > self._limit:
            tokens.append(CutToken("line", at))

    def _retry(self, value: bytes | Held, at: int, tokens: list[Item]) -> None:
        if isinstance(value, Held):
            value = b"".join(value.pieces())
        if len(value) > self._limit:
            tokens.append(CutToken("line", at))
        elif value.isdigit():
            digits = value.lstrip(b"0") or b"0"
            if len(digits) > len(str(RECONNECTION_TIME_MAX)):  # int() refuses more than 4,300 of them
                tokens.append(RetryToken(RECONNECTION_TIME_MAX, at))
            else:
                tokens.append(RetryToken(min(int(digits), RECONNECTION_TIME_MAX), at))

    def _append(self, value: bytes | Held) -> None:
        data = self._data
        if data is None:
            self._data = value
            return
        if isinstance(data, bytes):
            self._data = Held(self._limit + _LONGEST_CODE_POINT)
            self._data.add(data)
            data = self._data
        data.add(b"\n")
        for piece in value.pieces() if isinstance(value, Held) else (value,):
            data.add(piece)

    def _text(self, value: bytes | Held) -> tuple[str, bool]:
        """Decode as WHATWG "UTF-8 decode" does, and cut to the limit at a whole code point; whether it was cut."""
        if isinstance(value, bytes):
            if 3 * len(value) <= self._limit:  # decoding adds the most where U+FFFD, three bytes, stands for one
                return value.decode("utf-8", "replace"), False
            held = Held(len(value))
            held.add(value)
            value = held
        return value.text(self._limit)

    def _dispatch(self, line_end_size: int, tokens: list[Item]) -> None:
        """The blank line."""
        if self._id is not None:
            self.last_event_id = self._id
        if self._data is not None:
            data, cut = self._text(self._data)
            event = self._event or "message"
            size = self.size + 1
            tokens.append(EventToken(event, data, self._id, self.last_event_id, self.offset, size, cut))
        elif self._id is not None:
            tokens.append(IdToken(self._id, self.offset))
        self.offset += self.size + line_end_size
        self._begin()
