"""Through a SOCKS5 proxy: what is said to it, what it may say, and what that makes of the attempt."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.live import Live
from tests.net.http2 import OFFERED, H2Peer, http2, negotiating
from tests.net.scripted import Peer, Script, Scripted, in_loop, policy, session, unused_port
from tests.net.test_proxies import pump
from tests.net.test_tls import TRUSTED, server_side

BOUND = b"\x00\x01\x7f\x00\x00\x01\x00\x50"


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


def socks(
    *, password: bytes | None = None, reply: int = 0, bound: bytes = BOUND, torn: bool = False, asked: list[Any]
) -> Script:
    """A SOCKS5 server; what was asked for goes into `asked`. It answers byte by byte if it is `torn`."""

    async def script(peer: Peer) -> None:
        async def answer(data: bytes) -> None:
            for at in range(0, len(data), 1 if torn else len(data)):
                await peer.send(data[at : at + 1] if torn else data)
                await asyncio.sleep(0)

        read = peer.reader.readexactly
        assert await read(1) == b"\x05"
        methods = await read((await read(1))[0])
        method = 0 if password is None else 2 if 2 in methods else 0xFF
        await answer(bytes((5, method)))
        if method == 2:
            assert await read(1) == b"\x01"
            user = await read((await read(1))[0])
            given = await read((await read(1))[0])
            asked.append(user)
            await answer(bytes((1, given != password)))
        assert await read(3) == b"\x05\x01\x00"
        kind = (await read(1))[0]
        if kind == 3:
            host = (await read((await read(1))[0])).decode()
        else:
            host = socket.inet_ntop(
                *((socket.AF_INET, await read(4)) if kind == 1 else (socket.AF_INET6, await read(16)))
            )
        port = int.from_bytes(await read(2), "big")
        asked.append((kind, host, port))
        await answer(bytes((5, reply)) + bound)
        if reply:
            return
        reader, writer = await asyncio.open_connection("127.0.0.1" if kind == 3 else host, port)
        try:
            with suppress(OSError):
                await asyncio.gather(pump(peer.reader, writer), pump(reader, peer.writer))
        finally:
            writer.transport.abort()

    return script


@pytest.mark.parametrize(
    ("scheme", "host", "expected"),
    [
        ("socks5", "127.0.0.1", (1, "127.0.0.1")),
        ("socks5h", "127.0.0.1", (1, "127.0.0.1")),
        ("socks5", "::1", (4, "::1")),
        ("socks5", "localhost", (1, "127.0.0.1")),
        ("socks5h", "localhost", (3, "localhost")),
    ],
)
@in_loop
async def test_what_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, scheme: str, host: str, expected: tuple[int, str]
) -> None:
    """Names are resolved here, or by the proxy for socks5h: as in curl."""
    real: Any = socket.getaddrinfo

    def look_up(name: str, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if name == "localhost" and not more.get("flags") else name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    asked: list[Any] = []
    listening = host if ":" in host else "127.0.0.1"
    async with Scripted(streaming, host=listening) as server, Scripted(socks(asked=asked)) as proxy:
        target = {"proxy": f"{scheme}://127.0.0.1:{proxy.port}"}
        url = server.url(host=f"[{host}]" if ":" in host else host)
        async with session(url, target=target) as run:
            opened = await run.until("open")
            await run.until("event")
            await run.stop()
    assert asked == [(*expected, server.port)]
    assert opened.peer == f"127.0.0.1:{proxy.port}"
    assert (opened.timings["dns"] is not None) is (host == "localhost" and scheme == "socks5")
    assert server.requests[0].line == "GET / HTTP/1.1"


@pytest.mark.parametrize(
    "bound", [BOUND, b"\x00\x04" + bytes(18), b"\x00\x03\x05proxy\x00\x50", b"\x00\x03\x00\x00\x00"]
)
@in_loop
async def test_answers_may_come_torn(bound: bytes) -> None:
    asked: list[Any] = []
    async with (
        Scripted(streaming, tls=server_side()) as server,
        Scripted(socks(password=b"s:cret", bound=bound, torn=True, asked=asked)) as proxy,
    ):
        target = {**TRUSTED, "proxy": f"socks5://ann:s%3Acret@127.0.0.1:{proxy.port}"}
        async with session(server.url(), target=target) as run:
            await run.until("event")
            await run.stop()
    assert asked == [b"ann", (1, "127.0.0.1", server.port)]


@in_loop
async def test_http2_through_it() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.open()
        await peer.peer.gone()

    async with (
        Scripted(http2(script), tls=negotiating("h2")) as server,
        Scripted(socks(asked=[])) as proxy,
        session(server.url(), target={**OFFERED, "proxy": f"socks5://127.0.0.1:{proxy.port}"}) as run,
    ):
        assert (await run.until("open")).http_version == "2"
        await run.stop()


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        (1, "unreachable", "general failure"),
        (2, "unreachable", "not allowed by its rules"),
        (3, "unreachable", "network unreachable"),
        (4, "unreachable", "host unreachable"),
        (5, "refused", "connection refused"),
        (6, "unreachable", "the packets' time to live ran out"),
        (7, "protocol", "command not supported"),
        (8, "protocol", "kind of address not supported"),
        (99, "protocol", "unknown reply 99"),
    ],
)
@in_loop
async def test_a_proxy_that_cannot_connect(reply: int, reason: str, detail: str) -> None:
    async with Scripted(socks(reply=reply, asked=[])) as proxy:
        target = {"proxy": f"socks5h://127.0.0.1:{proxy.port}"}
        async with session("http://right.test/", target=target, max_retries=0) as run:
            await run.end()
    assert (run.reasons, run.details) == ([reason], [f"SOCKS proxy: {detail}"])
    assert not run.live.responded


@pytest.mark.parametrize(
    ("credentials", "detail"),
    [
        ("", "it asks for a user and password"),
        ("ann:wrong@", "user or password not accepted"),
    ],
)
@in_loop
async def test_credentials_that_do_not_fit(credentials: str, detail: str) -> None:
    async with Scripted(socks(password=b"right", asked=[])) as proxy:
        target = {"proxy": f"socks5h://{credentials}127.0.0.1:{proxy.port}"}
        async with session("http://right.test/", target=target, max_retries=0) as run:
            await run.end()
    assert (run.reasons, run.details) == (["protocol"], [f"SOCKS proxy: {detail}"])


def answering(*answers: bytes) -> Script:
    async def script(peer: Peer) -> None:
        for answer in answers:
            await peer.reader.read(1)
            await peer.send(answer)
            await asyncio.sleep(0.01)

    return script


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "the answer is not SOCKS5"),
        (answering(b"\x04\x00"), "the answer is not SOCKS5"),
        (answering(b"\x05\x00", b"\x04\x00\x00\x01"), "the answer is not SOCKS5"),
        (answering(b"\x05\x01"), "it asks for authentication method 1"),
        (answering(b"\x05\xff"), "it asks for a user and password"),
        (answering(b"\x05"), "it closed the connection"),
        (answering(b""), "it closed the connection"),
        (answering(b"\x05\x00", b"\x05\x00\x00"), "it closed the connection"),
    ],
)
@in_loop
async def test_what_is_no_socks_proxy(script: Script, detail: str) -> None:
    async with Scripted(script) as proxy:
        target = {"proxy": f"socks5h://127.0.0.1:{proxy.port}"}
        async with session("http://right.test/", target=target, max_retries=0) as run:
            await run.end()
    assert (run.reasons, run.details) == (["protocol"], [f"SOCKS proxy: {detail}"])
    assert not run.live.responded


@in_loop
async def test_a_proxy_that_is_silent_or_not_there() -> None:
    async def silent(peer: Peer) -> None:
        await peer.gone()

    async with Scripted(silent) as proxy:
        target = {"proxy": f"socks5://127.0.0.1:{proxy.port}"}
        async with session("http://127.0.0.1/", target=target, max_retries=0, connect_timeout=0.1) as run:
            await run.end()
    assert (run.reasons, run.details) == (["timeout"], ["no connection within 0.1 s"])
    target = {"proxy": f"socks5://127.0.0.1:{unused_port()}"}
    async with session("http://127.0.0.1/", target=target, max_retries=0) as run:
        await run.end()
    assert run.reasons == ["refused"]


def test_credentials_socks_cannot_carry() -> None:
    for credentials in (f"{'n' * 256}:p", "n:", f"n:{'p' * 256}"):
        with pytest.raises(UsageError) as told:
            Live(Target("http://127.0.0.1/", proxy=f"socks5://{credentials}@127.0.0.1"), policy())
        assert told.value.option == "--proxy"
