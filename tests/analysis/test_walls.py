"""The limits ahead: which are told, and when there is none to tell."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.analysis.snapshot import Snapshot
from sse_inspect.analysis.walls import WALLS, walls_ahead
from sse_inspect.config import Policy
from sse_inspect.present import clocks
from sse_inspect.unknown import Unknown, words_of
from tests.tui.states import Story

PATIENT = Policy(jitter=0.0, stall_after=0)
PING = b": ping\n\n"
LOCAL = "http://127.0.0.1:8000/feed"


def idle(story: Story, server: str = "") -> list[tuple[float, str]]:
    return [(wall.seconds, wall.who) for wall in walls_ahead(seen(story, server), "idle")]


def age(story: Story, server: str = "") -> list[tuple[float, str]]:
    return [(wall.seconds, wall.who) for wall in walls_ahead(seen(story, server), "age")]


def seen(story: Story, server: str) -> Snapshot:
    """The snapshot, as if the response named this server, or none."""
    snapshot = story.inspection.snapshot()
    head = tuple((name, value) for name, value in snapshot.head if name != "server")
    return replace(snapshot, head=(*head, ("server", server)) if server else head)


def test_each_has_a_source_and_stands_in_its_order() -> None:
    assert all(wall.source for wall in WALLS)
    assert [*WALLS] == sorted(WALLS, key=lambda wall: (wall.clock != "idle", wall.seconds))


def test_silence_comes_nearer_to_one_after_the_other() -> None:
    story = Story(policy=PATIENT).open()
    assert idle(story.wait(2.0)) == []
    assert idle(story.wait(0.1)) == [(10, "Bun")]
    assert idle(story.wait(8.0)) == [(30, "HAProxy"), (30, "CloudFront")]
    assert idle(story.wait(30.0)) == [(55, "Heroku")]
    assert idle(story.wait(300.0)) == [(350, "AWS NLB")]
    assert idle(story.wait(20.0)) == []


def test_a_comment_is_a_byte_and_begins_anew() -> None:
    story = Story(policy=PATIENT).open().wait(9.0).chunk(PING)
    assert idle(story) == []
    assert idle(story.wait(3.0)) == [(10, "Bun")]


def test_what_was_outlived_is_no_wall() -> None:
    story = Story(policy=PATIENT).open().wait(31.0).chunk(PING).wait(3.0)
    assert idle(story) == [(55, "Heroku")]


def test_only_silence_of_the_bytes_is_outlived() -> None:
    """A long event that comes slowly is no silence, however far its ends lie apart; bytes without an end are none."""
    story = Story(policy=PATIENT).open().chunk(b"data: ")
    for _ in range(40):
        story.wait(1.0).chunk(b"x")
    assert idle(story.chunk(b"\n\n").wait(11.0)) == [(30, "HAProxy"), (30, "CloudFront")]
    story = Story(policy=PATIENT).open().chunk(b"data: ").wait(31.0).chunk(b"x")
    assert idle(story.wait(3.0)) == [(55, "Heroku")], "as soon as it is over"


def test_a_silence_that_ended_the_connection_was_not_outlived() -> None:
    story = Story(policy=PATIENT).open().wait(30.2).end("truncated").open().wait(11.0)
    assert idle(story) == [(30, "HAProxy"), (30, "CloudFront")]


def test_the_usual_pauses_of_the_events_come_near_none() -> None:
    story = Story(policy=PATIENT).open()
    for _ in range(20):
        story.wait(5.0).event()
    assert idle(story.wait(4.9)) == []
    assert idle(story.wait(0.2)) == [(10, "Bun")]


def test_a_heartbeat_on_time_keeps_those_behind_it_away() -> None:
    story = Story(policy=PATIENT).open()
    for _ in range(5):
        story.wait(15.0).chunk(PING)
    assert idle(story.wait(14.0)) == []
    assert idle(story.wait(1.1)) == [(30, "HAProxy"), (30, "CloudFront")]


def test_a_heartbeat_that_comes_too_late_for_a_wall_does_not_hide_it() -> None:
    story = Story(policy=PATIENT).open()
    for n in range(1, 121):
        story.wait(1.0).event()
        if n % 40 == 0:
            story.wait(0.3).chunk(PING)
    assert idle(story.wait(12.0)) == [(30, "HAProxy"), (30, "CloudFront")]
    assert idle(story.wait(20.0)) == [], "the next heartbeat comes before 55 s"


def test_the_age_counts_from_the_head_whatever_comes() -> None:
    story = Story(policy=PATIENT).open()
    for _ in range(14):
        story.wait(1.0).event()
    assert age(story) == [(15, "Envoy")]
    assert age(story.wait(1.0)) == [(30, "Tomcat")]
    assert age(story.wait(20.0)) == [(300, "Cloud Run")]
    assert age(story.wait(300.0)) == [(900, "API Gateway")]
    assert age(story.wait(600.0)) == []


def test_a_connection_that_ended_at_an_age_has_not_outlived_it() -> None:
    assert age(Story(policy=PATIENT).open().wait(15.1).end("eof").open()) == [(15, "Envoy")]
    assert age(Story(policy=PATIENT).open().wait(20.0).end("eof").open()) == [(30, "Tomcat")]


def test_who_is_named_in_the_response_goes_before() -> None:
    story = Story(policy=PATIENT).open(headers=(("cf-ray", "8f1-FRA"),)).wait(20.0)
    assert idle(story) == [(100, "Cloudflare")]
    story = Story(policy=PATIENT).open(headers=(("via", "1.1 vegur"),)).wait(20.0)
    assert idle(story) == [(55, "Heroku")]
    story = Story(policy=PATIENT).open(headers=(("x-powered-by", "nginx"),)).wait(20.0)
    assert idle(story) == [(60, "nginx")]


def test_who_is_named_goes_before_on_both_clocks() -> None:
    story = Story(policy=PATIENT).open().wait(5.0)
    assert (idle(story, "nginx/1.25"), age(story, "nginx/1.25")) == ([(60, "nginx")], [])
    assert (idle(story, "Apache-Coyote/1.1"), age(story, "Apache-Coyote/1.1")) == ([], [(30, "Tomcat")])


def test_another_server_than_is_named_has_no_wall() -> None:
    story = Story(policy=PATIENT).open().wait(5.0)
    assert idle(story, "uvicorn") == [(30, "HAProxy"), (30, "CloudFront")]
    assert age(story.wait(12.0), "uvicorn") == [(300, "Cloud Run")]


def test_what_the_session_showed_goes_before() -> None:
    story = Story(policy=PATIENT)
    for count in (4, 7, 5):
        story.open().events(count).wait(5.0).end("truncated")
    story.open().event()
    assert clocks.limit(story.inspection.snapshot(), "idle") == ("5.0 s", "5.0 s, seen 3 times"), "from the first"
    assert clocks.limit(story.wait(3.5).inspection.snapshot(), "idle") == ("1.5 s", "5.0 s, seen 3 times")
    assert clocks.limit(story.inspection.snapshot(), "age") is None, "nobody else is guessed at"
    assert clocks.limit(story.wait(2.0).inspection.snapshot(), "idle") is None, "it lies behind"
    assert idle(story, "nginx") == [(60, "nginx")], "who is named is no guess"


def test_a_single_cut_shows_no_limit() -> None:
    story = Story(policy=PATIENT).open().events(4).wait(5.0).end("truncated").open().event().wait(3.5)
    assert story.inspection.snapshot().learned == ()


def test_on_this_machine_there_is_no_platform_between() -> None:
    story = Story(url=LOCAL, policy=PATIENT).open().wait(20.0)
    assert idle(story) == [(30, "HAProxy")]
    assert age(story.wait(11.0)) == []


def test_no_connection_no_wall() -> None:
    story = Story(policy=PATIENT).open().wait(20.0).end("eof")
    assert (idle(story), age(story)) == ([], [])


def test_of_a_source_that_does_not_tell_when_things_came_no_wall_is_told() -> None:
    snapshot = Story(policy=PATIENT).open().wait(20.0).inspection.snapshot()
    for unknown, told in ((Unknown.ARRIVALS, {"age"}), (Unknown.OPENING, {"idle"}), (Unknown.TIMES, set())):
        less = replace(snapshot, unknown=words_of([unknown]))
        assert {clock for clock in ("idle", "age") if walls_ahead(less, clock)} == told
