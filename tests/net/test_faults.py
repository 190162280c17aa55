"""Faults that are injected: what the server sees of them, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.faults import parse_plan
from sse_inspect.net.fault_transport import FaultTransport
from tests.net.scripted import LAST, Peer, Run, Script, Scripted, chunk, event, in_loop, policy, session


def streaming(ends: list[str]) -> Script:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        ends.append(await peer.gone())

    return script


def told(run: Run) -> list[tuple[str, str]]:
    return [(record.fault, record.state) for record in run.of("fault")]


@pytest.mark.parametrize(
    ("fault", "end", "detail"), [("disconnect", "FIN", "closed on purpose"), ("reset", "RST", "reset on purpose")]
)
@in_loop
async def test_a_single_blow(fault: str, end: str, detail: str) -> None:
    ends: list[str] = []
    async with Scripted(streaming(ends)) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", fault)
        await run.until("open", 2)
        await run.stop()
    assert ends[0] == end
    assert run.reasons[0] == "forced"
    assert run.details[0] == detail
    assert told(run) == [(fault, "begun")]


@in_loop
async def test_a_reset_after_a_redirect() -> None:
    ends: list[str] = []

    async def redirecting(peer: Peer) -> None:
        await peer.open("Location: /x\r\nContent-Length: 0", "302 Found")

    async with Scripted(redirecting, streaming(ends)) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "reset")
        await run.until("backoff")
        await run.stop()
    assert ends == ["RST"]


@in_loop
async def test_offline_lets_nothing_through_until_it_is_lifted() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "offline:100")
        await run.until("disconnect", 3)
        assert server.connections == 1
        run.live.ask("lift")
        await run.until("open", 2)
        await run.stop()
    assert server.connections == 2
    assert set(run.reasons) == {"forced"}
    assert "on purpose" in run.details[1]
    assert told(run) == [("offline:100", "begun"), ("offline:100", "ended")]


@in_loop
async def test_offline_ends_by_itself() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "offline:0.1")
        await run.until("open", 2)
        await run.stop()
    begun, ended = run.of("fault")
    assert (begun.state, ended.fault, ended.state) == ("begun", "offline:0.1", "ended")
    assert ended.t - begun.t >= 0.1
    assert run.of("open")[1].t >= ended.t


@in_loop
async def test_off_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is in the test's hands: one second is over when the test says so."""
    due: dict[float, Callable[[], None]] = {}

    def later(_: object, running: object, delay: float, call: Callable[..., None], *arguments: object) -> None:
        due[delay] = partial(call, *arguments)

    monkeypatch.setattr(FaultTransport, "_later", later)
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "off-on:3")
        await run.until("fault")
        assert sorted(due) == [1, 2, 3, 4, 5]
        for time in (1, 2, 3, 4, 5):
            if time % 2:
                count = len(run.of("disconnect"))
                await run.until("disconnect", count + 1)
                assert server.connections == (time + 1) // 2
            due[time]()
            if time % 2:
                await run.until("open", (time + 3) // 2)
        await run.stop()
    assert set(run.reasons) == {"forced"}
    assert told(run) == [("off-on:3", "begun"), ("off-on:3", "ended")]


@in_loop
async def test_a_freeze_holds_everything_back_until_it_is_lifted() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await asyncio.sleep(0.02)
        await peer.events(2, 3)
        await peer.send(LAST)

    async with (
        Scripted(script) as server,
        session(server.url(), stall_after=0.1, on_stall="warn", max_retries=0) as run,
    ):
        await run.until("event")
        run.live.ask("inject", "stall")
        stall = await run.until("stall")
        await asyncio.sleep(0.02)
        lifted = run.live.inspection.now()
        assert lifted > stall.t
        run.live.ask("lift")
        await run.end()
    assert run.ids == ["1", "2", "3"]
    assert run.reasons == ["eof"]
    assert all(record.t >= lifted for record in run.of("event")[1:])
    resumed = run.of("resumed")[0]
    assert resumed.silence >= 0.1
    times = [record.t for record in run.records]
    assert times == sorted(times)
    assert told(run) == [("stall", "begun"), ("stall", "ended")]


@in_loop
async def test_a_freeze_holds_the_bad_end_back_as_well() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await asyncio.sleep(0.02)
        peer.reset()

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        await run.until("event")
        run.live.ask("inject", "stall")
        await asyncio.sleep(0.06)
        assert run.reasons == []
        run.live.ask("lift")
        await run.end()
    assert run.reasons == ["reset"]


@in_loop
async def test_a_freeze_ends_with_its_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        number = 0
        while True:
            number += 1
            await peer.send(chunk(event(number)))
            await asyncio.sleep(0.01)

    async with Scripted(script) as server, session(server.url(), stall_after=0.1) as run:
        await run.until("event")
        run.live.ask("inject", "stall")
        await run.until("open", 2)
        count = len(run.ids)
        await run.until("event", count + 1)
        await run.stop()
    assert run.reasons[0] == "stall"
    assert told(run) == [("stall", "begun"), ("stall", "ended")]


@in_loop
async def test_a_fault_while_another_is_under_way() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "stall")
        run.live.ask("inject", "offline:0.1")
        run.live.ask("inject", "offline:0.1")
        await run.until("open", 2)
        run.live.ask("inject", "reset")
        await run.until("open", 3)
        await run.stop()
    assert told(run).count(("offline:0.1", "ended")) == 1
    assert told(run)[-1] == ("reset", "begun")


