"""Heads and framing that are endless, slow, large or odd: told as such, within the limits and in little memory."""

from __future__ import annotations

import asyncio
import time
import tracemalloc

import pytest

from tests.net.scripted import LAST, Peer, Script, Scripted, chunk, event, in_loop, once, session

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLOCK = 1 << 16
MEMORY = 6_000_000
"""Bytes; what is endless is sent far beyond it."""


def endless(beginning: bytes, then: bytes, pause: float = 0.0) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(beginning)
        for _ in range(20 * MEMORY // len(then)):
            await peer.send(then)
            await asyncio.sleep(pause)

    return script


def answering(*parts: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*parts)

    return script


@pytest.mark.parametrize(
    ("beginning", "then", "opens"),
    [
        (b"HTTP/1.1 200 ", b"y" * BLOCK, False),
        (OK, b"X: y\r\n" * (BLOCK // 6), False),
        (OK + b"X: ", b"y" * BLOCK, False),
        (CHUNKED, b"0" * BLOCK, True),
        (CHUNKED + b"5;", b"x" * BLOCK, True),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * (BLOCK // 6), True),
    ],
)
@in_loop
async def test_what_never_ends(beginning: bytes, then: bytes, opens: bool) -> None:
    tracemalloc.start()
    try:
        run = await once(endless(beginning, then))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (run.reasons, run.details) == (["protocol"], ["a response head, or a line between its chunks, is too long"])
    assert bool(run.of("open")) is opens
    assert peak < MEMORY


@pytest.mark.parametrize(
    ("beginning", "then", "pause"),
    [
        (OK + b"X: ", b"y", 0.005),
        (OK, b"X: y\r\n", 0.005),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.005),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0.0),
    ],
)
@in_loop
async def test_a_head_that_drips_or_never_gets_there(beginning: bytes, then: bytes, pause: float) -> None:
    """It is given some time, but not all the time that it likes."""
    began = time.monotonic()
    run = await once(endless(beginning, then, pause), stall_after=0.1)
    assert time.monotonic() - began < 3
    assert run.reasons == ["timeout"]
    assert run.details == ["the response head drips: it was not complete within 0.4 s"]
    assert 0.4 <= run.of("disconnect")[0].duration < 1
    assert run.live.responded


@in_loop
async def test_a_head_that_drips_until_the_session_is_over() -> None:
    run = await once(endless(OK, b"X: y\r\n", 0.005), for_seconds=0.1)
    assert run.of("end")[0].reason == "limit"
    assert run.live.responded


@in_loop
async def test_a_flood_of_interim_answers_does_not_keep_from_stopping() -> None:
    async with (
        Scripted(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)) as server,
        session(server.url(), stall_after=0) as run,
    ):
        await server.asked()
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await run.stop()
        assert time.monotonic() - began < 2


@in_loop
async def test_many_trailers_after_the_end_are_no_silence() -> None:
    """Nor any content: their last byte is told of when they have ended."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED + chunk(event(1)) + b"0\r\n")
        for _ in range(8):
            await asyncio.sleep(0.05)
            await peer.send(b"X: y\r\n")
        await peer.gone()

    run = await once(script, stall_after=0.2)
    assert run.ids == ["1"]
    assert run.reasons == ["stall"]
    assert run.of("stall")[0].t > 0.55


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (OK + b"a: b\r\n" * 10_000 + b"\r\n", event(1)),
        (OK + b"".join(b"Set-Cookie: c%d=1\r\n" % number for number in range(4000)) + b"\r\n", event(1)),
        (OK + b"X: " + b"y" * 80_000 + b"\r\n\r\n", event(1)),
        (OK + b"Content-Length: 15, 15\r\n\r\n", event(1)),
        (OK + b"Content-Length: 15\r\nContent-Length: 15\r\n\r\n", event(1)),
        (OK + b"Content-Length: 15\r\n\r\n", event(1) + event(2)),
        (OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(event(1)) + LAST),
        (OK + b"Transfer-Encoding: Chunked\r\n\r\n", chunk(event(1)) + LAST),
        (OK + b"X: a\r\n  folded\r\n\r\n", event(1)),
        (CHUNKED.replace(b"\r\n", b"\n"), chunk(event(1)) + LAST),
        (CHUNKED.replace(b"1.1", b"1.0"), chunk(event(1)) + LAST),
        (OK.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n", event(1)),
        (OK.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\nContent-Length: 15\r\n\r\n", event(1)),
        (OK.replace(b" OK", b"") + b"\r\n", event(1)),
        (b"HTTP/1.1 102 Processing\r\n\r\n" * 50 + CHUNKED, chunk(event(1)) + LAST),
    ],
)
@in_loop
async def test_what_is_odd_but_can_be_read(head: bytes, body: bytes) -> None:
    run = await once(answering(head, body))
    assert run.ids == ["1"]
    assert run.reasons == ["eof"]


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (OK + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n", "a response head, or a line between its chunks, is too long"),
        (OK + b"Content-Length: -5\r\n\r\n", "the Content-Length of the response is no number of bytes"),
        (OK + b"Content-Length: +15\r\n\r\n", "the Content-Length of the response is no number of bytes"),
        (OK + b"Content-Length: 0xf\r\n\r\n", "the Content-Length of the response is no number of bytes"),
        (OK + b"Content-Length: \r\n\r\n", "the Content-Length of the response is no number of bytes"),
        (
            OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            "the Content-Length of the response is no number of bytes",
        ),
        (OK + b"Content-Length: 15\r\nContent-Length: 16\r\n\r\n", "two Content-Length fields that differ"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "the Transfer-Encoding of the response is not chunked"),
        (
            OK + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n",
            "is not chunked, or not that alone",
        ),
        (OK + b"X y\r\n\r\n", "a line of the response head is no header field: “"),
        (OK + b"X : y\r\n\r\n", "a line of the response head is no header field: “"),
        (OK + b": y\r\n\r\n", "a line of the response head is no header field: “"),
        (OK + b"X: a\0b\r\n\r\n", "a line of the response head is no header field: “"),
        (b"HTTP/1.1 200 OK\r\n folded\r\n\r\n", "begins with the continuation of a line"),
        (CHUNKED.replace(b"\r\n", b"\r") + b"\n\n", "the answer does not begin with a status line of HTTP: “"),
        (b"\r\n" + CHUNKED, "an empty line in place of a status line"),
        (b"data: as if there were no head\n\n", "the answer does not begin with a status line of HTTP: “"),
        (b"x" * 90_000 + b"\n\n", "the answer does not begin with a status line of HTTP: “"),
        (b"HTTP/2 200 OK\r\n\r\n", "the answer does not begin with a status line of HTTP: “"),
        (b"ICY 200 OK\r\n\r\n", "the answer does not begin with a status line of HTTP: “"),
        (CHUNKED.replace(b"1.1", b"2.0"), "the answer says HTTP/2.0, and HTTP/1.1 was asked for"),
        (CHUNKED.replace(b"1.1", b"0.9"), "the answer says HTTP/0.9, and HTTP/1.1 was asked for"),
        (b"HTTP/3.0 302 Found\r\nLocation: /\r\n\r\n", "the answer says HTTP/3.0, and HTTP/1.1 was asked for"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "the answer is not HTTP: is this an https:// address?"),
        (CHUNKED + b"f" * 21 + b"\r\n", "the length of a chunk cannot be read: “"),
        (CHUNKED + b"-f\r\n", "the length of a chunk cannot be read: “"),
        (CHUNKED + b"f\r\n" + event(1) + b"XX0\r\n\r\n", "a chunk goes on where its length says it ends: “XX”"),
    ],
)
@in_loop
async def test_what_cannot_be_read(answer: bytes, detail: str) -> None:
    run = await once(answering(answer))
    assert run.reasons == ["protocol"]
    assert detail in run.details[0]
    assert len(run.details[0]) <= 201
    assert run.live.responded


@pytest.mark.parametrize("size", range(len(chunk(event(2)) + LAST) - 1))
@in_loop
async def test_a_chunked_body_may_be_cut_anywhere(size: int) -> None:
    run = await once(answering(CHUNKED, chunk(event(1)), (chunk(event(2)) + LAST)[:size]))
    assert run.ids[0] == "1"
    assert run.reasons == ["truncated"]


@in_loop
async def test_a_chunk_without_end_is_taken_as_it_comes() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED, b"f" * 20 + b"\r\n", event(1))
        await peer.gone()

    async with Scripted(script) as server, session(server.url()) as run:
        await run.until("event")
        await run.stop()
