"""What `curl -N -i` saves: the heads of the responses, the last one with its body.

Heads before the last one are interim responses, those of a proxy, of hops of a redirect, or of a challenge that was
answered: curl writes no bodies for them. Chunked framing is taken off by curl, but not with `--raw`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sse_inspect.config import Target
from sse_inspect.errors import CaptureError
from sse_inspect.importing.framing import BrokenFramingError, looks_chunked, unframed
from sse_inspect.importing.source import AS_IT_CAME, ASK_HOW_IT_ENDED, NO_URL, File, Import, here_it_ends
from sse_inspect.inputs import Chunk, Ended, Input, Opened, ResponseHead, Started
from sse_inspect.store.capture.facts import Facts
from sse_inspect.unknown import Unknown

LONGEST_HEADS = 1 << 20
"""Bytes all heads together may take."""
_STATUS_LINE = re.compile(rb"HTTP/(\d(?:\.\d)?) (\d{3})(?: ([^\r\n]*))?\r?\n")
_HEAD = re.compile(rb"HTTP/[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")
_UNFOLD = re.compile(r"(?<![ \t])[ \t]*+\r?\n[ \t]+")


def looks_like_one(begin: bytes) -> bool:
    """Whether a file that begins so holds a head."""
    return _STATUS_LINE.match(begin) is not None


def load(file: File, version: str) -> Import:
    """The last response, as one connection; raises CaptureError where its head cannot be read."""
    begin = file.begin(LONGEST_HEADS)
    head, offset = _last_head(begin, file)
    coding = head.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "") and not _is_text(begin[offset:]):
        raise CaptureError(
            f"{file.path}: the body is still compressed ({coding[:20]}); let curl decode it: --compressed."
        )
    framed = "chunked" in head.headers.get("transfer-encoding", "").lower() and looks_chunked(begin[offset:])
    unknown = frozenset({Unknown.TIMES, Unknown.REQUEST, Unknown.END, *(() if framed else (Unknown.CHUNKS,))})
    hint = ASK_HOW_IT_ENDED if is_stream(head) and not framed else ""
    facts = Facts(Target(NO_URL), AS_IT_CAME, version, 0, source="curl -i", unknown=unknown, hint=hint)
    return Import(facts, _inputs(file, head, offset, framed=framed), file)


def _inputs(file: File, head: ResponseHead, offset: int, *, framed: bool) -> Iterator[Input]:
    yield Started(0.0, 0)
    yield Opened(0.0, head)
    pieces = file.pieces(offset)
    if not framed:
        for piece in pieces:
            yield Chunk(0.0, piece)
        yield here_it_ends(0.0)
        return
    complete = False
    try:
        for chunk in unframed(pieces):
            complete = not chunk
            if chunk:
                yield Chunk(0.0, chunk)
    except BrokenFramingError as error:
        yield Ended(0.0, "protocol", str(error), responded=True)
        return
    yield Ended(0.0, "eof", "the body is complete", responded=True) if complete else here_it_ends(0.0)


def _last_head(begin: bytes, file: File) -> tuple[ResponseHead, int]:
    """The head the body belongs to, and where the body begins."""
    at = 0
    while True:
        status = _STATUS_LINE.match(begin, at)
        whole = _HEAD.match(begin, at)
        if status is None or whole is None:
            what = "is longer than 1 MiB" if len(begin) >= LONGEST_HEADS else "is cut off"
            raise CaptureError(f"{file.path}: the head of the response {what}.")
        at = whole.end()
        head = head_of(status, begin[status.end() : at], file)
        if is_stream(head) or not _STATUS_LINE.match(begin, at):
            return head, at


def status_line(begin: bytes) -> re.Match[bytes] | None:
    """The status line that this begins with, if it does."""
    return _STATUS_LINE.match(begin)


def head_of(status: re.Match[bytes], lines: bytes, file: File) -> ResponseHead:
    """The head with this status line; raises CaptureError for lines behind it that are no fields."""
    phrase = (status[3] or b"").decode("utf-8", "replace").strip()
    return ResponseHead(int(status[2]), status[1].decode(), _fields(lines, file), reason=phrase)


def is_stream(head: ResponseHead) -> bool:
    """Whether an event stream is behind it."""
    return head.status == 200 and "text/event-stream" in head.headers.get("content-type", "").lower()


def _fields(lines: bytes, file: File) -> tuple[tuple[str, str], ...]:
    text = _UNFOLD.sub(" ", lines.decode("utf-8", "replace"))
    fields = []
    for line in filter(None, re.split("\r?\n", text)):
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise CaptureError(f"{file.path}: a line of the response head has no colon in it.")
        fields.append((name.strip().lower(), value.strip(" \t")))
    return tuple(fields)


def _is_text(body: bytes) -> bool:
    """Whether there is nothing in it that only a compressed body holds."""
    try:
        body[:1024].decode()
    except UnicodeDecodeError as error:
        return error.start > len(body[:1024]) - 4
    return True
