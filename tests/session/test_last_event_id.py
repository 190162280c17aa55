"""What is sent of the last event ID, and that the record says so."""

from __future__ import annotations

import pytest

from sse_inspect.records import Connecting
from sse_inspect.session.last_event_id import Sent, sent_last_event_id
from tests.session.script import Script, given, opened


@pytest.mark.parametrize(
    ("last_event_id", "given_id", "is_set", "header"),
    [
        ("", None, False, None),
        ("", None, True, None),
        ("7", None, False, "7"),
        ("7", "mine", False, "7"),
        ("", "mine", False, "mine"),
        ("", "mine", True, None),
        ("7", "mine", True, "7"),
        (" \t7 8\t ", None, True, "7 8"),
        (" \t ", None, True, None),
        ("", "  ", False, None),
        ("a\vb", None, True, None),
        ("a\fb", None, True, None),
        ("\v", None, True, None),
        ("a\x01b\x1b[m\x7f", None, True, "a\x01b\x1b[m\x7f"),
        ("\u00a0ä\u3000", None, True, "\u00a0ä\u3000"),
    ],
)
def test_the_field(last_event_id: str, given_id: str | None, is_set: bool, header: str | None) -> None:
    for reconnects in (False, True):
        sent = sent_last_event_id(last_event_id, given_id, is_set=is_set, reconnects=reconnects)
        assert sent == Sent(header, last_event_id or None if reconnects else None)


def connecting(script: Script, *bodies: bytes) -> list[str | None]:
    """What is sent at first, and after each connection that brought a body."""
    for body in bodies:
        script.opens(script.now)
        script.feed(script.now, body)
        script.ends(script.now)
        script.tick_when_due()
    return [record.last_event_id for record in script.all(Connecting)]


def test_the_record_says_what_is_sent() -> None:
    mine = {"headers": (("Last-Event-ID", "mine"),)}
    assert connecting(given(target=mine), b"data: x\n\n", b"id: 1\n\nid\n\n", b"data\n\n") == [
        "mine", "mine", None, None,
    ]  # fmt: skip
    assert connecting(given(target=mine), b"id\ndata: x\n\n") == ["mine", None]
    assert connecting(given(target={"last_event_id": " 5 "}), b"id: a\x0cb\n\n") == ["5", None]
    both = {"headers": (("Last-Event-ID", "a"), ("last-event-id", "b"))}
    assert connecting(given(target=both)) == ["a, b"]


def test_an_id_is_forgotten_and_falsified_on_the_attempts_that_follow_until_that_is_lifted() -> None:
    script, sent = opened(), []
    script.feed(1.0, b"id: 1\n\n")
    for verb, fault in (
        ("inject", "forget-id"),
        ("lift", "forget-id"),
        ("inject", "falsify-id:a%2F5"),
        ("inject", "forget-id"),
        ("inject", "falsify-id:a%2F5"),
        ("inject", "reset"),
        ("lift", "falsify-id:a%2F5"),
        ("lift", "forget-id"),
    ):
        script.asked(script.now, verb, fault)
        script.ends(script.now)
        script.reopens()
        sent.append((script.the(Connecting).last_event_id, script.session.sent.parameter))
    assert sent == [(each, each) for each in (None, "1", "a/5", None, "a/5", "a/5", None, "1")]
    assert script.session.last_event_id == "1"


def test_what_is_asked_between_the_record_and_the_request_is_for_the_next_attempt() -> None:
    script = opened()
    script.feed(1.0, b"id: 1\n\n")
    script.ends(2.0)
    script.tick_when_due()
    script.asked(script.now, "inject", "forget-id")
    assert (script.the(Connecting).last_event_id, script.session.sent) == ("1", Sent("1", "1"))
    script.ends(script.now)
    script.tick_when_due()
    assert (script.the(Connecting).last_event_id, script.session.sent) == (None, Sent())
