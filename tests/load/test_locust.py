"""Real Locust, alone and as a master with two workers: what the server made is told, and a death too."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.load.serving import FanOutServer, Faults
from tests.net.scripted import unused_port
from tests.net.test_tls import CERTIFICATE, server_side

pytestmark = [
    pytest.mark.locust,
    pytest.mark.skipif(importlib.util.find_spec("locust") is None, reason="locust is not installed"),
]

ROOT = Path(__file__).parent.parent.parent
LOCUST = [sys.executable, "-m", "locust", "-f", str(ROOT / "sse_inspect" / "locustfile.py")]
PATIENCE = 30.0
"""Seconds that anything may take here."""


@dataclass
class Started:
    """A Locust process, and what it says, line by line, on both outputs."""

    process: Process
    said: str = ""
    _reading: asyncio.Task[None] | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._changed:
                self.said += line.decode()
                self._changed.notify_all()

    async def says(self, pattern: str, times: int = 1) -> None:
        """Wait until it has said that."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(re.findall(pattern, self.said)) >= times)

    async def ends(self) -> int:
        """Its exit status."""
        assert self._reading is not None
        async with asyncio.timeout(PATIENCE):
            await self._reading
            return await self.process.wait()


@asynccontextmanager
async def locust(*arguments: object, folder: Path = ROOT) -> AsyncIterator[Started]:
    """Locust, which does not outlive the block."""
    process = await asyncio.create_subprocess_exec(
        *LOCUST,
        *map(str, arguments),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    started = Started(process)
    started._reading = asyncio.create_task(started.read())
    try:
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await started._reading


@asynccontextmanager
async def swarm(*arguments: object, folder: Path = ROOT) -> AsyncIterator[tuple[Started, list[Started]]]:
    """A master, which works in a folder of its own as on a machine of its own, and two workers."""
    port = unused_port()
    alone = ("--headless", "--only-summary", "--expect-workers", 2, "--master", "--master-bind-host", "127.0.0.1")
    worker = ("--worker", "--master-port", port)
    async with (
        locust(*alone, "--master-bind-port", port, *arguments, folder=folder) as master,
        locust(*worker) as one,
        locust(*worker) as other,
    ):
        yield master, [one, other]


def have_got(events: int, clients: int) -> Callable[[FanOutServer], bool]:
    """Whether each client has got so many events; who came back, a few more."""
    return lambda server: (
        len(server.open) == clients
        and all(each.due > (events if each.number < clients else 15) for each in server.open)
    )


def rows(said: str) -> dict[str, tuple[int, int]]:
    """Locust's own table in the end: requests and failures, by name."""
    table = said.rpartition("# reqs      # fails")[2].partition("Response time percentiles")[0]
    found = re.findall(r"^(?:SSE)? +(\S.*?) +(\d+) +(\d+)\(", table, re.MULTILINE)
    return {name: (int(requests), int(failures)) for name, requests, failures in found}


def test_two_workers_find_what_the_server_made(tmp_path: Path) -> None:
    faults = Faults(
        drops=lambda connection, n: n in (30, 35) and connection % 2 == 0,
        repeats=lambda connection, n: n == 40 and connection % 5 == 0,
        end=lambda connection, n: {3: "reset", 7: "eof", 11: "truncated"}.get(connection, "") if n == 45 else "",
    )

    async def made() -> tuple[FanOutServer, str]:
        async with FanOutServer(40.0, faults, have_got(60, 20)) as server:
            (tmp_path / "reports").mkdir()
            reports = ("--sse-json", "reports/load.json", "--sse-html", "reports/load.html")
            how = ("--sse-timestamp", "data.sent.at", "--sse-backoff-initial", "50ms", "--sse-backoff-max", "200ms")
            asked = ("--host", server.url, "--users", 20, "--spawn-rate", 20, "--run-time", 40, *how, *reports)
            async with swarm(*asked, folder=tmp_path) as (master, workers):
                async with asyncio.timeout(PATIENCE):
                    await server.has_enough.wait()
                master.process.send_signal(signal.SIGTERM)
                assert await master.ends() == 1, master.said
                assert [await worker.ends() for worker in workers] == [0, 0]
                assert "Traceback" not in master.said + workers[0].said + workers[1].said
                assert f"{server.made.lost} events missing in the end" in master.said
                assert len(re.findall(r"\nworker \d \(", master.said)) == 2
            return server, master.said

    server, said = asyncio.run(made())
    made_of = server.made
    report: dict[str, Any] = json.loads((tmp_path / "reports" / "load.json").read_text())
    counts = report["counts"]
    assert (counts["clients"], counts["connected"], counts["failed"]) == (20, 20, 0)
    assert (counts["gaps"], counts["lost"], counts["duplicates"]) == (made_of.gaps, made_of.lost, made_of.repeated)
    assert made_of.lost >= 20
    assert report["disconnects"] == made_of.ends == {"reset": 1, "eof": 1, "truncated": 1}
    assert report["asked"]["timestamp"] == "data.sent.at"
    assert report["times"]["since_timestamp"]["count"] == pytest.approx(counts["events"], rel=0.1)
    assert report["fan_out"]["processes"] == 2
    assert [(worker["complete"], worker["clients"]) for worker in report["workers"]] == [(True, 10), (True, 10)]
    for name in ("events", "gaps", "lost", "duplicates", "disconnects"):
        assert sum(worker[name] for worker in report["workers"]) == (counts.get(name, made_of.ends.total()))
    assert rows(said)["event"] == (counts["events"], made_of.gaps)
    assert rows(said)["stream"] == (3, 3)
    page = (tmp_path / "reports" / "load.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert len(re.findall(r"<td>worker \d \(", page.partition("<h2>Workers</h2>")[2])) == 2


def test_a_worker_that_is_killed_is_told_and_missed(tmp_path: Path) -> None:
    async def made() -> tuple[str, int]:
        async with FanOutServer(20.0, enough=have_got(40, 10)) as server:
            asked = ("--host", server.url, "--users", 10, "--spawn-rate", 10, "--run-time", 60)
            async with swarm(*asked, "--sse-json", tmp_path / "load.json") as (master, workers):
                async with asyncio.timeout(PATIENCE):
                    await server.has_enough.wait()
                workers[1].process.kill()
                await master.says(r"sse-inspect: worker \d .* died, and with it 5 clients")
                master.process.send_signal(signal.SIGINT)
                assert await master.ends() == 1, master.said
                assert await workers[0].ends() == 0
                return master.said, server.made.connections

    said, connections = asyncio.run(made())
    report = json.loads((tmp_path / "load.json").read_text())
    assert connections == 10
    (note,) = report["notes"]
    found = re.fullmatch(
        r"worker (\d) \(.+\) died, and with it 5 clients: what they saw is missing here\. "
        r"The last word of it, [\d.]+ s after its start, was (\d+) events, 0 missing, 0 duplicates\.",
        note,
    )
    assert found, note
    assert "Traceback" not in said
    assert re.match(r"The result is not whole: worker \d \(.+\) died, and with it 5 clients", report["verdict"])
    assert report["fan_out"]["processes"] == 1
    assert report["counts"]["clients"] == 5
    dead = next(worker for worker in report["workers"] if not worker["complete"])
    alive = next(worker for worker in report["workers"] if worker["complete"])
    assert (dead["clients"], dead["events"]) == (5, int(found[2]))
    assert 5 * 10 < dead["events"] < alive["events"] == report["counts"]["events"]
    assert f"worker {found[1]}" in said.split("died*")[0].rsplit("\n", 1)[1]


def test_alone_over_tls_on_the_native_thread(tmp_path: Path) -> None:
    async def made() -> str:
        async with FanOutServer(40.0, tls=server_side()) as server:
            asked = (
                "--host",
                server.url,
                "--users",
                8,
                "--spawn-rate",
                8,
                "--run-time",
                4,
                "--sse-cacert",
                CERTIFICATE,
            )
            report = ("--sse-json", tmp_path / "load.json")
            async with locust("--headless", "--only-summary", *asked, *report) as alone:
                assert await alone.ends() == 0, alone.said
                return alone.said

    said = asyncio.run(made())
    report = json.loads((tmp_path / "load.json").read_text())
    assert "✔ All 8 clients had their streams to the end, and no event is missing." in said
    assert (report["good"], report["counts"]["connected"]) == (True, 8)
    assert report["own"]["process"][0]["cpu_seconds"] > 0
    assert [worker["worker"] for worker in report["workers"]] == ["this process"]
    own = rows(said)
    assert own["event"] == (report["counts"]["events"], 0)
    assert own["connect"] == own["first event"] == (8, 0)


def test_failures_are_failures_in_locust_too_and_names_are_resolved_on_native_threads(tmp_path: Path) -> None:
    faults = Faults(
        drops=lambda connection, n: n == 5,
        end=lambda connection, n: "reset" if n == 10 else "",
        refuses=lambda connection: connection == 0,
    )

    async def made() -> tuple[FanOutServer, str]:
        async with FanOutServer(40.0, faults, lambda server: server.made.connections >= 6) as server:
            url = server.url.replace("127.0.0.1", "localhost")
            asked = ("--host", url, "--users", 2, "--spawn-rate", 2, "--run-time", 40)
            how = ("--sse-backoff-initial", "0.1", "--sse-backoff-max", "0.1", "--sse-json", tmp_path / "load.json")
            async with locust("--headless", "--only-summary", *asked, *how) as alone:
                async with asyncio.timeout(PATIENCE):
                    await server.has_enough.wait()
                alone.process.send_signal(signal.SIGINT)
                assert await alone.ends() == 1, alone.said
            return server, alone.said

    server, said = asyncio.run(made())
    report = json.loads((tmp_path / "load.json").read_text())
    own = rows(said)
    ends = report["disconnects"]["reset"]
    assert own["stream"] == (ends, ends)
    assert ends >= 3
    assert own["event"] == (report["counts"]["events"], report["counts"]["gaps"])
    assert own["connect"][1] == server.made.refused == 1
    assert own["reconnect"] == (report["times"]["reconnect"]["count"], 0)
    assert "ended: reset" in said
    assert "gap in the IDs" in said
    assert "SSE connect: status: " in said


def test_no_load_follows_a_redirect_to_another_machine() -> None:
    async def made() -> tuple[str, int]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 307 Gone\r\nLocation: http://[::ffff:127.0.0.1]:%d/\r\n\r\n" % port)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, locust("--headless", "--users", 2, "--host", f"http://127.0.0.1:{port}/") as alone:
            status = await alone.ends()
            return alone.said, status

    said, status = asyncio.run(made())
    assert status == 2, said
    assert "which is not this machine; --i-own-this-target says that it is yours" in said
    assert "Not done: " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--host", "https://example.com/feed"],
            "--host: a load is for servers of one's own, and this is not this mach",
        ),
        (["--host", "http://127.0.0.1:9/", "--run-time", "2h"], "--run-time: 7200 s is out of range"),
        (
            ["--host", "http://127.0.0.1:9/", "--sse-json", "same", "--sse-html", "./same"],
            "--sse-html: ./same is the file of --sse-json too; name another.",
        ),
    ],
)
def test_wrong_use(arguments: list[str], said: str) -> None:
    ended = subprocess.run(
        [*LOCUST, "--headless", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert ended.returncode == 2
    assert f"sse-inspect: {said}" in ended.stderr
    assert "Traceback" not in ended.stderr


HELD = """
from types import SimpleNamespace
from sse_inspect import locustfile
for told in ({"sse_clients": 4000}, {"sse_clients": 4000, "sse_max_event_bytes": "1M"}, {}):
    options = SimpleNamespace(**told, num_users=2, spawn_rate=1, run_time=None)
    environment = SimpleNamespace(runner=None, host="http://127.0.0.1:9/", parsed_options=options)
    print(locustfile._settings(environment).policy.max_event_bytes)
"""


def test_all_clients_share_what_they_may_hold_of_endless_events_unless_more_is_asked_for() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HELD], cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert ended.stdout.split() == [str((256 << 20) // 4000), str(1 << 20), str(16 << 20)]
