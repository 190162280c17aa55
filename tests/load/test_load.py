"""Whole loads against a server that knows what it did: what the clients saw is that, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.load import client
from sse_inspect.load.plan import Plan
from sse_inspect.load.report.html import to_html
from sse_inspect.load.report.json import to_json
from sse_inspect.load.report.terminal import lines
from sse_inspect.load.result import Now, Result
from sse_inspect.load.runner import Load
from sse_inspect.load.timestamp import timestamp
from sse_inspect.load.workers import Workers
from sse_inspect.net import trust
from sse_inspect.net.attempt import Attempt
from sse_inspect.net.line import STAMPED_AHEAD
from tests.load.serving import FanOutServer, Faults, Made
from tests.net.test_tls import CERTIFICATE, server_side

QUICK = Policy(backoff_initial=0.05, backoff_max=0.2, stall_after=5.0)
ROOT = Path(__file__).parent.parent.parent


def loaded(plan: Plan, faults: Faults | None = None, rate: float = 50.0, policy: Policy = QUICK) -> tuple[Result, Made]:
    """A load and what the server made."""

    async def made() -> tuple[Result, Made]:
        async with FanOutServer(rate, faults) as server:
            return await Load(Target(server.url), policy, plan, version="1").run(), server.made

    return asyncio.run(made())


def are_served(server: FanOutServer) -> bool:
    """Whether each of twenty clients has got sixty events, and those that came back a few more."""
    return len(server.open) == 20 and all(each.due > (60 if each.number < 20 else 15) for each in server.open)


def test_gaps_duplicates_and_ends_are_those_that_the_server_made() -> None:
    faults = Faults(
        drops=lambda connection, n: n in (30, 35) and connection % 2 == 0,
        repeats=lambda connection, n: n == 40 and connection % 5 == 0,
        end=lambda connection, n: {3: "reset", 7: "eof", 11: "truncated"}.get(connection, "") if n == 45 else "",
    )
    plan = Plan(clients=20, ramp=400, seconds=30, timestamp=timestamp("data.sent.at"))

    async def both() -> tuple[Result, Made]:
        async with FanOutServer(50.0, faults, are_served) as server:
            load = Load(Target(server.url), QUICK, plan, version="1")
            running = asyncio.create_task(load.run())
            await server.has_enough.wait()
            load.stop()
            return await running, server.made

    result, made = asyncio.run(both())
    seen = result.clients
    assert made.repeated == 4
    assert made.ends == {"reset": 1, "eof": 1, "truncated": 1} == result.totals.reasons
    assert (sum(each.gaps for each in seen), result.lost) == (made.gaps, made.lost)
    assert made.lost >= 20
    assert sum(each.duplicates for each in seen) == made.repeated
    assert sum(each.opens for each in seen) == made.connections == 23
    assert (result.connected, result.failed, result.is_good) == (20, 0, False)
    assert result.totals.herd["reconnecting"].total() == 3
    assert result.totals.reconnect.count == 3
    spread = result.spread
    assert spread.age.count == pytest.approx(result.events, rel=0.1)
    assert spread.deliveries == pytest.approx(result.events, rel=0.1)
    assert (spread.ahead, spread.untimed) == (0, 0)
    assert 0 <= (spread.behind.quantile(0.5) or 0.0) <= (spread.age.quantile(0.5) or 0.0) < 0.5

    report = json.loads(to_json(result))
    assert report["counts"]["lost"] == made.lost
    assert report["disconnects"] == dict(made.ends)
    assert sum(client["lost"] for client in report["clients"]) == made.lost
    assert sum(report["herd"]["lanes"]["opened"]) == 23
    text = "\n".join("".join(part for part, _ in line) for line in lines(result))
    assert f"{made.lost} events missing in the end" in text
    assert "reset × 1" in text
    page = to_html(result)
    assert page.count("<rect") > 3
    assert "<script" not in page


def test_a_quiet_load_is_good_and_every_client_gets_its_share() -> None:
    result, made = loaded(Plan(clients=10, ramp=1000, seconds=0.8))
    assert result.is_good
    assert result.rates is not None
    assert result.rates[0] > 0.5 * result.rates[2]
    assert made.connections == 10
    assert result.late.found.count > 5


def test_who_is_refused_comes_back_and_who_may_not_has_failed() -> None:
    back, made = loaded(Plan(clients=6, ramp=1000, seconds=0.8), Faults(refuses=lambda connection: connection < 3))
    assert (back.connected, back.failed, made.refused) == (6, 0, 3)
    assert [number for reason, number in back.totals.refusals.items() if reason.startswith("status")] == [3]

    given_up = Policy(backoff_initial=0.01, backoff_max=0.01, max_retries=2)
    gone, made = loaded(Plan(clients=4, ramp=1000, seconds=30), Faults(refuses=lambda _: True), policy=given_up)
    assert (gone.connected, gone.failed, made.refused) == (0, 4, 12)
    assert gone.duration < 5, "nobody is left: there is nothing to wait for"
    assert "None of 4 clients got the stream" in to_json(gone)


def test_over_tls_all_share_one_context() -> None:
    async def made() -> Result:
        async with FanOutServer(50.0, tls=server_side()) as server:
            target = Target(server.url, cacert=CERTIFICATE)
            return await Load(target, QUICK, Plan(clients=5, ramp=1000, seconds=0.7)).run()

    trust._context.cache_clear()
    result = asyncio.run(made())
    assert (result.connected, result.is_good, trust._context.cache_info().misses) == (5, True, 1)


@pytest.mark.parametrize(("most", "ahead"), [(100_000, 100_000), (16 << 20, STAMPED_AHEAD)])
def test_no_more_is_received_ahead_than_an_event_may_hold(
    most: int, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a thousand clients receive ahead of a server that floods them has to fit into memory too."""
    asked: list[int] = []

    def attempt(*parts: Any, **settings: Any) -> Attempt:
        asked.append(settings["ahead"])
        return Attempt(*parts, **settings)

    monkeypatch.setattr(client, "Attempt", attempt)
    result, _ = loaded(Plan(clients=2, ramp=1000, seconds=0.3), policy=replace(QUICK, max_event_bytes=most))
    assert (result.connected, asked) == (2, [ahead, ahead])


