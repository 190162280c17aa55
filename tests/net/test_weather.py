"""The passage that bytes go through in bad weather, on a clock of the test's own; and what it does to real ones."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.faults import parse
from sse_inspect.net.failures import InjectedError
from sse_inspect.net.stream import READ_AHEAD
from sse_inspect.net.weather import CALM, SEGMENT, Conditions, Passage, Weather, retransmissions
from tests.net.http2 import H2Peer, http2_session
from tests.net.scripted import CHUNKED, LAST, Peer, Script, Scripted, chunk, event, in_loop, session


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Sky:
    """A passage, and the clock and timers it is given."""

    def __init__(self, *spelled: str, chances: Iterable[float] = ()) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.out: list[tuple[float, bytes]] = []
        self.ended: list[tuple[float, Exception | None]] = []
        self.dropped = self.begun = 0
        self.is_calm = False
        numbers = iter(chances) if chances else iter(random.Random(1).random, None)
        self.weather = Weather(lambda: next(numbers), self._begun)
        self.passage = Passage(self, self.weather, lambda: self.now, self._later)
        self.under(*spelled)

    def under(self, *spelled: str) -> None:
        conditions = CALM
        for each in spelled:
            conditions = conditions.under(parse(each))
        self.weather.conditions = conditions
        self.passage.change(conditions)

    def until(self, t: float) -> None:
        """Let time go by."""
        while due := sorted((timer for timer in self.timers if timer.at <= t), key=lambda timer: timer.at):
            self.timers.remove(due[0])
            self.now = max(self.now, due[0].at)
            due[0].call()
        self.now = max(self.now, t)

    def arrive(self, data: bytes, t: float | None = None) -> None:
        self.until(self.now if t is None else t)
        self.passage.arrive(self.now, data)

    def end(self, failure: Exception | None = None) -> None:
        self.passage.end(self.now, failure)

    def _later(self, delay: float, call: Callable[[], None]) -> Timer:
        assert delay > 0
        timer = Timer(self.now + delay, call)
        self.timers.append(timer)
        original = timer.cancel

        def cancel() -> None:
            original()
            self.timers = [each for each in self.timers if each is not timer]

        timer.cancel = cancel  # type: ignore[method-assign]  # so that none that was cancelled is left to wait for
        return timer

    def _begun(self) -> None:
        self.begun += 1

    def deliver(self, t: float, data: bytes) -> None:
        assert data
        assert not self.ended
        self.out.append((t, data))

    def finish(self, failure: Exception | None) -> None:
        self.ended.append((self.now, failure))

    def drop(self, size: int) -> None:
        self.dropped += size

    def calmed(self) -> None:
        self.is_calm = True

    @property
    def data(self) -> bytes:
        return b"".join(data for _, data in self.out)


FOREVER = 1e9
LASTING = ["stall", "slow-reading:700", "throttle:3", "slow-3g", "loss:30", "slow-start:2"]


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=5000),
            st.floats(0, 5),
            st.lists(st.sampled_from(LASTING), max_size=4, unique=True),
        ),
        max_size=20,
    ),
    reset=st.booleans(),
)
def test_whatever_the_weather_bytes_come_through_whole_and_in_order_and_then_the_end(
    steps: list[bytes | float | list[str]], reset: bool
) -> None:
    sky, sent = Sky("throttle:5"), b""
    for step in steps:
        if isinstance(step, bytes):
            sky.arrive(step)
            sent += step
        elif isinstance(step, list):
            sky.under(*step)
        else:
            sky.until(sky.now + step)
    failure = ConnectionResetError() if reset else None
    sky.end(failure)
    sky.under("loss:50", "throttle:100")
    sky.until(FOREVER)
    assert sky.data == sent
    assert [each for _, each in sky.ended] == [failure]
    assert [t for t, _ in sky.out] == sorted(t for t, _ in sky.out)
    assert not sky.timers
    assert not sky.dropped


def test_a_throttle_is_a_link_that_needs_its_time_for_every_byte() -> None:
    sky = Sky("throttle:8")  # 1000 bytes a second
    sky.arrive(b"x" * 500)
    sky.arrive(b"y" * 500, 0.1)
    sky.until(0.5)
    assert len(sky.data) == pytest.approx(500, abs=20)
    sky.until(1.001)
    assert len(sky.data) == 1000
    assert all(len(data) <= 20 for _, data in sky.out)
    sky.arrive(b"z" * 100, 5.0)
    sky.until(FOREVER)
    assert sky.out[-1][0] == pytest.approx(5.1)


def test_slow_3g_is_late_and_slow_and_its_end_is_late_too() -> None:
    sky = Sky("slow-3g")
    sky.arrive(b"x" * 125)
    sky.end()
    sky.until(FOREVER)
    assert sky.out[-1][0] == pytest.approx(0.4 + 125 / 12_500)
    assert sky.ended[0][0] >= sky.out[-1][0]
    assert sky.weather.opening() == pytest.approx(0.8)


def test_what_is_lost_comes_a_retransmission_later_and_what_is_behind_it_waits() -> None:
    sky = Sky("loss:50", chances=[0.4, 0.4, 0.9, 0.9, 0.9])  # the first segment is lost twice, the others never
    sky.arrive(b"x" * SEGMENT + b"y" * SEGMENT + b"z")
    sky.until(0.59)
    assert not sky.out
    sky.until(0.61)
    assert [len(data) for _, data in sky.out] == [SEGMENT, SEGMENT, 1]
    assert [t for t, _ in sky.out] == pytest.approx([0.6] * 3)


@pytest.mark.parametrize(("lost", "seconds"), [(0, 0.0), (1, 1.0), (2, 3.0), (3, 7.0)])
def test_a_lost_syn_costs_one_two_four_seconds(lost: int, seconds: float) -> None:
    chances = iter([0.0] * lost + [1.0])
    assert retransmissions(0.1, 1.0, lambda: next(chances)) == seconds


def test_faults_act_together() -> None:
    both = CALM
    for spelled in ("throttle:8", "slow-3g", "loss:50", "loss:20", "corrupt:9", "corrupt:7", "slow-reading:1e9"):
        both = both.under(parse(spelled))
    assert both == Conditions(rate=1000.0, latency=0.4, loss=both.loss, corrupt=7, reluctant=True)
    assert both.loss == pytest.approx(0.6)


def test_what_is_held_comes_when_it_is_lifted_and_then_the_passage_is_over() -> None:
    sky = Sky("stall")
    sky.arrive(b"one")
    sky.arrive(b"two", 1.0)
    sky.end()
    sky.until(FOREVER)
    assert not sky.out
    assert not sky.is_calm
    sky.under()
    assert sky.out == [(FOREVER, b"one"), (FOREVER, b"two")]
    assert sky.ended == [(FOREVER, None)]
    assert sky.is_calm


def test_a_freeze_within_a_throttle_gives_no_credit() -> None:
    sky = Sky("throttle:8", "stall")
    sky.arrive(b"x" * 100)
    sky.until(50.0)
    sky.under("throttle:8")
    sky.until(50.05)
    assert len(sky.data) <= 60
    sky.until(50.2)
    assert len(sky.data) == 100


def test_after_a_handoff_nothing_comes_any_more_not_even_when_it_is_lifted() -> None:
    sky = Sky("stall")
    sky.arrive(b"held")
    sky.under("handoff")
    sky.arrive(b"later")
    sky.end(ConnectionResetError())
    sky.under()
    sky.arrive(b"much later")
    sky.until(FOREVER)
    assert (sky.out, sky.ended, sky.is_calm) == ([], [], False)
    assert sky.dropped == len(b"heldlatermuch later")


def test_half_of_the_next_bytes_and_then_the_end() -> None:
    sky = Sky("half")
    sky.arrive(b"abcdef")
    sky.arrive(b"more")
    sky.end()
    assert sky.data == b"abc"
    ((_, failure),) = sky.ended
    assert isinstance(failure, InjectedError)
    assert "on purpose" in str(failure)
    assert sky.dropped == 3 + 4


@pytest.mark.parametrize(
    ("read", "passed"),
    [
        (b"data: 1\n\n" * 2, b"data: 1\n\nd"),
        (b"data: 1\r\n\r\n" * 4, b"data: 1\r\n\r\n" * 2 + b"d"),
        (b"\n\n", b"\n"),
        (b"a", b""),
    ],
)
def test_half_of_several_events_is_half_an_event(read: bytes, passed: bytes) -> None:
    sky = Sky("half")
    sky.arrive(read)
    assert (sky.data, sky.dropped) == (passed, len(read) - len(passed))
    assert sky.ended


def test_only_the_first_bytes_of_a_slow_start_are_late() -> None:
    sky = Sky("slow-start:3")
    sky.arrive(b"one", 1.0)
    sky.arrive(b"two", 2.0)
    sky.until(3.9)
    assert not sky.out
    sky.until(FOREVER)
    assert [t for t, _ in sky.out] == [4.0, 4.0]
    assert sky.begun == 1
    sky.arrive(b"three", FOREVER + 1)
    assert sky.out[-1] == (FOREVER + 1, b"three")


@given(st.lists(st.integers(1, 300), max_size=20), st.integers(1, 50))
def test_one_bit_in_one_of_every_so_many_bytes(sizes: list[int], one_in: int) -> None:
    sky = Sky(f"corrupt:{one_in}")
    for size in sizes:
        sky.arrive(bytes(size))
    spoiled = sky.data
    assert len(spoiled) == sum(sizes)
    assert all(byte.bit_count() <= 1 for byte in spoiled)
    for start in range(0, len(spoiled) - one_in + 1, one_in):
        assert sum(map(bool, spoiled[start : start + one_in])) == 1


# Over real connections


def steady(count: int = 200, pause: float = 0.005) -> Script:
    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, count + 1):
            await peer.send(chunk(event(number)))
            await asyncio.sleep(pause)
        await peer.send(LAST)

    return script


@pytest.mark.parametrize(
    "fault", ["throttle:64", "slow-3g/0.05", "loss:10", "torn", "slow-reading:5000", "stall/0.05", "throttle:80/0.05"]
)
@in_loop
async def test_nothing_is_lost_and_the_end_comes_last(fault: str) -> None:
    async with Scripted(steady(40)) as server, session(server.url(), max_retries=0) as run:
        await run.until("event")
        run.live.ask("inject", fault)
        await run.end()
    assert run.ids == [str(number) for number in range(1, 41)]
    assert run.reasons == ["eof"]
    times = [record.t for record in run.records]
    assert times == sorted(times)


@in_loop
async def test_torn_bytes_come_one_by_one() -> None:
    async with Scripted(steady(4)) as server, session(server.url(), max_retries=0) as run:
        sizes: list[int] = []
        run.live.inspection.tap_inputs(lambda happened, *_: sizes.append(len(getattr(happened, "data", b""))))
        run.live.ask("inject", "torn")
        await run.end()
    assert run.ids == ["1", "2", "3", "4"]
    assert set(sizes) <= {0, 1}


@in_loop
async def test_a_new_connection_has_the_weather_from_its_beginning() -> None:
    async with Scripted(steady(1)) as server, session(server.url(), max_retries=0) as run:
        run.live.ask("inject", "throttle:16")  # 2000 bytes a second
        began = await run.until("connecting")
        opened = await run.until("open")
        await run.end()
    assert opened.t - began.t >= len(f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n\r\n") / 2000


@in_loop
async def test_slow_3g_opens_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_inspect.net.weather.SLOW_3G", (12_500.0, 0.03))
    async with Scripted(steady(1)) as server, session(server.url(), max_retries=0) as run:
        run.live.ask("inject", "slow-3g")
        opened = await run.until("open")
        await run.end()
    assert opened.timings["tcp"] >= 0.06
    assert opened.timings["first_byte"] >= 0.06


@in_loop
async def test_a_slow_reader_is_felt_by_the_server() -> None:
    pushed = 0

    async def script(peer: Peer) -> None:
        nonlocal pushed
        connected = peer.writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peer.writer.transport.set_write_buffer_limits(high=0)
        await peer.open()
        await peer.events(1)
        await asyncio.sleep(0.05)  # until it reads slowly
        for number in cycle(range(2, 100)):
            await peer.send(chunk(event(number, "x" * 10_000)))
            await peer.writer.drain()
            pushed += 10_000

    async with Scripted(script) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "slow-reading:1000")
        await asyncio.sleep(0.5)
        stuck = pushed
        await asyncio.sleep(0.1)
        assert pushed <= stuck + 50_000
        assert stuck < 2 * READ_AHEAD
        run.live.ask("lift")
        await run.until("event", 60)
        assert pushed > stuck + 300_000
        await run.stop()


@in_loop
async def test_after_a_handoff_only_the_stall_limit_finds_out() -> None:
    ports: list[int] = []

    async def script(peer: Peer) -> None:
        ports.append(peer.writer.get_extra_info("peername")[1])
        await peer.open()
        await peer.events(len(ports))
        if len(ports) == 1:
            await asyncio.sleep(0.03)
            peer.reset()
        else:
            await peer.gone()

    async with Scripted(script) as server, session(server.url(), stall_after=0.2) as run:
        await run.until("event")
        run.live.ask("inject", "handoff")
        await run.until("event", 2)
        await run.stop()
    assert run.reasons[0] == "stall"
    assert len(set(ports)) == 2
    assert [(record.fault, record.state) for record in run.of("fault")] == [("handoff", "begun"), ("handoff", "ended")]


@in_loop
async def test_half_an_event_at_a_cut() -> None:
    async with Scripted(steady()) as server, session(server.url()) as run:
        await run.until("event", 3)
        run.live.ask("inject", "half")
        cut = await run.until("disconnect")
        await run.until("open", 2)
        await run.stop()
    assert cut.reason == "forced"
    assert "on purpose" in cut.detail
    assert cut.partial > 0


@in_loop
async def test_a_slow_start_delays_the_next_connection_only() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await peer.gone()

    async with Scripted(script) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "slow-start:0.1")
        second = await run.until("open", 2)
        assert second.timings["first_byte"] >= 0.1
        run.live.ask("inject", "reset")
        third = await run.until("open", 3)
        assert third.timings["first_byte"] < 0.1
        await run.stop()
    assert [record.fault for record in run.of("fault")] == ["slow-start:0.1", "slow-start:0.1", "reset"]


@in_loop
async def test_a_corrupted_stream_is_told_for_what_it_is() -> None:
    async with Scripted(steady()) as server, session(server.url(), max_retries=0) as run:
        await run.until("event")
        run.live.ask("inject", "corrupt:1")
        end = await run.end()
    assert run.reasons == ["forced"]
    assert "on purpose: " in run.details[0]
    assert end.reason == "max-retries"


@pytest.mark.parametrize("fault", ["stall/0.05", "throttle:200/0.1", "slow-3g/0.05", "torn/0.05", "loss:5"])
@in_loop
async def test_http2_over_tls_has_the_same_weather(fault: str) -> None:
    async def script(peer: H2Peer) -> None:
        await peer.open()
        for number in range(1, 31):
            await peer.send(event(number))
            await asyncio.sleep(0.003)
        await peer.send(b"", last=True)

    async with http2_session(script) as run:
        await run.until("event")
        run.live.ask("inject", fault)
        await run.end()
    assert run.of("open")[0].http_version == "2"
    assert run.ids == [str(number) for number in range(1, 31)]
    assert run.reasons == ["eof"]


@in_loop
async def test_a_head_that_was_spoiled_is_not_the_servers_doing() -> None:
    async def another_type(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/eveot-stream\r\nContent-Length: 0\r\n\r\n")
        await peer.gone()

    async with Scripted(steady(), another_type, steady()) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "corrupt:1000000")
        run.live.ask("reconnect")
        await run.until("disconnect", 2)
        await run.until("open", 2)
        await run.stop()
    assert run.reasons[1] == "forced"
    assert "spoiled on purpose" in run.details[1]
