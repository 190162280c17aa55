"""Captures for tests: inputs by hand, in virtual time, written and read again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import (
    Asked,
    Chunk,
    Connected,
    Ended,
    HeldUp,
    Input,
    Opened,
    ResponseHead,
    ShownLate,
    Started,
    Tick,
    Timings,
)
from sse_inspect.inspection import Inspection
from sse_inspect.records import Record
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.store.capture.writer import CaptureWriter

UNIX_US = 1_795_420_973_000_000
SEED = 7


def events(*ids: object, data: str = "data of {}") -> bytes:
    return "".join(f"id: {each}\ndata: {data.format(each)}\n\n" for each in ids).encode()


def opened(t: float, *headers: tuple[str, str]) -> Opened:
    head = ResponseHead(200, "1.1", (("content-type", "text/event-stream"), *headers), "http://h/")
    return Opened(t, head, Timings(None, 0.001, None, 0.01), "127.0.0.1:80")


STORY: tuple[Input, ...] = (
    Started(0.0, UNIX_US),
    Connected(0.1, "127.0.0.1:80"),
    opened(0.2, ("set-cookie", "sid=secret; Path=/")),
    Chunk(0.3, b"\xef\xbb", 2),
    Chunk(0.31, b"\xbf: hello\nretry: 100\nid: 1\ndata: eins\n", 30),
    Chunk(0.4, b"data: zwei\r\n\r", 9),
    Chunk(0.41, b"\n" + events(2, 3), 5),
    Chunk(0.5, b"", 3),
    Chunk(0.6, b"event: t\xc3\xbcr\ndata: no id\n\nid: 9\n\n", 9),
    Tick(31.0),
    Tick(31.2),
    Connected(31.3, "127.0.0.1:80"),
    opened(31.4),
    Chunk(31.5, events(3, 4, 6, 6, 10, 12), 99),
    Chunk(32.0, b"data: never finished", 20),
    Ended(33.0, "reset", "connection reset by peer"),
    Tick(33.3),
    Ended(33.4, "refused", "connection refused"),
    Tick(35.0),
    ShownLate(35.05, 33.0),
    Connected(35.1, "127.0.0.1:80"),
    opened(35.2),
    Chunk(35.3, b": a comment\n" * 3, 36),
    HeldUp(35.39, 35.3, by_output=True),
    Chunk(35.4, events(11, data="x" * 3000), 36),
    Asked(36.0, "stop"),
)
"""A session in which most things happen: a BOM and a CRLF cut in two, gaps, a fill, duplicates, a stall, three ends.

One of the ends the screen shows too late, and once nobody reads the output.
"""


@dataclass
class Written:
    """A capture that was written, and the records that were known while it was."""

    path: Path
    records: list[Record] = field(default_factory=list)

    def reader(self) -> CaptureReader:
        return CaptureReader(self.path)


def inspection(target: Target | None = None, policy: Policy | None = None) -> Inspection:
    return Inspection(
        target or Target("http://h/"),
        policy or Policy(),
        clock=lambda: 99.0,
        random=random.Random(SEED).random,
        version="9.9",
        keep=False,
    )


def write(
    path: Path,
    inputs: Iterable[Input] = STORY,
    *,
    each: int = 1,
    finish: bool = True,
    target: Target | None = None,
    policy: Policy | None = None,
    **options: Any,
) -> Written:
    """Handle the inputs and write them down, `each` so many in a transaction."""
    target, policy = target or Target("http://h/"), policy or Policy()
    limit = options.pop("limit", None)
    writer = CaptureWriter(path, Facts(target, policy, "9.9", SEED, **options), limit=limit)
    handled = inspection(target, policy)
    written = Written(path)
    handled.tap(written.records.extend)
    handled.tap_inputs(writer.take)
    for number, happened in enumerate(inputs, 1):
        handled.handle(happened)
        if number % each == 0:
            writer.flush()
    if finish:
        writer.finish({"completed": "1"})
    else:
        writer.flush()
        writer.close()
    return written
