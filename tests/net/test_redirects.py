"""Redirects: which are followed, where to, and what goes along."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.net.scripted import Peer, Script, Scripted, head, in_loop, session


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


def to(location: str, status: str = "302 Found", *fields: str) -> Script:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head("\r\n".join([f"Location: {location}", "Content-Length: 0", *fields]), status))

    return script


async def paths(*scripts: Script, **target: Any) -> list[str]:
    async with Scripted(*scripts, streaming) as server, session(server.url("/a/b?c"), target=target) as run:
        await run.until("event")
        await run.stop()
    assert len(run.of("connecting")) == 1
    return [request.line.removesuffix(" HTTP/1.1") for request in server.requests]


@in_loop
async def test_a_chain_of_relative_locations_is_one_attempt() -> None:
    locations = ["d", "/e/f", "../g?h=ü", "?i", "?", "/l?#m?", "/n#?", "//127.0.0.1:{port}/j#k"]
    async with Scripted(*[to(each) for each in locations[:-1]], streaming) as server:
        server.scripts = (*server.scripts[:-1], to(locations[-1].format(port=server.port)), streaming)
        async with session(server.url("/a/b?c")) as run:
            await run.until("event")
            await run.stop()
    assert [request.path for request in server.requests] == [
        "/a/b?c", "/a/d", "/e/f", "/g?h=%C3%BC", "/g?i", "/g?", "/l?", "/n", "/j",
    ]  # fmt: skip
    assert [kind for kind in run.story if kind != "diagnosis"][:4] == ["session", "connecting", "open", "event"]
    assert run.of("open")[0].connection == 1


@in_loop
async def test_a_hop_is_closed_before_the_next_begins() -> None:
    left = asyncio.Event()

    async def hop(peer: Peer) -> None:
        await peer.open("Location: /x\r\nTransfer-Encoding: chunked", "302 Found")  # its body never ends
        await peer.gone()
        left.set()

    async def then(peer: Peer) -> None:
        await left.wait()
        await streaming(peer)

    async with Scripted(hop, then) as server, session(server.url(), stall_after=0.5, max_retries=0) as run:
        await run.until("event")
        await run.stop()


@in_loop
async def test_every_attempt_begins_at_the_url_given() -> None:
    async def brief(peer: Peer) -> None:
        await peer.open()

    async with Scripted(to("/x"), brief, to("/y"), streaming) as server, session(server.url()) as run:
        await run.until("event")
        await run.stop()
    assert [request.path for request in server.requests] == ["/", "/x", "/", "/y"]


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        ("301 Moved", "POST", "GET", b""),
        ("302 Found", "POST", "GET", b""),
        ("303 See Other", "POST", "GET", b""),
        ("303 See Other", "PUT", "GET", b""),
        ("307 Temporary", "POST", "POST", b"body"),
        ("308 Permanent", "POST", "POST", b"body"),
        ("302 Found", "PUT", "PUT", b"body"),
    ],
)
@in_loop
async def test_method_and_body(status: str, method: str, then: str, body: bytes) -> None:
    target = {"method": method, "body": b"body", "headers": (("Content-Type", "a/b"), ("X", "1"))}
    async with Scripted(to("/x", status), streaming) as server, session(server.url(), target=target) as run:
        await run.until("event")
        await run.stop()
    second = server.requests[1]
    assert (second.method, second.body, second.get("x")) == (then, body, "1")
    assert second.get("content-type") == ("a/b" if body else None)
    assert second.get("content-length") == (str(len(body)) if body else None)


@in_loop
async def test_twenty_are_followed() -> None:
    assert len(await paths(*[to(f"/{n}") for n in range(20)])) == 21


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        ("/again", "more than 20 redirects"),
        ("", "without a Location"),
        ("   ", "without a Location"),
        ("ftp://127.0.0.1/", "no http:// or https:// address"),
        *(
            (location, "names no host")
            for location in ("http://", "HTTPS://", "//", "///x", "http:///x", "http://?x", "http://:80/", "//#x")
        ),
        ("http://me:secret@/", "the Location 'http:///' names no host"),
        ("http://127.0.0.1:99999/", "no URL"),
        ("http://[::1/", "no URL"),
        ("http://a\u200bb/", "no URL"),
        ("http://xn--.invalid/", "no URL"),
        ("ftp://me:secret@127.0.0.1/?token=secret", "'ftp://127.0.0.1/?token=***' is no http"),
    ],
)
@in_loop
async def test_what_leads_nowhere(location: str, detail: str) -> None:
    async with Scripted(to(location)) as server, session(server.url()) as run:
        end = await run.end()
    assert run.reasons == ["redirect"]
    assert detail in run.details[0]
    assert end.reason == "fatal"
    assert run.live.responded


@in_loop
async def test_credentials_stay_with_their_origin() -> None:
    target = {
        "user": "a:b",
        "cookies": ("g=1",),
        "headers": (("X-Api-Key", "k"), ("X-Other", "o"), ("Cookie", "i=3"), ("Host", "front")),
    }
    async with Scripted(streaming, host="::1") as other:
        scripts = to("/same", "302 Found", "Set-Cookie: s=1"), to(other.url("/other"))
        async with Scripted(*scripts) as server, session(server.url(), target=target) as run:
            await run.until("event")
            await run.stop()
    first, same = server.requests
    (away,) = other.requests
    for request in (first, same):
        assert request.get("authorization") == "Basic YTpi"
        assert request.get("x-api-key") == "k"
        assert request.get("host") == "front"
    assert first.get("cookie") == "g=1; i=3"
    assert same.get("cookie") == "g=1; i=3; s=1"
    assert [away.get(name) for name in ("authorization", "cookie", "x-api-key")] == [None, None, None]
    assert away.get("x-other") == "o"
    assert away.get("host") == f"[::1]:{other.port}"


@in_loop
async def test_another_port_is_another_origin_and_the_way_back_has_its_cookies_again() -> None:
    async with Scripted(streaming) as home, Scripted(to(home.url("/home"))) as other:
        home.scripts = (to(other.url()), streaming)
        target = {"bearer": "t", "cookies": ("g=1",)}
        async with session(home.url(), target=target) as run:
            await run.until("event")
            await run.stop()
    assert [request.get("authorization") for request in home.requests] == ["Bearer t", None]
    assert [request.get("cookie") for request in home.requests] == ["g=1", "g=1"]
    assert other.requests[0].get("cookie") is None
    assert run.of("open")[0].peer.endswith(f":{home.port}")


@pytest.mark.parametrize(
    ("answer", "detail"), [(b"", "closed without a response"), (b"HTTP/1.1 20", "closed inside the response head")]
)
@in_loop
async def test_a_hop_that_is_closed_is_told_of_by_itself(answer: bytes, detail: str) -> None:
    async def dying(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)

    async with Scripted(to("/x"), dying) as server, session(server.url(), max_retries=0) as run:
        await run.end()
    assert (run.reasons, run.details) == (["protocol"], [detail])
    assert run.live.responded


@in_loop
async def test_a_hop_that_is_silent_is_told_of_by_itself() -> None:
    async def silent(peer: Peer) -> None:
        await peer.request()
        await peer.gone()

    async with Scripted(to("/x"), silent) as server, session(server.url(), max_retries=0, stall_after=0.1) as run:
        await run.end()
    assert (run.reasons, run.details) == (["timeout"], ["connected, but no response within 0.1 s"])
    assert run.live.responded
