"""Through a proxy: plain requests forwarded, TLS tunnelled, and the environment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from tests.net.scripted import Peer, Scripted, head, in_loop, session, settled
from tests.net.test_tls import TRUSTED, server_side

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def tunnelling(peer: Peer) -> None:
    """CONNECT to where the request says."""
    request = await peer.request()
    host, _, port = request.path.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    try:
        with suppress(OSError):
            await asyncio.gather(pump(peer.reader, writer), pump(reader, peer.writer))
    finally:
        writer.transport.abort()


@in_loop
async def test_a_plain_request_is_forwarded() -> None:
    async with Scripted(streaming) as proxy:
        target = {"proxy": f"http://ann:s%3Acret@127.0.0.1:{proxy.port}"}
        async with session("http://right.test/a?b", target=target) as run:
            opened = await run.until("open")
            await run.stop()
    (request,) = proxy.requests
    assert request.line == "GET http://right.test/a?b HTTP/1.1"
    assert request.get("host") == "right.test"
    assert request.get("proxy-authorization") == "Basic YW5uOnM6Y3JldA=="
    assert opened.peer == f"127.0.0.1:{proxy.port}"


@in_loop
async def test_tls_is_tunnelled() -> None:
    async with Scripted(streaming, tls=server_side()) as server, Scripted(tunnelling) as proxy:
        target = {**TRUSTED, "proxy": f"127.0.0.1:{proxy.port}", "bearer": "secret"}
        async with session(server.url(), target=target) as run:
            opened = await run.until("open")
            await run.until("event")
            await run.stop()
    assert proxy.requests[0].line == f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"
    assert proxy.requests[0].get("authorization") is None
    assert server.requests[0].get("authorization") == "Bearer secret"
    assert opened.timings["tls"] > 0


@in_loop
async def test_the_answer_of_a_proxy_is_none_of_the_server() -> None:
    """Unless it is all there is."""
    async with Scripted(streaming, tls=server_side()) as server, Scripted(tunnelling) as proxy:
        async with session(server.url(), target={"proxy": proxy.url()}, max_retries=0) as run:
            await run.end()
        await asyncio.sleep(0.01)
    assert run.reasons == ["tls"]
    assert not run.live.responded


@in_loop
async def test_a_proxy_over_tls() -> None:
    async with (
        Scripted(streaming, tls=server_side()) as server,
        Scripted(tunnelling, tls=server_side()) as proxy,
        session(server.url(), target={**TRUSTED, "proxy": proxy.url()}) as run,
    ):
        await run.until("event")
        await run.stop()


@in_loop
async def test_a_proxy_that_refuses() -> None:
    async def refusing(peer: Peer) -> None:
        await peer.request()
        await peer.send(head("Content-Length: 0", "407 Proxy Authentication Required"))

    async with Scripted(refusing) as proxy:
        target = {"proxy": proxy.url()}
        async with session("https://right.test/", target=target, max_retries=0) as run:
            await run.end()
    assert (run.reasons, run.details) == (["protocol"], ["407 Proxy Authentication Required"])
    assert run.live.responded


@in_loop
async def test_tunnels_that_failed_are_no_obstacle() -> None:
    """More of them than a pool of httpcore has room for."""

    async def deaf(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await peer.gone()

    async with (
        Scripted(streaming, tls=server_side()) as server,
        Scripted(*[deaf] * 20, tunnelling) as proxy,
        session(server.url(), target={**TRUSTED, "proxy": proxy.url()}) as run,
    ):
        for count in range(1, 21):
            await proxy.asked(count)
            await settled()
            run.live.ask("inject", "disconnect")
            await run.until("backoff", count)
            run.live.ask("reconnect")
        await run.until("event")
        await run.stop()


@pytest.mark.parametrize(
    ("environment", "proxied"),
    [
        ({"http_proxy": "{}"}, True),
        ({"all_proxy": "{}"}, True),
        ({"https_proxy": "{}"}, False),
        ({"HTTP_PROXY": "{}", "NO_PROXY": "example.org"}, True),
        ({"http_proxy": "{}", "no_proxy": "right.test"}, False),
        ({"http_proxy": "{}", "no_proxy": ".test"}, False),
        ({"http_proxy": "{}", "no_proxy": "*"}, False),
    ],
)
@in_loop
async def test_the_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxied: bool) -> None:
    async with Scripted(streaming) as proxy:
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(f"127.0.0.1:{proxy.port}"))
        target: dict[str, Any] = {"proxy": None}
        async with session("http://right.test/", target=target, max_retries=0) as run:
            await run.until("open" if proxied else "disconnect")
            await run.stop()
    assert len(proxy.requests) == proxied


@in_loop
async def test_an_empty_proxy_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    async with Scripted(streaming) as server, session(server.url(), target={"proxy": ""}) as run:
        await run.until("open")
        await run.stop()
