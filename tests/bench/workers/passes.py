"""How decoders are timed: passes over the same chunks, the fastest of which counts, by the time of the processor."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LEAST_PASSES = 3


def chunks_of(path: str, size: int) -> list[bytes]:
    """The bytes of a file in chunks of `size`, or, with 0, an event in each."""
    data = Path(path).read_bytes()
    if size:
        return [data[start : start + size] for start in range(0, len(data), size)]
    end = b"\r\n\r\n" if b"\r" in data else b"\n\n"
    return [event + end for event in data.split(end)[:-1]]


def run(decode: Callable[[Sequence[bytes]], int]) -> None:
    """Time `decode`, which takes all chunks and counts the events in them: FILE CHUNK_SIZE SECONDS in `argv`."""
    chunks = chunks_of(sys.argv[-3], int(sys.argv[-2]))
    until = time.thread_time() + float(sys.argv[-1])
    decode(chunks[: len(chunks) // 10 + 1])
    best, passes, count = float("inf"), 0, 0
    while passes < LEAST_PASSES or time.thread_time() < until:
        began = time.thread_time()
        count = decode(chunks)
        best = min(best, time.thread_time() - began)
        passes += 1
    print(json.dumps({"events": count, "rate": count / best}))
