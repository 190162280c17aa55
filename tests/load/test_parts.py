"""The parts of a load by themselves: the plan, the timestamp, the fan-out, what several tell together."""

from __future__ import annotations

from collections import Counter

import pytest

from sse_inspect.load.fan_out import REMEMBERED, FanOut
from sse_inspect.load.lateness import Late
from sse_inspect.load.memory import event_bytes
from sse_inspect.load.plan import COLUMNS, Plan
from sse_inspect.load.report.chart import bars, chart
from sse_inspect.load.report.words import facts, own, verdict
from sse_inspect.load.report.words import fan_out as words
from sse_inspect.load.result import Result
from sse_inspect.load.tally import RECONNECTING, Seen, Tally, Totals
from sse_inspect.load.timestamp import timestamp
from sse_inspect.records import Connecting, Disconnect, End, Open, Record
from sse_inspect.session.event_ids import EventIds


def test_workers_share_all_clients_out() -> None:
    plan = Plan(clients=10, workers=3)
    assert [list(share.numbers) for share in plan.shares()] == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]


@pytest.mark.parametrize(("seconds", "width"), [(2, 0.1), (12, 0.1), (20, 0.2), (60, 0.5), (3600, 50)])
def test_a_chart_has_columns_of_round_width(seconds: float, width: float) -> None:
    plan = Plan(1, seconds=seconds)
    assert plan.width == pytest.approx(width)
    assert seconds / plan.width <= COLUMNS


@pytest.mark.parametrize(
    ("path", "data", "at"),
    [
        ("data.t", '{"t": 1795430573.25}', 1795430573.25),
        ("data.t", '{"t": 1795430573250}', 1795430573.25),
        ("data.t", '{"t": "1795430573250000"}', 1795430573.25),
        ("data.a[1].t", '{"a": [0, {"t": 1795430573250000000}]}', 1795430573.25),
        ('data["a.b"]', '{"a.b": "2026-11-23T11:22:53.250+01:00"}', 1795429373.25),
        ("data.t", '{"t": "2026-11-23T10:22:53.25Z"}', 1795429373.25),
        ("data.t", '{"t": true}', None),
        ("data.t", '{"t": "soon"}', None),
        ("data.t", '{"t": -1}', None),
        ("data.t", '{"t": 1e999}', None),
        ("data.t", '{"t": 1e308}', None),
        ("data.t", '{"t": 1e20}', None),
        ("data.t", '{"t": NaN}', None),
        ("data.t", "[]", None),
        ("data.t", "no JSON", None),
        ("data[3]", "[1]", None),
    ],
)
def test_a_timestamp_is_found_and_its_unit_told_by_its_size(path: str, data: str, at: float | None) -> None:
    assert timestamp(path).of(data) == (at if at is None else pytest.approx(at, abs=1e-3))


@pytest.mark.parametrize("path", ["data", "data[*].t", "data..t", "t", ""])
def test_what_names_no_single_value_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        timestamp(path)


def test_the_spread_is_measured_from_the_first_client_on() -> None:
    fan_out = FanOut(None, 0.0)
    for t, opened_at in ((10.0, 1.0), (10.02, 1.0), (10.05, 2.0)):
        fan_out.arrived(t, opened_at, "7", "x")
    fan_out.arrived(12.0, 11.0, "7", "x")  # it came when that was history
    fan_out.arrived(12.0, 1.0, "7", "other data: another event")
    fan_out.arrived(12.0, 1.0, "", "no ID: none that could be recognised")
    fan_out.arrived(13.0, 1.0, "", "no ID: none that could be recognised")
    spread = fan_out.finish()
    assert (spread.deliveries, spread.behind.count, spread.behind.max) == (2, 2, pytest.approx(0.05))
    assert spread.behind.quantile(0.01) == pytest.approx(0.02), "the first delivery is behind nobody"
    assert (spread.whole.count, spread.whole.max) == (1, pytest.approx(0.05))


