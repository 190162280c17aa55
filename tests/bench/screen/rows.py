"""The rows of the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from time import perf_counter, sleep

from tests.bench.measure import OURS, Benchmark, Contenders, Figure, Goal, Measurement, Missing, Setting
from tests.bench.screen.session import DOWN, UP, Watched, watched
from tests.bench.screen.terminal import TooLate, running

IDIOMATIC = "idiomatic Textual"
STATIC, SYNTAX, LIST, TABLE = "Static", "rich Syntax", "Line API list alone", "DataTable"
RATES = (10_000, 50_000)
SMALL_LIST, SMALL_RATE = 2_000, 500
KNOWN = 1_000_000
KEYS = 80
FILTERS = 3
SLOW_BYTES_PER_SECOND = 100_000
OVERLOAD_SECONDS = 5.0
FRAME_SIZE = (48, 160)
JSON_BYTES = 100_000
_SETTLE = 1.0
_MS = 1e3


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile, in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] * _MS


def _late(name: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p50": percentile(values, 0.5), f"{name}_p99": percentile(values, 0.99)}


# The list of a million


def _live(name: str, setting: Setting) -> Measurement:
    """One session: the list, nothing, two rates, and with ours a filter."""
    known, keys, seconds = (20_000, 20, 2.0) if setting.quick else (KNOWN, KEYS, 5.0)
    figures: dict[str, float] = {}
    sent: dict[int, tuple[int, int]] = {}
    with watched(name, setting.folder) as it:
        began = perf_counter()
        it.feed.command(f"burst {known}")
        it.caught_up()
        figures["burst"] = known / (perf_counter() - began)
        sleep(_SETTLE)
        figures |= _busy("idle", it, seconds)
        for rate in RATES:
            key = f"{rate // 1000}k"
            it.feed.command(f"rate {rate}")
            sleep(_SETTLE)
            first = it.feed.count()
            figures |= _busy(key, it, seconds)
            figures |= _late(f"key_{key}", it.answers(keys))
            figures |= _late(f"move_{key}", it.moves(keys))
            sent[rate] = first, it.feed.count()
            it.feed.command("rate 0")
            figures[f"behind_{key}"] = it.caught_up() * _MS
        figures["lost"] = it.feed.count() - it.shown()
        if name == OURS:
            figures |= _filtered(it, 1 if setting.quick else FILTERS)
        it.leave()
        for rate in RATES:
            figures |= _late(f"stamp_{rate // 1000}k", it.lateness(*sent[rate]))
    return figures


def _busy(key: str, it: Watched, seconds: float) -> dict[str, float]:
    load = it.load(seconds)
    return {f"cpu_{key}": load.screen * 100, f"process_{key}": load.process * 100}


def _filtered(it: Watched, times: int) -> dict[str, float]:
    it.feed.command(f"rate {RATES[0]}")
    sleep(_SETTLE)
    took, keys = [], []
    try:
        for turn in range(1, times + 1):
            seconds, late = it.filters(f"data~8{turn}{turn}.{turn}{turn}")
            took.append(seconds)
            keys += late
    except TooLate:  # the rest of the session has its figures all the same
        return {}
    it.feed.command("rate 0")
    return {"filter": median(took) * _MS, "filter_key_p99": percentile(keys, 0.99)}


@contextmanager
def _lives(setting: Setting) -> Iterator[Contenders]:
    yield {OURS: partial(_live, OURS, setting), IDIOMATIC: partial(_live, IDIOMATIC, setting)}


# A slow terminal


def _slow(name: str, setting: Setting) -> Measurement:
    with watched(name, setting.folder, bytes_per_second=SLOW_BYTES_PER_SECOND) as it:
        it.feed.command(f"rate {RATES[0]}")
        sleep(5 * _SETTLE)
        figures = _late("key", it.answers(6 if setting.quick else 20))
        it.feed.command("rate 0")
    return figures


@contextmanager
def _slows(setting: Setting) -> Iterator[Contenders]:
    yield {OURS: partial(_slow, OURS, setting), IDIOMATIC: partial(_slow, IDIOMATIC, setting)}


# A stream that is slow enough for a table


def _small(name: str, setting: Setting, *options: str) -> Measurement:
    with watched(name, setting.folder, options=options) as it:
        it.feed.command(f"burst {SMALL_LIST}")
        it.caught_up()
        it.feed.command(f"rate {SMALL_RATE}")
        sleep(_SETTLE)
        figures = _late("key", it.answers(10 if setting.quick else 40))
        it.feed.command("rate 0")
    return figures


@contextmanager
def _smalls(setting: Setting) -> Iterator[Contenders]:
    yield {OURS: partial(_small, OURS, setting), TABLE: partial(_small, TABLE, setting, "--list", "table")}


# Overload


def _overloaded(name: str, setting: Setting) -> Measurement:
    """Twice the rate that it got through, a second of which has just been measured."""
    probe = 20_000 if setting.quick else 100_000
    with watched(name, setting.folder) as it:
        sleep(_SETTLE)
        began = perf_counter()
        it.feed.command(f"burst {probe}")
        it.caught_up()
        capacity = probe / (perf_counter() - began)
        first, start = it.feed.count(), it.at
        it.feed.command(f"rate {int(2 * capacity)}")
        keys: list[float] = []
        until = perf_counter() + (2.0 if setting.quick else OVERLOAD_SECONDS)
        while perf_counter() < until:
            keys += it.answers(1)
        told = it.tells(start)
        it.feed.command("rate 0")
        stop = it.feed.count()
        behind = it.caught_up()
        it.leave()
        figures = {"capacity": capacity, "told": float(told), "behind": behind * _MS}
        return figures | _late("stamp", it.lateness(first, stop)) | _late("key", keys)


@contextmanager
def _overloads(setting: Setting) -> Iterator[Contenders]:
    yield {OURS: partial(_overloaded, OURS, setting), IDIOMATIC: partial(_overloaded, IDIOMATIC, setting)}


# One frame


def _frame(what: str, setting: Setting) -> Measurement:
    left = setting.folder / f"frame-{what}"
    left.unlink(missing_ok=True)
    command = ["-m", "tests.bench.screen.frame", what, str(left), "--frames", "20" if setting.quick else "80"]
    with running(command, size=FRAME_SIZE) as terminal:
        terminal.leave("", seconds=60.0)
        if not left.exists():
            raise Missing(f"it left nothing but {bytes(terminal.drawn[-500:])!r}")
    return {"cpu": float(left.read_text()) * _MS}


@contextmanager
def _frames(setting: Setting) -> Iterator[Contenders]:
    contenders = {OURS: "inspector", LIST: "stock", IDIOMATIC: "idiomatic"}
    yield {name: partial(_frame, what, setting) for name, what in contenders.items()}


# A large event


def _opened(name: str, setting: Setting, *options: str) -> Measurement:
    count = 4 if setting.quick else 12
    with watched(name, setting.folder, options=options) as it:
        it.feed.command(f"large {count} {JSON_BYTES}")
        it.caught_up()
        sleep(_SETTLE)
        last = it.feed.count() - 1
        it.terminal.press(UP)
        sleep(_SETTLE * (8 if SYNTAX in name else 2))
        taken = [it.opens(DOWN if turn % 2 else UP, f"T{last - 2 + turn % 2:05d}") for turn in range(count)]
    return {"paint": median(taken) * _MS}


@contextmanager
def _details(setting: Setting) -> Iterator[Contenders]:
    yield {
        OURS: partial(_opened, OURS, setting),
        STATIC: partial(_opened, STATIC, setting, "--detail", "static"),
        SYNTAX: partial(_opened, SYNTAX, setting, "--detail", "syntax"),
    }


def _figures(*names: str) -> tuple[Figure, ...]:
    return tuple(Figure(name, "ms", "less") for name in names)


def _both(*names: str) -> tuple[Figure, ...]:
    return _figures(*(f"{name}_{part}" for name in names for part in ("p50", "p99")))


def _busyness(*keys: str) -> tuple[Figure, ...]:
    return tuple(Figure(f"{name}_{key}", "% CPU", "less") for key in keys for name in ("cpu", "process"))


def _at_most(**limits: float) -> tuple[Goal, ...]:
    return tuple(Goal(name, at_most=limit) for name, limit in limits.items())


BENCHMARKS = (
    Benchmark(
        "screen-live",
        "a list of 1 million, live",
        (
            Figure("burst", "events/s"),
            *_busyness("idle", "10k", "50k"),
            *_both("key_10k", "move_10k", "stamp_10k", "key_50k", "move_50k", "stamp_50k"),
            *_figures("behind_10k", "behind_50k"),
            Figure("lost", "events", "less"),
            *_figures("filter", "filter_key_p99"),
        ),
        _lives,
        (
            *_at_most(key_10k_p50=5, key_10k_p99=35, key_50k_p99=50, stamp_50k_p50=0.1, stamp_50k_p99=3, lost=0),
            *_at_most(cpu_idle=3, cpu_10k=20, filter=1000, filter_key_p99=50),
        ),
    ),
    Benchmark(
        "screen-overload",
        "twice the rate that can be parsed",
        (
            Figure("capacity", "events/s"),
            *_both("stamp", "key"),
            Figure("told", "of 1 on the screen"),
            *_figures("behind"),
        ),
        _overloads,
        (*_at_most(stamp_p99=15), Goal("told", at_least=1)),
    ),
    Benchmark(
        "screen-slow",
        "a terminal that takes 100 kB/s, 10,000 events/s",
        _both("key"),
        _slows,
        _at_most(key_p50=150),
    ),
    Benchmark("screen-table", f"a list of {SMALL_LIST:,}, {SMALL_RATE} events/s", _both("key"), _smalls),
    Benchmark("screen-frame", "one frame at 160 × 48", _figures("cpu"), _frames, _at_most(cpu=4)),
    Benchmark("screen-json", "100 KB of JSON in the detail pane", _figures("paint"), _details, _at_most(paint=30)),
)
