from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from sse_inspect.config import Keep, Policy, Target
from sse_inspect.conversion import convert
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Asked, Chunk, Connected, Ended, Input, Opened, ResponseHead, Started, Tick, Timings
from sse_inspect.live import Live
from sse_inspect.records import Disconnect, DisconnectReason, End, Event, Record
from sse_inspect.server import Behaviour, ListenerThread, Recording, ReferenceServer, ReplayServer, ServerOptions
from sse_inspect.server.script import Close, Refuse, Reset, Script, Silence, Step, Tear
from sse_inspect.server.turns import Turns
from sse_inspect.store.capture.facts import Facts
from tests.server.raw import Response, get, in_loop

UNIX_US = 1_750_000_000_000_000
TYPE = ("content-type", "text/event-stream")
POLICY = Policy(stall_after=5.0, backoff_initial=0.02, jitter=0.0)
CHROMIUM = Path("/usr/bin/chromium")


class Story:
    """Writes the inputs of a session as they would have come, one connection after the other."""

    def __init__(self) -> None:
        self.t = 0.0
        self.inputs: list[Input] = [Started(0.0, UNIX_US)]

    def opened(self, *headers: tuple[str, str], status: int = 200, first_byte: float | None = None) -> Story:
        head = ResponseHead(status, "1.1", headers or (TYPE,))
        self.inputs += [Connected(self.t, "x:1"), Opened(self.t, head, Timings(first_byte=first_byte), "x:1")]
        return self

    def chunk(self, data: bytes, after: float = 0.0) -> Story:
        self.t += after
        self.inputs.append(Chunk(self.t, data))
        return self

    def ended(self, reason: DisconnectReason, after: float = 0.0) -> Story:
        self.t += after
        self.inputs.append(Ended(self.t, reason, reason))
        return self._reconnecting()

    def refused(self) -> Story:
        return self._reconnecting()

    def silent(self) -> Story:
        """Nothing comes until that counts as a stall, or as a timeout where there is no head."""
        self.t += POLICY.stall_after
        self.inputs.append(Tick(self.t))
        return self._reconnecting()

    def stopped(self, after: float = 0.0) -> Story:
        self.t += after
        self.inputs.append(Asked(self.t, "stop"))
        return self

    def _reconnecting(self) -> Story:
        self.t += 60.0
        self.inputs.append(Tick(self.t))
        return self

    def saved(self, path: Path, target: Target | None = None) -> Path:
        convert(Facts(target or Target("http://x/feed"), POLICY, "0", 1), self.inputs, path)
        return path


@asynccontextmanager
async def replay(script: Story | Path, **options: object) -> AsyncIterator[ReplayServer]:
    with tempfile.TemporaryDirectory() as name, closing(recording_of(script, name)) as recording:
        async with ReplayServer(recording, **{"speed": inf, **options}) as server:  # type: ignore[arg-type] - by name
            yield server


def recording_of(script: Story | Path, folder: str) -> Recording:
    return Recording(script if isinstance(script, Path) else script.saved(Path(folder, "a.sse")))


async def chunks(response: Response) -> list[bytes]:
    """All chunks, as they were framed; raises what the connection ended with if that was no clean end."""
    found = []
    while chunk := await response.chunk():
        found.append(chunk)
    return found


async def ask(server: ReplayServer, path: str = "/events", *headers: str) -> list[bytes]:
    async with await get(server.address + path, *headers) as response:
        return await chunks(response)


# What is served


@in_loop
async def test_chunks_are_those_of_the_capture() -> None:
    parts = [
        b"\xef\xbb\xbfdata: a\n\nid: 2\nda",
        b"ta: b\r",
        b"\n\r\n",
        b": beat\n\n",
        "data: ü\n\n".encode()[:7],
        b"\xbc\n\n",
    ]
    script = Story().opened()
    for part in parts:
        script.chunk(part)
    async with replay(script.ended("eof")) as server:
        assert await ask(server) == parts


@in_loop
async def test_a_chunk_without_bytes_does_not_end_the_body() -> None:
    async with replay(Story().opened().chunk(b"data: a\n").chunk(b"").chunk(b"\n").ended("eof")) as server:
        assert await ask(server) == [b"data: a\n", b"\n"]


