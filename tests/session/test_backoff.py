"""When the next attempt starts."""

from __future__ import annotations

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from sse_inspect.config import Policy
from sse_inspect.inputs import ResponseHead
from sse_inspect.records import Backoff, Connecting, Origin
from sse_inspect.session.backoff import LONGEST_DELAY
from sse_inspect.session.backoff import Backoff as Delays
from sse_inspect.session.outcome import Refuse, judge_head, parse_retry_after
from tests.session.script import EVENT_STREAM, UNIX_US, Script, events, given, opened

ALMOST_1 = 1 - 2**-53
NOW = Origin(UNIX_US).at(0)  # 2026-11-23T08:02:53Z


def delays(script: Script, count: int) -> list[float]:
    """The delays of that many attempts that fail one after another."""
    result = []
    for _ in range(count):
        script.ends(script.now, "refused")
        result.append(script.the(Backoff).delay)
        script.tick_when_due()
    return result


def test_delays_grow_by_the_factor_up_to_the_cap() -> None:
    assert delays(given(), 5) == [1, 2, 4, 4, 4]
    script = given(backoff_initial=0.5, backoff_max=20, backoff_factor=3)
    assert delays(script, 5) == [0.5, 1.5, 4.5, 13.5, 20]
    assert delays(given(backoff_factor=1), 3) == [1, 1, 1]
    assert delays(given(backoff_initial=9, backoff_max=4), 2) == [4, 4]


def test_jitter_is_a_factor_around_1_also_of_the_cap() -> None:
    assert delays(given(random=0.0), 4) == pytest.approx([0.9, 1.8, 3.6, 3.6])
    assert delays(given(random=ALMOST_1), 4) == pytest.approx([1.1, 2.2, 4.4, 4.4])
    assert delays(given(random=0.0, jitter=1), 1) == pytest.approx([0.055])  # 0, but for 20 attempts a second
    assert delays(given(random=0.0, jitter=0), 2) == [1, 2]


def test_the_backoff_record_names_the_coming_attempt_and_when_it_starts() -> None:
    script = given()
    script.ends(0.25, "refused")
    assert script.the(Backoff) == Backoff(0.25, 1, 1.0, 2, "exponential")
    assert script.session.deadline == 1.25
    assert script.tick(1.2499) == []
    assert script.tick(1.25) == ["connecting 2"]


def test_the_retry_field_replaces_the_initial_delay() -> None:
    script = opened(backoff_max=60)
    script.feed(0, b"retry: 3000\n\n")
    assert script.ends(0) == ["disconnect eof", "backoff 3 retry-field"]
    script.tick_when_due()
    assert delays(script, 3) == [6, 12, 24]


def test_the_retry_field_is_never_shortened_by_the_cap_nor_undercut_by_jitter() -> None:
    for random, expected in ((0.0, 10), (0.5, 10), (ALMOST_1, 11)):
        script = opened(random=random)
        script.feed(0, b"retry: 10000\n\n")
        script.ends(0)
        assert script.the(Backoff).delay == pytest.approx(expected)
        script.tick_when_due()
        assert delays(script, 2) == pytest.approx([expected, expected])


def test_the_retry_field_outlives_its_connection_until_another_comes() -> None:
    script = opened(backoff_max=60)
    script.feed(0, b"retry: 3000\n\n" + events(1))
    script.ends(0)
    script.reopens()
    script.feed(script.now, events(2))
    assert script.ends(script.now)[-1] == "backoff 3 retry-field"
    script.reopens()
    script.feed(script.now, b"retry: 500\n\n" + events(3))
    assert script.ends(script.now)[-1] == "backoff 0.5 retry-field"


def test_a_delivered_event_makes_the_delays_begin_again_and_a_mere_open_does_not() -> None:
    script = given()
    assert delays(script, 2) == [1, 2]
    script.opens(script.now)
    script.feed(script.now, b": a comment\nretry\n\nid: 4\n\n")
    assert script.ends(script.now)[-1] == "backoff 4 exponential"
    script.reopens()
    script.feed(script.now, events(5))
    assert script.ends(script.now)[-1] == "backoff 1 exponential"


