"""From a name to a connection: resolution, TCP, what it takes and how it fails."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sse_inspect.net import network
from tests.net.scripted import (
    Peer,
    Scripted,
    descriptors,
    event,
    full_backlog,
    in_loop,
    session,
    settled,
    unused_port,
)

NAME = "stream.test"


async def steady(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


Lookup = Callable[..., list[Any]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A hosts file: names and their addresses."""
    table: dict[str, list[str]] = {}
    real: Lookup = socket.getaddrinfo

    def look_up(host: str, port: int, **options: Any) -> list[Any]:
        if host in table and not options.get("flags"):
            return [found for address in table[host] for found in real(address, port, **options)]
        return real(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize(
    ("host", "reason", "detail"),
    [
        ("nobody.invalid", "dns", ""),
        (f"{'x' * 64}.test", "dns", ""),
        ("127.255.255.255", "unreachable", ""),  # a broadcast address takes no TCP
        ("127.0.0.1:{port}", "refused", "Connection refused"),
        ("[::1]:{port}", "refused", "Connection refused"),
    ],
)
@in_loop
async def test_no_connection(host: str, reason: str, detail: str) -> None:
    async with session(f"http://{host.format(port=unused_port())}/", max_retries=0) as run:
        end = await run.end()
    assert run.reasons == [reason]
    assert run.details[0]
    assert detail in run.details[0]
    assert end.reason == "max-retries"
    assert not run.live.responded


@in_loop
async def test_a_server_that_answers_no_connection() -> None:
    with full_backlog() as port:
        async with session(f"http://127.0.0.1:{port}/", max_retries=0, connect_timeout=0.1) as run:
            await run.end()
        await settled()
    assert (run.reasons, run.details) == (["timeout"], ["no connection within 0.1 s"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@in_loop
async def test_what_an_open_tells(host: str) -> None:
    async with Scripted(steady, host=host) as server, session(server.url()) as run:
        opened = await run.until("open")
        await run.stop()
    shown = f"[{host}]" if ":" in host else host
    assert opened.peer == f"{shown}:{server.port}"
    assert opened.timings["dns"] is None
    assert opened.timings["tls"] is None
    assert 0 <= opened.timings["tcp"] < 0.5
    assert 0 <= opened.timings["first_byte"] < 0.5


@pytest.mark.parametrize(
    ("listening", "addresses"),
    [
        ("127.0.0.1", ["::1", "127.0.0.1"]),
        ("::1", ["::1", "127.0.0.1"]),
        ("127.0.0.1", ["127.255.255.255", "127.0.0.1"]),
    ],
)
@in_loop
async def test_the_address_that_answers_is_taken(
    names: dict[str, list[str]], listening: str, addresses: list[str]
) -> None:
    names[NAME] = addresses
    async with Scripted(steady, host=listening) as server, session(server.url(host=NAME)) as run:
        opened = await run.until("open")
        await run.stop()
    assert listening in opened.peer
    assert opened.timings["dns"] > 0
    assert server.requests[0].get("host") == f"{NAME}:{server.port}"


@in_loop
async def test_an_address_that_is_silent_is_raced(names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "RACE_DELAY", 0.02)
    names[NAME] = ["127.0.0.1", "::1"]
    with full_backlog() as port:
        async with Scripted(steady, host="::1", port=port) as server, session(server.url(host=NAME)) as run:
            opened = await run.until("open")
            await run.stop()
        await settled()
    assert opened.peer == f"[::1]:{port}"


def swallow_the_first_dial(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Future[socket.socket]]:
    """The network loses what the first dial sends; those that are still waiting for an answer."""
    lost: list[asyncio.Future[socket.socket]] = []
    connect = network._connect

    async def dial(address: Any) -> socket.socket:
        if lost:
            return await connect(address)
        lost.append(asyncio.get_running_loop().create_future())
        return await lost[0]

    monkeypatch.setattr(network, "_connect", dial)
    monkeypatch.setattr(network, "REDIAL_DELAY", 0.02)
    return lost


@in_loop
async def test_an_address_that_is_silent_is_dialled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = swallow_the_first_dial(monkeypatch)
    async with Scripted(steady) as server, session(server.url()) as run:
        await run.until("open")
        await run.stop()
    assert lost[0].cancelled()
    assert run.reasons == ["forced"]


@in_loop
async def test_the_latest_answer_speaks_for_the_earlier_dials(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = swallow_the_first_dial(monkeypatch)
    async with session(f"http://127.0.0.1:{unused_port()}/", max_retries=0) as run:
        await run.end()
    assert run.reasons == ["refused"]
    assert lost[0].cancelled()


@in_loop
async def test_a_name_server_that_is_silent_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure of the first question, which comes late, does not count: the second has been answered."""
    answered, questions = threading.Event(), []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        questions.append(host)
        if len(questions) == 1:
            answered.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")
        return [(socket.AF_INET, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(network, "REDIAL_DELAY", 0.02)
    try:
        assert await network.resolve(NAME, 80) == [(socket.AF_INET, ("127.0.0.1", 80))]
    finally:
        answered.set()
    assert questions == [NAME, NAME]


@in_loop
async def test_the_failure_of_the_latest_question_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    over, asked = threading.Event(), threading.Semaphore()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        if asked.acquire(blocking=False):
            over.wait(10)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(network, "REDIAL_DELAY", 0.02)
    try:
        with pytest.raises(socket.gaierror, match="no such name"):
            await network.resolve(NAME, 80)
    finally:
        over.set()


@in_loop
async def test_of_several_failures_the_one_that_tells_most(names: dict[str, list[str]]) -> None:
    names[NAME] = ["127.255.255.255", "127.0.0.1"]
    async with session(f"http://{NAME}:{unused_port()}/", max_retries=0) as run:
        await run.end()
    assert run.reasons == ["refused"]


@in_loop
async def test_a_dead_peer_will_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[socket.socket] = []
    connect = network._connect

    async def watched(address: Any) -> socket.socket:
        connected.append(await connect(address))
        return connected[-1]

    monkeypatch.setattr(network, "_connect", watched)
    async with Scripted(steady) as server, session(server.url()) as run:
        await run.until("event")
        (raw,) = connected
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == network.KEEPALIVE_IDLE
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == network.KEEPALIVE_INTERVAL
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == network.KEEPALIVE_PROBES
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        await run.stop()


def test_a_name_server_that_is_silent_keeps_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = threading.Event(), threading.Event()

    def look_up(host: str, *_: Any, **options: Any) -> list[Any]:
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        asked.set()
        answer.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def test() -> None:
        async with session(f"http://{NAME}/") as run:
            await asyncio.to_thread(asked.wait)
            await run.stop()

    began = time.monotonic()
    asyncio.run(test())
    assert time.monotonic() - began < 1
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "sse-inspect dns":
            thread.join(5)


@pytest.mark.parametrize("state", ["connecting", "no head", "open", "waiting"])
@in_loop
async def test_a_stop_ends_promptly(state: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if state == "waiting":
            return
        if state == "open":
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", event(1))
        assert await peer.gone() == "FIN"

    with full_backlog() as full:
        async with Scripted(script) as server:
            url = f"http://127.0.0.1:{full}/" if state == "connecting" else server.url()
            async with session(url, backoff_initial=9, backoff_max=9) as run:
                match state:
                    case "open":
                        await run.until("event")
                    case "waiting":
                        await run.until("backoff")
                    case "no head":
                        await server.asked()
                    case _:
                        await settled()
                began = time.monotonic()
                end = await run.stop()
                assert time.monotonic() - began < 0.5
        await settled()
    assert end.reason == "interrupted"
    assert run.story[-2:] == ["end", "summary"]


@in_loop
async def test_every_cancelled_connection_is_closed() -> None:
    """Attempts given up at every turn of the loop leave no socket, and the next one works."""
    async with Scripted(steady) as server:
        before = descriptors()
        for turns in range(60):
            async with session(server.url()) as run:
                for _ in range(turns):
                    await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert descriptors() - before == set()
        async with session(server.url()) as run:
            await run.until("event")
            await run.stop()


@in_loop
async def test_reconnects_leave_nothing_behind() -> None:
    async with Scripted(steady) as server, session(server.url()) as run:
        await run.until("event")
        tasks, sockets = len(asyncio.all_tasks()), len(descriptors())
        for count in range(2, 40):
            run.live.ask("reconnect")
            await run.until("event", count)
        await asyncio.sleep(0.01)
        await settled()
        # the server keeps the tasks of connections that are over
        assert len([task for task in asyncio.all_tasks() if not task.get_name().startswith("Task")]) == 1
        assert len(asyncio.all_tasks()) <= tasks + 2
        assert len(descriptors()) <= sockets + 2
        await run.stop()
    assert run.reasons == ["forced"] * 39


@in_loop
async def test_accept_and_close_is_asked_twenty_times_a_second_at_most() -> None:
    async def script(peer: Peer) -> None:
        pass

    async with Scripted(script) as server, session(server.url(), backoff_initial=0.0) as run:
        await asyncio.sleep(0.3)
        await run.stop()
    starts = [record.t for record in run.of("connecting")]
    assert 2 <= len(starts) <= 7
    assert all(after - before >= 0.0499 for before, after in pairwise(starts))


@in_loop
async def test_the_limit_of_retries() -> None:
    async def closing(peer: Peer) -> None:
        await peer.request()

    async with Scripted(closing) as server, session(server.url(), max_retries=2) as run:
        end = await run.end()
    assert end.reason == "max-retries"
    assert server.connections == 3
