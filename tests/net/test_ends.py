"""How a connection ends, and what is said of it."""

from __future__ import annotations

import asyncio

import pytest

from tests.net.scripted import (
    CHUNKED,
    LAST,
    UNFRAMED,
    Peer,
    Script,
    Scripted,
    chunk,
    event,
    head,
    in_loop,
    once,
    session,
    unused_port,
)

LENGTH = f"Content-Type: text/event-stream\r\nContent-Length: {len(event(1) + event(2))}"


def answering(*parts: bytes, how: str = "FIN") -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)
        if how == "RST":
            await asyncio.sleep(0.02)  # what was sent is taken up before the reset throws it away
            peer.reset()

    return script


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ((head(CHUNKED), chunk(event(1)), chunk(event(2)), LAST), "the server closed the stream"),
        ((head(CHUNKED), chunk(event(1) + event(2)), b"0\r\nTrailer: x\r\n\r\n"), "the server closed the stream"),
        ((head(LENGTH), event(1), event(2)), "the server closed the stream"),
        ((head(LENGTH, version="1.0"), event(1), event(2)), "the server closed the stream"),
        ((head(UNFRAMED), event(1), event(2)), "closed without framing: truncation cannot be known"),
        ((head(UNFRAMED, version="1.0"), event(1), event(2)), "closed without framing: truncation cannot be known"),
    ],
)
@in_loop
async def test_a_clean_end(parts: tuple[bytes, ...], detail: str) -> None:
    run = await once(answering(*parts))
    assert run.ids == ["1", "2"]
    assert (run.reasons, run.details) == (["eof"], [detail])
    assert run.of("open")[0].http_version == parts[0][5:8].decode()
    assert run.of("end")[0].reason == "completed"


@pytest.mark.parametrize("version", ["1.2", "1.9"])
@in_loop
async def test_a_minor_version_to_come_is_read_as_1_1(version: str) -> None:
    run = await once(answering(head(CHUNKED, version=version), chunk(event(1)), LAST))
    assert run.of("open")[0].http_version == "1.1"
    assert (run.ids, run.reasons) == (["1"], ["eof"])


@pytest.mark.parametrize(
    ("parts", "how", "reason", "detail"),
    [
        ((head(CHUNKED), chunk(event(1)), b"20\r\nid: 2"), "FIN", "truncated", "before its last chunk"),
        ((head(CHUNKED), chunk(event(1))), "FIN", "truncated", "before its last chunk"),
        ((head(LENGTH), event(1)), "FIN", "truncated", "received 15 bytes, expected 30"),
        ((head(CHUNKED), chunk(event(1)), b"zz\r\n"), "FIN", "protocol", "the length of a chunk cannot be read: “zz”"),
        ((head(CHUNKED), chunk(event(1))), "RST", "reset", "Connection reset by peer"),
        ((head(UNFRAMED), event(1)), "RST", "reset", "Connection reset by peer"),
    ],
)
@in_loop
async def test_an_end_inside_the_body(parts: tuple[bytes, ...], how: str, reason: str, detail: str) -> None:
    run = await once(answering(*parts, how=how))
    assert run.ids == ["1"]
    assert run.reasons == [reason]
    assert detail in run.details[0]
    assert run.live.responded


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ((), "closed without a response"),
        ((b"HTTP/1.1 200 OK\r\nContent-Ty",), "closed inside the response head"),
        ((b"SSH-2.0-OpenSSH_9.6\r\n\r\n",), "the answer does not begin with a status line of HTTP: “"),
        ((b"\x16\x03\x01\x00\x05hello\r\n\r\n",), "the answer is not HTTP: is this an https:// address?"),
        ((b"\x01\r\n\r\n",), "the answer is not HTTP"),
        ((head("no colon here"),), "a line of the response head is no header field: “no colon here”"),
        ((head("Transfer-Encoding: rot13"),), "Transfer-Encoding"),
        ((head("X: " + "x" * 200_000),), "too long"),
    ],
)
@in_loop
async def test_what_is_no_http(parts: tuple[bytes, ...], detail: str) -> None:
    run = await once(answering(*parts))
    assert run.reasons == ["protocol"]
    assert detail in run.details[0]
    assert run.live.responded is bool(parts)
    assert run.of("end")[0].reason == "max-retries"


@in_loop
async def test_a_reset_instead_of_a_response() -> None:
    run = await once(answering(how="RST"))
    assert run.reasons == ["reset"]
    assert not run.live.responded


@in_loop
async def test_head_with_bare_line_feeds_and_early_hints() -> None:
    run = await once(
        answering(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
            b"HTTP/1.1 200 OK\nContent-Type: text/event-stream\nX-A: \xff\nX-A: \xc3\xa4\nContent-Length: 15\n\n",
            event(1),
        )
    )
    assert run.ids == ["1"]
    assert run.of("open")[0].headers["x-a"] == "\N{REPLACEMENT CHARACTER}, ä"