@in_loop
async def test_a_fault_before_the_start_and_at_the_end() -> None:
    async with Scripted(streaming([])) as server:
        async with session(server.url()) as run:
            run.live.ask("inject", "offline:0.1")
            await run.until("open")
            run.live.ask("inject", "stall")
            run.live.ask("inject", "offline:9")
            await run.stop()
        run.live.ask("lift")
        run.live.ask("inject", "reset")
    assert run.reasons[0] == "forced"


@in_loop
async def test_no_such_fault() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        with pytest.raises(UsageError):
            run.live.ask("inject", "rain")
        await run.stop()


@in_loop
async def test_a_status_is_answered_without_the_server_and_retried_like_the_servers_own() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "status:503")
        await run.until("open", 2)
        await run.stop()
    assert server.connections == 2
    assert run.reasons[:2] == ["forced", "status"]
    assert run.details[1] == "HTTP 503, answered on purpose"
    assert told(run) == [("status:503", "begun"), ("status:503", "ended")]


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        (404, "fatal", "status: HTTP 404, answered on purpose"),
        (302, "fatal", "redirect: 302 without a Location that can be followed, answered on purpose"),
        (204, "no-content", "204, answered on purpose"),
    ],
)
@in_loop
async def test_a_status_that_is_not_retried_ends_the_session(status: int, reason: str, detail: str) -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", f"status:{status}")
        end = await run.end()
    assert (end.reason, end.detail) == (reason, detail)


@in_loop
async def test_a_status_before_anything_else_is_no_response() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        run.live.ask("inject", "status:404")
        await run.end()
    assert server.connections == 0
    assert not run.live.responded


@in_loop
async def test_without_names_no_attempt_gets_through() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "dns:0.1")
        await run.until("open", 2)
        await run.stop()
    assert server.connections == 2
    assert set(run.reasons) == {"forced"}
    assert "no name is resolved on purpose" in run.details[1]
    assert told(run) == [("dns:0.1", "begun"), ("dns:0.1", "ended")]


@in_loop
async def test_another_id_is_sent_than_the_record_of_the_session_has() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "falsify-id:no such id")
        run.live.ask("inject", "reset")
        await run.until("open", 2)
        await run.stop()
    assert ("Last-Event-ID", "no such id") in server.requests[1].fields
    assert run.of("connecting")[1].last_event_id == "no such id"


@in_loop
async def test_what_lasts_for_a_time_ends_by_itself() -> None:
    async with Scripted(streaming([])) as server, session(server.url()) as run:
        await run.until("event")
        run.live.ask("inject", "forget-id/0.05")
        _, ended = await run.until("fault"), await run.until("fault", 2)
        assert ended.state == "ended"
        run.live.ask("inject", "reset")
        await run.until("open", 2)
        await run.stop()
    assert ("Last-Event-ID", "1") in server.requests[1].fields


def planned(url: str, *plans: str, **changes: Any) -> Run:
    return Run(Target(url, proxy=""), policy(**changes), plans=map(parse_plan, plans))


@in_loop
async def test_planned_faults_begin_by_themselves() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, 200):
            await peer.send(chunk(event(100 * server.connections + number)))
            await asyncio.sleep(0.005)

    async with Scripted(script) as server:
        run = planned(server.url(), "reset@3ev", "disconnect@0.15s", "forget-id", "stall/0.01@every0.02s")
        await run.until("open", 3)
        await run.stop()
    opened = run.of("open")[0].t
    begun = {fault: [record for record in run.of("fault") if record.fault == fault] for fault, _ in told(run)}
    assert begun["forget-id"][0].t - opened < 0.05
    assert begun["disconnect"][0].t - opened >= 0.15
    assert len(begun["stall/0.01"]) >= 4
    assert run.of("disconnect")[0].events == 3
    assert run.of("connecting")[1].last_event_id is None


@in_loop
async def test_what_is_planned_waits_for_the_first_open() -> None:
    async def refusing(peer: Peer) -> None:
        await peer.open("Content-Length: 0", "503 Busy")

    async with Scripted(refusing, refusing, streaming([])) as server:
        run = planned(server.url(), "reset")
        await run.until("open", 2)
        await run.stop()
    assert run.reasons[:3] == ["status", "status", "forced"]
