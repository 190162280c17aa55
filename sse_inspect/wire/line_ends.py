"""Where lines end: LF, CR or CRLF, in any mixture (WHATWG HTML 9.2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

LF, CR, CRLF = b"\n", b"\r", b"\r\n"

# Possessive, so that a run of a million lines leaves no trail to go back on.
_RUN = re.compile(rb"(?P<crlf>(?:[^\r\n]*+\r\n)++)|(?P<cr>(?:[^\r\n]*+\r(?!\n))++)|(?:[^\r\n]*+\n)++|[^\r\n]++")
_END_OF_RUN = {"crlf": CRLF, "cr": CR, None: LF}


def common_end(data: bytes) -> bytes | None:
    """The line end of all the lines in `data`, or None where they are mixed; a CR that comes last ends its line."""
    if CR not in data:
        return LF
    returns = data.count(CR)
    feeds = data.count(LF)
    if not feeds:
        return CR
    return CRLF if returns == feeds == data.count(CRLF) else None


def likely_end(data: bytes) -> bytes | None:
    """The same as `common_end`, but where it is CRLF that is certain of the first such line only."""
    first = data.find(CR)
    if first < 0:
        return LF
    return CRLF if data.startswith(LF, first + 1) else common_end(data)


def runs(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Cut `data` into runs of lines that end alike, each with its line end."""
    for run in _RUN.finditer(data):
        yield run[0], _END_OF_RUN[run.lastgroup]
