"""The timeline and the heartbeat."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.analysis.heartbeat import HeartbeatClock
from sse_inspect.analysis.snapshot import Link, Mark
from sse_inspect.analysis.timeline import FIRST_WIDTH, MAX_BUCKETS, TimelineFold
from sse_inspect.config import Policy
from sse_inspect.inputs import HeldUp
from sse_inspect.records import Backoff, Connecting, Disconnect, End, Event, Gap, Open, Record, Resumed, Stall
from tests.tui.states import Story


def event(t: float, *, duplicate: bool = False) -> Event:
    return Event(t, 1, 1, "message", "", None, "", 0, 1, duplicate, False, False, False)


def folded(*records: Record) -> TimelineFold:
    timeline = TimelineFold()
    for record in records:
        timeline.fold(record)
    return timeline


def test_links_marks_and_events_fall_into_their_stretch() -> None:
    timeline = folded(
        Connecting(0, 1, 1, None),
        Open(0.3, 1, 200, "1.1", {}, {}, ""),
        event(0.55),
        event(0.56, duplicate=True),
        Gap(0.56, 1, 1, 1, 1, "", ""),
        Stall(1.0, 1, 0.4, None),
        Resumed(1.13, 1, 0.5),
        Disconnect(1.3, 1, "eof", "", 1, 2, 9, 0),
        Backoff(1.3, 1, 1, 1, "exponential"),
    ).view(1.7)
    assert timeline.width == FIRST_WIDTH
    links = [bucket.link for bucket in timeline.buckets]
    assert links == [
        *[Link.CONNECTING] * 3,
        *[Link.OPEN] * 5,
        Link.STALLED,
        Link.STALLED,  # it resumed within this one
        *[Link.WAITING] * 4,
    ]
    assert [bucket.events for bucket in timeline.buckets] == [0, 0, 0, 0, 2, *[0] * 9]
    assert timeline.buckets[4].marks == Mark.DUPLICATE | Mark.GAP
    assert timeline.buckets[2].marks == Mark.OPEN
    assert timeline.buckets[10].marks == Mark.DISCONNECT


def test_after_the_end_there_is_no_link() -> None:
    view = folded(Open(0, 1, 200, "1.1", {}, {}, ""), End(1, 1, "limit", "")).view(2)
    assert view.buckets[-1].link is Link.NONE


@given(st.lists(st.floats(0, 1e7), max_size=50).map(sorted))
@settings(max_examples=40)
def test_it_stays_bounded_and_loses_no_event(times: list[float]) -> None:
    timeline = TimelineFold()
    for t in times:
        timeline.fold(event(t))
    view = timeline.view(times[-1] if times else 0.0)
    assert len(view.buckets) <= MAX_BUCKETS
    assert sum(bucket.events for bucket in view.buckets) == len(times)
    for t in times:
        assert view.buckets[int(t / view.width)].events > 0


def test_joined_neighbours_show_the_worse_link_and_all_marks() -> None:
    timeline = folded(
        Open(0, 1, 200, "1.1", {}, {}, ""), Stall(FIRST_WIDTH, 1, 9, None), Resumed(FIRST_WIDTH * 2, 1, 9), event(0.3)
    )
    view = timeline.view(FIRST_WIDTH * MAX_BUCKETS)
    assert view.width == 2 * FIRST_WIDTH
    assert (view.buckets[0].link, view.buckets[0].marks) == (Link.STALLED, Mark.OPEN | Mark.STALL)
    assert (view.buckets[1].link, view.buckets[1].events) == (Link.STALLED, 1)
    assert len(view.buckets) == MAX_BUCKETS // 2 + 1


def test_a_view_does_not_change_when_more_is_folded() -> None:
    timeline = folded(Open(0, 1, 200, "1.1", {}, {}, ""), event(0.3))
    view = timeline.view(2.0)
    before = deepcopy(view)
    for t in (0.35, 1.0, 2.0, 2.01, 5.0):  # also late: the view looked further than the records had come
        timeline.fold(event(t))
    timeline.fold(Stall(5.0, 1, 3, None))
    timeline.view(FIRST_WIDTH * MAX_BUCKETS * 3)
    assert view == before
    assert sum(bucket.events for bucket in timeline.view(5.0).buckets) == 6


def test_heartbeat_learns_the_period_and_its_spread() -> None:
    clock = HeartbeatClock()
    for t in (0, 10, 20.2, 30.1, 40):
        clock.beat(t)
    learned = clock.learned
    assert learned is not None
    assert abs(learned.period - 9.95) < 0.11
    assert 0 <= learned.jitter <= 0.2
    assert learned.count == 5


def test_heartbeat_needs_two_intervals_and_none_spans_an_outage() -> None:
    clock = HeartbeatClock()
    clock.beat(0)
    clock.beat(10)
    assert clock.learned is None
    clock.interrupt()
    clock.beat(500)
    assert clock.learned is None
    clock.beat(510)
    assert clock.learned is not None
    assert clock.learned.period == 10


def test_comments_of_one_burst_are_one_beat() -> None:
    clock = HeartbeatClock()
    for t in (0, 0.001, 10, 10.001, 10.002, 20):
        clock.beat(t)
    learned = clock.learned
    assert learned is not None
    assert (learned.count, round(learned.period, 1)) == (3, 10.0)


def half_open(story: Story) -> list[float]:
    """The times of the stretches that are half-open."""
    view = story.inspection.snapshot().timeline
    return [index * view.width for index, bucket in enumerate(view.buckets) if bucket.link is Link.HALF_OPEN]


def beating() -> Story:
    """A heartbeat every 10 seconds, the last one at 40."""
    story = Story(policy=Policy(jitter=0.0, stall_after=60)).open()
    while story.t < 40:
        story.wait(10 - story.t % 10).chunk(b": ping\n")
    return story


def test_half_open_is_a_state_of_the_link_while_it_lasts() -> None:
    story = beating().wait(20)
    assert half_open(story) == []
    before = story.inspection.snapshot().timeline
    kept = deepcopy(before)
    found = half_open(story.wait(2))
    assert (found[0], found[-1]) == (60.0, 62.0)
    assert half_open(story.wait(3))[-1] == 65.0
    assert before == kept


def test_that_it_was_half_open_stays_to_be_seen() -> None:
    for step in (
        lambda story: story.chunk(b": ping\n"),
        lambda story: story.chunk(b"da"),
        lambda story: story.end("reset"),
    ):
        story = beating().wait(25)
        step(story)
        story.wait(5)
        found = half_open(story)
        assert (found[0], found[-1]) == (60.0, 65.0)


def test_bytes_that_tell_nothing_are_a_sign_of_life_too() -> None:
    story = beating()
    for _ in range(6):
        story.wait(9).chunk(b"d")
    assert half_open(story) == []


def test_a_stall_ends_what_is_half_open() -> None:
    story = beating().wait(61)
    found = half_open(story)
    assert (found[0], found[-1]) == (60.0, 100.0)
    assert story.inspection.snapshot().timeline.buckets[-1].link in (Link.STALLED, Link.WAITING, Link.CONNECTING)


def test_silence_in_which_this_program_was_held_up_is_not_half_open() -> None:
    story = beating().wait(5)
    story.t += 50
    story.tell(HeldUp(story.t, 45.0))
    story.chunk(b": ping\n").wait(1)
    assert half_open(story) == []
