from __future__ import annotations

import pytest

from sse_inspect.server import Behaviour
from sse_inspect.server.script import Drop, Refuse, Rewind, Script, Step
from sse_inspect.server.streams import Resume, Stream, Streams


def streams(most: int = 10, **scripts: Script) -> Streams:
    return Streams(seed=1, most=most, linger=3600.0, scripts={"/" + name: script for name, script in scripts.items()})


def stream(asked: Behaviour, *steps: Step) -> Stream:
    made = streams(x=Script(steps)).request("/x", asked, 0.0)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("named", "resume"),
    [
        ("", Resume(100, "")),
        ("100", Resume(100, "complete")),
        ("97", Resume(97, "complete")),
        ("80", Resume(80, "complete")),
        ("79", Resume(80, "incomplete")),
        ("0", Resume(80, "incomplete")),
        ("101", Resume(100, "none")),
        ("-1", Resume(100, "none")),
        ("1.0", Resume(100, "none")),
        ("٣", Resume(100, "none")),
        ("9" * 5000, Resume(100, "none")),
        ("x97", Resume(100, "none")),
    ],
)
def test_a_client_resumes_after_the_id_it_names_as_far_as_the_buffer_reaches(named: str, resume: Resume) -> None:
    asked = Behaviour(rate=10, buffer=20)
    assert stream(asked).resume(named, asked, 10.0) == resume


def test_an_id_has_its_prefix() -> None:
    asked = Behaviour(rate=10, id_prefix="feed-")
    assert stream(asked).resume("feed-5", asked, 10.0) == Resume(5, "complete")
    assert stream(asked).resume("5", asked, 10.0) == Resume(100, "none")


def test_replay_may_overlap_but_not_beyond_the_buffer() -> None:
    asked = Behaviour(rate=10, buffer=20, replay_overlap=8)
    assert stream(asked).resume("97", asked, 10.0) == Resume(89, "complete")
    assert stream(asked).resume("82", asked, 10.0) == Resume(80, "complete")


def test_the_first_client_gets_the_first_event() -> None:
    asked = Behaviour(rate=10)
    assert stream(asked).resume("", asked, 0.0) == Resume(0, "")


def test_a_stream_with_an_end_is_given_whole_and_not_twice() -> None:
    asked = Behaviour(rate=10, count=5)
    ended = stream(asked)
    assert ended.resume("", asked, 60.0) == Resume(0, "")
    assert ended.resume("3", asked, 60.0) == Resume(3, "complete")
    assert ended.exhausted("5", asked, 60.0)
    assert not ended.exhausted("4", asked, 60.0)
    assert not ended.exhausted("", asked, 60.0)
    assert not ended.exhausted("5", asked, 0.1)


def test_refusals_are_used_up_from_their_time_on() -> None:
    made = stream(Behaviour(), Step(5.0, Refuse(2, status=429)))
    assert made.refusal(4.9) is None
    assert [made.refusal(5.0), made.refusal(9.0), made.refusal(9.0)] == [Refuse(2, status=429)] * 2 + [None]


def test_one_replay_goes_back_further() -> None:
    asked = Behaviour(rate=10)
    made = stream(asked, Step(5.0, Rewind(6)))
    assert made.resume("40", asked, 4.5).position == 40
    assert made.resume("50", asked, 6.0).position == 44
    assert made.resume("50", asked, 6.0).position == 50


def test_dropped_ids_are_the_next_ones() -> None:
    made = stream(Behaviour(rate=10), Step(1.0, Drop(2)), Step(2.0, Drop(1, forever=True)))
    assert [n for n in range(30) if made.dropped(n, live=True)] == [10, 11, 20]
    assert [n for n in range(30) if made.dropped(n, live=False)] == [20]


def test_a_step_wakes_whoever_waits() -> None:
    made, woken = stream(Behaviour()), []
    made.wakers.add(lambda: woken.append(True))
    made.schedule(Step(1.0, Drop(1)))
    assert woken == [True]


def test_streams_are_apart_and_bounded() -> None:
    kept = streams(most=2)
    first, second = kept.request("/a", Behaviour(), 0.0), kept.request("/b", Behaviour(), 1.0)
    assert first is not None
    assert second is not None
    assert (first.created, second.created) == (0.0, 1.0)
    assert kept.request("/c", Behaviour(), 2.0) is None
    assert kept.request("/a", Behaviour(), 3.0) is first


def test_a_stream_nobody_listens_to_is_forgotten_after_its_time() -> None:
    kept = streams(most=2)
    first, second = kept.request("/a", Behaviour(), 0.0), kept.request("/b", Behaviour(), 0.0)
    assert first is not None
    assert second is not None
    second.counts.open = 1
    assert kept.request("/a", Behaviour(), 3599.0) is first
    assert kept.request("/c", Behaviour(), 3600.0) is None
    again = kept.request("/a", Behaviour(), 3599.0 + 3600.0)
    assert again is not None
    assert again is not first
    assert kept["/b"] is second
    second.counts.open = 0
    kept.forget(8000.0)
    assert list(kept) == ["/a"]
