"""Bytes to events: our parser, httpx-sse's decoders and its `aiter_sse`, Node's eventsource-parser, and the floors.

All begin from the same bytes in memory, in the same chunks, but for httpx-sse's decoders, which get text that is
decoded already. All count the events and drop them; ours are objects with offset and size, of (c) and (d) columns. A
round is a process each, warmed up, and the fastest of many passes, by the time of the processor: a busy machine makes
the others longer. Where Node cannot tell that of its main thread it is that of all, its collector's helpers included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.bench.measure import FLOOR, OURS, Benchmark, Contenders, Figure, Goal, Measurement, Setting
from tests.bench.peers import node_script, python_script
from tests.bench.process import told, worker
from tests.bench.workloads import FEEDS, TITLES, body

DECODERS = "httpx-sse decoders"
STREAM = "httpx-sse aiter_sse"
NODE = "eventsource-parser"
NODE_3 = "eventsource-parser 3"
ROWS = f"{FLOOR}: rows"
OBJECTS = f"{FLOOR}: objects"
_AS_COLUMNS = frozenset("cd")
"""Workloads that are compared as columns, which is how a session takes them; the others as objects."""
_CORPUS_BYTES = 1 << 20
_SECONDS = 0.4
_LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


def _benchmark(workload: str, feed: str, line_end: str = "lf", *goals: Goal) -> Benchmark:
    @contextmanager
    def contenders(setting: Setting) -> Iterator[Contenders]:
        corpus = setting.folder / "corpus"
        corpus.write_bytes(body(workload, _CORPUS_BYTES, _LINE_ENDS[line_end]))
        last = [str(corpus), str(FEEDS[feed]), str(_SECONDS / (5 if setting.quick else 1))]
        commands: dict[str, Callable[[], list[str]]] = {
            OURS: lambda: worker("decode", "columns" if workload in _AS_COLUMNS else "objects"),
            DECODERS: lambda: [*python_script("decode_httpx_sse.py"), "text"],
            NODE: lambda: [*node_script("decode_eventsource_parser.mjs"), "eventsource-parser"],
        }
        if goals:
            commands |= {
                STREAM: lambda: [*python_script("decode_httpx_sse.py"), "stream"],
                NODE_3: lambda: [*node_script("decode_eventsource_parser.mjs"), "eventsource-parser-3"],
                ROWS: lambda: worker("decode_floor", "rows", workload),
                OBJECTS: lambda: worker("decode_floor", "objects", workload),
            }

        def measure(command: Callable[[], list[str]]) -> Measurement:
            found = told([*command(), *last])
            counts.add(found["events"])
            if len(counts) > 1:
                raise RuntimeError(f"the decoders disagree on how many events there are: {sorted(counts)}")
            return found

        counts: set[int] = set()
        yield {name: partial(measure, command) for name, command in commands.items()}
        corpus.unlink()

    ends = "" if line_end == "lf" else ", CRLF"
    fed = "an event a chunk" if feed == "event" else f"{feed[:-1]} KB chunks"
    name = f"decode-{workload}-{feed}" + ("" if line_end == "lf" else f"-{line_end}")
    title = f"decode ({workload}) {TITLES[workload]}, {fed}{ends}"
    return Benchmark(name, title, (Figure("rate", "events/s"),), contenders, goals)


_GOALS = {
    ("b", "64k"): (Goal("rate", DECODERS, at_least=3.5), Goal("rate", STREAM, at_least=5.0)),
    ("b", "event"): (Goal("rate", DECODERS, at_least=2.2),),
    ("c", "64k"): (Goal("rate", NODE, at_least=1.0),),
    ("d", "64k"): (Goal("rate", NODE, at_least=1.0),),
}

BENCHMARKS = (
    *(_benchmark(workload, feed, "lf", *_GOALS.get((workload, feed), ())) for workload in TITLES for feed in FEEDS),
    *(_benchmark(workload, "64k", "crlf") for workload in "bcd"),
    _benchmark("b", "event", "crlf"),
)
