"""What is told of an endpoint: an outage in few lines, and the alert that Prometheus would fire for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95
from sse_inspect.monitoring.telling import SLOW, Note, Telling
from sse_inspect.records import Alert, Diagnosis, Disconnect, End, Record, Session, Stall
from tests.monitoring.test_tally import Clock, opened, recovered

FIRES = "alert: firing: SlowReconnect · outage 5.00 s (limit 5.00 s)"
RESOLVED = "alert: resolved: SlowReconnect"


class Told:
    """What a Telling told, in words; a record by its kind and what tells it from others of that kind."""

    def __init__(self, again: float | None = 60) -> None:
        self.clock = Clock()
        self.telling = Telling(self.clock, again)

    def __call__(self, *batch: Record) -> list[str]:
        return list(map(_words, self.telling.take(list(batch))))

    def passes(self, seconds: float) -> list[str]:
        """As many seconds, one by one."""
        return [_words(note) for _ in range(int(seconds)) for note in self._second()]

    def _second(self) -> Iterator[Note]:
        self.clock.now += 1
        yield from self.telling.tick()


def _words(told: Record | Note) -> str:
    match told:
        case Note():
            return f"{told.kind}: {told.text}"
        case Alert():
            return f"alert record: {told.state}"
        case Disconnect() | End():
            return f"{told.kind}: {told.reason} {told.detail}".strip()
    return told.kind


def failed(reason: Any = "refused", detail: str = "") -> Disconnect:
    return Disconnect(0, 1, reason, detail, 1.0, 0, 0, 0)


def alert(state: Any) -> Alert:
    return Alert(0, 1, SLOW, state, 7.0, MAX_RECONNECT_P95)


def test_of_an_outage_that_goes_on_it_is_told_at_growing_intervals() -> None:
    told = Told()
    assert told(failed()) == ["disconnect: refused"]
    lines = []
    for _ in range(3 * 3600 // 4):
        lines += told.passes(4) + told(failed())
    assert lines == [
        FIRES,
        "outage: still down (refused) · 15 attempts in 1 min 00 s",
        "outage: still down (refused) · 75 attempts in 5 min 00 s",
        "outage: still down (refused) · 225 attempts in 15 min 00 s",
        "outage: still down (refused) · 900 attempts in 1 h 00 min",
        "outage: still down (refused) · 1,800 attempts in 2 h 00 min",
        "outage: still down (refused) · 2,700 attempts in 3 h 00 min",
    ]


def test_a_reason_is_told_when_it_is_new_in_the_outage() -> None:
    told = Told()
    told(opened())
    outage = [failed("reset"), failed(), failed(), failed("status", "HTTP 503"), failed("status", "HTTP 502")]
    lines = ["disconnect: reset", "disconnect: refused", "disconnect: status HTTP 503", "disconnect: status HTTP 502"]
    assert told(*outage, failed(), failed("status", "HTTP 503")) == lines
    assert told.passes(60)[1:] == ["outage: still down (HTTP 503) · 6 attempts in 1 min 00 s"]
    assert told(opened(), *outage) == ["open", *lines]
    assert told.passes(59) == []
    assert told.passes(1) == ["outage: still down (HTTP 502) · 4 attempts in 1 min 00 s"]


def test_a_connection_that_is_cut_again_and_again_is_told_each_time() -> None:
    told = Told()
    assert told(opened(), failed("eof"), opened(), failed("eof")) == ["open", "disconnect: eof"] * 2


def test_an_answer_that_stays_wrong_is_told_once_and_what_comes_next() -> None:
    told = Told()
    wrong: list[Record] = [
        failed("status", "HTTP 404"),
        Diagnosis(0, 1, "not-found", "error", "t", "e", "f"),
        End(0, 1, "fatal", "status: HTTP 404"),
    ]
    assert told(*wrong) == ["disconnect: status HTTP 404", "diagnosis", "end: begins anew in 60 s · status: HTTP 404"]
    assert told(*wrong) == []
    assert told(opened(), *wrong[1:2], *wrong) == ["open", "diagnosis", *Told()(*wrong)]


def test_a_session_that_does_not_begin_anew_ends_as_it_is() -> None:
    assert Told(None)(End(0, 1, "fatal", "x")) == ["end: fatal x"]
    assert Told()(End(0, 1, "max-retries", "x")) == ["end: max-retries x"]


@pytest.mark.parametrize(
    ("recovery", "lines"),
    [
        ([recovered(6.0)], ["recovered", RESOLVED]),  # one of many: the session's own rule does not fire
        ([recovered(6.0), alert("firing")], ["recovered"]),
    ],
)
def test_an_outage_of_5_s_fires_until_it_is_recovered(recovery: list[Record], lines: list[str]) -> None:
    told = Told()
    told(opened())
    assert told.passes(10) == []
    assert told(failed("eof")) == ["disconnect: eof"]
    assert told.passes(8) == [FIRES]
    assert told(opened()) == ["open"]
    assert told(*recovery) == lines
    assert told(alert("resolved")) == ([] if RESOLVED in lines else ["alert record: resolved"])


def test_an_endpoint_that_was_never_up_is_recovered_once_it_opens() -> None:
    told = Told()
    assert told.passes(8) == [FIRES]
    assert told(opened()) == ["open", RESOLVED]


def test_what_the_session_fires_by_itself_is_told_as_it_is() -> None:
    told = Told()
    assert told(opened(), alert("firing")) == ["open", "alert record: firing"]
    assert told(Alert(0, 1, "StreamStalled", "firing", 1, 0)) == ["alert record: firing"]
    assert told(Stall(0, 1, 30.0, 30.0)) == ["stall"]
    assert told(Session(0, 0, 1, "0", "http://a", "GET")) == [RESOLVED]  # the next one is judged from its begin