def test_age_is_that_of_what_was_sent_since_the_connection_opened() -> None:
    fan_out = FanOut(timestamp("data.t"), 1_700_000_000.0)
    fan_out.arrived(10.0, 1.0, "1", '{"t": 1700000009.5}')
    fan_out.arrived(10.5, 1.0, "1", '{"t": 1700000009.5}')
    fan_out.arrived(10.5, 9.9, "2", '{"t": 1700000003}')  # history
    fan_out.arrived(10.5, 1.0, "3", '{"t": 1700000011}')  # the clocks differ
    fan_out.arrived(10.6, 1.0, "4", "{}")
    spread = fan_out.finish()
    assert (spread.age.count, spread.age.max, spread.ahead, spread.untimed) == (3, pytest.approx(1.0), 1, 1)


def test_no_age_is_made_up_where_the_servers_clock_is_behind_and_that_is_said() -> None:
    result = Result(Plan(2, timestamp=timestamp("data.t")), "", "", 0, clients=[Seen(0, events=4), Seen(1, events=5)])
    fan_out = FanOut(result.plan.timestamp, 1_700_000_000.0)
    for n in range(4):
        for client in range(2):
            fan_out.arrived(10.0 + n + client / 100, 1.0, str(n), f'{{"t": {1_699_996_410 + n}}}')
    fan_out.arrived(15.0, 14.0, "0", '{"t": 1699996410}')  # history, by its ID
    result.spread = fan_out.finish()
    assert (result.spread.age.count, result.spread.older, result.spread.untimed) == (0, 9, 0)
    assert "Times in data.t: 9 deliveries had one from before the connection, and no age is told" in words(result)
    assert "No event had a time" not in words(result)


def test_that_no_event_had_a_time_is_said_where_it_is_so() -> None:
    result = Result(Plan(1, timestamp=timestamp("data.t")), "", "", 0, clients=[Seen(0, events=1)])
    fan_out = FanOut(result.plan.timestamp, 0.0)
    fan_out.arrived(1.0, 0.5, "", '{"t": 1e308}')
    result.spread = fan_out.finish()
    assert words(result).endswith("their spread is not known. No event had a time in data.t.")


def test_a_spread_is_not_known_where_no_event_came_to_two_clients() -> None:
    result = Result(Plan(2), "", "", 0, clients=[Seen(0, events=1), Seen(1, events=1)])
    fan_out = FanOut(None, 0.0)
    fan_out.arrived(1.0, 0.5, "1", "one thing")
    fan_out.arrived(1.1, 0.5, "1", "another")
    result.spread = fan_out.finish()
    assert (result.spread.deliveries, result.spread.behind.count) == (0, 0)
    assert words(result) == "No event, told by its ID and data, came to two clients: their spread is not known."


def test_what_processes_measured_adds_up() -> None:
    whole = Result(Plan(4, workers=2), "", "", 0, clients=[Seen(number, events=3) for number in range(4)])
    for _ in range(2):
        fan_out = FanOut(None, 0.0)
        for n in range(3):
            fan_out.arrived(1.0 + n, 0.5, str(n), "x")
            fan_out.arrived(1.1 + n, 0.5, str(n), "x")
        whole.spread.include(fan_out.finish())
    whole.spread.across = 2
    assert (whole.spread.events, whole.spread.deliveries, whole.events) == (6, 6, 12)
    assert words(whole) == (
        "Fan-out: 6 deliveries after the first, of 6 events; each of 2 processes measured and counted for itself."
    )


def test_kinds_of_failed_attempts_that_are_not_named_are_counted() -> None:
    result = Result(Plan(1), "", "", 0)
    for kind in range(57):
        result.totals.refusals[f"status: {kind}"] = 100 - kind
    told = dict(facts(result))["failed attempts"]
    assert told.endswith("status: 5 × 95, and 51 other kinds")


