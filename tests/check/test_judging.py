"""Expectations on records that no endpoint can be made to cause, such as this program's own lateness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sse_inspect.check.ending import Ending
from sse_inspect.check.expectations import EXPECTATIONS, Seen
from sse_inspect.check.expectations.base import spans
from sse_inspect.check.expectations.loss import DROPPED, RESUME, _all_again, _reused
from sse_inspect.check.limits import Limits
from sse_inspect.check.observation import Observation, Row, Silence
from sse_inspect.check.report.figures import measures
from sse_inspect.check.result import Result, Verdict
from sse_inspect.check.scenario import Plan
from sse_inspect.inputs import Tick
from sse_inspect.records import (
    Backoff,
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Record,
    Recovered,
    Retry,
    Severity,
    Stall,
    Summary,
)


def opened(t: float, connection: int = 1, **headers: str) -> Open:
    return Open(t, connection, 200, "1.1", {"content-type": "text/event-stream", **headers}, {}, "")


def fault(t: float, spelled: str) -> Fault:
    return Fault(t, 1, spelled, "begun", "")


def event(t: float, connection: int) -> Event:
    return Event(t, connection, 1, "message", "x", "1", "1", 0, 1, False, False, False, False)


def lost(t: float, reason: str = "forced", connection: int = 1) -> Disconnect:
    return Disconnect(t, connection, reason, "", t, 0, 0, 0)  # type: ignore[arg-type]  # one of the reasons


def diagnosed(code: str, severity: Severity) -> Diagnosis:
    return Diagnosis(2.0, 1, code, severity, "So it is", "3 of them.", "Mend it.")


def summary(silent: int = 0) -> Summary:
    return Summary(9.0, 1, None, {}, 0, {"received": 0, "delivered": 0}, {}, silent, 0, 0, 0, 1, {}, 0, 9.0)


def judged(name: str, *records: Record, **settings: float) -> Result:
    run = Observation("run", **settings)  # type: ignore[arg-type]  # numbers only
    run.take(Tick(9.0), 1, [*records, End(9.0, 1, "interrupted", "")])
    if not any(isinstance(record, Summary) for record in records):
        run.take(Tick(9.0), 1, [summary()])
    return EXPECTATIONS[name].judge(Seen(run, [run], Limits()), {})


def rows(*spelled: str) -> Observation:
    """`2:5x` is the ID 5 with data x on the second connection."""
    run = Observation("run")
    for each in spelled:
        connection, _, rest = each.partition(":")
        run.first_rows.append(Row(0.0, int(connection), rest[0], hash(rest[1:])))
        run.with_id += 1
    run.last_rows.extend(run.first_rows)
    return run


@pytest.mark.parametrize(
    ("story", "again"),
    [
        ("1:1 1:2 1:3 2:1 2:2 2:3 2:4", True),
        ("1:1 1:2 1:3 1:4 2:1 2:2", True),
        ("1:1 1:2 1:3 1:4 2:3 2:4 2:5", False),
        ("1:1 1:2 2:1 2:2 2:3", False),
        ("1:1 1:2 2:3 2:4 3:1 3:2", True),
        ("1:3 1:4 1:5 2:1 2:2 2:3 2:4 2:5", True),
        ("1:1 1:2 1:3 2:1x 2:2x", False),
    ],
)
def test_whether_everything_came_again(story: str, again: bool) -> None:
    assert _all_again(rows(*story.split())) is again


def test_ids_that_stand_for_other_events_after_a_reconnect() -> None:
    run = rows("1:1", "1:2", "1:2x", "2:2x", "2:2", "2:1x", "3:1x", "3:3")
    assert [(row.connection, row.id) for row in _reused(run, lambda row: row.id)] == [(2, "1")]


def test_no_more_than_a_few_gaps_are_named() -> None:
    gaps = [Gap(0.0, 1, n, n + n % 2, 1, "a-", "") for n in (1, 4, 7, 9)]
    assert spans(gaps) == "a-1–a-2, a-4, a-7–a-8 …"
    assert spans(gaps[:1]) == "a-1–a-2"


@pytest.mark.parametrize(
    ("gaps", "stood", "advice"),
    [
        ([(1.0, 1)], True, DROPPED),
        ([(6.0, 2)], False, RESUME),
        ([(8.0, 2)], True, DROPPED),
        ([(1.0, 1), (6.0, 2)], False, f"{RESUME} {DROPPED}"),
    ],
)
def test_where_ids_went_missing(gaps: list[tuple[float, int]], stood: bool, advice: str) -> None:
    missing = [Gap(t, connection, n, n, 1, "", "") for n, (t, connection) in enumerate(gaps, 3)]
    back = opened(5.0, 2), Recovered(7.0, 2, 1.0, 1.0, 1, 0, 0, 1)
    counts = replace(summary(), completion_rate=11 / 13, messages_lost=2, received=11)
    told = judged("nothing-lost", opened(0.0), event(0.5, 1), *missing, lost(4.0), *back, event(8.5, 2), counts)
    assert (told.verdict, told.advice) == (Verdict.FAIL, advice)
    assert told.sentence.startswith("2 events lost of 13 (84.61 % arrived)")
    assert ("arrived), missing though the connection stood: 3" in told.sentence) is stood
    assert bool(told.evidence) is (len(gaps) > 1)
    assert dict(measures(told))["completion"] == "84.61 %"


def test_a_gap_that_was_filled_is_not_named() -> None:
    gaps = Gap(1.0, 1, 3, 4, 2, "", ""), GapFilled(1.1, 1, 3, 4, 0, ""), Gap(2.0, 1, 7, 7, 1, "", "")
    counts = replace(summary(), completion_rate=0.5, messages_lost=1, received=1)
    assert judged("nothing-lost", opened(0.0), event(0.5, 1), *gaps, counts).sentence.endswith("stood: 7.")


def test_a_stream_that_is_complete_is_not_blamed_on_the_line() -> None:
    end = replace(lost(2.0, "eof"), verdict="finished", meaning="It is complete.")
    assert judged("undisturbed", opened(0.0), fault(1.0, "slow-3g"), end).verdict is Verdict.PASS
    assert judged("undisturbed", opened(0.0), fault(1.0, "slow-3g"), lost(2.0, "eof")).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("source", "verdict"), [("exponential", Verdict.PASS), ("retry-field", Verdict.FAIL), (None, Verdict.UNKNOWN)]
)
def test_a_run_that_is_over_while_it_waits_once_more(source: str | None, verdict: Verdict) -> None:
    story = [
        opened(0.0),
        fault(1.0, "reset"),
        lost(1.0),
        Connecting(1.5, 2, 1, None),
        opened(1.6, 2),
        lost(8.9, "eof", 2),
    ]
    waits = [Backoff(8.9, 2, 60.0, 1, source)] if source else []  # type: ignore[arg-type]  # one of the sources
    assert judged("reconnects", *story, *waits).verdict is verdict


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        ("", "after 1 outage, counted"),
        ("forced", "after 1 outage in which 2 attempts met the fault again, counted"),
        ("refused", "after 1 outage, counted"),
    ],
)
def test_cuts_that_ran_into_one_outage_are_told(meanwhile: str, said: str) -> None:
    """The network comes back for a second each time, and no attempt falls into one of them."""
    story: list[Record] = [opened(0.0), fault(1.0, "off-on:3"), lost(1.0)]
    for number in (2, 3) if meanwhile else ():
        story += [Connecting(number, number, number - 1, None), lost(number, meanwhile, number)]
    story += [Fault(5.0, 1, "off-on:3", "ended", ""), Connecting(6.0, 4, 1, None), opened(6.0, 4)]
    result = judged("reconnects", *story)
    assert (result.verdict, said in result.sentence) == (Verdict.PASS, True), result.sentence


def test_a_response_that_ends_again_is_not_waited_for() -> None:
    ending = Ending(Plan(limit=30.0, faults=("reset@1s",), settle=3.0))
    story = [opened(0.0), fault(1.0, "reset"), lost(1.0), opened(2.0, 2), event(2.1, 2), lost(4.0, "eof", 2)]
    ending.fold([*story, opened(4.5, 3), event(4.6, 3)])
    assert not ending.is_over(4.9)
    assert ending.is_over(5.1)


def test_the_wait_for_the_head_is_a_silence_too() -> None:
    run = Observation("run")
    run.take(Tick(1.0), 1, [replace(opened(0.0), timings={"first_byte": 6.0}), lost(2.0)])
    assert run.silence == 6.0


def test_a_fault_that_shows_in_time() -> None:
    result = judged("no-silent-failure", opened(0.0), fault(1.0, "reset"), lost(1.2))
    assert result.verdict is Verdict.PASS


def test_a_cut_that_shows_too_late() -> None:
    assert judged("no-silent-failure", opened(0.0), fault(1.0, "reset"), lost(2.5)).verdict is Verdict.FAIL
    assert judged("no-silent-failure", opened(0.0), fault(1.0, "offline:2")).verdict is Verdict.FAIL


def test_a_cut_of_nothing() -> None:
    result = judged("no-silent-failure", opened(0.0), lost(0.5, "eof"), fault(1.0, "reset"))
    assert result.verdict is Verdict.PASS


def test_a_stall_that_shows_too_late() -> None:
    story = opened(0.0), fault(1.0, "stall")
    late, in_time = Stall(5.1, 1, 4.1, None), Stall(3.9, 1, 2.9, None)
    assert judged("no-silent-failure", *story, late, stall_after=2.0).verdict is Verdict.FAIL
    assert judged("no-silent-failure", *story, in_time, stall_after=2.0).verdict is Verdict.PASS
    assert judged("stall-noticed", *story, late, stall_after=2.0).verdict is Verdict.FAIL
    assert judged("stall-noticed", *story, in_time, stall_after=2.0).verdict is Verdict.PASS
    assert judged("stall-noticed", *story, stall_after=2.0).verdict is Verdict.UNKNOWN


def test_what_the_session_itself_counts() -> None:
    assert judged("no-silent-failure", opened(0.0), summary(silent=2)).verdict is Verdict.FAIL
    assert judged("no-silent-failure", opened(0.0)).verdict is Verdict.UNKNOWN


def test_a_retry_that_was_not_kept() -> None:
    story = opened(0.0), Retry(0.1, 1, 2000), lost(1.0)
    assert judged("retry-kept", *story, Connecting(1.5, 2, 1, None)).verdict is Verdict.FAIL
    assert judged("retry-kept", *story, Connecting(3.0, 2, 1, None)).verdict is Verdict.PASS
    assert judged("retry-kept", *story).verdict is Verdict.UNKNOWN
    assert judged("retry-kept", opened(0.0), Retry(0.1, 1, 0), lost(1.0)).verdict is Verdict.WARNING


def test_a_cut_that_left_nothing_of_an_event() -> None:
    story = fault(1.0, "half"), lost(1.2)
    over_2 = Open(0.0, 1, 200, "2", {"content-type": "text/event-stream"}, {}, "")
    framed = judged("half-event-dropped", over_2, *story)
    plain = judged("half-event-dropped", opened(0.0), *story)
    nothing = judged("half-event-dropped", opened(0.0), story[0])
    assert {each.verdict for each in (framed, plain, nothing)} == {Verdict.UNKNOWN}
    assert "of a frame of HTTP/2" in framed.sentence
    assert plain.sentence == "The cut left no part of an event behind."
    assert nothing.sentence == "No event was cut in half: nothing came that could be."


def test_a_head_that_comes_late() -> None:
    slow = opened(0.0)
    slow.timings["first_byte"] = 7.0
    assert judged("opens", slow).verdict is Verdict.WARNING


def test_header_fields_that_harm() -> None:
    for name, value, words in (
        ("cache-control", "max-age=60", "Cache-Control does not keep"),
        ("content-length", "500", "Content-Length is 500"),
    ):
        fields = {"cache-control": "no-cache"} | {name: value}
        result = judged("headers", opened(0.0, **fields))
        assert (result.verdict, words in result.sentence) == (Verdict.WARNING, True)
    assert judged("headers", opened(0.0, **{"cache-control": "no-store"})).verdict is Verdict.PASS


def test_nginx_is_said_to_buffer_only_as_a_proxy() -> None:
    said = judged("headers", opened(0.0, server="nginx/1.22.1")).evidence
    told_not_to = judged("headers", opened(0.0, **{"server": "nginx", "x-accel-buffering": "no"})).evidence
    assert any(each.startswith("Where nginx is a proxy, it buffers") for each in said)
    assert not any("buffers" in each for each in told_not_to)


def test_nothing_from_the_wire_reaches_a_report_raw() -> None:
    result = judged("headers", opened(0.0, **{"cache-control": "no-cache", "server": "\x1b[31mnginx\u202e"}))
    assert result.evidence
    assert all(each.isprintable() for each in result.evidence)


def test_secrets_are_not_kept() -> None:
    result = judged("opens", opened(0.0, **{"set-cookie": "session=geheim"}))
    assert "geheim" not in repr(result)


def test_what_the_rules_say_of_delivery_is_no_better_in_a_check() -> None:
    some = (opened(0.1), event(1.0, 1))
    found = judged("unbuffered", *some, diagnosed("coalesced-batches", "warning"))
    assert (found.verdict, found.sentence, found.evidence) == (Verdict.WARNING, "So it is.", ("3 of them.",))
    assert judged("unbuffered", *some, diagnosed("coalesced-batches", "info")).verdict is Verdict.PASS
    assert judged("unbuffered", *some, diagnosed("no-heartbeat", "warning")).verdict is Verdict.PASS


@pytest.mark.parametrize(("apart", "verdict"), [(10.01, Verdict.PASS), (10.9, Verdict.PASS), (11.1, Verdict.FAIL)])
def test_a_heartbeat_may_come_a_little_late(apart: float, verdict: Verdict) -> None:
    run = Observation("run")
    run.take(Tick(0.0), 1, [opened(0.0)])
    run.take(Tick(60.0), 1, [End(60.0, 1, "interrupted", "")])
    run.byte_silence = Silence(apart, 30.0, 1)
    assert EXPECTATIONS["alive"].judge(Seen(run, [run], Limits()), {}).verdict is verdict
