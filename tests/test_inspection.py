"""The face of a session: pipeline, taps, snapshots in every state, and what the screen shows too late."""

from __future__ import annotations

import dataclasses
import json
from copy import deepcopy
from typing import Any

import pytest

from sse_inspect.analysis.overview import HEADS, ROWS
from sse_inspect.analysis.snapshot import Snapshot
from sse_inspect.config import Policy, Target
from sse_inspect.faults import parse
from sse_inspect.inputs import Chunk, Input, ShownLate
from sse_inspect.inspection import Inspection
from sse_inspect.records import Alert, Diagnosis, Event, Record, Summary, to_json
from tests.session.script import UNIX_US, Script, events, in_brief


class Inspected(Script):
    """A script for an inspection; its clock stands where the last input left it."""

    def __init__(self, target: dict[str, Any] | None = None, **policy: Any) -> None:
        super().__init__(Target("http://me:pw@h/feed", **(target or {})), Policy(**policy), lambda: 0.5)
        self.t = 0.0
        self.wishes: list[tuple[str, str]] = []
        self.told: list[Input] = []
        self.inspection = Inspection(
            Target("http://me:pw@h/feed", **(target or {})),
            Policy(**policy),
            clock=lambda: self.t,
            random=lambda: 0.5,
            version="0",
            control=self,
        )
        self.session = self.inspection.session
        self.handle = self.inspection.handle

    def ask(self, verb: str, argument: str = "") -> None:
        self.wishes.append((verb, argument))

    def tell(self, happened: Input) -> None:
        self.told.append(happened)
        self.give(happened)

    def give(self, happened: Any) -> list[str]:
        self.t = max(self.t, happened.t)
        return super().give(happened)

    @property
    def snapshot(self) -> Snapshot:
        return self.inspection.snapshot()


def inspected(**options: Any) -> Inspected:
    script = Inspected(**options)
    script.starts()
    return script


def opened(**options: Any) -> Inspected:
    script = inspected(**options)
    script.connects(0.1)
    script.opens(0.2)
    return script


def test_what_is_handled_is_in_the_log_and_went_to_the_taps_in_order() -> None:
    script = Inspected()
    tapped: list[Record] = []
    lengths: list[int] = []
    script.inspection.tap(tapped.extend)
    script.inspection.tap(lambda records: lengths.append(len(script.inspection.log) - len(records)))
    script.starts()
    script.opens(0.2)
    script.feed(1, events(1, 2, 5))
    script.tick(2)  # nothing: no batch
    script.asked(3, "stop")
    log = script.inspection.log
    assert tapped == log.slice(0, len(log)) == script.records
    assert lengths == [0, 2, 3, 9]  # every batch begins where the one before it ended; the gap brought two alerts


def test_body_taps_get_the_bytes_of_open_connections() -> None:
    script = opened()
    body: list[bytes] = []
    script.inspection.tap_body(body.append)
    script.feed(1, events(1))
    script.feed(2, b"unfinished")
    script.ends(3)
    script.feed(3, b"of a connection that is over")
    assert b"".join(body) == events(1) + b"unfinished"


def test_the_summary_comes_last_and_the_end_before_it() -> None:
    script = opened()
    script.feed(1, events(1, 2, 5))
    assert script.asked(2, "stop") == ["disconnect forced", "end interrupted", "summary"]
    summary = script.the(Summary)
    assert (summary.completion_rate, summary.messages_lost, summary.events, summary.received) == (0.6, 2, 3, 3)
    assert (summary.connections, summary.disconnects, summary.duration) == (1, {"forced": 1}, 2)
    assert summary.bytes == len(events(1, 2, 5))


def test_alerts_of_the_last_batch_come_before_the_end() -> None:
    script = opened(count=3)
    lines = script.feed(1, events(1, 2, 5))
    assert lines[-5:] == ["disconnect forced", "alert", "alert", "end limit", "summary"]


def test_alerts_fire_and_resolve() -> None:
    def states(script: Inspected) -> list[tuple[str, str]]:
        return [(alert.name, alert.state) for alert in script.last if isinstance(alert, Alert)]

    script = opened()
    script.feed(1, events(1, 2, 4))
    assert states(script) == [("LowCompletionRate", "firing"), ("MessageLoss", "firing")]
    script.feed(2, events(3))
    assert states(script) == [("LowCompletionRate", "resolved"), ("MessageLoss", "resolved")]
    assert not any(view.firing for view in script.snapshot.alerts)
    script.tick(32)
    assert states(script) == [("StreamStalled", "firing")]
    script.tick(33)
    script.opens(38)
    assert states(script) == [("StreamStalled", "resolved")]
    script.feed(38, events(5))
    assert states(script) == [("SlowReconnect", "firing")]


