"""The interval set against a plain set."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.session.intervals import IntervalSet

small = st.integers(0, 60)
steps = st.lists(st.tuples(st.booleans(), small, st.integers(0, 8)))


@given(steps)
@settings(max_examples=60)
def test_it_holds_what_a_set_would(steps: list[tuple[bool, int, int]]) -> None:
    intervals, plain = IntervalSet(), set[int]()
    for adds, first, length in steps:
        if adds:
            intervals.add(first, first + length)
            plain |= set(range(first, first + length + 1))
        else:
            intervals.remove(first)
            plain.discard(first)
        assert {number for number in range(80) if number in intervals} == plain
        ends = [end for interval in intervals.intervals for end in interval]
        assert ends == sorted(ends)
        assert all(
            last + 1 < first
            for (_, last), (first, _) in zip(intervals.intervals, intervals.intervals[1:], strict=False)
        )
        assert intervals.ranges == len(intervals.intervals)


@given(steps, st.integers(1, 4))
@settings(max_examples=60)
def test_past_the_limit_the_lowest_is_given_up(steps: list[tuple[bool, int, int]], limit: int) -> None:
    intervals = IntervalSet(limit)
    for adds, first, length in steps:
        before = intervals.intervals
        if adds:
            intervals.add(first, first + length)
            assert first in intervals or (len(before) == limit and first < before[0][0])
        else:
            intervals.remove(first)
            assert first not in intervals
        assert intervals.ranges <= limit


def test_numbers_of_any_size() -> None:
    intervals = IntervalSet()
    intervals.add(1, 10**30)
    intervals.remove(5)
    assert intervals.intervals == [(1, 4), (6, 10**30)]
    assert 10**30 in intervals
    assert 10**30 + 1 not in intervals
