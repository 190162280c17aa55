"""Chunked transfer coding (RFC 9112, 7.1), taken off a body that was saved with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sse_inspect.errors import CaptureError

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r\n")
_LONGEST_SIZE_LINE = 8192


class BrokenFramingError(CaptureError):
    """What is between two chunks is not what must be there; what comes behind cannot be read."""


def looks_chunked(body: bytes) -> bool:
    """Whether a body that begins so is framed: a size, as many bytes, a line end."""
    line = _SIZE_LINE.match(body)
    if line is None:
        return False
    end = line.end() + int(line[1], 16)
    return end >= len(body) or body[end : end + 2] in (b"\r\n", b"\r"[: len(body) - end])


def unframed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The content of each chunk, in several parts where it is long; b"" last where the last chunk came.

    Raises BrokenFramingError where the framing is broken: what comes behind cannot be read.
    """
    held = b""
    left = 0  # of the present chunk: its content, then CR LF
    for piece in pieces:
        held += piece
        at = 0
        while at < len(held):
            if left > 2:
                part = held[at : at + left - 2]
                yield part
                at, left = at + len(part), left - len(part)
            elif left:
                if not b"\r\n"[2 - left :].startswith(held[at : at + left]):
                    raise BrokenFramingError("the chunked framing is broken: a chunk does not end where its size says")
                passed = min(left, len(held) - at)
                at, left = at + passed, left - passed
            else:
                line = _SIZE_LINE.match(held, at)
                if line is None:
                    if len(held) - at > _LONGEST_SIZE_LINE or b"\n" in held[at:]:
                        raise BrokenFramingError("the chunked framing is broken: the size of a chunk is expected")
                    break
                at, left = line.end(), int(line[1], 16) + 2
                if left == 2:
                    yield b""
                    return
        held = held[at:]