def test_a_silence_is_a_stall_for_each() -> None:
    policy = Policy(stall_after=0.3, backoff_initial=5.0)
    result, _ = loaded(Plan(clients=5, ramp=1000, seconds=0.9), rate=0.1, policy=policy)
    assert result.totals.reasons == {"stall": 5}
    assert sum(each.stalls for each in result.clients) == 5


def test_workers_put_together_what_each_saw_and_one_that_died_is_missed() -> None:
    async def made() -> Result:
        async with FanOutServer(20.0) as server:

            def kill(now: Now) -> None:
                process = load._workers[1].process
                if now.open == 6 and process.is_alive() and process.pid:
                    os.kill(process.pid, signal.SIGKILL)

            plan = Plan(6, 1000, 1.2, workers=3, timestamp=timestamp("data.sent.at"))
            load = Workers(Target(server.url), QUICK, plan, progress=kill)
            return await load.run()

    result = asyncio.run(made())
    assert [each.number for each in result.clients] == [0, 2, 3, 5]
    assert result.connected == 4
    assert (len(result.costs), result.spread.across) == (2, 2), "one of three is in no sum"
    assert result.spread.age.count == pytest.approx(result.events, rel=0.2)
    assert result.notes == ["Worker 2 died (exit status -9): what its 2 clients saw is missing here."]
    assert not result.is_good


def test_no_load_follows_a_redirect_to_another_machine() -> None:
    async def made() -> Result:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 307 Gone\r\nLocation: http://[::ffff:127.0.0.1]:%d/\r\n\r\n" % port)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await Load(Target(f"http://127.0.0.1:{port}/"), QUICK, Plan(2, 1000, 5.0)).run()

    result = asyncio.run(made())
    assert "which is not this machine" in result.hindered
    assert result.duration < 2
    assert not result.is_good


