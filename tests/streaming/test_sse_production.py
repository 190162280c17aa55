"""What is promised of a stream in production, one class for each kind of promise.

What takes long runs in virtual time (`virtual.World`), what needs a network runs against the reference server on real
sockets; nothing sleeps. `pytest tests/streaming/test_sse_production.py -v --results FILE` writes a summary as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sse_inspect.analysis.alerts import Alerts
from sse_inspect.analysis.metrics import Metrics
from sse_inspect.config import Policy
from sse_inspect.inputs import Asked, Chunk
from sse_inspect.net import network
from sse_inspect.records import (
    Alert,
    Backoff,
    Connecting,
    Disconnect,
    End,
    Event,
    Gap,
    GapFilled,
    Open,
    Recovered,
    Resumed,
    Retry,
    Stall,
    Summary,
)
from sse_inspect.server import After, ReferenceServer, ServerThread
from sse_inspect.session import State
from sse_inspect.wire import EventToken, Parser
from sse_inspect.wire.encoder import encode_comment, encode_event
from tests.net.scripted import Peer, Run, Scripted, full_backlog, in_loop, session
from tests.session.script import events, given, opened, reconnected
from tests.streaming.outages import SPREADS, simulated, truth
from tests.streaming.ranks import nearest_rank
from tests.streaming.virtual import Path, World
from tests.streaming.ways import (
    BLACK_HOLE,
    DNS,
    FREEZE,
    HANDOFF,
    REFUSED,
    UNAVAILABLE,
    UNREACHABLE,
    WAYS,
    Outage,
    Way,
)
from tests.test_inspection import opened as inspected_open

COMPLETION, MEAN, P95, P99 = 0.996, 2.5, 4.2, 4.8
"""Targets: the share of events that arrive, and the seconds of recovery."""
FIRST_DELAY, LONGEST_DELAY = 1.1, 4.4
"""Seconds of the first and of any delay before a reconnect, jitter included."""
SLOW_3G = Path(rtt=2.0, bandwidth=50_000)
LOSSY = Path(loss=0.1)


def open_world(**options: Any) -> World:
    """A world whose session is open and has got an event."""
    world = World(**options)
    world.opens()
    return world


def assert_complete(world: World) -> Summary:
    """Finish; everything arrived, in order and once, by the server's count and by the session's own."""
    summary = world.finish()
    found = truth(world)
    assert (found.lost, found.delivered_twice) == (0, 0)
    assert world.passed_on == sorted(world.passed_on)
    assert (summary.messages_lost, summary.duplicates["delivered"], summary.silent_failures) == (0, 0, 0)
    assert summary.completion_rate == 1.0
    return summary


class TestDeduplication:
    def test_what_is_replayed_too_much_is_not_passed_on_again(self) -> None:
        world = open_world(rate=2, replay_overlap=5)
        world.run(10)
        world.suffer(Outage(REFUSED, 3))
        summary = assert_complete(world)
        repeated = [event for event in world.all(Event) if event.duplicate]
        assert [event.replayed for event in repeated] == [True] * 5
        assert summary.duplicates == {"received": 5, "delivered": 0}

    def test_an_event_sent_twice_is_a_duplicate_and_no_replay(self) -> None:
        world = open_world(repeat_every=3)
        world.run(30.5)
        assert_complete(world)
        repeated = [event for event in world.all(Event) if event.duplicate]
        assert [event.id for event in repeated] == [str(number) for number in world.passed_on if number % 3 == 0]
        assert not any(event.replayed for event in repeated)

    def test_it_holds_over_many_outages_in_a_row(self) -> None:
        world = open_world(rate=2, replay_overlap=3)
        for _ in range(10):
            world.run(5)
            world.suffer(Outage(REFUSED, 2))
        assert assert_complete(world).duplicates["received"] == 30

    def test_ids_that_are_no_numbers_are_remembered_too(self) -> None:
        script = reconnected("one", "two", "three")
        assert script.feed(script.now, events("two", "three", "four"))[:3] == [
            "event two duplicate replayed",
            "event three duplicate replayed",
            "event four",
        ]

    def test_other_data_under_an_old_id_is_no_duplicate(self) -> None:
        script = reconnected(1, 2, 3)
        told = script.feed(script.now, events(1, data="another {}"))
        assert told[:2] == ["diagnosis id-restart", "event 1"]


class TestSequenceRecovery:
    def test_a_hole_is_counted_to_the_event(self) -> None:
        world = open_world(drop=((4, 6), (9, 9)), drop_mode="forever")
        world.run(20)
        summary = world.finish()
        assert [(gap.first, gap.last, gap.missing) for gap in world.all(Gap)] == [(4, 6, 3), (9, 9, 1)]
        assert summary.messages_lost == truth(world).lost == 4

    def test_replay_fills_what_was_missing(self) -> None:
        world = open_world(drop=((4, 6),), drop_mode="live", replay_overlap=14)
        world.run(15)
        assert world.inspection.snapshot().summary.messages_lost == 3
        world.suffer(Outage(REFUSED, 2))
        summary = world.finish()
        assert [filled.remaining for filled in world.all(GapFilled)] == [2, 1, 0]
        assert (summary.messages_lost, summary.completion_rate, truth(world).lost) == (0, 1.0, 0)

    @pytest.mark.parametrize("buffer", [0, 5, 12])
    def test_what_left_the_servers_buffer_is_missing_exactly(self, buffer: int) -> None:
        world = open_world(buffer=buffer)
        world.run(10)
        world.suffer(Outage(REFUSED, 20))
        summary = world.finish()
        assert 20 - buffer <= truth(world).lost <= 26 - buffer
        assert summary.messages_lost == truth(world).lost

    def test_the_sequence_goes_on_where_it_was_through_every_way_of_failing(self) -> None:
        world = open_world(rate=2)
        for way in WAYS:
            world.run(5)
            world.suffer(Outage(way, 8))
        assert_complete(world)
        assert world.passed_on == list(range(world.passed_on[0], world.passed_on[-1] + 1))


class TestReplay:
    def test_every_attempt_asks_for_what_follows_the_last_event(self) -> None:
        world = open_world()
        world.run(10)
        last = str(world.passed_on[-1])
        world.suffer(Outage(REFUSED, 15))
        assert world.requests[0] is None
        assert len(world.requests) > 4
        assert set(world.requests[1:]) == {last}

    def test_what_was_missed_comes_once_and_in_order(self) -> None:
        world = open_world(rate=2)
        world.run(5)
        before = len(world.passed_on)
        world.suffer(Outage(UNAVAILABLE, 30))
        assert len(world.passed_on) - before >= 60
        assert_complete(world)

    @pytest.mark.parametrize("tear", ["torn_after", "truncate_after"])
    def test_an_event_cut_in_two_is_thrown_away_and_comes_again_whole(self, tear: str) -> None:
        world = open_world(once=True, **{tear: After(events=5)})
        world.run(20)
        assert_complete(world)
        first, _ = world.all(Disconnect)
        assert first.partial > 0
        assert first.reason == ("eof" if tear == "torn_after" else "truncated")
        data = [event.data for event in world.all(Event)]
        feed, behaviour = world.stream.feed, world.behaviour
        assert data == [feed.payload(number - 1, behaviour).data for number in world.passed_on]

    def test_an_id_whose_block_had_no_data_counts(self) -> None:
        script = opened()
        script.feed(1, events(1) + b"id: 7\n\n")
        script.ends(2)
        assert script.tick_when_due() == ["connecting 1 after 7"]

    def test_the_first_request_may_name_an_id(self) -> None:
        world = World(last_event_id="7", first_id=5, rate=1)
        world.run(20)
        assert world.requests == ["7"]

    def test_an_id_taken_back_is_not_sent(self) -> None:
        script = opened()
        script.feed(1, events(1) + b"id\ndata: x\n\n")
        script.ends(2)
        assert script.tick_when_due() == ["connecting 1"]


class TestStallDetection:
    @pytest.mark.parametrize("limit", [5.0, 30.0, 120.0])
    def test_it_is_noticed_at_the_limit_and_no_sooner(self, limit: float) -> None:
        world = open_world(policy=Policy(stall_after=limit), heartbeat=0, once=True, silent_after=After(events=5))
        world.run(4 + limit + 5)
        (stall,) = world.all(Stall)
        last_byte = world.all(Event)[4].t
        assert stall.t - last_byte == pytest.approx(limit)
        assert stall.silence == pytest.approx(limit)
        assert world.all(Disconnect)[0].reason == "stall"
        assert_complete(world)

    def test_heartbeats_are_a_sign_of_life(self) -> None:
        world = open_world(heartbeat=10, silent_after=After(events=5), silent_heartbeats=True)
        world.run(600)
        assert (world.all(Stall), world.all(Disconnect)) == ([], [])
        assert world.inspection.snapshot().last_event == pytest.approx(world.now - 596, abs=2)

    def test_it_may_only_be_told(self) -> None:
        world = open_world(policy=Policy(on_stall="warn"), heartbeat=0, silent_after=After(events=5), silent_for=45)
        world.run(60)
        assert [stall.silence for stall in world.all(Stall)] == [30.0]
        (resumed,) = world.all(Resumed)
        assert resumed.silence == pytest.approx(45)
        assert world.all(Disconnect) == []
        assert_complete(world)

    def test_without_a_limit_silence_is_no_stall(self) -> None:
        world = open_world(policy=Policy(stall_after=0), heartbeat=0, silent_after=After(events=5))
        world.run(86_400)
        assert (world.all(Stall), world.all(Disconnect)) == ([], [])

    def test_a_response_that_does_not_begin_is_given_up(self) -> None:
        script = given()
        script.connects(0.1)
        assert script.session.deadline == pytest.approx(30.1)
        assert script.tick_when_due() == ["disconnect timeout", "backoff 1 exponential"]


class TestEventIdGeneration:
    @pytest.mark.parametrize(("rate", "first_id"), [(0.5, 1), (7.0, 100), (200.0, 10**15)])
    def test_ids_run_on_without_a_hole(self, rate: float, first_id: int) -> None:
        world = open_world(rate=rate, first_id=first_id)
        world.run(200 / rate)
        assert world.passed_on == list(range(world.passed_on[0], world.passed_on[0] + len(world.passed_on)))
        assert world.passed_on[0] >= first_id
        assert len(world.passed_on) >= 199

    def test_an_id_means_the_same_event_to_every_client(self) -> None:
        calm, troubled = (open_world(seed=1, rate=2) for _ in range(2))
        calm.run(60)
        for _ in range(3):
            troubled.run(5)
            troubled.suffer(Outage(REFUSED, 10))
        told, again = ({event.id: event.data for event in world.all(Event)} for world in (calm, troubled))
        shared = told.keys() & again.keys()
        assert len(shared) > 80
        assert all(told[name] == again[name] for name in shared)
        assert len({told[name] for name in shared}) == len(shared)

    def test_they_go_on_while_nobody_listens(self) -> None:
        world = open_world(rate=4, buffer=0)
        world.run(10)
        last = world.passed_on[-1]
        world.suffer(Outage(REFUSED, 25))
        world.run(1)
        first = next(number for number in world.passed_on if number > last)
        (recovered,) = world.all(Recovered)
        assert recovered.outage is not None
        assert first - last == pytest.approx(4 * recovered.outage, abs=2)

    def test_a_prefix_is_no_part_of_the_number(self) -> None:
        world = open_world(id_prefix="feed-", drop=((4, 5),), drop_mode="forever")
        world.run(10)
        (gap,) = world.all(Gap)
        assert (gap.prefix, gap.first, gap.last) == ("feed-", 4, 5)
        world.suffer(Outage(REFUSED, 5))
        assert str(world.requests[1]).startswith("feed-")
        assert world.finish().messages_lost == 2


class TestCompletionMetrics:
    def test_it_is_1_when_everything_came(self) -> None:
        world = open_world()
        world.run(100)
        assert assert_complete(world).received == len(world.passed_on) > 95

    @pytest.mark.parametrize("every", [4, 10, 200])
    def test_it_is_the_share_that_came(self, every: int) -> None:
        world = open_world(rate=10, drop_every=every, drop_mode="forever", count=500)
        world.run(52)
        summary = world.inspection.snapshot().summary
        came = len(world.passed_on)
        assert summary.completion_rate == came / (came + summary.messages_lost)
        assert summary.messages_lost == pytest.approx(500 / every, abs=1)

    def test_without_ids_it_is_not_known_rather_than_1(self) -> None:
        world = open_world(ids=False)
        world.run(50)
        summary = world.finish()
        assert (summary.events > 40, summary.completion_rate) == (True, None)

    def test_duplicates_do_not_raise_it(self) -> None:
        world = open_world(repeat_every=1, drop_every=4, drop_mode="forever")
        world.run(99.5)
        summary = world.finish()
        assert summary.events == 2 * summary.received
        assert summary.completion_rate == pytest.approx(0.75, abs=0.01)

    def test_reconnect_seconds_are_those_of_the_reconnects(self) -> None:
        world = open_world(seed=3)
        for quarters in range(1, 41):
            world.run(5)
            world.suffer(Outage(REFUSED, quarters / 4))
        summary = assert_complete(world)
        seconds = sorted(recovered.reconnect for recovered in world.all(Recovered) if recovered.reconnect is not None)
        told = summary.reconnect_seconds
        assert told["count"] == 40
        assert told["mean"] == pytest.approx(sum(seconds) / 40)
        assert [told[name] for name in ("p50", "p95", "p99", "max")] == [
            nearest_rank(seconds, q) for q in (0.5, 0.95, 0.99, 1.0)
        ]


class TestBackoff:
    def test_delays_grow_to_the_cap_and_are_spread(self) -> None:
        world = open_world()
        world.suffer(Outage(REFUSED, 30))
        ratios = [wait.delay / asked for wait, asked in zip(world.all(Backoff), (1, 2, 4, 4, 4, 4), strict=False)]
        assert len(ratios) == 6
        assert all(0.9 <= ratio <= 1.1 for ratio in ratios)
        assert len(set(ratios)) == 6

    def test_an_attempt_begins_when_the_delay_is_over(self) -> None:
        world = open_world()
        world.suffer(Outage(REFUSED, 30))
        due = [wait.t + wait.delay for wait in world.all(Backoff)]
        assert [attempt.t for attempt in world.all(Connecting)[1:]] == pytest.approx(due)

    def test_it_begins_anew_once_an_event_came(self) -> None:
        world = open_world()
        world.suffer(Outage(REFUSED, 30))
        world.run(5)
        before = len(world.all(Backoff))
        world.suffer(Outage(REFUSED, 1))
        assert 0.9 <= world.all(Backoff)[before].delay <= FIRST_DELAY

    def test_a_connection_without_an_event_does_not_reset_it(self) -> None:
        script = opened()
        delays = []
        for _ in range(4):
            script.feed(script.now + 1, b": hello\n\n")
            script.ends(script.now + 1)
            delays.append(script.the(Backoff).delay)
            script.reopens()
        assert delays == [1, 2, 4, 4]

    def test_clients_that_were_cut_together_do_not_come_back_together(self) -> None:
        worlds = [open_world(seed=seed) for seed in range(60)]
        for world in worlds:
            world.suffer(Outage(REFUSED, 0.1))
        delays = sorted(world.all(Backoff)[0].delay for world in worlds)
        assert delays[0] < 0.92
        assert delays[-1] > 1.08
        assert max(later - sooner for sooner, later in pairwise(delays)) < 0.03

    def test_a_server_may_ask_for_more_patience(self) -> None:
        script = opened()
        script.feed(1, b"retry: 6000\n\n" + events(1))
        assert script.ends(2)[-1] == "backoff 6 retry-field"
        script.tick_when_due()
        assert script.answers(9, 503, {"retry-after": "20"})[-1] == "backoff 20 retry-after"


class TestStreamState:
    def test_the_life_of_a_stream(self) -> None:
        world = open_world()
        world.run(5)
        world.suffer(Outage(REFUSED, 0.5))
        world.finish()
        once = [State.CONNECTING, State.OPEN]
        assert world.states == [*once, State.WAITING, *once, State.CLOSED]

    def test_no_other_change_than_those_drawn(self) -> None:
        world = open_world(rate=0.5)
        for way in WAYS * 2:
            world.run(5)
            world.suffer(Outage(way, 20))
        world.finish()
        drawn = {
            (State.CONNECTING, State.OPEN),
            (State.CONNECTING, State.WAITING),
            (State.OPEN, State.WAITING),
            (State.WAITING, State.CONNECTING),
            (State.OPEN, State.CLOSED),
        }
        assert set(pairwise(world.states)) == drawn

    def test_what_belongs_to_a_connection_that_is_over_is_void(self) -> None:
        world = open_world()
        world.begin(REFUSED)
        world.run(1, until=lambda: world.session.state is State.WAITING)
        count = len(world.records)
        world.give(Chunk(world.now, events(999), 20))
        assert world.session.handle(Chunk(world.now, events(999), 20)) == []
        assert len(world.records) == count
        assert 999 not in world.passed_on

    def test_204_ends_it_for_good(self) -> None:
        script = reconnected(1)
        script.ends(4)
        script.tick_when_due()
        assert script.answers(6, 204) == ["end no-content"]
        assert (script.session.state, script.session.deadline) == (State.CLOSED, None)

    @pytest.mark.parametrize("state", [State.CONNECTING, State.OPEN, State.WAITING])
    def test_it_can_be_stopped_in_any_state(self, state: State) -> None:
        world = open_world()
        world.begin(BLACK_HOLE if state is not State.OPEN else FREEZE)
        assert world.run(10, until=lambda: world.session.state is state)
        world.give(Asked(world.now, "stop"))
        *_, end, summary = world.records
        assert isinstance(end, End)
        assert isinstance(summary, Summary)
        assert (end.reason, world.session.state) == ("interrupted", State.CLOSED)


class TestNetworkResilience:
    @pytest.mark.parametrize("way", WAYS, ids=str)
    def test_nothing_is_lost_in_any_way_of_failing(self, way: Way) -> None:
        world = open_world(seed=5, rate=2)
        for seconds in (0.1, 0.5, 2, 8, 20, 40, 60):
            world.run(7)
            recovery = world.suffer(Outage(way, seconds))
            assert recovery.seconds is None or recovery.seconds <= 10 + LONGEST_DELAY
            assert not recovery.was_silent
        assert_complete(world)

    @pytest.mark.parametrize("spread", SPREADS)
    def test_half_of_a_thousand_outages(self, spread: str, record_property: Callable[[str, object], None]) -> None:
        """Recovery runs from the end of the fault to `open`.

        Where the fault is silent (a handoff, a freeze) nothing can be known before the stall limit: there it runs from
        the limit, if that is later than the end. An outage that the connection survived needs no recovery, and is not
        counted among them.
        """
        figures = simulated(spread)
        record_property("figures", figures.told(spread))
        assert len(figures.seconds) >= 500
        assert figures.completion >= COMPLETION
        assert (figures.lost, figures.duplicates, figures.silent) == (0, 0, 0)
        assert figures.mean <= MEAN
        assert figures.quantile(0.95) <= P95
        assert figures.quantile(0.99) <= P99

    def test_a_flapping_network(self) -> None:
        world = open_world(rate=5)
        for count in range(60):
            world.begin(WAYS[count % 4])
            world.run(0.3)
            world.end()
            world.run(0.7)
        assert world.run(LONGEST_DELAY + 1, until=lambda: world.session.state is State.OPEN)
        assert_complete(world)


class TestEventFormat:
    @pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
    def test_data_and_type_arrive_as_they_were_sent(self, newline: str) -> None:
        world = open_world(newline=newline, lines=4, text="unicode", bom=True, chunks_per_event=9)
        world.run(30)
        assert_complete(world)
        for event in world.all(Event):
            sent = world.stream.feed.payload(int(event.id or 0) - 1, world.behaviour)
            assert (event.event, event.data) == (sent.type or "message", sent.data)
            assert event.data.count("\n") == 3

    def test_wherever_the_network_cuts_it(self) -> None:
        blocks = [encode_event(f"Grüße\n{n}", event="tick", id=str(n), newline="\r\n") for n in range(3)]
        body = b"\xef\xbb\xbf" + encode_comment("hello") + b"\n".join(blocks)

        def read(*parts: bytes) -> list[tuple[str, str, str | None]]:
            parser = Parser(max_event_bytes=1000)
            tokens = [token for part in parts for token in parser.feed(part)]
            return [(token.event, token.data, token.id) for token in tokens if isinstance(token, EventToken)]

        whole = read(body)
        assert whole == [("tick", f"Grüße\n{n}", str(n)) for n in range(3)]
        for cut in range(1, len(body)):
            assert read(body[:cut], body[cut:]) == whole
        assert read(*(bytes([byte]) for byte in body)) == whole

    @pytest.mark.parametrize(
        ("block", "told"),
        [
            (b"data\n\n", [("message", "")]),
            (b"data:a\ndata: b\ndata:  c\n\n", [("message", "a\nb\n c")]),
            (b"event: x\n\n", []),
            (b"event: x\nevent\ndata: 1\n\n", [("message", "1")]),
            (b"Data: 1\n data: 2\ndata : 3\nfoo: 4\n\n", []),
            (b": data: 1\ndata: \xff\n\n", [("message", "�")]),
            (b"data: never finished\n", []),
        ],
    )
    def test_blocks_are_read_as_the_standard_says(self, block: bytes, told: list[tuple[str, str]]) -> None:
        script = opened()
        script.feed(1, block)
        assert [(event.event, event.data) for event in script.all(Event)] == told

    def test_ids_and_retries_that_do_not_count(self) -> None:
        script = opened()
        script.feed(1, b"id: 1\ndata: a\n\nid: 2\x00\nretry: -5\nretry: 5s\ndata: b\n\nretry: 50\n\n")
        assert [(event.id, event.last_event_id) for event in script.all(Event)] == [("1", "1"), (None, "1")]
        assert [retry.reconnection_time for retry in script.all(Retry)] == [50]


def assert_whole(run: Run) -> None:
    """Every ID once and in order, and the summary says so."""
    numbers = [int(event.id) for event in run.of("event") if not event.duplicate]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    (summary,) = run.of("summary")
    assert (summary.completion_rate, summary.messages_lost, summary.duplicates["delivered"]) == (1.0, 0, 0)
    assert summary.silent_failures == 0


class TestIntegration:
    """Real sockets: the whole client against the reference server."""

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ({"reset_after": 20}, "reset"),
            ({"close_after": 20}, "eof"),
            ({"truncate_after": 20}, "truncated"),
            ({"silent_after": 20}, "stall"),
        ],
    )
    @in_loop
    async def test_a_server_that_fails_is_gone_on_with(self, fault: dict[str, int], reason: str) -> None:
        async with ReferenceServer() as server:
            url = server.url("/s", rate=400, once=True, heartbeat=0, **fault)
            async with session(url, count=80, stall_after=0.15) as run:
                await run.end()
        assert run.reasons == [reason, "forced"]
        assert_whole(run)

    @pytest.mark.parametrize("fault", ["offline:0.1", "reset", "stall"])
    @in_loop
    async def test_a_fault_of_ones_own_is_told_and_survived(self, fault: str) -> None:
        async with ReferenceServer() as server:
            url = server.url("/s", rate=400, heartbeat=0)
            async with session(url, stall_after=0.15) as run:
                await run.until("event", 20)
                run.live.ask("inject", fault)
                await run.until("recovered")
                await run.stop()
        told = run.of("fault")[0]
        assert (told.fault, told.state) == (fault, "begun")
        assert_whole(run)

    @in_loop
    async def test_the_last_event_id_goes_over_the_wire(self) -> None:
        async def ending(peer: Peer) -> None:
            await peer.open()
            await peer.events(41, 42)

        async def going_on(peer: Peer) -> None:
            await peer.open()
            await peer.events(43)
            await peer.gone()

        async with Scripted(ending, going_on) as server, session(server.url()) as run:
            await run.until("event", 3)
            await run.stop()
        assert [request.get("last-event-id") for request in server.requests] == [None, "42"]
        assert_whole(run)

    @in_loop
    async def test_a_connection_that_hangs_gets_another_try_beside_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the simulations rest on: TCP repeats a lost SYN ever later, a new try meets a network that is back."""
        tries: list[object] = []
        connect = network._connect

        async def counted(address: Any) -> Any:
            tries.append(address)
            return await connect(address)

        monkeypatch.setattr(network, "_connect", counted)
        monkeypatch.setattr(network, "REDIAL_DELAY", 0.02)
        with full_backlog() as port:
            async with session(f"http://127.0.0.1:{port}/", connect_timeout=0.3, max_retries=0) as run:
                await run.end()
        assert run.reasons == ["timeout"]
        assert len(tries) > 3

    def test_the_command_tells_the_same(self) -> None:
        options = ("-f", "ndjson", "--count", "60", "--backoff-initial", "0")
        with ServerThread() as server:
            url = server.url("/s", rate=400, once=True, reset_after=20)
            command = [sys.executable, "-m", "sse_inspect", "tail", *options, url]
            result = subprocess.run(command, capture_output=True, check=False, timeout=20)
        records = [json.loads(line) for line in result.stdout.decode().removesuffix("\n").split("\n")]
        numbers = [int(record["id"]) for record in records if record["kind"] == "event"]
        assert numbers == list(range(numbers[0], numbers[0] + 60))
        assert (records[-1]["completion_rate"], records[-1]["disconnects"]["reset"]) == (1.0, 1)
        assert result.returncode == 0