@pytest.mark.parametrize(
    ("answer", "reason", "end"),
    [
        (head("Content-Length: 0", "404 Not Found"), "status", "fatal"),
        (head("Content-Type: text/html\r\nContent-Length: 0"), "content-type", "fatal"),
        (head("Content-Length: 0", "302 Found"), "redirect", "fatal"),
        (head("Location: \r\nContent-Length: 0", "301 Moved"), "redirect", "fatal"),
        (head("Connection: Upgrade\r\nUpgrade: x", "101 Switching Protocols"), "protocol", "max-retries"),
        (head("Content-Length: 0", "503 Busy"), "status", "max-retries"),
        (head("", "204 No Content"), None, "no-content"),
    ],
)
@in_loop
async def test_answers_that_are_no_stream(answer: bytes, reason: str | None, end: str) -> None:
    run = await once(answering(answer))
    assert run.reasons == ([reason] if reason else [])
    assert run.of("open") == []
    assert run.of("end")[0].reason == end


@in_loop
async def test_an_answer_that_is_no_stream_but_never_ends() -> None:
    async def script(peer: Peer) -> None:
        await peer.open("Content-Type: text/html\r\nTransfer-Encoding: chunked", "500 Oops")
        await peer.send(chunk(b"<html>" * 10_000))
        assert await peer.gone() in ("FIN", "RST")

    run = await once(script)
    assert run.reasons == ["status"]


@in_loop
async def test_retry_after_is_waited_for() -> None:
    async with (
        Scripted(
            answering(head("Retry-After: 3600\r\nContent-Length: 0", "503 Busy")),
        ) as server,
        session(server.url()) as run,
    ):
        backoff = await run.until("backoff")
        assert (backoff.source, backoff.delay) == ("retry-after", 3600.0)
        await run.stop()
    assert server.connections == 1


@in_loop
async def test_refused_then_accepting() -> None:
    port = unused_port()

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await peer.gone()

    async with session(f"http://127.0.0.1:{port}/") as run:
        await run.until("backoff", 2)
        assert run.reasons[:2] == ["refused", "refused"]
        assert not run.live.responded
        async with Scripted(script, port=port):
            await run.until("event")
            await run.stop()
    assert run.of("open")[0].connection > 2


@in_loop
async def test_silence_on_an_open_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        assert await peer.gone() == "FIN"

    async with Scripted(script) as server, session(server.url(), stall_after=0.1) as run:
        stall = await run.until("stall")
        assert stall.silence >= 0.1
        await run.until("open", 2)
        await run.stop()
    assert run.reasons[0] == "stall"


@in_loop
async def test_silence_before_the_head_is_a_timeout() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.gone()

    run = await once(script, stall_after=0.1)
    assert run.reasons == ["timeout"]
    assert run.of("stall") == []


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 5 + [head()],
        [b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 5, CHUNKED.encode() + b"\r\n\r\n"],
        [bytes((byte,)) for byte in b"HTTP/1"] + [b".1 200 OK\r\n" + CHUNKED.encode() + b"\r\n\r\n"],
    ],
)
@in_loop
async def test_a_head_that_takes_its_time(parts: list[bytes]) -> None:
    """Each part is a sign of life: all of them take longer than the silence that is allowed."""

    async def script(peer: Peer) -> None:
        await peer.request()
        for part in parts:
            await peer.send(part)
            await asyncio.sleep(0.1)
        await peer.events(1)
        await peer.send(LAST)

    run = await once(script, stall_after=0.25)
    assert run.ids == ["1"]
    assert run.reasons == ["eof"]
    assert run.of("open")[0].t > 0.5


@in_loop
async def test_a_head_that_stops_is_a_timeout() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n")
        await asyncio.sleep(0.1)
        await peer.send(b"X: y\r\n")
        await peer.gone()

    run = await once(script, stall_after=0.15)
    assert (run.reasons, run.details) == (["timeout"], ["no byte for 0.15 s inside the response head"])
    assert 0.25 <= run.of("disconnect")[0].duration < 0.5


@pytest.mark.parametrize("ends", [True, False])
@in_loop
async def test_framing_is_a_sign_of_life(ends: bool) -> None:
    """The size of a chunk that drips, until the chunk comes or nothing more."""

    async def script(peer: Peer) -> None:
        await peer.open()
        for _ in range(6):
            await peer.send(b"0")
            await asyncio.sleep(0.1)
        if ends:
            await peer.events(1)
            await peer.send(LAST)
        await peer.gone()

    run = await once(script, stall_after=0.25)
    assert run.reasons == ["eof" if ends else "stall"]
    if not ends:
        (stall,) = run.of("stall")
        assert 0.25 <= stall.silence < 0.5
        assert stall.t > 0.7


@in_loop
async def test_framing_ends_a_stall() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await asyncio.sleep(0.3)
        await peer.send(b"0")
        await peer.gone()

    async with Scripted(script) as server, session(server.url(), stall_after=0.1, on_stall="warn") as run:
        assert (await run.until("resumed")).silence >= 0.25
        await run.until("stall", 2)
        await run.stop()


@in_loop
async def test_a_dropped_connection_is_exactly_one_disconnect() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)

    async with Scripted(script) as server, session(server.url()) as run:
        await run.until("open", 3)
        await run.stop()
    assert [d.connection for d in run.of("disconnect")] == [c.connection for c in run.of("connecting")]
