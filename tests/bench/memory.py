"""What an event takes that is retained: beside itself while it is in the window, and anything at all beyond it.

No peer retains anything. In the window all that Python allocated is counted (`tracemalloc`), beside the bytes of the
event in the stream and beside the value of its `data` alone; beyond it the growth of the process (RSS), with a capture
beside it, from the second million events to the third.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.bench.measure import FLOOR, OURS, Benchmark, Contenders, Figure, Goal, Setting
from tests.bench.process import told, worker

_EVENTS = 1_000_000
_WINDOW_EVENTS = 200_000
_QUICK_PART = 20
_BYTES = (Figure("bytes", "B/event", "less"),)
_BESIDE = (*_BYTES, Figure("data", "B/event", "less"))


@contextmanager
def _window(setting: Setting) -> Iterator[Contenders]:
    count = str(_WINDOW_EVENTS // (_QUICK_PART if setting.quick else 1))
    yield {
        OURS: partial(told, worker("memory", "window", count)),
        f"{FLOOR}: columns": partial(told, worker("memory", "columns", count)),
    }


@contextmanager
def _beyond(setting: Setting) -> Iterator[Contenders]:
    count = str(_EVENTS // (_QUICK_PART if setting.quick else 1))
    yield {OURS: partial(told, worker("memory", "beyond", count))}


BENCHMARKS = (
    Benchmark(
        "memory-window", "memory beside the event, in the window", _BESIDE, _window, (Goal("bytes", at_most=40),)
    ),
    Benchmark("memory-beyond", "growth beyond the window", _BYTES, _beyond, (Goal("bytes", at_most=1),)),
)