class TestScenarioSlow3G:
    """2 s there and back, 50 kB/s."""

    def test_everything_arrives_in_order_on_one_connection(self) -> None:
        world = open_world(path=SLOW_3G, size=2000)
        world.run(300)
        summary = assert_complete(world)
        assert (summary.connections, summary.stalls["count"]) == (1, 0)

    def test_slow_is_told_and_is_no_failure(self) -> None:
        world = open_world(path=SLOW_3G)
        (first,) = world.all(Open)
        assert first.timings["first_byte"] == pytest.approx(4.0, abs=0.1)
        assert world.all(Disconnect) == []

    def test_an_outage_on_it_costs_no_event(self) -> None:
        world = open_world(path=SLOW_3G, size=2000)
        for way in (REFUSED, UNREACHABLE, DNS, HANDOFF):
            world.run(20)
            recovery = world.suffer(Outage(way, 10))
            assert recovery.seconds is not None
            assert recovery.seconds <= LONGEST_DELAY + 2 * SLOW_3G.rtt + 1
        assert_complete(world)


class TestScenarioStallOver30S:
    def stalled(self, **options: Any) -> World:
        world = open_world(heartbeat=0, **options)
        world.run(5)
        return world

    def test_it_is_noticed_at_30_s_and_over_soon_after(self) -> None:
        world = self.stalled()
        recovery = world.suffer(Outage(HANDOFF, 25))
        (stall,) = world.all(Stall)
        assert stall.silence == pytest.approx(30.0)
        assert recovery.seconds is not None
        assert recovery.seconds < FIRST_DELAY + 1
        assert_complete(world)

    def test_29_s_are_none(self) -> None:
        world = self.stalled(once=True, silent_after=After(seconds=8.0), silent_for=28.9)
        world.run(60)
        assert (world.all(Stall), world.all(Disconnect)) == ([], [])
        assert max(later.t - sooner.t for sooner, later in pairwise(world.all(Event))) > 28.5
        assert_complete(world)

    def test_an_alert_fires_while_it_lasts(self) -> None:
        world = self.stalled()
        world.suffer(Outage(FREEZE, 45))
        told = [(alert.name, alert.state) for alert in world.all(Alert)]
        assert told[:2] == [("StreamStalled", "firing"), ("StreamStalled", "resolved")]
        fired, resolved = world.all(Alert)[:2]
        assert (fired.t, resolved.t) == (world.all(Stall)[0].t, world.all(Open)[1].t)

    def test_what_the_frozen_connection_held_comes_by_replay(self) -> None:
        world = self.stalled(rate=3)
        world.suffer(Outage(FREEZE, 45))
        assert world.all(Recovered)[0].outage == pytest.approx(46, abs=4)
        assert_complete(world)


