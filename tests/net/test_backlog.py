"""What comes faster than it is handled is stamped when it comes, waits, and is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.analysis.snapshot import Backlog
from sse_inspect.config import Keep, Policy, Target
from sse_inspect.inputs import Chunk, Input
from sse_inspect.live import Live
from sse_inspect.net import attempt, driver, stream
from sse_inspect.recorder import CROWDED_BYTES
from sse_inspect.session import Session
from tests.net.scripted import LAST, Peer, Run, Scripted, chunk, event, in_loop, session

SERVED = Target("http://127.0.0.1:1/", proxy="")


class Gate:
    """Says whether anything can be handled; at first it cannot, once the stream is open."""

    def __init__(self, run: Run) -> None:
        self.open = False
        self._run = run
        run.live._driver._ready = lambda: self.open or not run.of("open")

    async def kept(self, size: int, *, full: bool = False) -> Backlog:
        """Wait until so many bytes wait behind it, or nothing more is read besides."""
        while True:
            backlog = self._run.live.inspection.snapshot().backlog
            if backlog is not None and backlog.bytes >= size and backlog.full >= full:
                return backlog
            await asyncio.sleep(0.005)


@in_loop
async def test_what_waits_is_stamped_when_it_came_and_told() -> None:
    sent: list[float] = []
    size = len(event(1))

    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, 6):
            await asyncio.sleep(0.02)
            sent.append(time.monotonic())
            await peer.events(number)
        await peer.gone()

    async with Scripted(script) as server, session(server.url()) as run:
        gate = Gate(run)
        await gate.kept(5 * size)
        snapshot = run.live.inspection.snapshot()
        began = run.live._began
        assert snapshot.backlog is not None
        assert snapshot.backlog.bytes == 5 * size
        assert snapshot.backlog.seconds >= sent[-1] - sent[0]
        assert not snapshot.backlog.full
        assert snapshot.events == 0
        gate.open = True
        await run.until("event", 5)
        stamps = [each.t + began for each in run.of("event")]
        assert all(early <= late for early, late in zip(sent, stamps, strict=True))
        assert all(late < following for late, following in zip(stamps, sent[1:], strict=False))
        await run.stop()
    assert run.live.inspection.snapshot().backlog is None


@pytest.mark.parametrize(("limit", "most"), [("ROOM_BYTES", 20_000), ("ROOM_CHUNKS", 2)])
@in_loop
async def test_a_full_backlog_is_said_and_slows_the_sender_down(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(attempt, limit, most)
    monkeypatch.setattr(driver, "AHEAD", 1000)
    total = 1000

    async with Scripted(_flood(total)) as server, session(server.url(), max_retries=0) as run:
        gate = Gate(run)
        backlog = await gate.kept(20_000, full=True)
        assert backlog.bytes < total * 10_000 / 2
        gate.open = True
        await run.end()
    assert run.ids == [str(number) for number in range(1, total + 1)]


@in_loop
async def test_what_is_not_taken_up_yet_is_read_and_stamped_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is taken up ahead of what is handled, but reading goes on."""
    monkeypatch.setattr(attempt, "ROOM_BYTES", 20_000)
    total = 1000

    async with Scripted(_flood(total)) as server, session(server.url(), max_retries=0) as run:
        gate = Gate(run)
        backlog = await gate.kept(total * 10_000)
        assert not backlog.full
        all_read = run.live._clock()
        gate.open = True
        await run.end()
    assert run.ids == [str(number) for number in range(1, total + 1)]
    assert all(record.t < all_read for record in run.of("event"))


def _flood(total: int) -> Callable[[Peer], Awaitable[None]]:
    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, total + 1):
            await peer.send(chunk(event(number, "y" * 10_000)))
        await peer.send(LAST)

    return script


def test_a_read_that_was_full_is_followed_by_a_larger_one() -> None:
    """What a read leaves behind in the kernel is stamped late."""
    stamps = iter(range(100))
    receiver = stream._Receiver(lambda: float(next(stamps)), ahead=1 << 30)
    sizes: list[int] = []
    for _ in range(6):
        sizes.append(len(receiver.get_buffer(-1)))
        receiver.buffer_updated(sizes[-1])
    receiver.buffer_updated(100)
    assert sizes[0] == stream.READ_FIRST
    assert sizes == sorted(sizes)
    assert sizes[-2:] == [stream.READ_MOST] * 2
    read = [sum(len(data) for t, data in receiver._parts if t == stamp) for stamp in range(len(sizes) + 1)]
    assert read == [*sizes, 100]
    assert max(len(data) for _, data in receiver._parts) <= stream.READ_SIZE


@in_loop
async def test_no_silence_is_noticed_while_what_came_waits() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, 9):
            await peer.events(number)
            await asyncio.sleep(0.05)
        await peer.gone()

    async with Scripted(script) as server, session(server.url(), stall_after=0.2) as run:
        gate = Gate(run)
        await gate.kept(8 * len(event(1)))
        gate.open = True
        await run.until("event", 8)
        assert not run.of("stall")
        await run.until("stall")
        await run.stop()


def test_the_loop_gets_its_turn_between_two_that_take_long() -> None:
    now, handled = 0.0, []

    def handle(happened: Input) -> None:
        nonlocal now
        now += 0.6 * stream.TURN
        handled.append(happened)

    machine = Session(SERVED, Policy(), random=lambda: 0.5)
    it = driver.Driver(SERVED, machine, handle, clock=lambda: now, random=lambda: 0.5, version="")
    for t in range(5):
        it._emit(0, Chunk(float(t), b"x"))
    for count in (2, 4, 5):
        it._drain()
        assert len(handled) == count


@in_loop
async def test_a_large_read_is_handled_in_pieces() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.send(chunk(event(1, "x" * 5 * attempt.PIECE)), LAST)

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        sizes: list[int] = []
        run.live.inspection.tap_body(lambda data: sizes.append(len(data)))
        await run.end()
    assert sum(sizes) == len(event(1, "x" * 5 * attempt.PIECE))
    assert max(sizes) <= attempt.PIECE


def test_nothing_more_is_handled_while_the_disk_falls_behind(tmp_path: Path) -> None:
    live = Live(SERVED, Policy(), keep=Keep(record=tmp_path / "kept.sse"))
    recorder: Any = live._recorder
    try:
        assert live._is_ready()
        recorder._writer.taken_bytes += CROWDED_BYTES + 1
        assert not live._is_ready()
        recorder._writer.written_bytes += 1
        assert live._is_ready()
    finally:
        live.close()
