"""End to end, against the reference server: what an outage costs, and that nothing else is lost."""

from __future__ import annotations

import asyncio

import pytest

from sse_inspect.faults import vocabulary
from sse_inspect.net import fault_transport
from sse_inspect.server import ReferenceServer, ServerOptions
from sse_inspect.server.script import Refuse
from tests.net.scripted import Run, in_loop, session

RATE = 200


def nothing_lost(run: Run) -> None:
    """Every ID once, in order, from the first to the last."""
    ids = [int(each) for each in run.ids if each]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert run.of("gap") == []
    summary = run.of("summary")[0]
    assert (summary.messages_lost, summary.duplicates["received"], summary.silent_failures) == (0, 0, 0)
    times = [record.t for record in run.records]
    assert times == sorted(times)


@in_loop
async def test_a_steady_stream() -> None:
    async with ReferenceServer() as server, session(server.url("/s", rate=RATE), count=30) as run:
        await run.end()
    nothing_lost(run)
    assert run.of("end")[0].reason == "limit"
    assert len(run.ids) == 30


@pytest.mark.parametrize(
    ("misbehaviour", "reason"),
    [
        ({"close_after": 5}, "eof"),
        ({"reset_after": 5}, "reset"),
        ({"torn_after": 5}, "eof"),
        ({"truncate_after": 5}, "truncated"),
        ({"silent_after": 5}, "stall"),
    ],
)
@in_loop
async def test_replay_brings_back_what_an_outage_missed(misbehaviour: dict[str, int], reason: str) -> None:
    async with ReferenceServer() as server:
        url = server.url("/s", rate=RATE, once=True, **misbehaviour)
        async with session(url, stall_after=0.1, count=40) as run:
            await run.end()
    nothing_lost(run)
    assert run.reasons == [reason, "forced"]
    recovered = run.of("recovered")[0]
    assert (recovered.lost, recovered.duplicates, recovered.attempts) == (0, 0, 1)


@in_loop
async def test_three_quick_off_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (vocabulary, fault_transport):
        monkeypatch.setattr(module, "OFF_ON_PERIOD", 0.06)
    async with ReferenceServer() as server, session(server.url("/s", rate=RATE)) as run:
        await run.until("event", 5)
        run.live.ask("inject", "off-on:3")
        await run.until("fault", 2)
        await run.until("event", len(run.ids) + 20)
        await run.stop()
    nothing_lost(run)
    assert len(run.of("open")) >= 2
    assert set(run.reasons) == {"forced"}


@in_loop
async def test_offline() -> None:
    async with ReferenceServer() as server, session(server.url("/s", rate=RATE)) as run:
        await run.until("event", 5)
        run.live.ask("inject", "offline:0.2")
        await run.until("open", 2)
        await run.until("event", len(run.ids) + 60)
        await run.stop()
    nothing_lost(run)
    assert run.of("recovered")[0].outage >= 0.2


@in_loop
async def test_a_server_that_is_busy_for_a_while() -> None:
    async with ReferenceServer() as server, session(server.url("/s", rate=RATE)) as run:
        await run.until("event", 3)
        server.act("/s", Refuse(attempts=2, status=503, retry_after=0))
        run.live.ask("reconnect")
        await run.until("disconnect", 3)
        await run.until("event", len(run.ids) + 20)
        await run.stop()
    nothing_lost(run)
    assert run.reasons == ["forced", "status", "status", "forced"]
    assert run.details[1] == "HTTP 503"


@in_loop
async def test_a_server_that_is_killed_and_started_again() -> None:
    async with ReferenceServer() as server, session(server.url("/s", rate=RATE)) as run:
        await run.until("event", 3)
        await server.__aexit__(None, None, None)
        await run.until("disconnect", 2)
        count = len(run.ids)
        async with ReferenceServer(ServerOptions(port=server.port)):
            await run.until("event", count + 3)
            await run.stop()
    assert run.reasons[0] in ("truncated", "reset", "eof")
    assert set(run.reasons[1:-1]) == {"refused"}


@in_loop
async def test_204_is_the_end() -> None:
    async with (
        ReferenceServer() as server,
        session(server.url("/s", rate=RATE, close_after=2, stop_after=1)) as run,
    ):
        end = await run.end()
    assert end.reason == "no-content"
    assert run.reasons == ["eof"]


@in_loop
async def test_many_sessions_at_once() -> None:
    async with ReferenceServer() as server:
        runs = []

        async def one() -> None:
            async with session(server.url("/s", rate=RATE, close_after=3), count=12) as run:
                runs.append(run)
                await run.end()

        await asyncio.gather(*(one() for _ in range(10)))
    for run in runs:
        nothing_lost(run)