class TestScenarioTenPercentLoss:
    def test_nothing_is_lost_and_order_is_kept(self) -> None:
        world = open_world(path=LOSSY, rate=3)
        world.run(300)
        assert_complete(world)
        delays = [event.t - (int(event.id or 0) - 1) / 3 for event in world.all(Event)]
        assert sum(delay > 0.2 for delay in delays) > 50  # some did come late

    def test_lost_packets_are_no_outage(self) -> None:
        world = open_world(path=LOSSY, rate=3)
        world.run(300)
        assert (world.all(Stall), world.all(Disconnect)) == ([], [])

    def test_outages_on_top_of_it_are_recovered_from(self) -> None:
        world = open_world(path=LOSSY, rate=2, seed=7)
        recoveries = []
        for count in range(24):
            world.run(5)
            recoveries.append(world.suffer(Outage(WAYS[count % 4], 1 + count)))
        assert not any(recovery.was_silent for recovery in recoveries)
        seconds = sorted(recovery.seconds for recovery in recoveries if recovery.seconds is not None)
        assert nearest_rank(seconds, 0.5) <= MEAN
        assert seconds[-1] <= LONGEST_DELAY + 4
        assert_complete(world)


class TestScenarioWifiTo4GHandoff:
    def handed_off(self) -> tuple[World, float]:
        world = open_world(rate=2)
        world.run(10)
        world.path = Path(rtt=0.12, address="198.51.100.7:443")
        recovery = world.suffer(Outage(HANDOFF, 2))
        assert recovery.seconds is not None
        return world, recovery.seconds

    def test_the_dead_connection_is_given_up_at_the_limit(self) -> None:
        world, seconds = self.handed_off()
        assert [record.reason for record in world.all(Disconnect)] == ["stall"]
        assert seconds <= FIRST_DELAY + 0.3

    def test_the_new_network_is_asked_for_what_was_missed(self) -> None:
        world, _ = self.handed_off()
        before, after = world.all(Open)
        assert (before.peer, after.peer) == ("192.0.2.1:80", "198.51.100.7:443")
        assert world.requests[1] is not None
        assert int(world.requests[1]) == max(
            int(event.id or 0) for event in world.all(Event) if event.connection == before.connection
        )
        assert_complete(world)

    def test_who_knows_better_need_not_wait(self) -> None:
        world = open_world(rate=2)
        world.run(10)
        world.begin(HANDOFF)
        world.run(2)
        world.end()
        asked = world.now
        world.give(Asked(asked, "reconnect"))
        world.opens()
        assert world.all(Open)[1].t - asked < 0.5
        assert_complete(world)


