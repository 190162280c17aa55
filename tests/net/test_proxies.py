"""Through a proxy: plain requests forwarded, TLS tunnelled, and the environment."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.live import Live
from tests.net.scripted import Peer, Scripted, head, in_loop, policy, session, settled
from tests.net.test_tls import EXPIRED, TRUSTED, server_side

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


@pytest.mark.parametrize("secure", [False, True])
@in_loop
async def test_the_answer_of_a_proxy_is_none_of_the_server(secure: bool) -> None:
    """Unless it is all there is."""
    async with (
        Scripted(streaming, tls=server_side(EXPIRED)) as server,
        Scripted(tunnelling, tls=server_side() if secure else None) as proxy,
    ):
        async with session(server.url(), target={**TRUSTED, "proxy": proxy.url()}, max_retries=0) as run:
            await run.end()
        await asyncio.sleep(0.01)
    assert run.reasons == ["tls"]
    assert not run.live.responded


@pytest.mark.parametrize("secure", [False, True])
@in_loop
async def test_a_proxy_whose_answer_drips_has_not_connected(secure: bool) -> None:
    async def dripping(peer: Peer) -> None:
        await peer.request()
        with suppress(OSError):
            await peer.send(b"HTTP/1.1 200 OK\r\nX: ")
            await peer.gone()

    async with Scripted(dripping, tls=server_side() if secure else None) as proxy:
        target = {**TRUSTED, "proxy": proxy.url()}
        async with session("https://right.test/", target=target, max_retries=0, connect_timeout=0.15) as run:
            await run.end()
    assert (run.reasons, run.details) == (["timeout"], ["no connection within 0.15 s"])
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


@pytest.mark.parametrize(
    ("status", "fields", "end"),
    [
        ("407 Proxy Authentication Required", "Content-Length: 0", "fatal"),
        ("403 Blocked by policy", "Content-Length: 5", "fatal"),
        ("302 Found", "Location: https://login.test/", "fatal"),
        ("408 Request Timeout", "Content-Length: 0", "max-retries"),
        ("425 Too Early", "Content-Length: 0", "max-retries"),
        ("429 Slow down", "Content-Length: 0", "max-retries"),
        ("502 Bad Gateway", "Transfer-Encoding: chunked", "max-retries"),
    ],
)
@pytest.mark.parametrize("secure", [False, True])
@in_loop
async def test_a_proxy_that_refuses(status: str, fields: str, end: str, secure: bool) -> None:
    """It is judged as a server is that answers so."""

    async def refusing(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(fields, status))

    async with Scripted(refusing, tls=server_side() if secure else None) as proxy:
        target = {**TRUSTED, "proxy": proxy.url()}
        async with session("https://right.test/", target=target, max_retries=0) as run:
            assert (await run.end()).reason == end
    assert (run.reasons, run.details) == (["status"], [f"the proxy answered {status}"])
    assert run.live.responded
    assert run.of("open") == []


@in_loop
async def test_a_proxy_that_asks_to_wait() -> None:
    async def refusing(peer: Peer) -> None:
        await peer.request()
        await peer.send(head("Retry-After: 3600", "503 Busy"))

    async with Scripted(refusing) as proxy, session("https://right.test/", target={"proxy": proxy.url()}) as run:
        backoff = await run.until("backoff")
        assert (backoff.source, backoff.delay) == ("retry-after", 3600.0)
        await run.stop()


@in_loop
async def test_an_ipv6_address_behind_a_proxy_is_in_brackets() -> None:
    async with Scripted(streaming) as proxy, session("https://[::1]:9/", target={"proxy": proxy.url()}) as run:
        await proxy.asked()
        await run.stop()
    (request,) = proxy.requests
    assert request.line == "CONNECT [::1]:9 HTTP/1.1"
    assert request.get("host") == "[::1]:9"


@in_loop
async def test_tunnels_that_failed_are_no_obstacle() -> None:
    """However many of them."""

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


WRONG = (
    "u:s3cret@host:bad",
    "u:s3cret@host:99999",
    "u:s3cret@host:0",
    "u:s3cr@t@host:bad",
    "u:s3cret",
    "u:s3cret@",
    "u:s3cret@:80",
    "u:s3cret@[::1",
    "u:s3cret@ho st",
    "u:s3cret@ho\x1bst",
    "u:s3cret@\u2603.\u2603..",
    "user:s3cr/et@host:1",
    "user:12/s3cret@host:1",
    "user:s3cr?et@host:1",
    "user:s3cr#et@host:1",
    "user:#s3cret@host:1",
    "user:s3cr\\et@host:bad",
    "s3cret@host:bad",
    "u:s3cret://host",
    "u:s3cret@://host",
    "u:p@x://s3cret@host",
)


@pytest.mark.parametrize("address", WRONG)
@pytest.mark.parametrize(
    "scheme", ["", "http://", "https://", "socks5://", "socks5h://", "HTTP://", "socks4://", "://"]
)
@pytest.mark.parametrize("variable", [None, "http_proxy", "ALL_PROXY"])
def test_what_is_no_proxy_is_told_without_its_password(
    address: str, scheme: str, variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, scheme + address)
    proxy = None if variable else scheme + address
    with pytest.raises(UsageError) as told:
        Live(Target("http://right.test/", proxy=proxy), policy())
    assert told.value.option == (variable.lower() if variable else "--proxy")
    assert not any(part in str(told.value) for part in ("s3cr", "et@", "t@", "12"))
    assert told.value.__cause__ is None


@in_loop
async def test_several_at_signs_are_read_as_curl_reads_them() -> None:
    async with (
        Scripted(streaming) as proxy,
        session("http://me:p@ss@right.test/", target={"proxy": f"ann:s3@cr@127.0.0.1:{proxy.port}"}) as run,
    ):
        await run.until("open")
        await run.stop()
    (request,) = proxy.requests
    assert request.get("proxy-authorization") == "Basic YW5uOnMzQGNy"
    assert request.get("authorization") == "Basic bWU6cEBzcw=="
    assert request.line == "GET http://right.test/ HTTP/1.1"
