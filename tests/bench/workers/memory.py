"""What a retained event takes: KIND EVENTS; tells bytes an event.

`window`: all of them held by a log that has room, beside their own bytes in the stream, and beside the values of their
`data` alone. `beyond`: what a live session that is written down grows by with as many events, from when its windows
are full. `columns`: the floor, the same facts in arrays.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import tracemalloc
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk, Connected, Input, Opened, ResponseHead, Started, Timings
from sse_inspect.inspection import Inspection
from sse_inspect.recorder import Recorder
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.record_log import RecordLog
from sse_inspect.wire import EventToken, Parser
from tests.bench.workloads import events

_EVENTS_A_CHUNK = 40
_FULL = 2
"""How many times as many events fill all windows, and what waits to be written at most."""
_EVENTS_PER_SECOND = 10_000
_PAGE = os.sysconf("SC_PAGE_SIZE")


def inputs(count: int) -> Iterator[Input]:
    """A stream of (b) in virtual time."""
    head = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
    yield Started(0.0, 1_795_420_973_000_000)
    yield Connected(0.01, "127.0.0.1:80")
    yield Opened(0.02, head, Timings(None, 0.001, None, 0.01), "127.0.0.1:80")
    stream = events("b", count)
    for n in range(0, count, _EVENTS_A_CHUNK):
        data = b"".join(islice(stream, _EVENTS_A_CHUNK))
        yield Chunk(1 + n / _EVENTS_PER_SECOND, data, len(data))


def inspection(log: RecordLog) -> Inspection:
    return Inspection(Target("http://h/"), Policy(), clock=lambda: 0.0, random=lambda: 0.5, log=log)


def resident() -> int:
    """The bytes of memory this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def window(count: int) -> dict[str, float]:
    """In a log that holds all; what is held whatever comes (windows, folds) is in it too."""
    data_size = sum(len(token.data) for token in tokens(count))
    stream_size = sum(map(len, events("b", count)))
    looked = inspection(RecordLog(memory_bytes=1 << 40))
    tracemalloc.start()
    for happened in inputs(count):
        looked.take(happened)
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    assert len(looked.log) >= count
    return {"bytes": (size - stream_size) / count, "data": (size - data_size) / count}


def tokens(count: int) -> Iterator[EventToken]:
    feed = Parser().feed
    for event in events("b", count):
        for token in feed(event):
            assert isinstance(token, EventToken)
            yield token


def beyond(count: int) -> dict[str, float]:
    """How much a session with its capture grows by an event from `_FULL` times `count` events on, all included."""
    with tempfile.TemporaryDirectory() as folder:
        looked = inspection(RecordLog())
        facts = Facts(looked.target, looked.policy, "bench", 1)
        recorder = Recorder(Path(folder) / "bench.sse", facts, on_failure=sys.exit)
        looked.tap_input_batches(recorder.take)
        looked.look_back_in(recorder)
        before, full = 0, 3 + _FULL * count // _EVENTS_A_CHUNK
        for number, happened in enumerate(inputs((_FULL + 1) * count)):
            looked.take(happened)
            if number == full:
                before = resident()
        grown = resident() - before
        recorder.close({})
    return {"bytes": grown / count}


def columns(count: int) -> dict[str, float]:
    """The floor: time, offset and size of each in arrays, the bytes in one piece."""
    tracemalloc.start()
    times, offsets, sizes, kinds = array("d"), array("Q"), array("I"), array("H")
    for n, token in enumerate(tokens(count)):
        times.append(n / _EVENTS_PER_SECOND)
        offsets.append(token.offset)
        sizes.append(token.size)
        kinds.append(len(token.event))
    del token
    gc.collect()
    size = tracemalloc.get_traced_memory()[0] / count
    return {"bytes": size, "data": size}


if __name__ == "__main__":
    kind, number = sys.argv[1:]
    print(json.dumps({"window": window, "beyond": beyond, "columns": columns}[kind](int(number))))
