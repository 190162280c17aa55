"""The life of a session: attempts, opening, ends of every reason, limits, and what the user asks for."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from sse_inspect.inputs import HeldUp, ResponseHead, ShownLate
from sse_inspect.records import Connecting, Disconnect, DisconnectReason, End, Event, Open, Session, Stall
from sse_inspect.session import State
from tests.session.script import EVENT_STREAM, events, given, opened, reconnected

RETRIED = [
    "eof", "truncated", "reset", "timeout", "stall", "refused", "unreachable", "dns", "tls", "protocol", "encoding",
]  # fmt: skip


def test_the_session_record_comes_first_and_shows_no_secret() -> None:
    script = given("https://me:secret@h/feed?token=x&a=1", started=False)
    assert script.starts() == ["session", "connecting 1"]
    first = script.records[0]
    assert first == Session(0.0, 0, 1, "0", "https://h/feed?token=***&a=1", "GET")
    assert script.records[1].connection == 1


def test_open_tells_the_head() -> None:
    script = given()
    script.connects(0.02)
    assert script.opens(0.05) == ["open 200"]
    assert script.the(Open) == Open(
        0.05, 1, 200, "1.1", EVENT_STREAM, {"dns": None, "tcp": None, "tls": None, "first_byte": 0.01}, "192.0.2.1:80"
    )


@pytest.mark.parametrize(
    "content_type",
    ["text/event-stream", "Text/Event-Stream", "text/event-stream;charset=UTF-8", 'TEXT/EVENT-STREAM ; x="a;b"'],
)
def test_content_types_that_open(content_type: str) -> None:
    assert given().answers(0, 200, {"content-type": content_type}) == ["open 200"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"content-type": ""}, {"content-type": "text/html"}, {"content-type": "text/event-streams"}, {"x": "y"}],
)
def test_content_types_that_do_not(headers: dict[str, str]) -> None:
    script = given()
    assert script.answers(0, 200, headers) == ["disconnect content-type", "end fatal"]


def test_of_several_content_types_the_last_counts() -> None:
    from sse_inspect.inputs import Opened

    head = ResponseHead(200, "1.1", (("content-type", "text/html"), ("content-type", "text/event-stream")))
    assert given().give(Opened(0, head)) == ["open 200"]


def test_204_ends_the_session_and_is_neither_open_nor_disconnect() -> None:
    assert given().answers(0.1, 204) == ["end no-content"]
    script = reconnected(1)
    script.ends(5.0)
    script.tick_when_due()
    assert script.answers(script.now, 204) == ["end no-content"]
    assert script.session.state is State.CLOSED


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_statuses_that_are_retried(status: int) -> None:
    assert given().answers(0, status) == ["disconnect status", "backoff 1 exponential"]


@pytest.mark.parametrize("status", [101, 201, 206, 300, 304, 400, 401, 403, 404, 410, 418, 600])
def test_statuses_that_are_fatal(status: int) -> None:
    assert given().answers(0, status) == ["disconnect status", "end fatal"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_could_not_be_followed_is_fatal(status: int) -> None:
    assert given().answers(0, status) == ["disconnect redirect", "end fatal"]


@pytest.mark.parametrize("reason", [*RETRIED, "forced"])
def test_ends_that_are_retried(reason: str) -> None:
    """While connecting and while open; the bound of 20 attempts a second does not show in delays of a second."""
    assert given().ends(0, reason) == [f"disconnect {reason}", "backoff 1 exponential"]
    assert opened().ends(1, reason) == [f"disconnect {reason}", "backoff 1 exponential"]


@pytest.mark.parametrize("reason", ["redirect", "content-type"])
def test_ends_that_are_fatal(reason: str) -> None:
    assert given().ends(0, reason) == [f"disconnect {reason}", "end fatal"]


def test_every_reason_is_either_retried_or_fatal() -> None:
    assert {*RETRIED, "forced", "redirect", "content-type", "status", "unknown"} == set(get_args(DisconnectReason))


def test_attempts_count_since_the_last_open_and_connections_over_the_session() -> None:
    script = given()
    for expected in (2, 3):
        script.ends(script.now, "refused")
        assert script.tick_when_due() == [f"connecting {expected}"]
    script.opens(script.now)
    script.ends(script.now + 1)
    assert script.tick_when_due() == ["connecting 1"]
    assert [record.connection for record in script.all(Connecting)] == [1, 2, 3, 4]


def test_what_is_sent_as_last_event_id() -> None:
    script = given()
    assert script.the(Connecting).last_event_id is None
    script.opens(0)
    script.feed(1, events("a-1"))
    script.ends(2)
    assert script.tick_when_due() == ["connecting 1 after a-1"]
    script.opens(script.now)
    script.feed(script.now, b"id\ndata: an empty ID resets it\n\n")
    script.ends(script.now)
    script.tick_when_due()
    assert script.the(Connecting).last_event_id is None


def test_the_last_event_id_given_is_sent_first_and_a_header_holds_until_the_stream_sets_one() -> None:
    script = given(started=False, target={"last_event_id": "5"})
    assert script.starts() == ["session", "connecting 1 after 5"]
    script = given(started=False, target={"headers": (("last-Event-ID", "x"),)})
    assert script.starts() == ["session", "connecting 1 after x"]
    script.opens(0)
    script.feed(1, events(7))
    script.ends(2)
    assert script.tick_when_due() == ["connecting 1 after 7"]


def test_a_block_cut_by_the_end_sets_no_id() -> None:
    script = opened()
    script.feed(1, events(1) + b"id: 2\ndata: unfinished\n")
    script.ends(2, "reset")
    assert script.tick_when_due() == ["connecting 1 after 1"]


def test_a_disconnect_counts_what_its_connection_brought() -> None:
    script = opened()
    script.feed(1, events(1, 2) + b"data: unfin")
    script.ends(3.5, "truncated")
    size = len(events(1, 2)) + 11
    assert script.the(Disconnect) == Disconnect(3.5, 1, "truncated", "so it was", 3.5, 2, size, 11, size)
    script.reopens()
    at = script.now
    script.feed(at + 1, b": only a comment")
    script.ends(at + 2)
    assert script.the(Disconnect) == Disconnect(at + 2, 2, "eof", "so it was", 2.0, 0, 16, 16, 16)


def test_an_attempt_that_ends_has_lasted_since_it_started() -> None:
    script = given()
    script.ends(0.25, "refused")
    assert script.the(Disconnect) == Disconnect(0.25, 1, "refused", "so it was", 0.25, 0, 0, 0)


def test_event_fields() -> None:
    script = opened()
    script.feed(1, b"\xef\xbb\xbf: hello\nid: 7\nevent: tick\ndata: a\ndata: b\n\ndata: c\n\n")
    first, second = script.all(Event)
    assert first == Event(1, 1, 1, "tick", "a\nb", "7", "7", 3, 43, False, False, False, False)
    assert second == Event(1, 1, 2, "message", "c", None, "7", 46, 9, False, False, False, False)


def test_ordinals_go_on_and_offsets_begin_again_over_connections() -> None:
    script = reconnected(1, 2)
    script.feed(9, events(3))
    event = script.the(Event)
    assert (event.n, event.connection, event.offset) == (3, 2, 0)


def test_comments_and_retry_fields_are_told_in_order() -> None:
    script = opened()
    assert script.feed(1, b": ping\n:pong\n:\nretry: 250\nretry: no\n" + events(1)) == [
        "comment ping",
        "comment pong",
        "comment ",
        "retry 250",
        "event 1",
    ]


# Giving up


def test_max_retries_counts_reconnects_that_did_not_open_but_not_the_first_attempt() -> None:
    script = given(max_retries=2)
    assert script.ends(0, "refused") == ["disconnect refused", "backoff 1 exponential"]
    script.tick_when_due()
    assert script.ends(1, "refused") == ["disconnect refused", "backoff 2 exponential"]
    script.tick_when_due()
    assert script.ends(3, "refused") == ["disconnect refused", "end max-retries"]


def test_an_open_makes_max_retries_begin_again() -> None:
    script = opened(max_retries=2)
    for _ in range(3):
        assert script.ends(script.now, "reset")[-1].startswith("backoff")
        script.tick_when_due()
        assert script.ends(script.now, "refused")[-1].startswith("backoff")
        script.reopens()
    for _ in range(2):
        assert script.ends(script.now, "refused")[-1].startswith("backoff")
        script.tick_when_due()
    assert script.ends(script.now, "refused") == ["disconnect refused", "end max-retries"]


def test_max_retries_0_forbids_reconnecting() -> None:
    assert given(max_retries=0).ends(0, "refused") == ["disconnect refused", "end max-retries"]
    assert given(max_retries=0).answers(0, 503) == ["disconnect status", "end max-retries"]
    assert opened(max_retries=0).ends(0, "reset") == ["disconnect reset", "end max-retries"]
    assert opened(max_retries=0).ends(0, "eof") == ["disconnect eof", "end completed"]
    assert opened(max_retries=0).asked(0, "reconnect") == ["disconnect forced", "end max-retries"]


def test_an_eof_before_the_head_is_no_completion() -> None:
    assert given(max_retries=0).ends(0, "eof") == ["disconnect eof", "end max-retries"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "query"])
def test_a_method_that_is_not_safe_ends_at_its_first_disconnect(method: str) -> None:
    post = {"method": method}
    assert opened(target=post).ends(1) == ["disconnect eof", "end completed"]
    assert opened(target=post).ends(1, "reset") == ["disconnect reset", "end fatal"]
    assert given(target=post).answers(1, 503) == ["disconnect status", "end fatal"]
    assert opened(target=post).asked(1, "reconnect") == ["disconnect forced", "end fatal"]
    assert opened(target=post).tick(30) == ["stall 30", "disconnect stall", "end fatal"]


def test_retry_unsafe_repeats_it() -> None:
    script = opened(target={"method": "POST"}, retry_unsafe=True)
    assert script.ends(1) == ["disconnect eof", "backoff 1 exponential"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_are_repeated(method: str) -> None:
    assert opened(target={"method": method}).ends(1)[-1] == "backoff 1 exponential"


# Limits of the session


def test_for_ends_in_every_state() -> None:
    for script in (given(for_seconds=5), opened(for_seconds=5)):
        assert script.session.deadline == 5
    assert given(for_seconds=5).tick(5) == ["end limit"]
    assert opened(for_seconds=5).tick(5) == ["disconnect forced", "end limit"]
    script = opened(for_seconds=5, backoff_initial=60, backoff_max=60)
    script.ends(1)
    assert script.session.deadline == 5
    assert script.tick(5) == ["end limit"]


def test_nothing_is_taken_in_once_for_is_over_although_the_tick_is_late() -> None:
    script = opened(for_seconds=5)
    assert script.feed(4.9, events(1)) == ["event 1"]
    assert script.feed(5.2, events(2)) == ["disconnect forced", "end limit"]


def test_count_stops_exactly_duplicates_included() -> None:
    script = opened(count=3)
    assert script.feed(1, events(1, 1, 2, 3, 4)) == [
        "event 1",
        "event 1 duplicate",
        "event 2",
        "disconnect forced",
        "end limit",
    ]
    assert script.session.last_event_id == "2"


def test_until_stops_at_the_first_event_whose_data_matches() -> None:
    script = opened(until=re.compile("of 3$"))
    script.feed(1, events(1, 2))
    assert script.feed(2, events(3, 4)) == ["event 3", "disconnect forced", "end limit"]


def test_a_limit_reached_by_the_first_event_after_an_outage_tells_the_recovery_first() -> None:
    script = reconnected(1, count=2)
    assert script.feed(9, events(2)) == [
        "event 2",
        "recovered 0 replayed, 0 duplicates, 0 lost",
        "disconnect forced",
        "end limit",
    ]


# The user


def test_stop_in_every_state() -> None:
    assert given().asked(1, "stop", "Ctrl-C") == ["end interrupted"]
    assert opened().asked(1, "stop") == ["disconnect forced", "end interrupted"]
    script = opened()
    script.ends(1)
    assert script.asked(1.5, "stop") == ["end interrupted"]
    assert script.session.state is State.CLOSED
    assert script.session.deadline is None


def test_after_the_end_nothing_is_said_any_more() -> None:
    script = opened()
    script.asked(1, "stop")
    assert script.feed(2, events(1)) == []
    assert script.ends(2) == []
    assert script.tick(99) == []
    assert script.opens(2) == []
    assert script.asked(3, "stop") == []
    assert script.asked(3, "reconnect") == []


def test_reconnect_now() -> None:
    script = opened()
    script.feed(1, events(1))
    assert script.asked(2, "reconnect") == ["disconnect forced", "connecting 1 after 1"]
    assert script.asked(2, "reconnect") == []  # an attempt is under way
    script.ends(3, "refused")
    assert script.asked(3.1, "reconnect") == ["connecting 2 after 1"]


def test_faults_are_told() -> None:
    script = opened()
    assert script.asked(1, "inject", "offline:8") == ["fault offline:8 begun"]
    assert script.asked(9, "lift", "offline:8") == ["fault offline:8 ended"]


def test_inputs_of_a_connection_that_is_over_are_void() -> None:
    script = opened()
    script.ends(1)
    assert script.ends(1) == []
    assert script.feed(1, events(1)) == []
    assert script.opens(1) == []


# Silence


def test_a_stall_is_silence_since_the_last_byte_comments_included() -> None:
    script = opened(stall_after=5)
    script.feed(2, events(1))
    script.feed(4, b": ping\n")
    assert script.session.deadline == 9
    assert script.tick(8.999) == []
    assert script.tick(9) == ["stall 5", "disconnect stall", "backoff 1 exponential"]
    assert script.the(Stall).since_event == 7


def test_a_stall_is_silence_since_the_open_if_no_byte_came() -> None:
    script = given(stall_after=5)
    script.connects(1)
    script.opens(3)
    assert script.session.deadline == 8
    assert script.tick(8)[0] == "stall 5"
    assert script.the(Stall).since_event is None


def test_on_stall_warn_waits_and_tells_when_bytes_come_again() -> None:
    script = opened(stall_after=5, on_stall="warn")
    assert script.tick(5) == ["stall 5"]
    assert script.session.deadline is None
    assert script.tick(50) == []
    assert script.feed(60, b":") == ["resumed 60"]
    assert script.session.deadline == 65
    assert script.tick(65) == ["stall 5"]
    assert script.ends(66) == ["disconnect eof", "backoff 1 exponential"]
    script.reopens()
    assert script.session.stalled is False
    assert script.feed(script.now + 1, events(1))[0] == "event 1"


def test_stall_after_0_sets_no_limit() -> None:
    script = given(stall_after=0)
    script.connects(1)
    assert script.session.deadline is None
    script.opens(2)
    assert script.session.deadline is None
    assert script.tick(1e6) == []


def test_connect_timeout() -> None:
    script = given(connect_timeout=3)
    assert script.session.deadline == 3
    assert script.tick(2.9) == []
    assert script.tick(3) == ["disconnect timeout", "backoff 1 exponential"]


def test_a_head_that_stops_is_an_answer() -> None:
    script = given(connect_timeout=3, stall_after=5, max_retries=1)
    script.connects(2)
    assert script.is_heard(3) == []
    assert script.session.deadline == 8
    assert script.tick(8) == ["disconnect timeout", "backoff 1 exponential"]
    assert script.the(Disconnect).detail == "no byte for 5 s inside the response head"
    script.tick_when_due()
    script.connects(10)
    assert script.tick_when_due() == ["disconnect timeout", "end max-retries"]
    assert script.the(Disconnect).detail == "connected, but no response within 5 s"
    assert script.session.responded


def test_a_head_that_drips_has_four_times_the_limit() -> None:
    script = given(stall_after=5)
    script.connects(2)
    for t in (6, 10, 14, 18):
        assert script.is_heard(t) == []
    assert script.session.deadline == 22
    assert script.is_heard(21) == []
    assert script.tick_when_due() == ["disconnect timeout", "backoff 1 exponential"]
    assert script.the(Disconnect).detail == "the response head drips: it was not complete within 20 s"


def test_a_slow_head_opens() -> None:
    script = given(stall_after=1)
    script.connects(0.1)
    for t in (0.5, 1.0, 1.9):
        script.is_heard(t)
    assert script.opens(2.5) == ["open 200"]
    assert script.session.deadline == 3.5


def test_a_second_hop_has_its_own_time_and_its_own_beginning() -> None:
    script = given(stall_after=1)
    script.connects(0.1)
    script.is_heard(0.5)
    script.connects(3)
    assert script.session.deadline == 4
    assert script.tick(4)[0] == "disconnect timeout"
    assert script.the(Disconnect).detail == "connected, but no response within 1 s"
    assert script.session.responded


def test_bytes_without_content_are_no_silence() -> None:
    script = opened(stall_after=5)
    script.feed(1, events(1))
    assert script.is_heard(5.5) == []
    assert script.session.deadline == 10.5
    assert script.session.last_byte == 5.5
    assert script.tick_when_due()[0] == "stall 5"


def test_bytes_without_content_end_a_stall() -> None:
    script = opened(stall_after=5, on_stall="warn")
    assert script.tick(5) == ["stall 5"]
    assert script.is_heard(7) == ["resumed 7"]
    assert script.tick(12) == ["stall 5"]


def test_silence_before_the_head_is_a_timeout_and_no_stall() -> None:
    script = given(connect_timeout=3, stall_after=5)
    script.connects(2)
    assert script.session.deadline == 7
    assert script.tick(7) == ["disconnect timeout", "backoff 1 exponential"]


@pytest.mark.parametrize("late", [0.0, 0.9, 1.0])
def test_a_tick_within_a_second_is_no_silent_failure(late: float) -> None:
    script = opened(stall_after=5)
    script.tick(5 + late)
    assert script.session.silent_failures == 0


def test_ticks_that_come_late_are_silent_failures() -> None:
    script = opened(stall_after=5)
    assert script.tick(6.5)[0] == "stall 6.5"
    assert script.session.silent_failures == 1
    script = given(connect_timeout=5)
    script.tick(6.5)
    assert script.session.silent_failures == 1


def test_a_reconnect_that_begins_late_hides_no_outage() -> None:
    script = opened()
    script.ends(1)
    assert script.tick(60) == ["connecting 1"]
    assert script.session.silent_failures == 0


def test_an_end_that_is_handled_late_is_a_silent_failure_and_time_does_not_go_back() -> None:
    script = opened(on_stall="warn", stall_after=5)
    script.tick(5)
    script.ends(3.5)
    assert script.the(Disconnect).t == 5
    assert script.session.silent_failures == 1


def test_what_the_screen_shows_late_is_a_silent_failure_in_every_state_of_a_session_that_lives() -> None:
    script = given()
    steps = (lambda: script.opens(1), lambda: script.ends(2), lambda: script.asked(3, "stop"))
    for count, go_on in enumerate(steps, 1):
        assert script.give(ShownLate(script.now, 0.0)) == []
        assert script.session.silent_failures == count
        go_on()
    script.give(ShownLate(3, 0.0))
    assert script.session.silent_failures == 3


def test_bytes_that_are_there_before_the_tick_are_no_stall() -> None:
    script = opened(stall_after=5)
    assert script.feed(5.05, events(1)) == ["event 1"]
    assert script.session.deadline == 10.05


def test_time_in_which_nobody_could_hear_is_no_silence() -> None:
    script = opened(stall_after=5)
    script.feed(1, events(1))
    assert script.give(HeldUp(9, 2)) == []
    assert script.session.deadline == script.session.stall_at == 13
    assert script.tick(12.9) == []
    script.give(HeldUp(12.9, 12))
    assert script.session.deadline == pytest.approx(13.9)
    assert script.tick(13.9)[0] == "stall 12.9"
    script = opened(stall_after=5)
    script.give(HeldUp(9, 2))
    script.feed(9.1, events(1))
    assert script.session.deadline == 14.1, "what was held up before a byte is no patience for what comes after it"


def test_a_connection_that_nobody_could_wait_for_has_not_timed_out() -> None:
    script = given(connect_timeout=5, stall_after=3)
    script.give(HeldUp(20, 0.5))
    assert script.session.deadline == 24.5
    assert script.tick(20) == []
    script.connects(21)
    assert script.session.deadline == 24
    script.give(HeldUp(31, 21.5))
    assert script.session.deadline == 33.5
    assert script.tick(33.5)[0] == "disconnect timeout"
    assert script.give(HeldUp(33.6, 33.5)) == []


def test_time_never_goes_back() -> None:
    script = opened()
    script.feed(5, events(1))
    script.feed(4, events(2))
    script.ends(3)
    times = [record.t for record in script.records]
    assert times == sorted(times)


def test_the_end_says_why() -> None:
    script = opened(max_retries=0)
    script.ends(1, "reset")
    assert script.the(End).detail == "reset: so it was"
