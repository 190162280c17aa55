"""One by one or in bursts: what times say, and what too few of them do not."""

from __future__ import annotations

from random import Random

import pytest

from sse_inspect.probing.finding import told
from sse_inspect.probing.pacing import Pace, Piece, pace, typical


def paced(times: list[float], size: int = 100, until: float = 10.0) -> Pace:
    return pace(times, [Piece(t, size) for t in times], 0.0, until)


def bursts(count: int, events: int, every: float) -> list[float]:
    return [(burst + 1) * every for burst in range(count) for _ in range(events)]


def poisson(rate: float) -> list[float]:
    random, t, times = Random(7), 0.0, []
    while (t := t + random.expovariate(rate)) < 10:
        times.append(t)
    return times


def test_half_of_the_time_lies_in_silences_of_that_length() -> None:
    assert typical([]) == 0
    assert typical([1.0] * 5) == 1.0
    assert typical([0.1] * 9 + [1.0]) == 1.0
    assert typical([0.1] * 11 + [1.0]) == 0.1


@pytest.mark.parametrize(
    "times",
    [
        [n * 0.1 for n in range(100)],
        [n * 0.001 for n in range(5000)],
        poisson(5),
        poisson(50),
        [5.0 + n * 0.02 for n in range(250)],  # it thinks first, and then tells
        [0.001] * 200 + [n * 0.5 for n in range(1, 20)],  # a replay, and then live
        [n * 0.1 + pair * 0.0 for n in range(50) for pair in range(2)],  # made in pairs
    ],
)
def test_one_by_one(times: list[float]) -> None:
    assert paced(times).is_known
    assert not paced(times).is_bursty
    assert paced(times).is_single


def test_made_in_groups_of_all_sizes_is_neither() -> None:
    sizes = [1, 6, 2, 5, 3, 4, 7, 1, 3]
    found = paced([float(second + 1) for second, events in enumerate(sizes) for _ in range(events)])
    assert not found.is_single
    assert not paced(
        [float(second + 1) for second, events in enumerate([3, 1, 1, 4, 1, 5, 1]) for _ in range(events)]
    ).is_bursty


def test_in_bursts() -> None:
    found = paced(bursts(3, 33, 2.0), size=124)
    assert found.is_bursty
    assert (found.silence, len(found.bursts), found.per_burst, found.held) == (2.0, 3, 33, None)
    assert told(found) == "in bursts of 33 events (3 of them, 2.00 s of silence between two)"


def test_what_was_seen_of_the_first_and_the_last_burst_may_be_a_part() -> None:
    for sizes in ([3, 8, 8, 2], [3, 8], [8, 3], [1, 8, 8, 8, 1]):
        times = [float(place + 1) for place, size in enumerate(sizes) for _ in range(size)]
        assert "in bursts of 8 events (" in told(paced(times)), sizes


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([n * 0.1 for n in range(100)], "one by one (100 events, 100 ms between two)"),
        ([0.01 + n * 0.0001 for n in range(96)], "all at once (96 events within 10 ms)"),
        (
            [0.001] * 200 + [n * 0.5 for n in range(1, 20)],
            "200 at once, then one by one (19 events, 500 ms between two)",
        ),
        (
            [second + n * 0.1 for second in range(10) for n in range(1 + second % 5)],
            "in groups of 1 to 5 events (30 events, 800 ms between two groups)",
        ),
    ],
)
def test_what_is_said_of_what_comes_in_no_bursts(times: list[float], words: str) -> None:
    assert told(paced(times)) == words


def test_one_burst_is_told_by_the_silence_before_it() -> None:
    assert told(paced([4.0] * 20)) == "all at once (20 events after 4.00 s)"
    assert not paced([0.5] * 20).is_bursty


def test_full_buffers_are_told_by_their_size_and_the_last_may_be_what_was_left() -> None:
    times = [1.0] * 10 + [2.0] * 11 + [3.0] * 3
    pieces = [Piece(1.0, 3000), Piece(1.01, 1096), Piece(2.0, 4096), Piece(3.0, 700)]
    assert pace(times, pieces, 0.0, 4.0).held == 4096
    near = [Piece(1.0, 3000), Piece(1.01, 1095), Piece(2.0, 4097), Piece(3.0, 700)]
    assert pace(times, near, 0.0, 4.0).held is None


@pytest.mark.parametrize("times", [[], [1.0], [1.0] * 7])
def test_too_few_to_tell(times: list[float]) -> None:
    found = paced(times)
    assert not found.is_bursty
    assert not found.is_single
