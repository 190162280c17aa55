"""What is counted beside the summary: the histogram of reconnects, their reasons, the outage under way."""

from __future__ import annotations

from bisect import bisect_left
from random import Random

import pytest

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95
from sse_inspect.analysis.distribution import Distribution
from sse_inspect.monitoring.tally import BUCKETS, Tally
from sse_inspect.records import Disconnect, End, EndReason, Open, Record, Recovered


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened() -> Open:
    return Open(0, 1, 200, "1.1", {}, {}, "")


def ended(reason: str) -> Disconnect:
    return Disconnect(0, 1, reason, "", 1.0, 0, 0, 0)  # type: ignore[arg-type]  # any reason, as parametrized


def recovered(seconds: float | None) -> Recovered:
    return Recovered(0, 2, seconds, seconds, 1, 0, 0, 0)


def test_an_outage_lasts_from_the_first_disconnect_to_the_next_open() -> None:
    clock = Clock()
    tally = Tally(clock)
    told: list[tuple[float, list[Record], float]] = [
        (103, [], 3.0),
        (104, [ended("refused")], 4.0),
        (105, [opened()], 0.0),
        (110, [], 0.0),
        (111, [ended("reset")], 0.0),
        (113, [ended("refused")], 2.0),
        (116, [], 5.0),
        (117, [opened()], 0.0),
    ]
    for now, records, outage in told:
        clock.now = now
        tally.take(records)
        assert tally.outage == outage
    assert tally.opens == 2
    assert tally.reconnects == {"reset": 1}  # the one that opened first is none, and the attempts between are none


@pytest.mark.parametrize(
    ("reason", "outage"),
    [("completed", 0.0), ("no-content", 0.0), ("limit", 0.0), ("interrupted", 0.0), ("fatal", 9.0), ("max-retries", 9)],
)
def test_only_a_session_that_ended_badly_leaves_an_outage_behind(reason: EndReason, outage: float) -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.take([opened()])
    tally.take([ended("eof"), End(0, 1, reason, "")])
    clock.now += 9
    assert tally.outage == outage


def test_buckets_are_cumulative_and_their_bounds_belong_to_them() -> None:
    tally = Tally(Clock())
    tally.take([recovered(seconds) for seconds in (0.05, 0.06, 5.0, 5.01, 1000.0, None)])
    found = dict(tally.buckets)
    assert (found[0.05], found[0.1], found[4.75], found[5.0], found[5.25], found[60.0]) == (1, 2, 2, 3, 4, 4)
    assert found[float("inf")] == 5
    assert tally.seconds == pytest.approx(1010.12)


def test_the_limit_of_the_alert_is_a_bound() -> None:
    assert MAX_RECONNECT_P95 in BUCKETS
    assert list(BUCKETS) == sorted(set(BUCKETS))


def quantile(q: float, buckets: list[tuple[float, int]]) -> float:
    """As Prometheus tells it: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile."""
    rank = q * buckets[-1][1]
    place = bisect_left([count for _, count in buckets], rank)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    (low, before), (high, count) = buckets[place - 1] if place else (0.0, 0), buckets[place]
    return low + (high - low) * (rank - before) / (count - before)


@pytest.mark.parametrize("q", [0.95, 0.99])
@pytest.mark.parametrize("middle", [3.5, 4.3, 4.6, 5.0])
def test_near_the_limit_quantiles_are_told_to_a_quarter_of_a_second(q: float, middle: float) -> None:
    random = Random(f"{q}{middle}")
    tally, exact = Tally(Clock()), Distribution()
    for _ in range(400):
        seconds = max(0.01, random.gauss(middle, 0.2))
        tally.take([recovered(seconds)])
        exact.add(seconds)
    true = exact.quantile(q)
    assert true is not None
    assert quantile(q, tally.buckets) == pytest.approx(true, abs=0.25)
