"""The benchmark's own machinery; nothing here is timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path
from urllib.request import urlopen

import pytest
from rich.console import Console

from sse_inspect.wire import EventToken, Parser
from tests.bench import measure, report
from tests.bench.measure import OURS, Benchmark, Contenders, Figure, Goal, Missing, Setting
from tests.bench.stream_server import StreamServer
from tests.bench.workloads import WORKLOADS, body, chunked, events


def benchmark(ours: Iterator[float], *goals: Goal) -> Benchmark:
    """A peer that always makes 10, and one that is not there."""

    def absent() -> measure.Measurement:
        raise Missing("it is not installed")

    @contextmanager
    def contenders(_: Setting) -> Iterator[Contenders]:
        yield {OURS: lambda: {"rate": next(ours)}, "peer": lambda: {"rate": 10.0}, "absent": absent}

    return Benchmark("made-up", "made up", (Figure("rate", "events/s"),), contenders, goals)


def result(tmp_path: Path, *ours: float, goals: tuple[Goal, ...] = ()) -> measure.Result:
    return measure.run(benchmark(iter(ours), *goals), Setting(True, len(ours), tmp_path))


def test_ratio_is_the_median_of_the_rounds(tmp_path: Path) -> None:
    found = result(tmp_path, 20.0, 50.0, 30.0)
    assert found.median("rate", OURS) == 30.0
    assert found.ratio("rate", "peer") == 3.0


def test_who_is_missing_is_told_and_left_out(tmp_path: Path) -> None:
    found = result(tmp_path, 20.0, 20.0)
    assert found.missing == {"absent": "it is not installed"}
    assert found.ratio("rate", "absent") is None


def test_every_round_begins_with_another(tmp_path: Path) -> None:
    turns: list[str] = []

    def measured(name: str) -> measure.Measurement:
        turns.append(name)
        return {}

    @contextmanager
    def contenders(_: Setting) -> Iterator[Contenders]:
        yield {name: partial(measured, name) for name in "ab"}

    measure.run(Benchmark("order", "order", (), contenders), Setting(True, 2, tmp_path))
    assert turns == ["a", "b", "b", "a"]


def test_table_says_which_goals_are_met(tmp_path: Path) -> None:
    out = StringIO()
    goals = (Goal("rate", "peer", at_least=2.0), Goal("rate", at_most=10.0))
    report.show([result(tmp_path, 20.0, goals=goals)], Console(file=out, width=120))
    rows = {name: line for line in out.getvalue().split("\n") for name in (OURS, "peer", "absent") if name in line}
    assert "≤ 10 " in rows[OURS]
    assert "missed" in rows[OURS]
    assert "≥ 2 ×" in rows["peer"]
    assert "✔" in rows["peer"]
    assert "it is not installed" in rows["absent"]


@pytest.mark.parametrize(("before", "is_worse"), [(20.0, False), (22.0, False), (30.0, True), (5.0, False)])
def test_only_ratios_that_became_worse_are_told(tmp_path: Path, before: float, is_worse: bool) -> None:
    recorded, now = (report.as_json([result(tmp_path, rate)], {}) for rate in (before, 20.0))
    assert bool(report.worse(now, recorded, 0.15)) is is_worse


def test_what_was_not_recorded_is_not_compared(tmp_path: Path) -> None:
    assert report.worse(report.as_json([result(tmp_path, 1.0)], {}), {"results": {}}, 0.15) == []


@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_workloads_are_events(workload: str, line_end: str) -> None:
    tokens = Parser().feed(b"".join(events(workload, 3, line_end)))
    assert [type(token) for token in tokens] == [EventToken] * 3


@pytest.mark.parametrize("workload", WORKLOADS)
def test_body_is_about_as_large_as_asked_for(workload: str) -> None:
    assert len(body(workload, 1 << 20)) == pytest.approx(1 << 20, rel=0.1)


def test_server_sends_a_stream_as_often_as_asked_for(tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(chunked("b", 3))
    with StreamServer(tmp_path) as server, urlopen(server.url("stream", times=2)) as response:
        assert response.read() == 2 * b"".join(events("b", 3))
        assert server.asked_at > 0


def test_names_are_unique() -> None:
    from tests.bench.__main__ import benchmarks

    names = [each.name for each in benchmarks()]
    assert len(set(names)) == len(names)
    for each in benchmarks():
        figures = {figure.name for figure in each.figures}
        assert all(goal.figure in figures for goal in each.goals), each.name