@in_loop
async def test_a_huge_event_survives() -> None:
    parts = [b"data: ", *[os.urandom(32 * 1024).hex().encode()] * 128, b"\n\n"]
    script = Story().opened()
    for part in parts:
        script.chunk(part)
    async with replay(script.ended("reset")) as server, await get(server.address + "/a") as response:
        assert [await response.chunk() for _ in parts] == parts
        with pytest.raises(ConnectionResetError):
            await response.chunk()


@in_loop
async def test_many_chunks_all_arrive() -> None:
    script = Story().opened()
    for n in range(2000):
        script.chunk(b"data: %d\n\n" % n)
    async with replay(script.ended("eof")) as server:
        assert await ask(server) == [b"data: %d\n\n" % n for n in range(2000)]


@in_loop
async def test_the_head_is_sent_again_without_what_belongs_to_its_hop_or_its_day() -> None:
    sent = (
        ("content-type", "text/event-stream;charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-request-id", "7"),
        ("x-note", "grün"),
        ("content-encoding", "gzip"),
        ("content-length", "999"),
        ("transfer-encoding", "chunked"),
        ("connection", "keep-alive, X-Hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("set-cookie", "a=b"),
        ("date", "Mon, 01 Jan 2001 00:00:00 GMT"),
        ("alt-svc", 'h3=":443"'),
        ("access-control-allow-origin", "https://customer.example"),
        ("x-broken", "a\x00b"),
        ("bad name", "x"),
    )
    script = Story().opened(*sent).chunk(b"data: a\n\n").ended("eof")
    async with replay(script) as server, await get(server.address + "/a", "Origin: http://localhost:3000") as response:
        headers = response.headers
        assert await chunks(response) == [b"data: a\n\n"]
    assert headers.pop("date") != "Mon, 01 Jan 2001 00:00:00 GMT"
    assert headers.pop("x-note").encode("latin-1").decode() == "grün"
    assert headers == {
        "content-type": "text/event-stream;charset=utf-8",
        "cache-control": "no-store",
        "x-request-id": "7",
        "access-control-expose-headers": "content-type, cache-control, x-request-id, x-note",
        "access-control-allow-origin": "http://localhost:3000",
        "access-control-allow-credentials": "true",
        "vary": "Origin",
        "connection": "close",
        "transfer-encoding": "chunked",
    }


@in_loop
async def test_an_answer_that_was_no_stream_has_its_status_again() -> None:
    moment = ("retry-after", "Sun, 15 Jun 2025 15:07:10 GMT")  # 30 s after the session began
    script = Story().opened(("content-type", "text/html"), moment, status=503).refused()
    script.opened(("retry-after", "2"), status=429).refused().opened(("content-type", "application/json"))
    async with replay(script) as server:
        found = []
        for _ in range(4):
            async with await get(server.address + "/a") as response:
                found.append((response.status, response.headers.get("retry-after"), await response.rest()))
    assert found == [(503, "30", b""), (429, "2", b""), (200, None, b""), (204, None, b"")]


# How it ends


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("eof", None),
        ("truncated", asyncio.IncompleteReadError),
        ("encoding", asyncio.IncompleteReadError),
        ("reset", ConnectionResetError),
        ("protocol", ConnectionResetError),
    ],
)
def test_a_connection_ends_as_it_did(reason: DisconnectReason, error: type[Exception] | None) -> None:
    @in_loop
    async def run() -> None:
        async with (
            replay(Story().opened().chunk(b"data: a\n\nda").ended(reason)) as server,
            await get(server.address + "/a") as response,
        ):
            assert await response.chunk() == b"data: a\n\nda"
            if error is None:
                assert await response.chunk() == b""
            else:
                with pytest.raises(error):
                    await response.chunk()

    run()


@pytest.mark.parametrize("reason", ["refused", "unreachable", "dns", "tls", "reset", "protocol"])
def test_an_attempt_without_a_response_is_reset(reason: DisconnectReason) -> None:
    @in_loop
    async def run() -> None:
        async with replay(Story().ended(reason).opened().chunk(b":\n").ended("eof")) as server:
            with pytest.raises(ConnectionResetError):
                await get(server.address + "/a")
            assert await ask(server, "/a") == [b":\n"]

    run()


