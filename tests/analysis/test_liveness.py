"""The state of a connection by its two clocks, in virtual time: each state and its edges."""

from __future__ import annotations

import pytest

from sse_inspect.analysis.liveness import Liveness, liveness, missed
from sse_inspect.analysis.snapshot import Mark
from sse_inspect.config import Policy
from tests.tui.states import Story

PING = b": ping\n\n"
KEPT = Policy(jitter=0.0, on_stall="warn")


def state(story: Story) -> Liveness:
    return liveness(story.inspection.snapshot())


def beats(story: Story, count: int, every: float = 10.0, data: bytes = PING) -> Story:
    for _ in range(count):
        story.wait(every).chunk(data)
    return story


def ticks(story: Story, count: int, every: float = 1.0) -> Story:
    for _ in range(count):
        story.wait(every).event()
    return story


def marks(story: Story, mark: Mark) -> list[float]:
    timeline = story.inspection.snapshot().timeline
    return [index * timeline.width for index, bucket in enumerate(timeline.buckets) if bucket.marks & mark]


def test_before_there_is_a_connection_the_session_says_its_state() -> None:
    story = Story()
    assert state(story) == "connecting"
    assert state(story.refuse()) == "waiting"
    story.ask("stop")
    assert state(story) == "closed"


def test_open_until_something_came_then_live() -> None:
    story = Story(policy=KEPT).open().wait(5.0)
    assert state(story) == "open"
    assert state(story.event()) == "live"


def test_a_comment_alone_shows_that_it_lives() -> None:
    assert state(Story().open().wait(1.0).chunk(PING)) == "live"


def test_without_a_heartbeat_an_overdue_event_leaves_it_open() -> None:
    story = ticks(Story(policy=KEPT).open(), 10, every=4.0)
    assert state(story.wait(7.9)) == "live"
    assert state(story.wait(0.2)) == "open"
    assert state(story.event()) == "live"


def test_a_single_long_pause_does_not_make_the_stream_patient() -> None:
    story = ticks(Story(policy=Policy(stall_after=0)).open(), 20).wait(500.0).event()
    assert state(ticks(story, 3).wait(2.1)) == "open"


def test_a_stream_of_bursts_is_measured_by_the_pauses_between_them() -> None:
    story = Story(policy=KEPT).open()
    for _ in range(4):
        story.wait(12.0)
        for _ in range(50):
            story.wait(0.02).event()
    assert state(story.wait(23.0)) == "live"
    assert state(story.wait(1.5)) == "open"


def test_heartbeats_without_an_event_are_quiet_but_alive_and_the_next_event_ends_that() -> None:
    story = ticks(Story().open(), 12)
    assert state(story.wait(1.5).chunk(PING)) == "live", "within twice the usual pause"
    assert state(story.wait(1.0)) == "quiet"
    assert state(beats(story, 6)) == "quiet"
    assert state(story.wait(1.0).event()) == "live"


def test_a_rare_event_is_not_missed_before_it_is_overdue() -> None:
    story = Story().open()
    for _ in range(6):
        beats(story, 4, every=8.0).event()
    beats(story, 7, every=8.0)
    assert state(story) == "live"
    assert state(beats(story, 2, every=8.0)) == "quiet"


def test_where_no_rhythm_is_known_two_heartbeats_tell() -> None:
    story = Story().open()
    assert state(beats(story, 1)) == "live"
    assert state(beats(story, 1)) == "quiet"
    story = Story().open()
    assert state(beats(story, 4, every=2.0)) == "live", "the second event may soon come"
    assert state(beats(story, 2, every=2.0)) == "quiet"


@pytest.mark.parametrize(
    "kind",
    [
        b"event: ping\ndata: {}\n\n",
        b"event: keep-alive\ndata: 1\n\n",
        b"data: heartbeat\n\n",
        b'id: 7\ndata: {"type": "ping", "t": 1795420973}\n\n',
    ],
)
def test_events_that_are_heartbeats_are_no_news(kind: bytes) -> None:
    story = beats(ticks(Story().open(), 5), 4, data=kind)
    snapshot = story.inspection.snapshot()
    assert liveness(snapshot) == "quiet"
    assert snapshot.heartbeat is not None
    assert snapshot.heartbeat.period == 10
    assert snapshot.last_event == story.t, "the clock of the events counts them all the same"


def test_half_open_beyond_twice_the_learned_heartbeat() -> None:
    story = beats(Story().open(), 3)
    assert state(story.wait(20.0)) == "quiet"
    assert missed(story.inspection.snapshot()) == 2
    assert state(story.wait(0.1)) == "half-open"
    assert state(story.chunk(PING)) == "quiet"


def test_the_spread_of_the_heartbeat_is_granted() -> None:
    story = Story().open()
    for wait in (10.0, 8.0, 12.0, 9.0, 11.0):
        story.wait(wait).chunk(PING)
    heartbeat = story.inspection.snapshot().heartbeat
    assert heartbeat is not None
    assert heartbeat.jitter > 0.5
    assert state(story.wait(2 * heartbeat.period + heartbeat.jitter - 0.01)) == "quiet"
    assert state(story.wait(0.02)) == "half-open"


def test_nothing_is_half_open_before_a_heartbeat_is_learned() -> None:
    assert state(beats(Story(policy=KEPT).open(), 2, every=5.0).wait(29.0)) == "quiet"
    assert state(ticks(Story(policy=KEPT).open(), 40).wait(29.0)) == "open"


def test_a_stall_goes_before_and_bytes_end_it() -> None:
    story = beats(Story(policy=KEPT).open(), 3).wait(29.9)
    assert state(story) == "half-open"
    assert state(story.wait(0.2)) == "stalled"
    assert state(story.chunk(PING)) == "quiet"


def test_the_heartbeat_is_remembered_over_a_reconnect() -> None:
    story = beats(Story(policy=KEPT).open(), 3).end("eof").open()
    assert state(story) == "open"
    assert state(story.wait(20.1)) == "half-open"


def test_an_outage_is_neither_an_interval_nor_a_pause() -> None:
    story = beats(ticks(Story().open(), 5), 2, every=4.0)
    for _ in range(3):
        story.wait(9.0).end("eof").wait(5.0).open()
        beats(ticks(story, 2), 2, every=4.0)
    snapshot = story.inspection.snapshot()
    assert snapshot.heartbeat is not None
    assert (snapshot.heartbeat.period, snapshot.heartbeat.jitter) == (4, 0)
    assert snapshot.rhythm.pause == 1
    assert snapshot.rhythm.outlived == 4


def test_the_moment_it_fell_quiet_is_marked_once() -> None:
    story = beats(ticks(Story().open(), 12), 5)
    assert marks(story, Mark.QUIET) == [pytest.approx(22.0, abs=0.13)]
    beats(ticks(story, 3), 5)
    assert len(marks(story, Mark.QUIET)) == 2


def test_a_lively_stream_with_heartbeats_has_no_such_mark() -> None:
    story = Story().open().events(200)
    assert marks(story, Mark.QUIET) == []
    assert state(story) == "live"