def test_bytes_that_never_become_an_event_are_told() -> None:
    result = Result(Plan(1), "", "", 0, clients=[Seen(0, opens=1, size=3 << 20)])
    assert "no event came: 3.1 MB did without a whole one" in verdict(result)


@pytest.mark.parametrize(
    ("clients", "each"), [(1, 16 << 20), (16, 16 << 20), (64, 4 << 20), (1000, 268_435), (10_000, 64 << 10)]
)
def test_clients_share_what_they_may_hold_of_endless_events(clients: int, each: int) -> None:
    assert event_bytes(clients) == each


def test_events_are_remembered_in_bounded_memory() -> None:
    fan_out = FanOut(None, 0.0)
    for n in range(5 * REMEMBERED):
        fan_out.arrived(n / 1000, 0.0, str(n), "x")
        fan_out.arrived(n / 1000 + 0.01, 0.0, str(n), "x")
    assert len(fan_out._young) + len(fan_out._old) <= 2 * REMEMBERED
    spread = fan_out.finish()
    assert (spread.events, spread.whole.count, spread.deliveries) == (5 * REMEMBERED,) * 3


def test_lateness_is_told_apart_from_want_of_a_processor() -> None:
    late = Late(too_late=10.0, worked=2.0)
    late.found.add(0.2)
    assert (late.was_in_time, late.starved) == (False, 0.8)
    result = Result(Plan(1), "", "", 0, late=late)
    assert "For 80 % of that the machine, busy with other work, gave it no processor." in own(result)
    late.include(Late(too_late=10.0, worked=12.0))
    assert late.starved == pytest.approx(0.3)
    assert "It was busy all that time" in own(result)


def test_in_time_is_said_as_the_figures_allow() -> None:
    late = Late()
    for _ in range(500):
        late.found.add(0.001)
    result = Result(Plan(1), "", "", 0, late=late)
    assert own(result).startswith("This program was in time: late by 1 ms (p99), 1 ms at most")
    late.found.add(1.09)
    assert own(result).startswith("This program was in time but for moments: late by 1 ms (p99), 1.09 s at most")


def silent(*heard: float, end: float, held: tuple[float, float] | None = None) -> Seen:
    tally = Tally(0, Totals(), FanOut(None, 0.0), 0.1)
    tally.fold(0.0, [Connecting(0.0, 1, 1, None), Open(1.0, 1, 200, "1.1", {}, {}, "")])
    for t in heard:
        tally.heard(t)
    if held:
        tally.deaf(*held)
    tally.close(end, 5.0)
    return tally.seen


def test_a_silence_in_the_end_is_told_where_the_stream_makes_no_such() -> None:
    seen = silent(2.0, 2.5, end=12.0)
    assert (seen.longest_silence, seen.final_silence, seen.silence) == (1.0, 9.5, 9.5)
    assert seen.fell_silent(5.0)
    assert not silent(2.0, 2.5, end=7.0).fell_silent(5.0)
    assert not silent(16.0, 31.0, end=44.0).fell_silent(5.0), "a heartbeat every 15 s"
    assert not silent(2.0, 2.5, end=12.0, held=(2.2, 11.0)).fell_silent(5.0), "this program did not run"
    result = Result(Plan(2), "", "", 0, duration=12.0, clients=[seen, silent(11.9, end=12.0)], stall_after=30.0)
    assert result.silent == [seen]
    result.clients[0].events = 1
    assert "1 of 2 clients got no byte in the last 9.50 s (a stall is told from 30 s on" in verdict(result)


def test_a_client_on_its_way_back_has_not_recovered() -> None:
    result = Result(Plan(2), "", "", 0, duration=12.0)
    result.totals.reasons.update({"reset": 3})
    result.clients = [
        Seen(0, opens=2, disconnects=Counter(reset=2), events=1, counted=True),
        Seen(1, opens=2, disconnects=Counter(reset=1), events=1, counted=True, final_silence=0.0),
    ]
    assert verdict(result) == (
        "3 disconnects (reset × 3), 2 recovered, 1 client still on the way back: none of 2 clients was without its "
        "stream for too long, and no event is missing."
    )


