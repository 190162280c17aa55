"""The program against real servers: what comes, what a disconnect costs, heartbeats, and a server that is killed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise

import pytest

from sse_inspect.analysis.heartbeat import HeartbeatClock
from tests.servers.checking import SERVERS, check
from tests.servers.installing import NotInstalledError
from tests.servers.mcp import ACCEPT, Mcp
from tests.servers.nchan import Nchan
from tests.servers.running import Server
from tests.servers.starlette import Uvicorn
from tests.servers.tailing import Record, Tail, program

pytestmark = pytest.mark.servers

OFFLINE = "offline:2@10ev"


def running(kind: type[Server]) -> Iterator[Server]:
    server = kind()
    try:
        print(f"\n{server.title}: {server.version}")
    except NotInstalledError as error:
        pytest.skip(f"not installed: {error}")
    with server:
        yield server


@pytest.fixture(scope="module", params=SERVERS, ids=lambda kind: kind.__name__.lower())
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    yield from running(request.param)


@pytest.fixture(scope="module")
def mcp() -> Iterator[Server]:
    yield from running(Mcp)


@pytest.fixture(scope="module")
def nchan() -> Iterator[Server]:
    yield from running(Nchan)


@pytest.fixture(scope="module")
def uvicorn() -> Iterator[Server]:
    yield from running(Uvicorn)


def ordinals(events: list[Record]) -> list[int]:
    """The `n` of events, whatever their data has around it."""
    return [int(found[1]) for each in events if (found := re.search(r'"n": ?(\d+)', each["data"]))]


def missing(events: list[Record]) -> int:
    """How many ordinals between the first and the last did not come: what was lost, whatever the IDs say."""
    came = set(ordinals(events))
    return max(came) - min(came) + 1 - len(came)


def test_live(server: Server) -> None:
    with Tail(server.url, *server.options, "--count", "30") as tail:
        assert tail.finish() == 0
    [opened], events = tail.of("open"), tail.of("event")
    assert opened["headers"]["content-type"].split(";")[0] == "text/event-stream"
    assert opened["http_version"] == ("2" if "--http2" in server.options else "1.1")
    assert all(re.fullmatch(server.ids, each["id"]) for each in events)
    assert missing(events) == 0
    assert tail.of("gap") == tail.of("stall") == []
    assert [each for each in tail.of("diagnosis") if each["severity"] != "info"] == []
    assert tail.summary["completion_rate"] == 1
    between = [after["t"] - before["t"] for before, after in pairwise(events)]
    assert 0.08 < sum(between) / len(between) < 0.15


def test_lines_end_as_the_server_ends_them(server: Server) -> None:
    argv = program("tail", server.url, "-f", "raw", *server.options, "--count", "3")
    body = subprocess.run(argv, check=True, capture_output=True, timeout=30).stdout
    assert body.count(b"\n") == body.count(server.line_end) > 6
    assert (b"\r" in body) == (b"\r" in server.line_end)


def test_a_disconnect_loses_nothing_where_the_server_replays(server: Server) -> None:
    with Tail(server.url, *server.options, "--fault", OFFLINE, "--count", "60") as tail:
        assert tail.finish() == 0
    events, [recovered] = tail.of("event"), tail.of("recovered")
    assert tail.of("connecting")[-1]["last_event_id"] == events[9]["id"]
    assert 2 <= recovered["outage"] < 4.5
    # The SDK of MCP sends what was held, and is live again a moment later: what comes between is lost.
    assert missing(events) <= (1 if isinstance(server, Mcp) else 0)
    assert tail.summary["messages_lost"] == missing(events)
    assert tail.summary["duplicates"] == {"received": 0, "delivered": 0}
    assert ordinals(events) == sorted(set(ordinals(events)))


def test_a_disconnect_tells_what_is_lost_where_it_does_not(uvicorn: Uvicorn) -> None:
    with Tail(uvicorn.forgetful_url, "--fault", OFFLINE, "--count", "40") as tail:
        assert tail.finish() == 0
    [gap], [recovered] = tail.of("gap"), tail.of("recovered")
    assert gap["missing"] == recovered["lost"] == tail.summary["messages_lost"] == missing(tail.of("event")) > 15
    assert tail.summary["completion_rate"] < 0.8


def test_nothing_is_called_complete_where_ids_of_seconds_jump(nchan: Nchan) -> None:
    with Tail(nchan.forgetful_url, "--fault", OFFLINE, "--count", "40") as tail:
        assert tail.finish() == 0
    assert missing(tail.of("event")) > 15
    assert tail.summary["completion_rate"] is None
    assert [each["code"] for each in tail.of("diagnosis")].count("ids-not-countable") == 1


def test_the_period_of_heartbeats_is_learned(server: Server) -> None:
    if server.comment is None:
        pytest.skip(f"{server.title} has no heartbeat that can be set to a second")
    with Tail(server.idle_url, *server.options, "--for", "5.5") as tail:
        assert tail.finish() == 0
    beats = [each for each in tail.of("comment") if each["text"].startswith(server.comment)]
    clock = HeartbeatClock()
    for beat in beats:
        clock.beat(beat["t"])
    assert len(beats) in (5, 6)
    assert clock.learned is not None
    assert clock.learned.period == pytest.approx(1, abs=0.1)


def test_a_server_that_is_killed_and_started_again(server: Server) -> None:
    with Tail(server.url, *server.options) as tail:
        tail.more("event", 10)
        server.end(signal.SIGKILL)
        tail.more("disconnect", 2)
        server.start()
        if isinstance(server, Mcp):  # the session died with the server, and an ID of none is refused for good
            assert tail.finish() == 1
            assert tail.of("disconnect")[-1]["reason"] == "status"
            return
        tail.more("recovered", 1)
        tail.more("event", 10)
        tail.stop()
    died, *failed = tail.of("disconnect")[:-1]
    assert died["reason"] in server.killed
    assert {each["reason"] for each in failed} <= {"refused", "reset"}
    assert len(tail.of("recovered")) == 1
    assert tail.summary["silent_failures"] == 0


def test_check(server: Server) -> None:
    report = check(server)
    said = {each["name"]: each["verdict"] for each in report["scenarios"]}
    unexpected = {
        name: verdict for name, verdict in said.items() if verdict not in server.verdicts.get(name, ("pass",))
    }
    assert unexpected == {}, json.dumps([each for each in report["scenarios"] if each["name"] in unexpected])


def test_an_answer_of_mcp_ends_and_resumes(mcp: Mcp) -> None:
    """A POST is never sent twice: its stream ends where it is cut, and its rest is asked for with GET."""
    head = ("-H", f"Accept: {ACCEPT}", "-H", "Content-Type: application/json", *mcp.options)
    with Tail(mcp.url, *head, "-d", mcp.call("count", n=20)) as whole:
        assert whole.finish() == 0
    [end] = whole.of("end")
    assert end["reason"] == "completed"
    assert json.loads(whole.of("event")[-1]["data"])["result"]["content"][0]["text"] == "counted to 20"

    with Tail(mcp.url, *head, "-d", mcp.call("count", n=20), "--fault", "disconnect@6ev") as cut:
        cut.finish()
    assert len(cut.of("connecting")) == 1
    last = cut.of("event")[-1]["id"]
    with Tail(mcp.url, *mcp.options, "--last-event-id", last, "--until", "counted to") as rest:
        assert rest.finish() == 0
    came = [json.loads(each["data"]) for each in cut.of("event") + rest.of("event") if each["data"]]
    progress = [each["params"]["progress"] for each in came[:-1]]
    assert progress == [float(number) for number in range(1, 21)]