class TestScenarioThreeOffOn:
    """No network for a second, three times, a second apart."""

    def off_on(self, seed: int) -> tuple[World, int]:
        world = open_world(rate=5, seed=seed)
        world.run(5)
        cut = 0
        for _ in range(3):
            cut += world.connection is not None and world.connection.stands
            world.begin(UNREACHABLE)
            world.run(1)
            world.end()
            world.run(1)
        return world, cut

    @pytest.mark.parametrize("seed", range(5))
    def test_nothing_is_lost(self, seed: int) -> None:
        world, _ = self.off_on(seed)
        world.run(LONGEST_DELAY + 1)
        assert_complete(world)

    @pytest.mark.parametrize("seed", range(5))
    def test_every_cut_is_told_once(self, seed: int) -> None:
        world, cut = self.off_on(seed)
        assert cut >= 1
        assert [record.reason for record in world.all(Disconnect)].count("reset") == cut
        assert {record.reason for record in world.all(Disconnect)} <= {"reset", "unreachable"}

    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_back_soon_after_the_last(self, seed: int) -> None:
        world, _ = self.off_on(seed)
        since = world.now - 1
        assert world.run(20, until=lambda: world.session.state is State.OPEN)
        assert world.now - since <= LONGEST_DELAY + 0.3


class TestScenarioNoSilentFailure:
    @pytest.mark.parametrize("way", WAYS, ids=str)
    def test_an_outage_shows_within_a_second(self, way: Way) -> None:
        world = open_world()
        world.run(5)
        assert not world.suffer(Outage(way, 50)).was_silent
        assert world.finish().silent_failures == 0

    @pytest.mark.parametrize(("late", "silent"), [(0.9, 0), (1.1, 1), (60.0, 1)])
    def test_what_is_handled_too_late_is_owned_up_to(self, late: float, silent: int) -> None:
        script = inspected_open()
        script.tick((script.session.deadline or 0.0) + late)
        assert script.snapshot.summary.silent_failures == silent
        firing = [view.name for view in script.snapshot.alerts if view.firing]
        script.reopens()
        assert firing == ["StreamStalled"]
        assert [view.firing for view in script.snapshot.alerts if view.name == "StreamStalled"] == [bool(silent)]

    @pytest.mark.parametrize(("late", "silent"), [(0.5, 0), (1.5, 1)])
    def test_so_is_a_screen_that_shows_it_too_late(self, late: float, silent: int) -> None:
        script = inspected_open()
        script.ends(5, "reset")
        script.inspection.painted(5 + late)
        assert script.snapshot.summary.silent_failures == silent


