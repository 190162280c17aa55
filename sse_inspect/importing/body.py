"""The body of an event stream as `curl -N` saves it: bytes, and nothing about them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sse_inspect.config import Target
from sse_inspect.importing.source import AS_IT_CAME, ASK_HOW_IT_ENDED, NO_HEAD, NO_URL, File, Import, here_it_ends
from sse_inspect.inputs import Chunk, Input, Opened, Started
from sse_inspect.store.capture.facts import Facts
from sse_inspect.unknown import Unknown

_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:(?:data|event|id|retry)(?:[:\r\n]|\Z)|:)")


def looks_like_one(begin: bytes) -> bool:
    """Whether a file that begins so may be a body: its first line is a comment or a field that means something."""
    return _FIRST_LINE.match(begin) is not None


def load(file: File, version: str) -> Import:
    """The body as one connection of which nothing but the bytes is known."""
    unknown = frozenset({Unknown.TIMES, Unknown.REQUEST, Unknown.HEAD, Unknown.CHUNKS, Unknown.END})
    facts = Facts(Target(NO_URL), AS_IT_CAME, version, 0, source="body", unknown=unknown, hint=ASK_HOW_IT_ENDED)
    return Import(facts, _inputs(file), file)


def _inputs(file: File) -> Iterator[Input]:
    yield Started(0.0, 0)
    yield Opened(0.0, NO_HEAD)
    for piece in file.pieces():
        yield Chunk(0.0, piece)
    yield here_it_ends(0.0)
