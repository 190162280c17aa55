"""What a server says that gives no event stream."""

from __future__ import annotations

import gzip

import pytest

from sse_inspect.net.excerpt import LONGEST
from tests.net.scripted import Peer, Scripted, in_loop, session

REFUSED = "400 Bad Request"


def head(status: str, content_type: str, *more: str) -> bytes:
    fields = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *more]
    return "\r\n".join([*fields, "", ""]).encode()


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("text/plain; charset=utf-8", b"no such\n parameter: foo", ": “no such parameter: foo”"),
        ("application/json", b'{"error": "expired"}', ': “{"error": "expired"}”'),
        ("text/html", b"<html><head><title>\nSign in</title><body>x", ": “Sign in”"),
        ("text/html", b"<p>nothing short", ""),
        ("image/png", b"\x89PNG", ""),
        ("text/plain", b"400 Bad Request", ""),
        ("text/plain", b"", ""),
        ("text/plain", b"x" * 9000, f": “{'x' * (LONGEST - 1)}…”"),
        ("text/plain", b"\xff\xfe", ": “\ufffd\ufffd”"),
    ],
)
@in_loop
async def test_the_first_words_are_told(content_type: str, body: bytes, said: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(head(REFUSED, content_type, f"Content-Length: {len(body)}"), body)
        await peer.gone()

    async with Scripted(script) as server, session(server.url()) as run:
        end = await run.end()
    assert run.details == [f"HTTP 400{said}"]
    assert end.reason == "fatal"


@in_loop
async def test_compressed_words_too() -> None:
    body = gzip.compress(b"too many")

    async def script(peer: Peer) -> None:
        fields = f"Content-Length: {len(body)}", "Content-Encoding: gzip"
        await peer.send(head("429 Too Many Requests", "text/plain", *fields), body)
        await peer.gone()

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        await run.end()
    assert run.details == ["HTTP 429: “too many”"]


@pytest.mark.parametrize("length", [100, 5])
@in_loop
async def test_what_does_not_come_is_not_waited_for(length: int) -> None:
    """Neither for a body that hangs, nor for one that breaks off."""

    async def script(peer: Peer) -> None:
        await peer.send(head(REFUSED, "text/plain", f"Content-Length: {length}"), b"why")
        if length == 100:
            await peer.gone()

    async with Scripted(script) as server, session(server.url()) as run:
        await run.end()
    assert run.details == ["HTTP 400: “why”"]
