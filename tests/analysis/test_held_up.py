"""What this program did itself is blamed on nobody, and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sse_inspect.analysis.liveness import liveness
from sse_inspect.analysis.snapshot import Link
from tests.analysis.stories import Step, Story, beats, ends, events, held_up, opens, quiet, sends, steady, story

GZIP: dict[str, Any] = {"content_encoding": "gzip"}
BUFFER = "data: " + "x" * 4090
Pause = Callable[[float], Step]


def stamps(seconds: float, count: int) -> list[float]:
    """Times in the data of events that were made one after the other in so many seconds, and came together."""
    return [seconds * (count - place) / count for place in range(count)]


STORIES: dict[str, Callable[[Pause], Story]] = {
    "held-back": lambda pause: story(opens(), events(), [[pause(2), events(20, stamps=stamps(2, 20))]] * 8),
    "buffered-by-size": lambda pause: story(opens(), events(), [[pause(3), sends(BUFFER)]] * 4),
    "compression-buffering": lambda pause: story(
        opens(**GZIP), events(), [[pause(2), events(9, stamps=stamps(2, 9), size=120)]] * 6
    ),
    "coalesced-batches": lambda pause: story(
        opens(), events(), [[pause(0.21), events(4, stamps=stamps(0.2, 4))]] * 14, steady(3)
    ),
    "held-until-end": lambda pause: story(opens(), pause(8), events(20), ends(), times=2),
    "first-event-late": lambda pause: story(opens(), pause(9), events(), steady(3)),
    "replay-burst": lambda pause: story(opens(), pause(30), events(30), steady(6)),
    "held-until-next": lambda pause: story(opens(), sends("data: 1\n"), [[pause(1), sends("\nid: 1\ndata: 2\n")]] * 6),
    "no-heartbeat": lambda pause: story(opens(), events(), [[pause(32), events()]] * 3),
    "idle-cut": lambda pause: story(
        [opens(), steady(5), pause(3.0), ends("truncated")], [opens(), steady(11), pause(3.0), ends("truncated")]
    ),
    "age-cut-30": lambda pause: story([opens(), steady(30), pause(0.5), ends("truncated")], times=2),
    "compression-unflushed": lambda pause: story(
        opens(**GZIP), sends("", 0.06, 10), pause(6), events(30, stamps=stamps(6, 30)), ends()
    ),
    "half-open": lambda pause: story(
        opens(), events(), beats(3, 10.0), pause(45), sends(": ping\n", 0.1), stall_after=40.0, on_stall="warn"
    ),
}


@pytest.mark.parametrize("code", STORIES)
def test_time_in_which_this_program_was_held_up_is_no_evidence(code: str) -> None:
    assert code in STORIES[code](quiet).told().codes, "the same pauses are told where they are the stream's"
    told = STORIES[code](held_up).told()
    assert [each for each in told.codes if each != "held-up"] == []
    assert "held-up" in told.codes or code in ("coalesced-batches", "age-cut-30")


def test_a_head_that_waited_for_this_program_is_not_late() -> None:
    def answered(**how: Any) -> list[str]:
        return story([opens(4, **how), events(3), steady(5), steady(2, 0.7), ends()], [opens(0.1)]).told().codes

    assert answered() == ["headers-late"]
    assert answered(held=3.9) == ["held-up"]


def test_a_silence_that_goes_on_after_a_hold_up_is_the_streams() -> None:
    """What waited would be read at once: what comes later came later."""
    pauses = [held_up(1), quiet(2), events(5, stamps=stamps(3, 5))]
    told = story(opens(), events(), [pauses] * 6).told()
    assert "held-back" in told.codes
    assert story(opens(), events(), held_up(12), quiet(4), events()).told().inspection.snapshot().rhythm.outlived == 16


def test_what_was_heard_of_a_silence_before_a_hold_up_counts() -> None:
    told = story(opens(), events(), quiet(12), held_up(5), events()).told()
    assert told.inspection.snapshot().rhythm.outlived == pytest.approx(12)


def test_it_says_for_how_long_and_why() -> None:
    told = story(
        opens(),
        steady(2),
        held_up(2, by_output=True),
        events(9),
        steady(2),
        held_up(0.2, asleep=3600),
        events(),
        steady(2),
    ).told()
    (shown,) = told.inspection.snapshot().findings
    assert (shown.code, shown.severity) == ("held-up", "info")
    assert "2 times, for 2.2 s in all, the longest 2.0 s from 2.0 s of the session" in shown.evidence
    assert "For 2.0 s it waited for who reads its output." in shown.evidence
    assert "slept for 3,600 s" in shown.evidence


def test_short_ones_are_told_once_they_are_many() -> None:
    often = [[held_up(0.2), events(2), *steady(2, 0.1)] for _ in range(20)]
    assert story(opens(), often, steady(3)).told().codes == ["held-up"]
    assert story(opens(), often[:9], steady(3)).told().codes == []


def test_the_heartbeat_and_the_pauses_are_not_learned_from_it() -> None:
    ping = sends(": ping\n")
    steps = [[beats(2, 5.0), held_up(7), ping, quiet(3), ping, quiet(1), events(), held_up(3), events()]] * 8
    snapshot = story(opens(), steps).told().inspection.snapshot()
    assert snapshot.heartbeat is not None
    assert snapshot.heartbeat.period == pytest.approx(5.0, abs=0.01)
    assert snapshot.rhythm.pause is not None
    assert snapshot.rhythm.pause == pytest.approx(21, abs=0.1)


def test_a_hold_up_is_neither_half_open_nor_a_stall() -> None:
    told = story(opens(), beats(4, 5.0), held_up(60), sends(": ping\n"), steady(2), stall_after=30.0).told()
    assert [each.reason for each in told.ends] == ["forced"], "it was stopped in the end"
    links = {bucket.link for bucket in told.inspection.snapshot().timeline.buckets}
    assert Link.HALF_OPEN not in links
    assert Link.STALLED not in links
    assert liveness(told.inspection.snapshot()) == "closed"