@in_loop
async def test_a_stall_is_silence_until_the_client_leaves() -> None:
    async with replay(Story().opened().chunk(b"data: a\n\n").silent().opened().chunk(b":\n").ended("eof")) as server:
        async with await get(server.address + "/a") as response:
            assert await response.chunk() == b"data: a\n\n"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(response.chunk(), 0.1)
        assert await ask(server, "/a") == [b":\n"], "the next connection comes next"


@in_loop
async def test_a_timeout_is_silence_without_a_head() -> None:
    script = Story()
    script.inputs.append(Connected(0.0, "x:1"))
    async with replay(script.silent().opened().chunk(b":\n").ended("eof")) as server:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get(server.address + "/a"), 0.1)
        assert await ask(server, "/a") == [b":\n"]


@pytest.mark.parametrize("stopped", [True, False])
def test_what_the_user_or_a_crash_cut_ends_cleanly(stopped: bool) -> None:
    @in_loop
    async def run() -> None:
        script = Story().opened().chunk(b"data: a\n\n")
        async with replay(script.stopped() if stopped else script) as server:
            assert await ask(server) == [b"data: a\n\n"]
            async with await get(server.address + "/events") as response:
                assert response.status == 204

    run()


# Whose turn it is


def three() -> Story:
    script = Story()
    for part in (b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"):
        script.opened().chunk(part).ended("eof")
    return script


@in_loop
async def test_requests_get_the_connections_in_turn_and_then_a_stop() -> None:
    async with replay(three()) as server:
        for _ in range(2):
            for n in (1, 2, 3):
                assert await ask(server, f"/a?n={n}", "Last-Event-ID: 99") == [b"data: %d\n\n" % n]
            async with await get(server.address + "/a") as response:
                assert response.status == 204


@in_loop
async def test_a_loop_begins_again_without_a_stop() -> None:
    async with replay(three(), loop=True) as server:
        assert [await ask(server) for _ in range(4)] == [[b"data: %d\n\n" % n] for n in (1, 2, 3, 1)]


@in_loop
async def test_every_path_and_every_browser_has_its_own_turns() -> None:
    async with replay(three()) as server:
        assert await ask(server, "/a") == [b"data: 1\n\n"]
        assert await ask(server, "/b") == [b"data: 1\n\n"]
        assert await ask(server, "/a", "User-Agent: other") == [b"data: 1\n\n"]
        assert await ask(server, "/a") == [b"data: 2\n\n"]


@in_loop
async def test_one_connection_may_be_asked_for_out_of_turn() -> None:
    async with replay(three()) as server:
        assert await ask(server, "/a?x=1&connection=3") == [b"data: 3\n\n"]
        assert await ask(server, "/a") == [b"data: 1\n\n"]
        for wrong in ("0", "4", "-1", "x", "9" * 5000):
            async with await get(f"{server.address}/a?connection={wrong}") as response:
                assert (response.status, await response.rest()) == (
                    400,
                    b"connection: takes a number from 1 to 3, in the order of the capture.\n",
                )


@in_loop
async def test_a_client_that_goes_away_midway_gets_it_from_the_beginning() -> None:
    script = Story().opened().chunk(b"data: 1\n\n").chunk(b"data: 2\n\n", after=0.3).ended("eof").opened()
    async with replay(script.ended("eof"), speed=1) as server:
        async with await get(server.address + "/a") as response:
            assert await response.chunk() == b"data: 1\n\n"
        assert await ask(server, "/a") == [b"data: 1\n\n", b"data: 2\n\n"]
        assert await ask(server, "/a") == []


@in_loop
async def test_a_capture_that_ends_with_a_stop_of_its_own_has_no_second_one() -> None:
    async with replay(Story().opened().chunk(b":\n").ended("eof").opened(status=204)) as server:
        for status in (200, 204, 200):
            async with await get(server.address + "/a") as response:
                assert response.status == status
                await response.rest()


@in_loop
async def test_what_no_browser_repeats_is_never_told_to_stop() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Story().opened().chunk(b"data: 1\n\n").ended("eof").saved(Path(name, "a"), Target("http://x", "POST"))
        async with replay(path) as server:
            for _ in range(3):
                async with await get(server.address + "/v1/chat", method="POST") as response:
                    assert await chunks(response) == [b"data: 1\n\n"]


def test_turns_of_two_at_once() -> None:
    turns = Turns(3, stops=True)
    me, you = ("me",), ("you",)
    assert (turns.take(me), turns.take(me), turns.take(you)) == (0, 0, 0)
    turns.served(me, 0)
    turns.served(me, 0)
    assert [turns.take(me) for _ in range(3)] == [1, 1, 0]
    assert turns.take(you) == 0
    turns.served(me, 2)
    assert (turns.take(me), turns.take(me)) == (None, 0)


# When


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_pauses_are_kept_and_do_not_add_up(speed: float) -> None:
    @in_loop
    async def run() -> None:
        script = Story().opened(first_byte=0.2)
        for _ in range(20):
            script.chunk(b"data: a\n\n", after=0.02)
        began = time.monotonic()
        script.ended("eof", after=0.2)
        async with replay(script, speed=speed) as server, await get(server.address + "/a") as response:
            opened = time.monotonic()
            came = [await response.chunk() and time.monotonic() - opened for _ in range(20)]
            await response.chunk()
            over = time.monotonic() - opened
        assert opened - began >= 0.2 / speed
        for n, t in enumerate(came, 1):
            assert t >= 0.02 * n / speed - 0.05, "a chunk came early"
        assert 0.55 / speed <= over < 0.6 / speed + 1

    run()


@in_loop
async def test_without_times_all_comes_at_once() -> None:
    script = Story().opened()
    for n in range(50):
        script.chunk(b"data: %d\n\n" % n)
    async with replay(script.ended("eof"), speed=1) as server:
        began = time.monotonic()
        assert len(await ask(server)) == 50
        assert time.monotonic() - began < 2


@in_loop
async def test_at_once_means_at_once() -> None:
    script = Story().opened(first_byte=3600).chunk(b":\n", after=3600).ended("eof", after=3600)
    async with replay(script) as server:
        assert await ask(server) == [b":\n"]


# Who may read it


@in_loop
async def test_pages_of_loopback_and_of_named_origins_may_read_it() -> None:
    async with replay(three(), origins=("https://app.example",)) as server:
        for origin, allowed in {
            "http://localhost:5173": True,
            "https://app.localhost": True,
            "http://127.0.0.1": True,
            "http://[::1]:80": True,
            "https://app.example": True,
            "https://evil.example": False,
            "http://localhost.evil.example": False,
            "http://127.0.0.1.evil.example": False,
            "null": False,
        }.items():
            async with await get(server.address + "/a", f"Origin: {origin}") as response:
                assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
                assert response.headers["vary"] == "Origin"


@in_loop
async def test_a_preflight_allows_the_fields_it_asks_for() -> None:
    wanted = ("Origin: http://localhost:1", "Access-Control-Request-Headers: x-api-key,last-event-id")
    async with replay(three(), origins=("*",)) as server:
        async with await get(server.address + "/a", *wanted, method="OPTIONS") as response:
            assert response.status == 204
            assert response.headers["access-control-allow-headers"] == "x-api-key,last-event-id"
            assert response.headers["access-control-allow-origin"] == "http://localhost:1"
        assert await ask(server, "/a") == [b"data: 1\n\n"], "it took no turn"


@in_loop
async def test_head_takes_no_turn() -> None:
    async with replay(three()) as server:
        async with await get(server.address + "/a", method="HEAD") as response:
            assert (response.status, response.headers["content-type"]) == (200, "text/event-stream")
        assert await ask(server, "/a") == [b"data: 1\n\n"]


@in_loop
async def test_the_page_says_what_is_served_and_nothing_of_it_is_markup() -> None:
    hostile = "</script><script>alert(1)</script>"
    with tempfile.TemporaryDirectory() as name:
        script = Story().opened().chunk(f"event: {hostile}\ndata: a\n\n".encode()).ended("eof")
        path = script.saved(Path(name, "<b>.sse"), Target("http://x/?token=secret&<i>\u202e"))
        async with replay(path) as server:
            async with await get(server.address + "/") as response:
                page = (await response.rest()).decode()
                assert response.headers["content-type"] == "text/html; charset=utf-8"
            async with await get(server.address + "/", "Accept: text/event-stream") as response:
                assert response.headers["content-type"] == "text/event-stream"
            async with await get(server.address + "/health") as response:
                assert await response.rest() == b"ok\n"
    assert "&lt;b&gt;.sse" in page
    assert "secret" not in page
    assert "\u202e" not in page
    assert "<i>" not in page
    assert page.count("<script>") == page.count("</script>") == 1
    assert "?connection=1" in page


# Captures that are not as they should be


def test_a_capture_without_a_connection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"holds no connection: there is nothing to serve\.$"):
        Recording(Story().saved(tmp_path / "a.sse"))
    (tmp_path / "b.sse").write_bytes(b"no capture")
    with pytest.raises(CaptureError, match="is no capture"):
        Recording(tmp_path / "b.sse")