@pytest.mark.slow
def test_a_thousand_clients_lose_nothing_but_what_the_server_lost(tmp_path: Path) -> None:
    rate, seconds, report = 10.0, 22.0, tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.load.serving", str(rate), str(seconds + 3)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        asked = f"--clients 1000 --ramp 200/s --for {seconds:g} --timestamp data.sent.at --json {report}"
        command = [sys.executable, "-m", "sse_inspect", "load", url, *asked.split()]
        run = subprocess.run(command, cwd=ROOT, check=False, timeout=seconds + 40, stdout=subprocess.PIPE, text=True)
        made = json.loads(server.stdout.read())
    print(run.stdout)
    found = json.loads(report.read_text())
    counts = found["counts"]
    assert run.returncode == 1
    assert (counts["clients"], counts["connected"], counts["failed"]) == (1000, 1000, 0)
    assert (counts["gaps"], counts["lost"]) == (made["gaps"], made["lost"])
    assert found["disconnects"] == made["ends"] == {"reset": 100}
    assert counts["rate_min"] > 0.8 * counts["rate_median"], "no client starves"
    assert found["own"]["process"][0]["memory_bytes"] < 300e6


def told(result: Result) -> str:
    return "\n".join("".join(part for part, _ in line) for line in lines(result, 400))


def test_streams_that_fall_silent_are_no_plain_success() -> None:
    result, _ = loaded(Plan(clients=4, ramp=1000, seconds=0.9), rate=0.1)
    assert (result.is_good, result.is_smooth, len(result.silent)) == (True, False, 4)
    text = told(result)
    assert re.match(
        r"! All 4 clients had their streams to the end, and no event \S+( \S+)?; but no client got a byte in the last "
        r"\d+ ms \(a stall is told from 5 s on: --stall-after\)\.\n",
        text,
    ), text
    assert re.search(r"\nlongest silence +\d+ ms; in the end 4 clients heard nothing any more\n", text)
    report = json.loads(to_json(result))
    assert (report["good"], report["counts"]["silent_at_end"], len(report["warnings"])) == (True, 4, 1)
    assert report["counts"]["longest_silence_seconds"] == max(
        client["silent_at_end_seconds"] for client in report["clients"]
    )
    page = to_html(result)
    assert '<div class="verdict warning"><span class="word">! ' in page
    assert "<dt>longest silence</dt>" in page


def test_ends_that_were_mended_are_told_first() -> None:
    faults = Faults(end=lambda connection, n: "reset" if connection < 4 and n == 5 else "")

    def are_back(server: FanOutServer) -> bool:
        return server.made.connections == 8 and all(each.due > 10 for each in server.open)

    async def made() -> Result:
        async with FanOutServer(50.0, faults, are_back) as server:
            policy = Policy(backoff_initial=0.001, backoff_max=0.001)
            load = Load(Target(server.url), policy, Plan(clients=4, ramp=1000, seconds=30))
            running = asyncio.create_task(load.run())
            await server.has_enough.wait()
            load.stop()
            return await running

    result = asyncio.run(made())
    text = told(result)
    assert (result.connected, result.failed, result.returning) == (4, 0, 0)
    assert "4 disconnects (reset × 4), all recovered" in text.split("\n")[0]
    assert "to the end" not in text.split("\n")[0]
    assert text[0] == ("! " if result.is_good else "✖")[0]


def test_of_nothing_nothing_is_said_about_ids() -> None:
    result, _ = loaded(Plan(clients=2, ramp=1000, seconds=0.3), Faults(refuses=lambda _: True))
    text = told(result)
    assert "IDs" not in text
    assert re.search(r"\ngaps +no event came\n", text)
    assert "No event came: there is no fan-out." in text
    assert all(row.endswith("status: HTTP 503") for row in text.split("why it ended\n")[1].split("\n"))


def test_the_fan_out_says_what_it_does_not_count() -> None:
    result, _ = loaded(Plan(clients=3, ramp=1000, seconds=0.6), Faults(repeats=lambda connection, n: n == 5))
    spread = result.spread
    others = result.events - spread.deliveries - spread.events
    assert others >= 3
    assert f"; {others} others that were received are not counted: they came again, " in told(result)