def test_ndjson_of_a_whole_session() -> None:
    script = opened(stall_after=5)
    script.feed(1, b": ping\nretry: 10\n" + events("a", "a", "ü"))
    script.tick(6)
    script.tick_when_due()
    script.opens(script.t)
    script.feed(script.t, events("b"))
    script.asked(9, "inject", "reset")
    script.asked(9, "stop")
    lines = [json.loads(to_json(record, script.inspection.origin)) for record in script.records]
    assert lines[0]["kind"] == "session"
    assert lines[-1]["kind"] == "summary"
    assert [line["kind"] for line in lines].count("disconnect") == 2
    assert lines[0]["time"] == "2026-11-23T08:02:53.000000Z"


# Snapshots


def test_before_the_start() -> None:
    script = Inspected()
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.connection, snapshot.records, snapshot.connections) == ("idle", 0, 0, ())
    assert snapshot.attempt_started is None


def test_connecting() -> None:
    script = inspected()
    script.t = 0.05
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.now, snapshot.unix_us, snapshot.url) == (
        "connecting",
        0.05,
        UNIX_US,
        "http://h/feed",
    )
    assert (snapshot.connection, snapshot.attempt, snapshot.attempt_started) == (1, 1, 0)
    assert (snapshot.connected_at, snapshot.opened_at, snapshot.status, snapshot.wait) == (None, None, None, None)
    script.connects(0.1)
    assert (script.snapshot.connected_at, script.snapshot.peer) == (0.1, "192.0.2.1:80")


def test_open() -> None:
    script = opened()
    script.feed(1, b": ping\n" + events(1, 2, 2, 5))
    script.t = 4
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.status, snapshot.http_version, snapshot.opened_at) == ("open", 200, "1.1", 0.2)
    assert (snapshot.last_byte, snapshot.last_event, snapshot.last_event_id, snapshot.stall_at) == (1, 1, "5", 31)
    assert (snapshot.events, snapshot.comments, snapshot.records) == (4, 1, len(script.records))
    assert [(gap.first, gap.last, gap.remaining) for gap in snapshot.gaps] == [(3, 4, 2)]
    assert snapshot.duplicates == ("2",)
    (row,) = snapshot.connections
    assert (row.connection, row.opened, row.ended, row.events) == (1, 0.2, None, 4)
    assert row.bytes == snapshot.bytes == 7 + len(events(1, 2, 2, 5))
    assert snapshot.head == (("content-type", "text/event-stream"),)
    assert snapshot.summary.messages_lost == 2
    assert snapshot.ids == "contiguous: gaps are counted"


def test_stalled() -> None:
    script = opened(on_stall="warn")
    script.tick(30.2)
    script.t = 40
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.stalled, snapshot.stall_at) == ("open", True, None)
    assert snapshot.summary.stalls == {"count": 1, "longest": pytest.approx(39.8)}
    assert [view.name for view in snapshot.alerts if view.firing] == ["StreamStalled"]
    script.feed(50.2, b":\n")
    assert script.snapshot.summary.stalls == {"count": 1, "longest": 50}


def test_waiting() -> None:
    script = opened()
    script.feed(1, events(1))
    script.ends(2, "reset")
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.status, snapshot.opened_at) == ("waiting", None, None)
    assert snapshot.wait is not None
    assert (snapshot.wait.started, snapshot.wait.until, snapshot.wait.attempt, snapshot.wait.source) == (
        2, 3, 1, "exponential",
    )  # fmt: skip
    assert snapshot.disconnect is not None
    assert snapshot.disconnect.reason == "reset"
    (row,) = snapshot.connections
    assert (row.ended, row.reason, row.events, row.bytes) == (2, "reset", 1, len(events(1)))


def test_reconnecting_shows_no_counts_of_the_connection_before() -> None:
    script = opened()
    script.feed(1, events(1, 2))
    script.ends(2)
    script.tick(3)
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.connection, snapshot.wait) == ("connecting", 2, None)
    assert [row.events for row in snapshot.connections] == [2, 0]
    script.opens(3.5)
    script.feed(4, events(3))
    assert [(row.events, row.reopened_after) for row in script.snapshot.connections] == [(2, None), (1, 1.5)]
    assert script.snapshot.recovered is not None


