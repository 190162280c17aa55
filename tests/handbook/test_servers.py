"""The servers of the handbook do what it says: run as they stand there, and certified by the program itself."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType

import httpx
import pytest

from tests.handbook.examples import EXAMPLES, Example, Express, FastApi, Go
from tests.servers.installing import NotInstalledError
from tests.servers.tailing import Tail, program

SERVERS = [FastApi, *(pytest.param(kind, marks=pytest.mark.servers) for kind in (Express, Go))]
SOME = "response,heartbeat,ids,wire,resume-header"
"""What can be checked in a few seconds."""

every_server = pytest.mark.parametrize("kind", SERVERS, ids=lambda kind: kind.__name__.lower())
at_leisure = pytest.mark.servers
"""What is told of the one server that always runs takes time enough."""


@contextmanager
def running(server: Example) -> Iterator[Example]:
    try:
        print(f"\n{server.title}: {server.version}")
    except NotInstalledError as error:
        pytest.skip(f"not installed: {error}")
    with server:
        yield server


def certified(server: Example, *options: str) -> dict[str, str]:
    """The verdict of each scenario, or what is said where it is no pass."""
    argv = program("check", server.url, "--fast", "--json", "-", *options)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {
        each["name"]: each["verdict"] if each["verdict"] == "pass" else json.dumps(each["results"])
        for each in json.loads(done.stdout)["scenarios"]
    }


def until(holds: str, server: Example, **wanted: int) -> None:
    """Wait until the state is as wanted."""
    patience = time.monotonic() + 10
    while (state := server.state()) | wanted != state:
        assert time.monotonic() < patience, f"{holds}: {state}"
        time.sleep(0.02)


def lines(text: Iterator[str], count: int) -> list[str]:
    """The first lines of the body as they came, so many."""
    came = ""
    while came.count("\n") < count:
        came += next(text)
    return came.split("\n")[:count]


def opened(server: Example, last_event_id: str | None = None) -> AbstractContextManager[httpx.Response]:
    """The response to a client that names this ID."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    return httpx.stream("GET", server.url, headers=headers, timeout=10, trust_env=False)


def test_the_fastapi_server_passes_what_can_be_checked_in_seconds() -> None:
    with running(FastApi()) as server:
        assert certified(server, "--only", SOME) == dict.fromkeys(SOME.split(","), "pass")


@at_leisure
@every_server
def test_it_passes_every_scenario(kind: type[Example]) -> None:
    with running(kind()) as server:
        verdicts = certified(server)
    assert len(verdicts) == 18
    assert set(verdicts.values()) == {"pass"}


@every_server
def test_the_head_comes_at_once_with_what_keeps_proxies_from_holding_it(kind: type[Example]) -> None:
    with running(kind(every=3600)) as server, opened(server) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        assert "content-length" not in response.headers
        assert lines(response.iter_text(), 2) == ["retry: 2000", ": connected"]


@every_server
def test_heartbeats_fill_a_silence_and_a_client_that_left_is_noticed(kind: type[Example]) -> None:
    with running(kind(every=3600, heartbeat=0.3)) as server:
        with opened(server) as response:
            began, text = time.monotonic(), response.iter_text()
            assert lines(text, 6)[2:] == [": heartbeat"] * 4
            assert 1.1 < time.monotonic() - began < 2.5
            assert server.state()["clients"] == 1
        until("the client that left is gone", server, clients=0)


@every_server
@pytest.mark.parametrize(
    "asked", ["too old", *(pytest.param(each, marks=at_leisure) for each in ("too new", "no-such-id", "9" * 20))]
)
def test_a_history_that_is_too_short_is_told_and_what_is_left_follows(kind: type[Example], asked: str) -> None:
    with running(kind(every=0.05, history=5)) as server:
        first = server.state()["id"]
        while server.state()["id"] < first + 20:
            time.sleep(0.02)
        named = {"too old": str(first), "too new": str(first + 10**6)}.get(asked, asked)
        with opened(server, named) as response:
            _, _, reset, told, blank, *events = lines(response.iter_text(), 25)
    assert (reset, blank) == ("event: reset", "")
    there = json.loads(told.removeprefix("data: "))
    assert there["newest"] - there["oldest"] == 4
    ids = [int(line.removeprefix("id: ")) for line in events if line.startswith("id: ")]
    assert ids == list(range(there["oldest"], there["oldest"] + 5))


@at_leisure
@every_server
def test_a_client_that_comes_back_misses_nothing(kind: type[Example]) -> None:
    with running(kind()) as server, Tail(server.url, "--fault", "offline:1@5ev", "--count", "25") as tail:
        assert tail.finish() == 0
    assert tail.summary["messages_lost"] == 0
    assert tail.summary["duplicates"] == {"received": 0, "delivered": 0}
    ids = [int(each["id"]) for each in tail.of("event")]
    assert ids == list(range(ids[0], ids[0] + 25))


@at_leisure
@every_server
def test_a_gap_that_no_history_fills_is_told_by_the_inspector(kind: type[Example]) -> None:
    with (
        running(kind(every=0.05, history=5)) as server,
        Tail(server.url, "--fault", "offline:1.5@5ev", "--count", "20") as tail,
    ):
        assert tail.finish() == 0
    [reset] = [each for each in tail.of("event") if each["event"] == "reset"]
    assert reset["id"] is None
    [gap] = tail.of("gap")
    assert gap["last"] + 1 == json.loads(reset["data"])["oldest"]
    assert tail.summary["messages_lost"] == gap["missing"] > 5


@at_leisure
@every_server
def test_ids_go_on_over_a_restart(kind: type[Example]) -> None:
    with running(kind()) as server:
        before = server.state()["id"]
        server.end(signal.SIGKILL)
        server.start()
        assert server.state()["id"] > before
        with opened(server, str(before)) as response:
            assert lines(response.iter_text(), 3)[2] == "event: reset"


def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("handbook_server", EXAMPLES / "server.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_client_that_is_slow_costs_no_memory_and_is_told() -> None:
    found = module()
    vars(found)["HISTORY"] = 5

    async def played() -> list[str]:
        feed = found.Feed()
        stream = feed.stream("")
        came = [await anext(stream)]
        for n in range(20):
            feed.publish(n)
        came += [await anext(stream) for _ in range(6)]
        assert len(feed.kept) == 5
        await stream.aclose()
        assert feed.clients == 0
        return came

    _, reset, *events = asyncio.run(played())
    assert reset.startswith("event: reset\n")
    assert [event.split("\n")[2] for event in events] == [f"data: {n}" for n in range(15, 20)]
