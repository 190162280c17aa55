"""How the end of an HTTP/1.1 body is known: by its length, by its last chunk, or by the connection's end (RFC 9112, 6).

Chunks are many and small in an event stream, so those of one read are told as one part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from sse_inspect.net.failures import AttemptError
from sse_inspect.net.fields import BLANK_LINE, LONGEST, TOO_LONG, parse_fields
from sse_inspect.net.sentences import legible

LONGEST_LINE = 1 << 14
"""Bytes of a line between chunks."""
LARGEST = 1 << 80
"""Bytes of a chunk: more is no size any more."""

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]++)[ \t]*+(?:;[^\0-\x08\x0a-\x1f\x7f]*+)?+\r\n")
"""The size of a chunk with its extensions, which mean nothing to a client that knows none (RFC 9112, 7.1.1).

White space before the first semicolon is read too (bad white space, RFC 9110, 5.6.3), as that before the line's end
is, which some servers write.
"""

_BETWEEN = re.compile(rb"\r\n([0-9A-Fa-f]{1,8})\r\n")
"""What stands between two chunks, and may stand within one as well."""
_SPELLINGS = 1 << 12
"""Sizes of chunks, as they are spelled, that are remembered."""


class _Sizes(dict[bytes, int]):
    """What the sizes of chunks say: to look one up takes half the time that reading it does, and most come again."""

    def __missing__(self, spelled: bytes) -> int:
        if len(self) >= _SPELLINGS:
            self.clear()
        self[spelled] = size = int(spelled, 16)
        return size


_size_of = _Sizes().__getitem__


class Framing(Protocol):
    """Finds the content in what comes."""

    over: bool

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The content in `data`; raises AttemptError for what cannot be read, after what came before it."""
        ...

    def close(self) -> None:
        """The connection ended; raises AttemptError if the body had not."""
        ...


class UntilClosed:
    """Neither length nor chunks: the body lasts as long as the connection."""

    over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """All of it."""
        yield data

    def close(self) -> None:
        """Nothing can be missing."""


class Sized:
    """A body of `size` bytes; what follows it is none of it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._received = 0
        self.over = not size

    def feed(self, data: bytes) -> Iterator[bytes]:
        """As much as belongs to the body."""
        part = data[: self._size - self._received]
        self._received += len(part)
        self.over = self._received == self._size
        yield part

    def close(self) -> None:
        """Raise: as long as anything is asked, something is missing."""
        raise AttemptError(f"received {self._received} bytes, expected {self._size}", "truncated")


class Chunked:
    """Chunks and a trailer (RFC 9112, 7.1), torn anywhere."""

    def __init__(self) -> None:
        self.over = False
        self._held = b""
        self._left = 0
        self._closing = False
        self._in_trailer = False
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The content of all chunks in `data`, in one part."""
        content: list[bytes] = []
        fault = self._take(self._held + data, content)
        if content:
            yield b"".join(content)
        if fault:
            raise AttemptError(fault)

    def close(self) -> None:
        """Raise: the last chunk is missing."""
        raise AttemptError("the chunked body ended before its last chunk", "truncated")

    def _take(self, data: bytes, content: list[bytes]) -> str:
        """Take up all there is, and hold what is unfinished; what is wrong with it, if anything."""
        self._held = b""
        at = 0
        tried = False
        while not self._in_trailer:
            if self._left:
                if not tried:
                    tried = True
                    at = self._take_many(data, at, content)
                part = data[at : at + self._left]
                content.append(part)
                self._left -= len(part)
                at += len(part)
                if self._left:
                    return ""
            if self._closing:
                end = data[at : at + 2]
                if not b"\r\n".startswith(end):
                    return f"a chunk goes on where its length says it ends: {legible(end)}"
                if len(end) < 2:
                    self._held = end
                    return ""
                at += 2
            match = _SIZE_LINE.match(data, at)
            self._closing = match is not None
            if match is None:
                return self._unfinished(data[at:])
            if match.end() - at > LONGEST_LINE:
                return TOO_LONG
            self._left = int(match[1], 16)
            if self._left >= LARGEST:
                return f"the length of a chunk cannot be read: {legible(match[1])}"
            at = match.end()
            self._in_trailer = not self._left
        return self._trailer(data[at:])

    def _take_many(self, data: bytes, at: int, content: list[bytes]) -> int:
        """Take the chunks from within one at `at` to within the last one, if there are several and all are plain.

        Where the last begins, or `at`. All are found at once, and then it is seen whether each is as long as it says:
        measured at a third of what one by one takes.
        """
        parts = _BETWEEN.split(data[at:] if at else data)
        if len(parts) < 3:
            return at
        *contents, last = parts[::2]
        sizes = [self._left, *map(_size_of, parts[1::2])]
        left = sizes.pop()
        if not left or list(map(len, contents)) != sizes:
            return at
        content += contents
        self._left = left
        return len(data) - len(last)

    def _unfinished(self, line: bytes) -> str:
        """No line that tells a size: it is to come, or never will."""
        line, newline, _ = line.partition(b"\n")
        if newline and _SIZE_LINE.fullmatch(line + b"\r\n"):
            return "the length of a chunk ends with a line feed alone, in place of CR LF"
        if newline:
            return f"the length of a chunk cannot be read: {legible(line)}"
        if len(line) > LONGEST_LINE:
            return TOO_LONG
        self._held = line
        return ""

    def _trailer(self, data: bytes) -> str:
        """The trailer's fields change nothing, but have to be some."""
        match = BLANK_LINE.search(data, self._searched)
        if len(data if match is None else data[: match.end()]) > LONGEST:
            return TOO_LONG
        if match is None:
            self._searched = max(0, len(data) - 2)
            self._held = data
            return ""
        try:
            parse_fields(data[: match.end()], "trailer")
        except AttemptError as error:
            return str(error)
        self.over = True
        return ""
