"""The causes that are named behind real proxies: the right one first, and none where nothing is wrong.

Findings are taken in the order the screen shows them, from a capture that the program itself wrote.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from sse_inspect.inspected import Snapshot
from sse_inspect.replay.whole import Whole
from tests.servers.installing import NotInstalledError
from tests.servers.proxies import (
    CaddyGzip,
    HAProxy,
    HAProxyNoDelay,
    Nginx,
    NginxGzip,
    NginxHttp10,
    NginxReadTimeout,
    NginxReadTimeoutHttp2,
    Proxy,
    Reference,
)
from tests.servers.running import Service
from tests.servers.stamped import Stamped
from tests.servers.tailing import program

pytestmark = pytest.mark.servers

SLOW_LINE = 4000
"""Bytes a second of a line that is too slow for a hundred events."""
HEALTHY_FOR = 120
PATIENCE = 30
"""Seconds that the program may take beyond what it was asked for."""


class NginxUnbuffered(Nginx):
    """As event streams are to be passed on."""

    title = "nginx, proxy_buffering off"
    directives = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;'


@dataclass(frozen=True)
class Setting:
    """What stands between, what is asked for, and which cause is to be found within `seconds`."""

    proxy: type[Proxy]
    path: str
    seconds: int
    right: str
    options: tuple[str, ...] = ()
    upstream: type[Service] = Reference
    possible_only: bool = False
    """Nothing on the wire makes it likely: it is told, as information."""


QUIET = "rate=10&heartbeat=0"
SETTINGS = {
    "nginx holds the head back: gzip and buffering, 10 events/s": Setting(
        NginxGzip, f"/f?{QUIET}", 26, "no-response-head", ("--stall-after", "10")
    ),
    "nginx, gzip and buffering, 200 events/s": Setting(
        NginxGzip, "/f?rate=200&heartbeat=0", 45, "compression-buffering"
    ),
    "nginx, HTTP/1.0 upstream and buffering": Setting(NginxHttp10, f"/f?{QUIET}&size=200", 20, "buffered-by-size"),
    "the same, with times in the data": Setting(NginxHttp10, "/10", 20, "buffered-by-size", upstream=Stamped),
    # nginx looks at its timers lazily: after events the first cut may come 0.3 s early, so four are waited for
    "nginx, read timeout": Setting(NginxReadTimeout, f"/f?{QUIET}&silent_after=10", 24, "idle-cut"),
    "nginx, read timeout, HTTP/2": Setting(NginxReadTimeoutHttp2, f"/f?{QUIET}&silent_after=10", 24, "idle-cut"),
    "Caddy, gzip, 10 events/s": Setting(
        CaddyGzip, "/f?rate=10&heartbeat=5", 26, "compression-unflushed", ("--stall-after", "10")
    ),
    "Caddy, gzip, 200 events/s": Setting(CaddyGzip, "/f?rate=200&heartbeat=0", 25, "compression-buffering"),
    "HAProxy, with times in the data": Setting(HAProxy, "/10", 15, "coalesced-batches", upstream=Stamped),
    "HAProxy, without, uneven": Setting(HAProxy, "/10/uneven", 24, "coalesced-batches", upstream=Stamped),
    "HAProxy, without, even": Setting(HAProxy, f"/f?{QUIET}", 15, "coalesced-batches", possible_only=True),
}


@contextmanager
def running(kind: type[Proxy], upstream: type[Service] = Reference) -> Iterator[Proxy]:
    """That proxy before a server of its own."""
    with upstream() as server:
        proxy = kind(server.port)
        try:
            print(f"\n{proxy.title}: {proxy.version}")
        except NotInstalledError as error:
            pytest.skip(f"not installed: {error}")
        with proxy:
            yield proxy


def watched(
    url: str,
    seconds: int,
    capture: Path,
    *options: str,
    treated: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> Snapshot:
    """What is known after so many seconds of `tail`, whose process is `treated` meanwhile."""
    argv = program("tail", url, "-f", "ndjson", "--for", str(seconds), "--record", str(capture), *options)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    try:
        treated(process)
        process.communicate(timeout=seconds + PATIENCE)
    finally:
        process.kill()
        process.communicate()
    whole = Whole(capture)
    try:
        return whole.snapshot()
    finally:
        whole.close()


def shown(snapshot: Snapshot) -> str:
    """The findings, and what came."""
    lines = [f"{each.severity} {each.code} at {each.t:.1f} s: {each.evidence}" for each in snapshot.findings]
    return "\n".join([f"{snapshot.events:,} events, {snapshot.connection} connections", *lines])


def grave(snapshot: Snapshot) -> list[str]:
    """The codes above information, the most probable first."""
    print(shown(snapshot))
    return [each.code for each in snapshot.findings if each.severity != "info"]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_right_cause_comes_first(name: str, tmp_path: Path) -> None:
    setting = SETTINGS[name]
    with running(setting.proxy, setting.upstream) as proxy:
        url, options = proxy.url(setting.path), (*proxy.options, *setting.options)
        snapshot = watched(url, setting.seconds, tmp_path / "capture", *options)
    if setting.possible_only:
        assert grave(snapshot) == []
        assert [each.code for each in snapshot.findings] == [setting.right]
    else:
        assert grave(snapshot)[:1] == [setting.right], shown(snapshot)


@pytest.mark.parametrize("kind", [NginxUnbuffered, NginxHttp10])
def test_a_client_that_is_slow_on_purpose_blames_nobody(kind: type[Proxy], tmp_path: Path) -> None:
    """What is injected is told as that, and is no finding."""
    with running(kind, Stamped) as proxy:
        options = ("--fault", f"slow-reading:{SLOW_LINE}")
        snapshot = watched(proxy.url("/100"), 20, tmp_path / "capture", *options)
    assert [each.fault for each in snapshot.faults] == [f"slow-reading:{SLOW_LINE}"]
    assert 0 < snapshot.events < 20 * 100 / 2
    assert grave(snapshot) == []


@pytest.mark.parametrize("kind", [NginxUnbuffered, NginxHttp10])
def test_a_line_that_is_too_slow_is_seen_by_the_times_in_the_data(kind: type[Proxy], tmp_path: Path) -> None:
    """Whether it is the line or who reads cannot be told from here: they look alike, and are named together."""
    with running(kind, Stamped) as proxy, slow_line(proxy.port, SLOW_LINE) as port:
        snapshot = watched(f"http://127.0.0.1:{port}/100", 25, tmp_path / "capture")
    assert grave(snapshot) == ["falls-behind"]


def test_who_does_not_read_the_output_blames_nobody(tmp_path: Path) -> None:
    """What the program writes waits for its reader, and in the end the server does."""

    def reluctantly(process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        until = time.monotonic() + 25
        while time.monotonic() < until:
            time.sleep(len(os.read(process.stdout.fileno(), 1 << 14)) / 200_000)

    with running(NginxHttp10, Stamped) as proxy:
        snapshot = watched(proxy.url("/3000"), 25, tmp_path / "capture", treated=reluctantly)
    assert set(grave(snapshot)) <= {"falls-behind"}


def test_a_program_that_is_stopped_now_and_then_blames_nobody(tmp_path: Path) -> None:
    def held_up(process: subprocess.Popen[bytes]) -> None:
        time.sleep(3)
        for _ in range(8):
            process.send_signal(signal.SIGSTOP)
            time.sleep(2)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.5)

    with running(NginxUnbuffered, Stamped) as proxy:
        snapshot = watched(proxy.url("/10"), 25, tmp_path / "capture", treated=held_up)
    assert grave(snapshot) == []
    assert "held-up" in [each.code for each in snapshot.findings]


def test_healthy_streams_have_no_finding_in_two_minutes(tmp_path: Path) -> None:
    """All at the same time: through what passes events on at once, and directly, with heartbeats and without."""
    with ExitStack() as life:
        paths = {
            "/f?rate=10&heartbeat=0": Reference,
            "/f?rate=2&heartbeat=5": Reference,
            "/10": Stamped,
            "/10/uneven": Stamped,
        }
        streams = {}
        for number, (path, upstream) in enumerate(paths.items()):
            server = life.enter_context(upstream())
            streams[f"directly {path}"] = f"http://127.0.0.1:{server.port}{path}"
            for kind in (NginxUnbuffered, HAProxyNoDelay):
                proxy = kind(server.port)
                try:
                    print(f"\n{proxy.title}: {proxy.version}")
                except NotInstalledError as error:
                    pytest.skip(f"not installed: {error}")
                streams[f"{kind.title} {path} {number}"] = life.enter_context(proxy).url(path)
        pool = life.enter_context(ThreadPoolExecutor(len(streams)))
        asked = {
            name: pool.submit(watched, url, HEALTHY_FOR, tmp_path / f"{place}")
            for place, (name, url) in enumerate(streams.items())
        }
        seen = {name: each.result() for name, each in asked.items()}
    assert all(snapshot.events > HEALTHY_FOR for snapshot in seen.values())
    assert {snapshot.connection for snapshot in seen.values()} == {1}
    assert {name: found for name, snapshot in seen.items() if (found := grave(snapshot))} == {}


@contextmanager
def slow_line(port: int, rate: int) -> Iterator[int]:
    """A relay to that port of loopback that takes no more than so many bytes a second from it."""

    def carry() -> None:
        with suppress(OSError), listener.accept()[0] as client, socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            client.settimeout(5)
            server.settimeout(5)
            server.connect(("127.0.0.1", port))
            server.sendall(client.recv(1 << 16))
            while data := server.recv(rate // 20):
                client.sendall(data)
                time.sleep(len(data) / rate)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = Thread(target=carry, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