def test_a_client_remembers_few_ids_and_still_counts_what_is_missing() -> None:
    ids = EventIds("auto")
    ids.remembered = 100
    for number in range(1, 1001):
        if number != 500:
            ids.observe(str(number), number)
    assert len(ids._young) + len(ids._old) <= 200
    assert (ids.missing, ids.received) == (1, 999)
    assert ids.observe("999", 999).duplicate


def test_who_has_no_stream_in_the_end_has_failed_unless_it_may_be_on_its_way() -> None:
    def seen(*records: Record, end: float) -> Seen:
        tally = Tally(0, Totals(), FanOut(None, 0.0), 0.1)
        tally.fold(0.0, [Connecting(0.0, 1, 1, None), Open(0.1, 1, 200, "1.1", {}, {}, ""), *records])
        tally.close(end, 5.0)
        return tally.seen

    lost = Disconnect(2.0, 1, "eof", "", 1.9, 0, 0, 0)
    again = Open(3.0, 2, 200, "1.1", {}, {}, "")
    assert (seen(end=9.0).failed, seen(end=9.0).open_for) == (False, pytest.approx(8.9))
    assert not seen(lost, end=6.9).failed
    assert (seen(lost, end=9.0).failed, seen(lost, end=9.0).without) == (True, 7.0)
    assert not seen(lost, again, end=9.0).failed
    assert seen(lost, End(2.0, 1, "max-retries", ""), end=2.5).failed
    assert not seen(lost, End(2.0, 1, "no-content", ""), end=9.0).failed
    assert Seen(0).failed


@pytest.mark.parametrize(
    ("records", "why", "attempts"),
    [
        ([], "unanswered: no response until the end", 1),
        ([Disconnect(2.0, 1, "refused", "so it is", 0.1, 0, 0, 0)], "refused: so it is", 1),
        (
            [Disconnect(2.0, 1, "refused", "x", 0.1, 0, 0, 0), Connecting(3.0, 2, 2, None)],
            "unanswered: no response u",
            2,
        ),
        ([Open(0.1, 1, 200, "1.1", {}, {}, "")], "", 0),
        ([End(2.0, 1, "no-content", "204")], "", 0),
    ],
    ids=["never", "refused", "again", "open", "over"],
)
def test_an_attempt_that_is_never_answered_is_told(records: list[Record], why: str, attempts: int) -> None:
    totals = Totals()
    tally = Tally(0, totals, FanOut(None, 0.0), 0.1)
    tally.fold(0.0, [Connecting(0.0, 1, 1, None), *records])
    tally.close(9.0, 5.0)
    assert (tally.seen.failed_attempts, totals.refusals.total()) == (attempts, attempts)
    assert tally.seen.refused.startswith(why)
    assert bool(tally.seen.refused) == bool(why)


def test_the_worst_come_first_and_who_fared_well_is_not_named() -> None:
    result = Result(Plan(4), "", "", 0)
    fine, poor, gone = Seen(0, opens=1, events=9), Seen(1, opens=1, events=9, lost=3), Seen(2)
    result.clients = [fine, poor, gone]
    assert result.worst(9) == [gone, poor]
    assert (result.failed, result.lost, result.is_good) == (1, 3, False)


def test_a_herd_is_drawn_where_it_was() -> None:
    result = Result(Plan(1, seconds=2), "", "", 0, duration=1.0)
    result.totals.herd[RECONNECTING].update([4] * 8 + [5] + [12])
    assert chart(result).lanes[RECONNECTING] == [0, 0, 0, 0, 8, 1, 0, 0, 0, 1]
    assert chart(result, 5).lanes[RECONNECTING] == [0, 0, 9, 0, 1]
    assert bars([0, 8, 4, 1], 8) == " █▄▁"