@in_loop
async def test_damage_is_told_and_the_connection_reset() -> None:
    told: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        path = three().saved(Path(name, "a.sse"))
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE bodies SET data = x'00' WHERE connection = 2")
        async with replay(path, tell=told.append) as server:
            assert await ask(server, "/a") == [b"data: 1\n\n"]
            with pytest.raises(ConnectionResetError):
                await ask(server, "/a")
            assert await ask(server, "/a?connection=3") == [b"data: 3\n\n"]
    assert told == ["the capture is damaged: its chunks and their bytes do not add up."]


# Inspected again


@dataclass
class Seen:
    """What a session saw: for each connection its chunks."""

    records: list[Record] = field(default_factory=list)
    chunks: dict[int, list[Chunk]] = field(default_factory=dict)

    def take(self, happened: Input, connection: int, records: object) -> None:
        if isinstance(happened, Chunk):
            self.chunks.setdefault(connection, []).append(happened)

    @property
    def events(self) -> list[tuple[object, ...]]:
        return [(e.n, e.connection, e.id, e.event, e.data) for e in self.records if isinstance(e, Event)]

    @property
    def reasons(self) -> list[str]:
        return [each.reason for each in self.records if isinstance(each, Disconnect)]

    @property
    def bodies(self) -> dict[int, bytes]:
        return {connection: b"".join(chunk.data for chunk in found) for connection, found in self.chunks.items()}

    def cuts(self, connection: int) -> set[int]:
        """The offsets at which chunks end."""
        offset, found = 0, set()
        for chunk in self.chunks[connection]:
            offset += len(chunk.data)
            found.add(offset)
        return found

    @property
    def count(self) -> int:
        return sum(map(len, self.chunks.values()))

    @property
    def length(self) -> float:
        """Seconds from the first to the last chunk, all connections together."""
        return sum(found[-1].t - found[0].t for found in self.chunks.values())


