"""A session and the loop, the threads and the callers around it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.inputs import Input, ShownLate
from sse_inspect.live import Live, LiveThread
from sse_inspect.net.attempt import Attempt
from sse_inspect.records import Record
from sse_inspect.server import ServerThread
from tests.net.scripted import Peer, Run, Scripted, in_loop, policy, session

SERVED = Target("http://127.0.0.1:1/", proxy="")


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


@in_loop
async def test_a_wish_before_the_start_is_not_forgotten() -> None:
    live = Live(SERVED, policy())
    live.stop()
    await live.run()
    assert live.end is not None
    assert live.end.reason == "interrupted"
    live.stop()
    live.ask("reconnect")


@in_loop
async def test_wishes_from_another_thread() -> None:
    async with Scripted(streaming) as server, session(server.url()) as run:
        await run.until("event")
        threads = [threading.Thread(target=run.live.ask, args=("reconnect",)) for _ in range(5)]
        for thread in threads:
            thread.start()
        await run.until("open", 2)
        for thread in threads:
            thread.join()
        threading.Thread(target=run.live.stop).start()
        assert (await run.end()).reason == "interrupted"


@in_loop
async def test_a_wish_on_a_loop_that_is_closed() -> None:
    live = Live(SERVED, policy())
    loop = asyncio.new_event_loop()
    live._driver._loop = loop
    loop.close()
    live.stop()


@in_loop
async def test_what_another_thread_paints_too_late_is_handled_by_the_loop() -> None:
    async with Scripted(lambda _: asyncio.sleep(0), streaming) as server, session(server.url()) as run:
        seen: list[tuple[type[Input], threading.Thread]] = []
        run.live.inspection.tap_inputs(lambda happened, *_: seen.append((type(happened), threading.current_thread())))
        lost = await run.until("disconnect")
        thread = threading.Thread(target=run.live.inspection.painted, args=(lost.t + 1.5,))
        thread.start()
        await run.until("event")
        thread.join()
        await run.stop()
    assert [where for kind, where in seen if kind is ShownLate] == [threading.current_thread()]
    assert run.of("summary")[-1].silent_failures == 1


@in_loop
async def test_reconnecting_ends_a_wait() -> None:
    async with (
        Scripted(lambda _: asyncio.sleep(0), streaming) as server,
        session(server.url(), backoff_initial=60.0, backoff_max=60.0) as run,
    ):
        await run.until("backoff")
        run.live.ask("reconnect")
        await run.until("event")
        await run.stop()
    assert len(run.of("connecting")) == 2


class Oops(Exception):
    pass


@pytest.mark.parametrize("kind", ["session", "connecting", "open", "event", "disconnect", "end"])
@in_loop
async def test_a_tap_that_raises_ends_the_session_with_its_error(kind: str) -> None:
    def tap(records: Sequence[Record]) -> None:
        if any(record.kind == kind for record in records):
            raise Oops(kind)

    async def brief(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)

    async with Scripted(brief) as server:
        live = Live(Target(server.url(), proxy=""), policy(max_retries=3, count=2))
        live.inspection.tap(tap)
        with pytest.raises(Oops):
            await live.run()


@in_loop
async def test_a_mistake_in_an_attempt_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: Any, **__: Any) -> Any:
        raise Oops

    monkeypatch.setattr("sse_inspect.net.attempt.classify", mistaken)
    with pytest.raises(Oops):
        await Live(SERVED, policy()).run()


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20, 100])
@in_loop
async def test_a_run_that_is_cancelled_is_over(turns: int) -> None:
    async with Scripted(streaming) as server:
        run = Run(Target(server.url(), proxy=""), policy())
        for _ in range(turns):
            await asyncio.sleep(0)
        run.task.cancel()
        await asyncio.wait([run.task], timeout=1)
        assert run.task.cancelled()


@in_loop
async def test_cancelling_while_an_attempt_is_given_up_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    giving_up = asyncio.Event()
    abandon = Attempt.abandon

    async def slowly(self: Attempt) -> None:
        giving_up.set()
        await asyncio.sleep(0.01)
        await abandon(self)

    monkeypatch.setattr(Attempt, "abandon", slowly)
    async with Scripted(streaming) as server:
        run = Run(Target(server.url(), proxy=""), policy())
        await run.until("event")
        run.live.ask("reconnect")
        await giving_up.wait()
        run.task.cancel()
        await asyncio.wait([run.task], timeout=1)
        assert run.task.cancelled()


def test_a_loop_that_is_held_up_sees_no_stall() -> None:
    """Events keep coming every 10 ms while a tap blocks for longer than --stall-after."""
    with ServerThread() as server:
        live = Live(Target(server.url("/s", rate=100), proxy=""), policy(stall_after=0.2, count=40))
        seen: list[Record] = []
        blocked = False

        def tap(records: Sequence[Record]) -> None:
            nonlocal blocked
            seen.extend(records)
            if not blocked and any(record.kind == "event" for record in records):
                blocked = True
                time.sleep(0.25)

        live.inspection.tap(tap)
        asyncio.run(live.run())
    assert blocked
    assert [record.kind for record in seen if record.kind in ("stall", "disconnect")] == ["disconnect"]
    assert live.inspection.session.silent_failures == 0


def test_a_thread_of_its_own() -> None:
    with ServerThread() as server:
        thread = LiveThread(Target(server.url("/s", rate=100), proxy=""), policy())
        events = threading.Event()
        thread.inspection.tap(lambda records: events.set() if any(r.kind == "event" for r in records) else None)
        thread.start()
        assert events.wait(2)
        thread.inspection.reconnect()
        assert thread.inspection.snapshot().connection >= 1
        thread.stop()
        thread.join()
    assert thread.live.end is not None
    assert thread.live.end.reason == "interrupted"
    thread.stop()
    thread.join()


@pytest.mark.parametrize("early", [True, False])
def test_a_thread_that_is_stopped_before_or_right_after_its_start(early: bool) -> None:
    thread = LiveThread(SERVED, policy())
    if early:
        thread.stop()
    thread.start()
    thread.stop()
    thread.join(2)
    assert thread.live.end is not None
    assert not thread._thread.is_alive()


def test_a_thread_that_fails_says_so_where_it_is_joined() -> None:
    thread = LiveThread(SERVED, policy())

    def tap(_: Sequence[Record]) -> None:
        raise Oops

    thread.inspection.tap(tap)
    thread.start()
    with pytest.raises(Oops):
        thread.join(2)


def test_a_thread_that_never_began() -> None:
    thread = LiveThread(SERVED, policy())
    thread.stop()
    thread.join()
    assert thread.live.end is None


@in_loop
async def test_a_mistake_of_this_program_is_no_failure_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mistaken(*_: Any) -> None:
        raise AttributeError("no such attribute")

    monkeypatch.setattr("sse_inspect.net.client.Client.open", mistaken)
    live = Live(SERVED, policy())
    with pytest.raises(AttributeError, match="no such attribute"):
        await live.run()
    assert live.end is not None
    assert "internal error" in live.end.detail
