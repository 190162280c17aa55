"""Quantiles against the exact ones (nearest rank)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.analysis.distribution import EXACT, Distribution


def nearest_rank(values: list[float], percent: int) -> float:
    """The definition, in integers."""
    return sorted(values)[max(1, -(-percent * len(values) // 100)) - 1]


def distribution_of(values: list[float]) -> Distribution:
    distribution = Distribution()
    for value in values:
        distribution.add(value)
    return distribution


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.sampled_from([1, 50, 95, 99, 100]))
def test_exact_while_there_are_few(values: list[float], percent: int) -> None:
    distribution = distribution_of(values)
    assert distribution.quantile(percent / 100) == nearest_rank(values, percent)
    assert distribution.mean == pytest.approx(math.fsum(values) / len(values))
    assert (distribution.count, distribution.max) == (len(values), max(values))


def test_ranks_that_are_whole_numbers() -> None:
    hundred = distribution_of([float(n) for n in range(1, 101)])
    assert [hundred.quantile(q) for q in (0.50, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]


def test_beyond_that_within_half_a_percent_in_bounded_memory() -> None:
    values = [(n * 7919 % 10_007) ** 2 / 1e4 for n in range(3 * EXACT)]
    distribution = distribution_of(values)
    for percent in (1, 50, 95, 99, 100):
        assert distribution.quantile(percent / 100) == pytest.approx(nearest_rank(values, percent), rel=0.0051)
    assert distribution._sorted is None
    assert len(distribution._classes) < 10_000


def test_a_quantile_follows_what_is_added() -> None:
    distribution = distribution_of([1.0] * (EXACT + 1))
    assert distribution.quantile(0.5) == pytest.approx(1)
    for _ in range(2 * EXACT):
        distribution.add(8.0)
    assert distribution.quantile(0.5) == pytest.approx(8)
    assert distribution.quantile(0.5) <= distribution.max


def test_zeros() -> None:
    assert distribution_of([0.0] * (EXACT + 1)).quantile(0.5) == pytest.approx(0, abs=1e-8)


def test_of_nothing() -> None:
    assert Distribution().quantile(0.5) is None
    assert Distribution().mean is None


@pytest.mark.parametrize(("first", "second"), [(10, 20), (EXACT, 10), (2 * EXACT, 10), (10, 2 * EXACT), (0, 5)])
def test_two_put_together_are_as_one_of_all_values(first: int, second: int) -> None:
    values = [(n * 7919 % 10_007) / 1e3 for n in range(first + second)]
    one, other = distribution_of(values[:first]), distribution_of(values[first:])
    one.include(other)
    assert (one.count, one.max, one.total) == (len(values), max(values), pytest.approx(math.fsum(values)))
    for percent in (1, 50, 95, 99, 100):
        assert one.quantile(percent / 100) == pytest.approx(nearest_rank(values, percent), rel=0.006)
