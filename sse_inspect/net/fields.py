"""Lines of an HTTP/1.1 head, or of the trailer of a body (RFC 9112, 4 and 5); a line feed alone ends one too (2.2)."""

from __future__ import annotations

import re

from sse_inspect.net.exchange import Fields, Head
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.sentences import legible

LONGEST = 100 << 10
"""Bytes of a head, or of what stands between chunks."""
TOO_LONG = "a response head, or a line between its chunks, is too long"
BLANK_LINE = re.compile(rb"\A\r?\n|\n\r?\n")
"""Where a head ends, or a trailer."""

_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(?: ([^\0\r\n\v\f]*))?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(rb"[\0\r\n\v\f]")
"""What no value holds. Other control characters are let through: servers do send them."""


def parse_head(block: bytes) -> Head:
    """The head in a block that its blank line ends.

    Raises AttemptError for what is none, and for a major version of HTTP nobody asked for: a server answers with none
    that is higher than the request's (RFC 9110, 2.5), and what its message means nobody knows. A minor version that
    nobody knows yet is read as 1.1.
    """
    line, _, rest = block.partition(b"\n")
    line = line.removesuffix(b"\r")
    if not line:
        raise AttemptError("the answer begins with an empty line in place of a status line")
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise AttemptError(f"the answer does not begin with a status line of HTTP: {legible(line)}")
    major, minor, status, reason = match.groups(b"")
    if int(status) < 100:
        raise AttemptError(f"{int(status)} is no status of HTTP")
    if major != b"1":
        version = b"HTTP/%b.%b" % (major, minor)
        raise AttemptError(f"the answer says {version.decode()}, and HTTP/1.1 was asked for")
    return Head("1.0" if minor == b"0" else "1.1", int(status), reason.decode("utf-8", "replace"), parse_fields(rest))


def parse_fields(block: bytes, where: str = "response head") -> Fields:
    """The fields in a block that its blank line ends; folded lines are joined by a space. Raises AttemptError."""
    fields: Fields = []
    for line in _unfolded(block):
        name, colon, value = line.partition(b":")
        if not colon or not _TOKEN.fullmatch(name) or _FORBIDDEN.search(value := value.strip(b" \t")):
            raise AttemptError(f"a line of the {where} is no header field: {legible(line)}")
        fields.append((name, value))
    return fields


def _unfolded(block: bytes) -> list[bytes]:
    """The lines, continuations (RFC 9112, 5.2) put behind those they continue."""
    lines: list[list[bytes]] = []
    for line in block.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line.startswith((b" ", b"\t")):
            if not lines:
                raise AttemptError("the response head begins with the continuation of a line")
            lines[-1].append(line.lstrip(b" \t"))
        elif line:
            lines.append([line])
    return [b" ".join(parts) for parts in lines]
