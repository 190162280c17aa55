"""What a report says of a session, live and captured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.inspection import Inspection
from sse_inspect.ticket.gather import gather
from sse_inspect.ticket.story import FIRST, LAST
from tests.test_second_opinion import SAMPLES
from tests.ticket.reports import captured, ended, live
from tests.tui import states
from tests.tui.states import STATES, Story


@pytest.mark.parametrize("name", sorted(STATES))
def test_a_capture_gives_the_same_report(name: str, tmp_path: Path) -> None:
    story = ended(STATES[name]())
    kept, told = captured(story, tmp_path), live(story)
    assert (told.session.credentials, kept.session.credentials) == ((), None)
    assert asdict(replace(kept, session=replace(kept.session, credentials=()))) == asdict(told)


def test_what_happened_is_told_with_its_figures() -> None:
    story = ended(states.with_gap())
    ticket, summary = live(story), story.inspection.snapshot().summary
    told = [*ticket.story.first, *ticket.story.last]
    assert [each.kind for each in told if each.kind not in ("alert", "diagnosis")] == [
        "connecting", "open", "gap", "disconnect", "backoff", "connecting", "open",
        "gap_filled", "recovered", "gap_filled", "gap_filled", "gap_filled", "gap", "disconnect", "end",
    ]  # fmt: skip
    assert sum(each.events for each in told) == summary.events
    assert sum(each.comments for each in told) == summary.comments
    assert sum(each.duplicates for each in told) == summary.duplicates["received"]
    assert ticket.summary["messages_lost"] == 3
    assert {each.name: each.met for each in ticket.metrics}["messages lost"] is False
    assert [(row.connection, row.reason, row.events) for row in ticket.connections.rows] == [
        (1, "truncated", 43),
        (2, "forced", 35),
    ]
    assert ticket.story.omitted == ticket.connections.omitted == 0


def test_a_long_story_is_told_from_both_ends() -> None:
    story = Story(policy=Policy(jitter=0.0, backoff_initial=0.1))
    for _ in range(200):
        story.open().event().end("eof")
    ticket = live(ended(story))
    assert (len(ticket.story.first), len(ticket.story.last)) == (FIRST, LAST)
    summary = story.inspection.snapshot().summary
    records = story.inspection.log.slice(0, len(story.inspection.log))
    told = [record for record in records if record.kind not in ("session", "event", "comment", "retry", "summary")]
    assert ticket.story.omitted == len(told) - FIRST - LAST
    assert (len(ticket.connections.rows), ticket.connections.omitted) == (64, summary.connections - 64)
    assert [each.title for each in ticket.wire.excerpts] == [
        "the begin of connection 1",
        "the end of connection 200 (eof)",
    ]


def test_a_session_that_goes_on_has_a_report_too() -> None:
    story = Story().open().events(5)
    ticket = live(story)
    assert (ticket.session.state, ticket.session.end) == ("open", "")
    assert ticket.second_opinion.examined == story.inspection.snapshot().bytes
    assert ticket.second_opinion.events == 6


def test_a_session_that_never_opened_has_a_report_too() -> None:
    ticket = live(ended(Story().refuse()))
    assert ticket.response is None
    assert not ticket.wire.excerpts
    assert {(each.value, each.met) for each in ticket.metrics} == {("–", None)}
    assert ticket.summary["messages_lost"] == 0
    assert [each.rule for each in ticket.browser] == ["network-error"]


def test_the_second_opinion_is_that_of_an_ordinary_client() -> None:
    story = Story().open().chunk(b"\xef\xbb\xbfid: 1\ndata: a\n\n: ping\n\n").wait(1.0)
    story.chunk(b"id: 2\r\ndata: b\r\n\r\nid: 3\rdata: c\r\r").wait(1.0).chunk(b"id: 4\ndata: d\n\n")
    opinion = live(ended(story)).second_opinion
    found = {(each.kind, each.count) for each in opinion.differences}
    assert {("misread", 1), ("held-back", 1)} <= found
    assert opinion.complete
    assert opinion.ours == 4
    assert opinion.why_not == ""


@pytest.mark.parametrize(("body", "expected"), SAMPLES)
def test_it_differs_as_it_does_while_the_bytes_come(
    body: bytes, expected: list[tuple[str, str, int, int]], tmp_path: Path
) -> None:
    story = Story().open()
    for at in range(len(body)):
        story.chunk(body[at : at + 1])
    story.end("eof")
    for opinion in (live(ended(story)).second_opinion, captured(story, tmp_path).second_opinion):
        found = [(each.kind, each.cause, each.count) for each in opinion.differences]
        assert found == [each[:3] for each in expected]
        assert opinion.examined == len(body)


@pytest.mark.parametrize("make", [Story().open().events, Story(ids=False).open().events])
def test_a_stream_without_faults_is_read_alike(make: Callable[[int, float, float], Story]) -> None:
    story = ended(make(40, 1.0, 1e9))
    opinion = live(story).second_opinion
    assert opinion.differences == ()
    assert opinion.events == opinion.ours == story.inspection.snapshot().events


def test_bytes_that_are_no_longer_held_are_told() -> None:
    story = ended(Story().open().event())
    told = story.inspection
    told.body = lambda connection, offset, size: None  # type: ignore[method-assign]
    ticket = gather(told, "0.1.0")
    assert ticket.second_opinion.why_not == "the bytes are no longer held"
    assert ticket.wire.excerpts == ()


def test_a_walk_can_be_left() -> None:
    story = ended(Story().open().events(3))

    def leave() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        live(story, step=leave)


SECRETS = ("pw-in-url", "key-in-query", "header-secret", "cookie-secret", "bearer-secret")
"""What a target holds; two more come in the answer."""
TARGET = Target(
    url=f"https://me:{SECRETS[0]}@api.example.com/feed?api_key={SECRETS[1]}&q=1",
    headers=(("X-Api-Key", SECRETS[2]), ("X-Plain", "plain")),
    cookies=(f"sid={SECRETS[3]}",),
    bearer=SECRETS[4],
)


def echoing(block: str) -> Story:
    """A server that sends each secret of the request back."""
    story = Story()
    story.inspection = Inspection(
        TARGET, Policy(), clock=lambda: story.t, random=lambda: 0.5, version="0.1.0", control=story
    )
    story.inspection.handle(story.told[0])
    story.open(headers=(("set-cookie", "a=set-secret; Path=/"),))
    story.chunk("".join(block.format(each) for each in SECRETS).encode())
    story.end("redirect", "to https://login.example.com/?token=redirected")
    return ended(story)


def test_no_secret_is_anywhere(tmp_path: Path) -> None:
    everywhere = echoing("id: {0}\nevent: {0}\ndata: {0}\n: {0}\n{0}\n\n")
    in_data = echoing("data: {0}\n: {0}\n\n")  # a capture holds none of what was asked for with
    for ticket in (live(everywhere), live(everywhere, with_data=True), captured(in_data, tmp_path)):
        assert ticket.wire.excerpts
        text = str(asdict(ticket)) + "".join(row[8:] for each in ticket.wire.excerpts for row in each.rows)
        for secret in (*SECRETS, "set-secret", "redirected"):
            assert secret not in text, secret
            assert secret.encode().hex(" ") not in text, secret
        assert "plain" in text