@pytest.mark.parametrize("asked", [b"", b"retry: 0\n\n"])
def test_never_more_than_20_attempts_a_second(asked: bytes) -> None:
    script = given(backoff_initial=0 if not asked else 1)
    starts = []
    while script.now < 3:
        starts.append(script.now)
        script.opens(script.now)
        script.feed(script.now, asked + events(1))
        script.ends(script.now)
        script.tick_when_due()
    for start in starts:
        assert sum(start <= other < start + 1 - 1e-9 for other in starts) <= 20
    assert len(starts) > 50  # and no slower than that either


def test_the_least_interval_is_measured_from_when_the_connection_stood() -> None:
    """A first attempt is slow to connect, the next is not: the server sees both when they stand."""
    script = given(backoff_initial=0)
    script.connects(0.04)
    assert script.ends(0.041, "protocol") == ["disconnect protocol", "backoff 0.054 exponential"]
    script.tick_when_due()
    assert script.ends(0.12, "refused")[-1] == "backoff 0.03 exponential"


def test_a_delay_of_0_after_a_long_connection_is_0() -> None:
    script = opened(backoff_initial=0)
    assert script.ends(10)[-1] == "backoff 0 exponential"


def test_retry_after_is_a_floor() -> None:
    script = given()
    assert script.answers(0, 503, {"retry-after": "7"})[-1] == "backoff 7 retry-after"
    script.tick_when_due()
    assert script.answers(script.now, 429, {"retry-after": "1"})[-1] == "backoff 2 exponential"
    script.tick_when_due()
    assert script.answers(script.now, 500, {"retry-after": "soon"})[-1] == "backoff 4 exponential"


def test_retry_after_as_a_date_counts_from_the_wall_clock_of_the_session() -> None:
    script = given()
    at = {"retry-after": "Mon, 23 Nov 2026 08:03:13 GMT"}  # 20 s into the session
    assert script.answers(5, 503, at)[-1] == "backoff 15 retry-after"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("0000000000000000000030", 30),
        ("9" * 5000, LONGEST_DELAY),
        ("Mon, 23 Nov 2026 08:03:53 GMT", 60),
        ("Monday, 23-Nov-26 08:03:53 GMT", 60),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("Mon, 23 Nov 2026 08:02:60 GMT", 6),
        ("Tue, 29 Feb 2028 00:00:00 GMT", 39_974_227),
        ("Mon, 29 Feb 2027 00:00:00 GMT", None),
        ("Mon, 23 Foo 2026 08:03:53 GMT", None),
        ("Mon, 23 Nov 0000 08:03:53 GMT", None),
        ("Mon Nov 23 08:03:53 2026", 60),
        ("Mon, 23 Nov 2026 08:01:53 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        ("tomorrow", None),
        ("Mon, 99 Nov 2026 08:03:53 GMT", None),
        (None, None),
    ],
)
def test_retry_after_values(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@for_all(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]+ (Jan|Feb|Mar) [0-9]{4} [0-9]+:[0-9]+:[0-9]+ GMT", fullmatch=True)
)
@settings(max_examples=40)
def test_no_retry_after_makes_it_raise(value: str) -> None:
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_DELAY


def test_retry_after_is_read_of_retried_statuses_only() -> None:
    verdict = judge_head(ResponseHead(404, "1.1", (("retry-after", "5"),)), NOW)
    assert isinstance(verdict, Refuse)
    assert verdict.fatal


@for_all(
    st.floats(0, 1e308),
    st.floats(0, 1e308),
    st.floats(1, 1e308),
    st.floats(0, 1),
    st.floats(0, ALMOST_1),
    st.booleans(),
)
@settings(max_examples=25)
def test_huge_values_stay_finite(
    initial: float, most: float, factor: float, jitter: float, random: float, asked: bool
) -> None:
    policy = Policy(backoff_initial=initial, backoff_max=most, backoff_factor=factor, jitter=jitter)
    backoff = Delays(policy, lambda: random)
    backoff.reconnection_time = (2**53 - 1) / 1000 if asked else None
    for _ in range(1100):
        delay, _ = backoff.next()
        assert (backoff.reconnection_time or 0) <= delay <= LONGEST_DELAY


def test_attempts_start_when_the_backoff_said() -> None:
    script = given(random=0.3)
    delays(script, 5)
    said = [record.t + record.delay for record in script.all(Backoff)]
    assert [record.t for record in script.all(Connecting)][1:] == said


def test_a_response_that_opens_needs_no_backoff() -> None:
    assert given().answers(0, 200, EVENT_STREAM) == ["open 200"]
