"""What `curl -v -N` saves with its stderr and its stdout in one file, as `2>&1` or a terminal mixes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sse_inspect.config import REDACTED, Target
from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.importing.curl_shown import LONGEST_LINE, Shown, looks_like_one, plain
from sse_inspect.importing.source import AS_IT_CAME, ASK_HOW_IT_ENDED, NO_URL, PIECE, File, Import, here_it_ends, whole
from sse_inspect.inputs import Chunk, Input, Opened, Started
from sse_inspect.store.capture.facts import Facts
from sse_inspect.unknown import Unknown

__all__ = ["load", "looks_like_a_trace", "looks_like_one"]

_TRACE = re.compile(rb"(?:\d\d:\d\d:\d\d\.\d{6} )?(?:== Info: |=> Send |<= Recv )")


def looks_like_a_trace(begin: bytes) -> bool:
    """Whether a file that begins so is what `--trace` or `--trace-ascii` writes."""
    return _TRACE.match(begin) is not None


def load(file: File, version: str) -> Import:
    """The last response, as one connection; raises CaptureError where nothing tells of any attempt.

    The file is read twice: only its end tells where the body ends.
    """
    shown = Shown(file)
    unknown = {Unknown.TIMES, Unknown.CHUNKS, Unknown.END}
    if not shown.request.url:
        unknown.add(Unknown.REQUEST)
    if not shown.has_bytes:
        unknown.add(Unknown.BYTES)
    try:
        target = _target(shown)
    except UsageError as error:
        raise CaptureError(f"{file.path}: the request is none ({error.message})") from None
    hint = ASK_HOW_IT_ENDED if shown.has_body and shown.end.reason == "unknown" and not shown.end.detail else ""
    facts = Facts(target, AS_IT_CAME, version, 0, source="curl -v", unknown=frozenset(unknown), hint=hint)
    return Import(facts, _inputs(file, shown), file)


def _target(shown: Shown) -> Target:
    """What was asked for, without what is secret."""
    request = shown.request
    headers = tuple((name, value) for name, value in request.fields if name == "origin" and value.isprintable())
    sent = [value for name, value in request.fields if name == "last-event-id" and "\0" not in value]
    pairs = [pair for name, value in request.fields if name == "cookie" for pair in value.split(";")]
    return Target(
        request.url or NO_URL,
        request.method if request.url else "GET",
        headers,
        cookies=tuple(f"{pair.partition('=')[0].strip()}={REDACTED}" for pair in pairs if headers),
        last_event_id=whole(sent[-1]) if sent else "",
    )


def _inputs(file: File, shown: Shown) -> Iterator[Input]:
    yield Started(0.0, 0)
    if shown.head is not None:
        yield Opened(0.0, shown.head)
    if shown.has_body:
        for piece in _body(file, shown):
            yield Chunk(0.0, piece)
    end = shown.end
    yield here_it_ends(0.0, end.detail or "the file ends here") if end.reason == "unknown" else end


def _body(file: File, shown: Shown) -> Iterator[bytes]:
    """The body in pieces, without the lines of curl's between its own."""
    held: list[bytes] = []
    size = 0
    for number, line, is_finished in file.lines(LONGEST_LINE):
        if number > shown.body_ends:
            break
        text, is_curls = plain(line)
        if number == shown.body_ends and shown.glued is not None:
            text, is_finished = text[: shown.glued], False
        elif is_curls or number <= shown.head_ends:
            continue
        held.append(text + b"\n" if is_finished else text)
        size += len(held[-1])
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
