from __future__ import annotations

import json

import pytest

from sse_inspect.server import Behaviour
from sse_inspect.server.feed import Feed
from sse_inspect.server.payload import payload


def shaped(position: int = 0, **values: object) -> str:
    asked = {"type": "mixed", "size": 0, "lines": 1, "text": "plain"} | values
    return payload(1, position, **asked).data  # type: ignore[arg-type] - one table for all cases


def test_the_same_seed_gives_the_same_events_and_another_seed_others() -> None:
    def feed(seed: int) -> list[object]:
        made = Feed(rate=10, seed=seed)
        return [made.payload(position, Behaviour()) for position in range(made.passed(5.0))]

    assert feed(1) == feed(1)
    assert len(feed(1)) == 50
    assert feed(1) != feed(2)


@pytest.mark.parametrize("rate", [0.1, 1, 3, 7, 10, 33.3, 1000, 1_000_000])
def test_an_event_has_passed_only_after_its_time(rate: float) -> None:
    feed = Feed(rate=rate)
    for position in (*range(1, 500), 123_457, 9_999_999):
        assert feed.passed(feed.time_of(position)) == position
        assert feed.passed(feed.time_of(position) * (1 + 1e-12)) == position + 1


def test_the_first_event_falls_due_at_once() -> None:
    feed = Feed(rate=4)
    assert [feed.time_of(position) for position in range(3)] == [0.0, 0.25, 0.5]
    assert [feed.passed(t) for t in (0.0, 0.1, 0.25, 0.3)] == [0, 1, 1, 2]


def test_a_rate_of_zero_and_a_count_end_a_feed() -> None:
    assert Feed(rate=0).passed(1e6) == 0
    assert Feed(rate=0).time_of(0) == float("inf")
    feed = Feed(rate=10, count=3)
    assert feed.passed(1e6) == 3
    assert feed.time_of(3) == float("inf")
    assert feed.ended(3)
    assert not feed.ended(2)


def test_numbers_are_found_again_unless_they_lie_ahead() -> None:
    feed = Feed(rate=1, first_id=5)
    assert [feed.number_of(position) for position in range(3)] == [5, 6, 7]
    assert feed.position_of(6, 10.0) == 1
    assert feed.position_of(4, 10.0) == -1
    assert feed.position_of(3, 10.0) is None
    assert feed.position_of(15, 10.0) is None


def test_numbers_that_begin_again_mean_the_latest_lap() -> None:
    feed = Feed(rate=1, restart_after=4)
    assert [feed.number_of(position) for position in range(6)] == [1, 2, 3, 4, 1, 2]
    assert feed.position_of(2, 6.0) == 5
    assert feed.position_of(3, 6.0) == 2
    assert feed.position_of(0, 6.0) == 3
    assert feed.position_of(5, 6.0) is None
    assert feed.position_of(4, 2.0) is None
    assert feed.payload(1, Behaviour()) != feed.payload(5, Behaviour())


def test_types_come_in_a_realistic_mixture_or_as_asked() -> None:
    kinds = [payload(1, n, type="mixed", size=0, lines=1, text="plain").type for n in range(1000)]
    assert kinds.count("tick") > kinds.count("trade") > kinds.count("notice") > 0
    assert payload(1, 0, type="price", size=0, lines=1, text="plain").type == "price"
    assert payload(1, 0, type="message", size=0, lines=1, text="plain").type == ""


@pytest.mark.parametrize("text", ["plain", "unicode", "hostile"])
@pytest.mark.parametrize("lines", [1, 3, 40])
@pytest.mark.parametrize("size", [1, 10, 100, 101, 119, 120, 121, 300, 5000])
def test_data_has_the_size_asked_for(size: int, lines: int, text: str) -> None:
    for position in range(30):
        assert len(shaped(position, size=size, lines=lines, text=text).encode()) == size


@pytest.mark.parametrize("lines", [1, 2, 6, 50])
@pytest.mark.parametrize("text", ["plain", "unicode"])
def test_data_is_json_whatever_its_lines(lines: int, text: str) -> None:
    for position in range(50):
        for size in (0, 4096):
            data = shaped(position, lines=lines, text=text, size=size)
            assert data.count("\n") == lines - 1
            assert json.loads(data)["n"] == position


def test_text_beyond_ascii_and_hostile_text_come_when_asked_for() -> None:
    assert shaped().isascii()
    assert "世界" in shaped(text="unicode")
    assert {"\x1b", "\u202e", "\u200b", "\x9b"} <= set(shaped(text="hostile"))
