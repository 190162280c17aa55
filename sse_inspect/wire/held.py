"""Bytes held until it is known what they are: in pieces, each of which can go once it is decoded.

As one piece, an event as long as the limit would be in memory twice over, beside its text.
"""

from __future__ import annotations

from codecs import utf_8_decode
from collections.abc import Iterator
from io import StringIO

PIECE = 1 << 16
"""Bytes from which on a piece is full."""

Bytes = bytes | bytearray


class Held:
    """The first `most` bytes of what is added."""

    __slots__ = ("_full", "_last", "_room")

    def __init__(self, most: int) -> None:
        self._room = most
        self._full: list[bytearray] = []
        self._last = bytearray()

    def __len__(self) -> int:
        return sum(map(len, self._full)) + len(self._last)

    @property
    def first(self) -> bytearray:
        """The first piece, to be looked at and shortened."""
        return self._full[0] if self._full else self._last

    def add(self, part: Bytes) -> None:
        """Hold these too, as far as there is room."""
        if len(part) > self._room:
            part = part[: self._room]
        self._room -= len(part)
        last = self._last
        last += part
        if len(last) >= PIECE:
            self._full.append(last)
            self._last = bytearray()

    def pieces(self) -> Iterator[bytearray]:
        """All of it, in order; what was given is held no longer."""
        left = [self._last, *reversed(self._full)]
        self._full, self._last = [], bytearray()
        while left:
            yield left.pop()

    def text(self, limit: int) -> tuple[str, bool]:
        """All of it decoded as WHATWG "UTF-8 decode" does, and held no longer.

        It is cut to `limit` bytes of UTF-8, at a whole code point; the second value says whether it was.
        """
        if not self._full and 3 * len(self._last) <= limit:  # U+FFFD, three bytes, may stand for one
            return self._last.decode("utf-8", "replace"), False
        text = StringIO()  # grows in place, where a list of parts would be there beside what they are joined to
        for part in self._decoded():
            size = len(part) if part.isascii() else len(part.encode())
            if size > limit:
                text.write(part.encode()[:limit].decode("utf-8", "ignore"))
                return text.getvalue(), True
            limit -= size
            text.write(part)
        return text.getvalue(), False

    def _decoded(self) -> Iterator[str]:
        whole: Bytes
        torn = b""
        for piece in self.pieces():
            whole = torn + piece if torn else piece
            part, used = utf_8_decode(whole, "replace", False)
            torn = bytes(whole[used:])
            yield part
        yield utf_8_decode(torn, "replace", True)[0]
