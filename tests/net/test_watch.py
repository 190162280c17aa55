"""This program notices that it was held up, and says so before what waited meanwhile."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk, HeldUp, Input, Tick
from sse_inspect.net.driver import Driver
from sse_inspect.net.watch import EVERY, LATE, Watch, slept
from sse_inspect.replay.whole import Whole
from sse_inspect.server import ServerThread
from sse_inspect.session import Session
from sse_inspect.store.capture.reader import CaptureReader
from tests.net.scripted import Peer, Scripted, in_loop, session


class Clock:
    """Stands where it is put: `t` of the session, and for how long the machine slept."""

    def __init__(self) -> None:
        self.t = 0.0
        self.asleep = 5.0

    def __call__(self) -> float:
        return self.t


class Timers(asyncio.SelectorEventLoop):
    """A loop whose timers are only noted: the test calls them."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[object] = []

    def call_later(self, delay, callback, *args, context=None):  # type: ignore[no-untyped-def]  # as in the base
        self.due.append(callback)
        return super().call_later(3600, callback, *args, context=context)


def looked(*looks: tuple[float, float]) -> list[HeldUp]:
    """What is told where it looks at these times, having slept for so long by then."""
    clock, told = Clock(), []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Timers)
        watch = Watch(clock, told.append, slept=lambda: clock.asleep)
        watch.begin()
        for t, asleep in looks:
            clock.t, clock.asleep = t, 5.0 + asleep
            loop.due.pop()()  # type: ignore[operator]  # it is a callback
        watch.end()

    with asyncio.Runner(loop_factory=Timers) as runner:
        runner.run(run())
    return told


def test_a_look_that_is_as_late_as_loops_are_tells_nothing() -> None:
    assert looked((EVERY, 0), (2 * EVERY + 0.09, 0), (3 * EVERY + 0.18, 0.05)) == []


def test_a_look_that_is_later_tells_since_when_nothing_ran() -> None:
    assert looked((0.1, 0), (5.1, 0), (5.2, 0), (5.5, 0)) == [HeldUp(5.1, 0.1), HeldUp(5.5, 5.2)]


def test_sleep_that_the_clock_does_not_count_is_told() -> None:
    assert looked((0.1, 0), (0.2, 3600), (0.3, 3600)) == [HeldUp(0.2, 0.1, asleep=3600)]
    assert looked((0.1, 0), (4.2, 3600)) == [HeldUp(4.2, 0.1, asleep=3600)]


def test_the_machine_says_for_how_long_it_slept() -> None:
    first = slept()
    assert abs(slept() - first) < 0.05


def test_who_was_busy_is_told_once() -> None:
    clock, told = Clock(), []
    watch = Watch(clock, told.append)
    clock.t = 1.0
    watch.was_busy(1.0 - LATE)
    assert told == []
    clock.t = 3.0
    assert watch.was_told(HeldUp(3.0, 1.5, by_output=True))
    clock.t = 3.05
    watch.was_busy(1.4)
    assert told == [], "somebody else has told it, and why"
    clock.t = 3.3
    watch.was_busy(1.4)
    assert told == [HeldUp(3.3, 3.0)]
    assert not watch.was_told(HeldUp(3.35, 3.34, by_output=True))


def test_it_is_told_before_all_that_waited_and_behind_what_was_in_time() -> None:
    clock, handled = Clock(), []
    target = Target("http://127.0.0.1:1/", proxy="")
    machine = Session(target, Policy(), random=lambda: 0.5)
    driver = Driver(target, machine, handled.append, clock=clock, random=lambda: 0.5, version="")
    for t in (1.0, 6.01, 6.02):
        driver._emit(0, Chunk(t, b"x"))
    driver._held_up(HeldUp(6.03, 1.1))
    driver._drain()
    assert [type(each) for each in handled] == [Chunk, HeldUp, Chunk, Chunk]
    clock.t = 7.0
    driver.tell(HeldUp(7.0, 6.5, by_output=True))
    driver.tell(HeldUp(7.0, 6.99, by_output=True))
    driver._drain()
    assert handled[4:] == [HeldUp(7.0, 6.5, by_output=True)]


async def speaking(peer: Peer) -> None:
    await peer.open()
    for number in range(1, 200):
        await peer.events(number)
        await asyncio.sleep(0.02)


@in_loop
async def test_a_tap_that_takes_long_is_told_and_so_is_a_loop_that_does_not_run() -> None:
    async with Scripted(speaking) as server, session(server.url()) as run:
        inputs: list[Input] = []
        run.live.inspection.tap_inputs(lambda happened, *_: inputs.append(happened))
        waits = iter((0.3,))
        run.live.inspection.tap(lambda _: time.sleep(next(waits, 0)) if len(run.of("event")) > 3 else None)
        await run.until("event", 8)
        time.sleep(0.5)  # noqa: ASYNC251 it is what is tried
        await run.until("event", len(run.of("event")) + 2)
        await run.stop()
    long = [each for each in inputs if isinstance(each, HeldUp) and each.t - each.since > 0.25]
    assert len(long) >= 2
    for held in long:
        assert not [
            each for each in inputs if isinstance(each, Chunk) and held.since + EVERY + LATE < each.t < held.t - LATE
        ]
        place = inputs.index(held)
        assert all(each.t <= held.t - LATE for each in inputs[:place] if isinstance(each, Chunk))


def inputs_in(capture: Path) -> list[Input]:
    reader = CaptureReader(capture)
    try:
        return [happened for _, happened in reader.inputs()]
    finally:
        reader.close()


def test_a_program_that_is_stopped_blames_nobody(tmp_path: Path) -> None:
    """Events go on while it does not run, for longer than --stall-after: no stall, nothing held back on the way."""
    capture = tmp_path / "capture"
    with ServerThread() as server:
        argv = [sys.executable, "-m", "sse_inspect", "tail", server.url("/s", rate=50, heartbeat=0), "-f", "ndjson"]
        options = ("--record", str(capture), "--stall-after", "0.8", "--for", "2.8", "--proxy", "")
        with subprocess.Popen([*argv, *options], stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                while b'"event"' not in process.stdout.readline():
                    pass
                process.send_signal(signal.SIGSTOP)
                time.sleep(1.2)
                process.send_signal(signal.SIGCONT)
                process.communicate(timeout=20)
            finally:
                process.kill()
    inputs = inputs_in(capture)
    held = max((each for each in inputs if isinstance(each, HeldUp)), key=lambda each: each.t - each.since)
    assert 1.1 < held.t - held.since < 2.5
    assert not [
        each for each in inputs if isinstance(each, Chunk) and held.since + EVERY + LATE < each.t < held.t - LATE
    ]
    assert not [each for each in inputs if isinstance(each, Tick) and each.t < 2.7]
    whole = Whole(capture)
    try:
        snapshot = whole.snapshot()
    finally:
        whole.close()
    assert [each.code for each in snapshot.findings if each.severity != "info"] == []
    assert "held-up" in [each.code for each in snapshot.findings]
    assert snapshot.connection == 1