def test_closed_stands_still() -> None:
    script = opened()
    script.asked(2, "stop")
    script.t = 99
    snapshot = script.snapshot
    assert (snapshot.state, snapshot.now) == ("closed", 2)
    assert snapshot.ended is not None
    assert snapshot.ended.reason == "interrupted"
    assert snapshot.summary == script.the(Summary)


def test_an_attempt_that_the_session_ended_with_is_over() -> None:
    script = inspected()
    script.answers(1, 204)
    (row,) = script.snapshot.connections
    assert (row.ended, row.reason) == (1, "no-content")


def test_a_snapshot_does_not_change_when_more_happens() -> None:
    script = opened()
    script.feed(1, events(1, 2, 5))
    snapshot = script.snapshot
    before = deepcopy(snapshot)
    script.feed(1.01, events(3, 3, 6))
    script.ends(1.02)
    script.snapshot  # noqa: B018 looking must not change the one before either
    script.reopens()
    script.feed(script.t, events(7))
    assert snapshot == before


def test_a_snapshot_is_of_fixed_size() -> None:
    script = opened(ids="integer", backoff_initial=0)
    script.feed(1, events(*range(0, 1000, 3)))
    script.feed(1, events(*range(0, 1000, 3)))
    for _ in range(HEADS + 10):
        script.ends(script.t)
        script.tick_when_due()
        script.opens(script.t)
    snapshot = script.snapshot
    assert len(snapshot.gaps) == len(snapshot.duplicates) == len(snapshot.connections) == ROWS
    assert snapshot.gaps[-1].first == 997
    assert script.inspection.opened(1) is None
    latest = script.inspection.opened(snapshot.connection)
    assert latest is not None
    assert latest.connection == snapshot.connection


def test_gaps_shrink_as_they_are_filled() -> None:
    script = opened()
    script.feed(1, events(1, 2, 6, 9, 4))
    assert [(gap.first, gap.last, gap.remaining) for gap in script.snapshot.gaps] == [(3, 5, 2), (7, 8, 2)]


def test_a_gap_that_comes_again_after_a_restart_is_the_latest() -> None:
    script = opened()
    script.feed(1, events(1, 2, 5, 8))
    script.feed(2, events(1, 2, 5, data="other {}"))
    assert [(gap.first, gap.t) for gap in script.snapshot.gaps] == [(6, 1), (3, 2)]


def test_heartbeat_is_learned_from_comments() -> None:
    script = opened()
    for t in range(1, 50, 10):
        script.feed(t, b": ping\n")
    heartbeat = script.snapshot.heartbeat
    assert heartbeat is not None
    assert (heartbeat.period, heartbeat.jitter) == (10, 0)


def test_faults_under_way_are_shown_until_they_end() -> None:
    script = opened()
    script.asked(1, "inject", "offline:8")
    script.asked(1, "inject", "reset")
    script.asked(1, "inject", "stall")
    assert [(fault.fault, fault.until) for fault in script.snapshot.faults] == [("offline:8", 9), ("stall", None)]
    script.asked(9, "lift", "offline:8")
    assert [fault.fault for fault in script.snapshot.faults] == ["stall"]


def test_findings_and_notes() -> None:
    script = opened(target={"method": "POST", "insecure": True})
    script.feed(1, events(None, None, None))
    assert [finding.code for finding in script.snapshot.findings] == ["no-ids"]
    assert script.snapshot.notes == ("TLS not verified", "POST: ends at its first disconnect")
    assert inspected().snapshot.notes == ()


def test_every_field_of_a_snapshot_is_there_in_every_state() -> None:
    names = {field.name for field in dataclasses.fields(Snapshot)}
    script = opened()
    assert {name for name in names if hasattr(script.snapshot, name)} == names


# Silent failures


@pytest.mark.parametrize(("painted", "silent"), [(2.5, 0), (3.0, 0), (3.1, 1)])
def test_an_outage_that_the_screen_shows_too_late_is_a_silent_failure(painted: float, silent: int) -> None:
    script = opened()
    script.ends(2)
    script.inspection.painted(1.9)  # began before the outage: does not show it
    script.inspection.painted(painted)
    script.inspection.painted(painted + 10)
    assert script.snapshot.summary.silent_failures == silent
    assert script.told == [ShownLate(painted, 2)] * silent


def test_without_anybody_who_runs_it_what_is_painted_too_late_is_handled_at_once() -> None:
    inspection = Inspection(Target("http://h/"), Policy(), clock=lambda: 9.0, random=lambda: 0.5)
    script = Script(Target("http://h/"), Policy(), lambda: 0.5)
    script.handle = inspection.handle
    script.starts()
    script.ends(1)
    inspection.painted(9)
    assert inspection.snapshot().summary.silent_failures == 1