async def inspect(url: str, policy: Policy, keep: Keep | None = None) -> Seen:
    live, seen = Live(Target(url), policy, look_back=False, keep=keep), Seen()
    live.inspection.tap(seen.records.extend)
    live.inspection.tap_inputs(seen.take)
    try:
        await live.run()
    finally:
        live.close()
    return seen


MISHAPS = Script(
    (
        Step(0.2, Close()),
        Step(0.4, Reset()),
        Step(0.6, Tear()),
        Step(0.8, Tear(truncated=True)),
        Step(0.81, Refuse(1, 503)),
        Step(1.1, Silence()),
    )
)
PATIENT = Policy(stall_after=0.4, backoff_initial=0.03, backoff_max=0.03, jitter=0.0, for_seconds=1.9)


def test_a_capture_served_again_is_the_same_to_an_inspector(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"

    async def run() -> None:
        defaults = Behaviour(rate=25, heartbeat=0.1, bom=True, chunks_per_event=2, text="unicode", retry=30)
        async with ReferenceServer(ServerOptions(defaults=defaults, scripts={"/s": MISHAPS})) as server:
            first = await inspect(server.url("/s"), PATIENT, Keep(record=path))
        assert {*first.reasons} == {"eof", "reset", "truncated", "status", "stall", "forced"}
        again = Policy(stall_after=0.4, backoff_initial=0.03, backoff_max=0.03, jitter=0.0)
        for speed in (1.0, inf):
            async with replay(path, speed=speed) as replaying:
                second = await inspect(replaying.address + "/s", again)
            assert second.events == first.events
            assert second.bodies == first.bodies
            assert second.reasons == [*first.reasons[:-1], "eof"]
            assert isinstance(end := second.records[-2], End)
            assert end.reason == "no-content"
            for connection in first.chunks:
                assert second.cuts(connection) <= first.cuts(connection), "a chunk was cut"
            if speed == 1.0:
                assert second.count > 0.3 * first.count, "chunks were joined that came apart"
                assert 0.5 * first.length <= second.length <= 2 * first.length + 1
            else:
                assert second.length < 0.5 * first.length

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_capture_cut_off_by_a_kill_is_served(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"

    async def run() -> None:
        async with ReferenceServer() as server:
            command = (sys.executable, "-m", "sse_inspect", "tail", "-f", "ndjson", "--record", str(path))
            process = await asyncio.create_subprocess_exec(
                *command, server.url("/a", rate=100), stdout=asyncio.subprocess.PIPE
            )
            assert process.stdout
            printed: list[tuple[str, str]] = []
            last = 0.0
            try:
                while last < 1.0:
                    record = json.loads(await process.stdout.readline())
                    last = record["t"]
                    if record["kind"] == "event":
                        printed.append((record["id"], record["data"]))
            finally:
                process.kill()
                await process.communicate()
        async with replay(path) as server:
            seen = await inspect(server.address + "/a", POLICY)
        served = [(event.id, event.data) for event in seen.records if isinstance(event, Event)]
        assert len(served) > 30
        assert served[: len(printed)] == printed[: len(served)]
        assert seen.reasons == ["eof"]

    asyncio.run(asyncio.wait_for(run(), 30))


# In a browser

_VIEWER = """<!doctype html><meta charset="utf-8"><script>
const seen = [], source = new EventSource("STREAM", { withCredentials: true })
for (const type of ["message", "tick"])
  source.addEventListener(type, event => seen.push([event.lastEventId, event.type, event.data]))
source.onerror = () => {
  seen.push(["", "error", source.readyState])
  if (source.readyState === 2) fetch("/report", { method: "POST", body: JSON.stringify(seen) })
}
</script>"""


class _Pages(ThreadingHTTPServer):
    """Another origin: serves the page, and takes its report."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.page = ""
        self.report = ""
        self.reported = Flag()


class _Page(BaseHTTPRequestHandler):
    server: _Pages

    def do_GET(self) -> None:
        self._answer(self.server.page if self.path == "/" else "")

    def do_POST(self) -> None:
        self.server.report = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer("")
        self.server.reported.set()

    def _answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def other_origin() -> Iterator[_Pages]:
    with _Pages() as pages:
        thread = Thread(target=pages.serve_forever, daemon=True)
        thread.start()
        try:
            yield pages
        finally:
            pages.shutdown()
            thread.join()


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")
def test_a_browser_on_another_origin_meets_the_customers_stream(tmp_path: Path) -> None:
    script = Story().opened(TYPE, ("cache-control", "no-cache"))
    script.chunk(b"\xef\xbb\xbfretry: 50\n\nid: 1\ndata: o").chunk(b"ne\n\n", after=0.1).ended("reset", after=0.1)
    script.opened().chunk("id: 2\nevent: tick\ndata: zwei ✓\n\nid: 3\ndata: los".encode()).ended("truncated", after=0.1)
    script.ended("refused").opened().chunk(b"id: 3\ndata: three\n\n").stopped(after=0.1)
    profile = tmp_path / "profile"
    with (
        closing(Recording(script.saved(tmp_path / "a.sse"))) as recording,
        ListenerThread(lambda: ReplayServer(recording)) as replaying,
        other_origin() as pages,
    ):
        pages.page = _VIEWER.replace("STREAM", replaying.server.address + "/customer/feed?x=1")
        browser = subprocess.Popen(
            [
                *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *("--no-first-run", "--disable-extensions", f"--user-data-dir={profile}"),
                f"http://127.0.0.1:{pages.server_port}/",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert pages.reported.wait(60), "the page never came to the end of the stream"
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
    shutil.rmtree(profile, ignore_errors=True)
    seen = json.loads(pages.report)
    assert [each for each in seen if each[1] != "error"] == [
        ["1", "message", "one"],
        ["2", "tick", "zwei ✓"],
        ["3", "message", "three"],
    ]
    assert seen[-1] == ["", "error", 2]
    assert [each[2] for each in seen if each[1] == "error"] == [0, 0, 0, 0, 2]