class TestMonitoring:
    def test_the_six_metrics_of_a_known_session(self) -> None:
        script = inspected_open(stall_after=5)
        script.feed(1, events(1, 2, 3, 3, 5))
        script.tick(6)
        script.tick_when_due()
        script.opens(7.5)
        script.feed(8, events(5, 6))
        script.asked(9, "stop")
        (summary,) = script.all(Summary)
        assert summary.completion_rate == 5 / 6
        assert summary.reconnect_seconds == {"count": 1, "mean": 1.5, "p50": 1.5, "p95": 1.5, "p99": 1.5, "max": 1.5}
        assert summary.messages_lost == 1
        assert summary.duplicates == {"received": 2, "delivered": 0}
        assert summary.stalls == {"count": 1, "longest": 5.0}
        assert summary.silent_failures == 0

    @staticmethod
    def changes(script: Any, name: str) -> list[str]:
        return [alert.state for alert in script.all(Alert) if alert.name == name]

    def test_low_completion_rate_below_995_of_1000(self) -> None:
        script = inspected_open()
        script.feed(1, events(*range(1, 199), 200))  # 199 of 200
        assert self.changes(script, "LowCompletionRate") == []
        script.feed(2, events(202))
        assert self.changes(script, "LowCompletionRate") == ["firing"]
        script.feed(3, events(201))
        assert self.changes(script, "LowCompletionRate") == ["firing", "resolved"]

    @pytest.mark.parametrize(("seconds", "states"), [(4.9, []), (5.0, ["firing"])])
    def test_slow_reconnect_from_5_s(self, seconds: float, states: list[str]) -> None:
        script = inspected_open()
        script.ends(10.0, "reset")
        script.tick_when_due()
        script.opens(10 + seconds)
        script.feed(10 + seconds, events(1))
        assert self.changes(script, "SlowReconnect") == states

    def test_message_loss_from_the_first_until_it_is_filled(self) -> None:
        script = inspected_open()
        script.feed(1, events(1, 2))
        assert self.changes(script, "MessageLoss") == []
        script.feed(2, events(4))
        assert self.changes(script, "MessageLoss") == ["firing"]
        script.feed(3, events(3))
        assert self.changes(script, "MessageLoss") == ["firing", "resolved"]

    @pytest.mark.parametrize(("marked", "states"), [(True, []), (False, ["firing"])])
    def test_duplicate_delivery_is_found_behind_the_sessions_back(self, marked: bool, states: list[str]) -> None:
        metrics = Metrics()
        for n, duplicate in ((1, False), (2, marked)):
            metrics.fold(Event(1.0, 1, n, "message", "x", "7", "7", 0, 9, duplicate, False, False, False))
        summary = metrics.summary(
            1.0, 1, received=1, missing=0, gaps_known=True, silent_failures=0, size=0, wire_size=0
        )
        found = [alert for alert in Alerts().evaluate(summary, stalled=False) if alert.name == "DuplicateDelivery"]
        assert [alert.state for alert in found] == states

    def test_stream_stalled_while_it_is(self) -> None:
        script = inspected_open(on_stall="warn")
        script.tick_when_due()
        assert self.changes(script, "StreamStalled") == ["firing"]
        script.feed(40, b": alive\n")
        assert self.changes(script, "StreamStalled") == ["firing", "resolved"]