def test_inputs_that_are_handled_again_say_what_the_screen_showed_too_late() -> None:
    script = opened()
    inputs: list[Input] = []
    again = inspected()
    script.inspection.tap_inputs(lambda happened, *_: inputs.append(happened))
    script.ends(2)
    for t in (2.1, 2.2, 4.4, 4.5, 4.6):
        script.inspection.painted(t)
    script.tick(5)
    for t in (5.1, 5.2, 9.9):
        script.inspection.painted(t)
    script.ends(10)
    script.inspection.painted(12)
    script.asked(13, "stop")
    again.connects(0.1)
    again.opens(0.2)
    for happened in inputs:
        again.give(happened)
    assert [happened for happened in inputs if isinstance(happened, ShownLate)] == [ShownLate(12, 10)]
    assert again.records == script.records
    assert again.snapshot == script.snapshot
    assert again.the(Summary).silent_failures == 1


def test_without_a_screen_nothing_is_painted_too_late() -> None:
    script = opened()
    script.ends(2)
    script.tick_when_due()
    script.opens(50)
    script.asked(60, "stop")
    assert script.the(Summary).silent_failures == 0


def test_silent_failures_of_session_and_screen_add_up_and_fire_an_alert() -> None:
    script = opened(stall_after=5)
    script.tick(7)
    script.inspection.painted(9)
    assert script.snapshot.summary.silent_failures == 2
    script.tick(20)
    script.opens(20.1)
    assert [view.firing for view in script.snapshot.alerts if view.name == "StreamStalled"] == [True]


# Bodies and wishes


def test_bodies_can_be_read_by_what_an_event_says() -> None:
    script = opened()
    script.feed(1, b"\xef\xbb\xbf" + events(1))
    script.feed(2, events(2)[:9])
    script.feed(3, events(2)[9:])
    event = script.the(Event)
    assert script.inspection.body(1, event.offset, event.size) == events(2)
    assert script.inspection.body(1, 0, 3 + len(events(1))) == b"\xef\xbb\xbf" + events(1)
    assert script.inspection.body(2, 0, 1) is None


def test_bytes_of_a_connection_that_is_over_are_no_body() -> None:
    script = opened()
    script.feed(1, b"ab")
    script.ends(2)
    script.handle(Chunk(2, b"cd"))
    assert script.inspection.body(1, 2, 2) is None


def test_wishes_go_to_whoever_runs_the_session() -> None:
    script = opened()
    script.inspection.reconnect()
    script.inspection.inject(parse("offline:8"))
    script.inspection.lift()
    script.inspection.stop()
    assert script.wishes == [("reconnect", ""), ("inject", "offline:8"), ("lift", ""), ("stop", "")]


def test_without_anybody_who_runs_it_wishes_come_to_nothing() -> None:
    inspection = Inspection(Target("http://h/"), Policy(), clock=lambda: 0.0, random=lambda: 0.5)
    inspection.stop()
    inspection.inject(parse("reset"))
    assert inspection.snapshot().state == "idle"


def test_duplicates_delivered_are_found_independently() -> None:
    """Were the session to pass one on as new, the metrics and an alert would say so."""
    script = opened()
    script.feed(1, events("a"))
    script.session.ids._young.clear()  # the session forgets
    script.feed(2, events("a"))
    assert script.last[-1] == Alert(2, 1, "DuplicateDelivery", "firing", 1, 0)


def test_a_restart_is_no_duplicate_delivery() -> None:
    script = opened()
    script.feed(1, events(1, 2))
    script.feed(2, events(1, 2, data="other {}"))
    assert [in_brief(record) for record in script.records if isinstance(record, Diagnosis)] == ["diagnosis id-restart"]
    assert script.snapshot.summary.duplicates == {"received": 0, "delivered": 0}


def test_without_keeping_only_the_taps_see_what_comes() -> None:
    script = Inspected()
    script.inspection = Inspection(
        Target("http://h/feed"), Policy(), clock=lambda: 1.0, random=lambda: 0.5, control=script, keep=False
    )
    script.handle = script.inspection.handle
    seen: list[Record] = []
    script.inspection.tap(seen.extend)
    script.starts()
    script.opens(0.2)
    script.give(Chunk(1.0, b"data: x\n\n"))
    assert [record.kind for record in seen] == ["session", "connecting", "open", "event"]
    assert len(script.inspection.log) == 0
    assert script.inspection.body(1, 0, 9) is None
    assert script.snapshot.events == 1
