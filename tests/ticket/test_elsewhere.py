"""What others would make of a session: heard as it goes, read afterwards, and followed; and in words."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sse_inspect.conversion import Moment, convert, inspection_of
from sse_inspect.records import Origin
from sse_inspect.replay.whole import Whole
from sse_inspect.second_opinion import EXAMINED_BYTES
from sse_inspect.store.capture.facts import Facts
from sse_inspect.ticket.elsewhere import SLICE, Elsewhere, Following, Listening
from sse_inspect.ticket.elsewhere_words import rows, text
from sse_inspect.unknown import Unknown
from tests.test_second_opinion import SAMPLES
from tests.ticket.reports import ended
from tests.tui.captured import captured
from tests.tui.states import STATES, Story

PHANTOM = b"id: 1\ndata: x\n\n: ping\n\n"


def followed(story: Story) -> Elsewhere:
    following = Following(story.inspection)
    following.follow()
    return following.view


def heard(story: Story) -> Elsewhere:
    session = story.inspection
    moment = Moment()
    again = inspection_of(Facts(session.target, session.policy, "0.1.0", 7), moment)
    listening = Listening(session.target)
    again.tap_inputs(listening.take)
    for happened in story.told:
        moment.t = max(moment.t, happened.t)
        again.handle(happened)
    return listening.elsewhere(again.origin)


def read(story: Story, folder: Path) -> Elsewhere:
    session = story.inspection
    path = folder / "story.sse"
    convert(Facts(session.target, session.policy, "0.1.0", 7), story.told, path)
    with closing(Whole(path)) as whole:
        following = Following(whole)
        following.follow()
        return following.view


def in_words(found: Elsewhere) -> str:
    return " ".join(text(found, 100).split())


@pytest.mark.parametrize("name", sorted(STATES))
def test_however_one_looks_it_is_the_same(name: str, tmp_path: Path) -> None:
    story = ended(STATES[name]())
    found = replace(heard(story), t=0.0)
    assert found.received == found.examined == story.inspection.snapshot().bytes
    assert found.ours == story.inspection.snapshot().events
    for other in (followed(story), read(story, tmp_path)):
        assert replace(other, t=0.0) == found


@pytest.mark.parametrize(("body", "expected"), SAMPLES)
def test_followed_byte_by_byte_it_is_the_same(body: bytes, expected: list[tuple[str, str, int, int]]) -> None:
    story = Story().open()
    following = Following(story.inspection)
    for at in range(len(body)):
        story.chunk(body[at : at + 1])
        following.follow()
        following.follow()
        assert following.view.examined == at + 1
    ended(story)
    following.follow()
    assert [(each.kind, each.cause, each.count) for each in following.view.differences] == [
        each[:3] for each in expected
    ]


def test_a_line_end_that_is_torn_is_not_held_against_it() -> None:
    story = Story().open()
    following = Following(story.inspection)
    for number in range(3):
        story.chunk(b"data: %d\r\n\r" % number)
        following.follow()
        story.wait(0.01).chunk(b"\n").wait(5.0)
    following.follow()
    assert (following.view.ours, following.view.events, following.view.differences) == (3, 3, ())


def test_a_capture_is_read_until_the_cursor(tmp_path: Path) -> None:
    story = Story().open()
    for _ in range(10):
        story.chunk(PHANTOM).wait(1.0)
    with captured(ended(story), tmp_path) as shown:
        replay = shown.inspection
        following = Following(replay)
        counts = []
        for t in (replay.end, 4.5, replay.end, 7.5):
            replay.seek(t)
            replay.painted(t)
            while replay.snapshot().now != replay.cursor:
                pass
            following.follow()
            counts.append(following.view.differences[0].count)
    assert counts == [10, 5, 10, 8]


def test_the_connection_is_named_by_its_own_ordinal(tmp_path: Path) -> None:
    story = ended(Story().refuse().refuse().open().chunk(PHANTOM))
    for found in (heard(story), followed(story), read(story, tmp_path)):
        assert [(each.connection, each.offset, each.n) for each in found.differences] == [(3, 15, 1)]


def test_it_can_be_left_and_taken_up_again() -> None:
    story = Story().open().events(4000, 0.01)
    following = Following(story.inspection)
    asked = iter([*[True] * 4, False])
    following.follow(lambda: next(asked))
    assert 0 < following.view.ours < 4 * SLICE
    following.follow()
    assert following.view.ours == story.inspection.snapshot().events


def test_heartbeats_alone_are_not_heaped_up() -> None:
    story = Story().open()
    for _ in range(40):
        story.chunk(b": ping\nretry: 5\n" * 50)
    following = Following(story.inspection)
    following.follow()
    assert following.view.comments == 2000
    assert len(following._reread._others) + len(following._reread._waiting) < 600


def test_no_more_is_read_than_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story().open()
    for _ in range(40):
        story.chunk((b": " + b"x" * 1000 + b"\n") * 128)
    asked: list[int] = []
    body = story.inspection.body

    def read(connection: int, offset: int, size: int) -> bytes | None:
        asked.append(size)
        return body(connection, offset, size) or bytes(size)

    monkeypatch.setattr(story.inspection, "body", read)
    following = Following(story.inspection)
    following.follow()
    assert 0 < max(asked) <= EXAMINED_BYTES + 1
    assert "The first 4.2 MB of 1 response" in in_words(following.view)
    asked.clear()
    following.follow()
    story.event()
    following.follow()
    assert asked == []


def test_where_a_browser_would_have_given_up() -> None:
    story = Story().open().event().end("eof")
    assert followed(story).gave_up == 0
    story.until(lambda inspection: inspection.session.state.value == "connecting").refuse()
    story.until(lambda inspection: inspection.session.state.value == "connecting")
    assert story.inspection.snapshot().connection == 3
    assert "It does with connection 3 as is done here" in in_words(followed(story))
    found = replace(followed(story), gave_up=2)
    assert "It would not have made connection 3: it gave up for good at connection 2." in in_words(found)


def test_what_nobody_can_know_is_not_said() -> None:
    story = ended(Story().open().event())
    listening = Listening(story.inspection.target)
    without = listening.elsewhere(Origin(0, frozenset({Unknown.BYTES})))
    assert "There is no second opinion: the source does not hold the bytes as they came." in in_words(without)
    assert "No byte came that could be read." in in_words(listening.elsewhere(Origin(0)))


def test_it_is_said_in_words() -> None:
    said = in_words(followed(ended(Story().open().chunk(PHANTOM * 3).end("eof").wait(2.0).open().chunk(PHANTOM))))
    assert "All 92 B of 2 responses: 8 events delivered there, 4 here. 4 comments came" in said
    assert "! 4 × an httpx-sse client gets an empty event here because of a comment with a blank line after it" in said
    assert "first in connection 1 at byte 15, behind event 1" in said
    assert "✔ No difference" not in said
    alike = in_words(followed(ended(Story().open().chunk(b"data: x\n\n"))))
    assert "✔ No difference: it delivers the same events." in alike


def test_events_that_come_again_reach_others_a_second_time(tmp_path: Path) -> None:
    story = ended(Story().open().events(9).end("eof").open().replay(5).event())
    for found in (heard(story), followed(story), read(story, tmp_path)):
        assert found.duplicates == 5
        said = in_words(found)
        assert "It drops no duplicates: it hands on the 5 events that came again a second time." in said
        assert "✔ Else no difference: it delivers the same events." in said
        assert "EventSource drops no duplicates: it delivers the 5 events that came again to the page" in said
    assert "duplicates" not in in_words(heard(ended(Story().open().events(9))))


def test_what_came_from_the_wire_is_made_visible() -> None:
    story = ended(Story().open().chunk("\ufeffdata: \x1b[31m\u202e\u009b".encode() + b"x" * 500 + b"\n\n"))
    found = followed(story)
    assert found.differences[0].example.startswith("\x1b")
    said = text(found, 80)
    assert all(line.isprintable() and len(line) <= 80 for line in said.split("\n"))
    assert all(span.isprintable() for spans, _ in rows(found) for span, _ in spans)
