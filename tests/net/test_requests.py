"""What is sent: header fields, credentials, cookies, the ID, the body."""

from __future__ import annotations

import asyncio
import base64
import socket
from typing import Any

import pytest

from sse_inspect.config import Target, parse_url
from sse_inspect.errors import UsageError
from sse_inspect.live import Live
from sse_inspect.net import network
from tests.net.scripted import CHUNKED, Peer, Request, Scripted, chunk, event, head, in_loop, once, policy, session


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


async def sent(userinfo: str = "", path: str = "/", **target: Any) -> Request:
    """The first request of a session."""
    async with Scripted(streaming) as server:
        url = server.url(path).replace("//", f"//{userinfo}", 1)
        async with session(url, target=target) as run:
            await run.until("event")
            await run.stop()
    return server.requests[0]


@in_loop
async def test_the_fields_of_a_plain_request() -> None:
    request = await sent(path="/a%20b/ü?x=%2F&y=a+b")
    assert request.line == "GET /a%20b/%C3%BC?x=%2F&y=a+b HTTP/1.1"
    assert {name.lower(): value for name, value in request.fields if name.lower() != "host"} == {
        "accept": "text/event-stream",
        "cache-control": "no-cache",
        "accept-encoding": "gzip, deflate, br, zstd",
        "user-agent": "sse-inspect/",
    }


@in_loop
async def test_given_fields_take_the_place_of_the_defaults() -> None:
    given = (("accept", "a/b"), ("CACHE-CONTROL", "max-age=0"), ("X", "1"), ("X", "zwei ü"), ("Host", "elsewhere"))
    request = await sent(headers=given, encoding="identity")
    assert request.get("accept") == "a/b"
    assert request.get("cache-control") == "max-age=0"
    assert request.get("accept-encoding") == "identity"
    assert request.all("x") == ["1", "zwei ü"]
    assert request.get("host") == "elsewhere"


@pytest.mark.parametrize(
    ("userinfo", "target", "expected"),
    [
        ("ann:s%40cret@", {}, basic("ann:s@cret")),
        ("ann@", {}, basic("ann:")),
        ("", {"user": "bö:p:w"}, basic("bö:p:w")),
        ("ann:a@", {"user": "bob:b"}, basic("bob:b")),
        ("", {"bearer": "token"}, "Bearer token"),
        ("ann:a@", {"bearer": "token"}, "Bearer token"),
        ("ann:a@", {"headers": (("authorization", "Mine x"),)}, "Mine x"),
    ],
)
@in_loop
async def test_credentials(userinfo: str, target: dict[str, Any], expected: str) -> None:
    request = await sent(userinfo, **target)
    assert request.get("authorization") == expected
    assert "@" not in (request.get("host") or "")


@in_loop
async def test_a_body_is_sent_as_it_is_and_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)

    body = b'{"a": 1}\r\n\x00\xff'
    async with (
        Scripted(script, streaming) as server,
        session(server.url(), target={"method": "POST", "body": body}, retry_unsafe=True) as run,
    ):
        await run.until("event", 2)
        await run.stop()
    assert [(request.method, request.body) for request in server.requests] == [("POST", body)] * 2
    assert server.requests[0].get("content-type") is None


@in_loop
async def test_a_post_ends_at_its_first_disconnect() -> None:
    async def script(peer: Peer) -> None:
        await peer.open(f"{CHUNKED}\r\nConnection: close")
        await peer.send(chunk(event(1)), b"0\r\n\r\n")

    run = await once(script, target={"method": "POST", "body": b"x"})
    assert run.of("end")[0].reason == "completed"


async def sent_ids(*bodies: bytes, **target: Any) -> list[tuple[str, str | None]]:
    """The path and the Last-Event-ID of a session's requests: each body is a connection's, and then one more."""

    def sending(body: bytes) -> Any:
        async def script(peer: Peer) -> None:
            await peer.open()
            await peer.send(chunk(body), b"0\r\n\r\n")

        return script

    async with (
        Scripted(*map(sending, bodies), streaming) as server,
        session(server.url("/?a=1"), target=target) as run,
    ):
        await run.until("open", len(bodies) + 1)
        await run.stop()
    sent = [(request.path, request.get("last-event-id")) for request in server.requests]
    assert [record.last_event_id for record in run.of("connecting")] == [value for _, value in sent]
    return sent


@in_loop
async def test_the_id_is_sent_while_there_is_one() -> None:
    bodies = b"data: x\n\n", b"id: \xc3\xa4 1\ndata: x\n\n", b"id\ndata: x\n\n"
    assert await sent_ids(*bodies) == [("/?a=1", None), ("/?a=1", None), ("/?a=1", "ä 1"), ("/?a=1", None)]


@in_loop
async def test_the_id_of_the_command_line() -> None:
    assert await sent_ids(b"data: x\n\n", b"id: 8\n\n", last_event_id="7") == [
        ("/?a=1", "7"),
        ("/?a=1", "7"),
        ("/?a=1", "8"),
    ]


@in_loop
async def test_the_header_of_the_command_line_holds_until_the_stream_sets_an_id() -> None:
    headers = (("last-event-id", "mine"),)
    bodies = b"data: x\n\n", b"id: 8\n\n"
    assert [value for _, value in await sent_ids(*bodies, headers=headers)] == ["mine", "mine", "8"]
    bodies = b"id: 8\n\nid\n\n", b"data: x\n\n"
    assert [value for _, value in await sent_ids(*bodies, headers=headers)] == ["mine", None, None]


@in_loop
async def test_the_query_parameter_is_for_reconnects() -> None:
    assert await sent_ids(b"id: a&b \xc3\xa4\n\n", last_event_id="7", last_event_id_param="from") == [
        ("/?a=1", "7"),
        ("/?a=1&from=a%26b%20%C3%A4", "a&b ä"),
    ]


@pytest.mark.parametrize(
    ("event_id", "value"), [("  7 ", "7"), ("\x1b[31m", "\x1b[31m"), ("a\x0bb", None), ("\x0c", None), (" ", None)]
)
@in_loop
async def test_an_id_that_http_does_not_carry_is_no_obstacle(event_id: str, value: str | None) -> None:
    _, (_, again) = await sent_ids(f"id: {event_id}\ndata: x\n\n".encode())
    assert again == value


@pytest.mark.parametrize("method", ["post", "PoSt", "head", "M-SEARCH"])
@in_loop
async def test_the_method_is_sent_as_it_is_written(method: str) -> None:
    async def hop(peer: Peer) -> None:
        await peer.request()
        await peer.send(head("Location: /x\r\nContent-Length: 0", "307 Temporary Redirect"))

    async with Scripted(hop, streaming) as server, session(server.url(), target={"method": method}) as run:
        await run.until("event")
        await run.stop()
    assert [request.method for request in server.requests] == [method, method]
    assert run.of("session")[0].method == method


@in_loop
async def test_an_empty_query_is_kept() -> None:
    async with Scripted(streaming) as server, session(parse_url(server.url("/s?"))) as run:
        await run.until("open")
        await run.stop()
    assert server.requests[0].path == "/s?"
    assert run.of("session")[0].url.endswith("/s?")


@pytest.mark.parametrize(
    ("host", "cookie", "sent"),
    [
        ("127.0.0.1", "a=1; Domain=0.1", False),
        ("127.0.0.1", "a=1; Domain=.0.0.1", False),
        ("127.0.0.1", "a=1; Domain=127.0.0.1", True),
        ("127.0.0.1", "a=1", True),
        ("localhost", "a=1; Domain=localhost", True),
        ("localhost", "a=1; Domain=.localhost", True),
        ("localhost", "a=1; Domain=local", False),
        ("localhost", "a=1", True),
        ("localhost", "a=1; Domain=example.org", False),
        ("a.b.localhost", "a=1; Domain=b.localhost", True),
        ("a.b.localhost", "a=1; Domain=localhost", False),
        ("127.0.0.1", "noeq", False),
        ("127.0.0.1", "noeq; Path=/", False),
        ("127.0.0.1", "=1", False),
        ("127.0.0.1", "a=", True),
        ("127.0.0.1", "a=1; Max-Age=0", False),
        ("127.0.0.1", "a=1; Secure", False),
    ],
)
@in_loop
async def test_which_cookies_are_taken(host: str, cookie: str, sent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await peer.open(f"{CHUNKED}\r\nSet-Cookie: {cookie}")

    async def resolved(_: str, port: int) -> list[Any]:
        return [(socket.AF_INET, ("127.0.0.1", port))]

    monkeypatch.setattr(network, "resolve", resolved)
    async with Scripted(script, streaming) as server, session(server.url(host=host)) as run:
        await run.until("event")
        await run.stop()
    assert server.requests[1].get("cookie") == (cookie.partition(";")[0] if sent else None)


@in_loop
async def test_cookies_of_the_server_are_sent_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.open(f"{CHUNKED}\r\nSet-Cookie: s=1; Path=/\r\nSet-Cookie: ü=ä\r\nSet-Cookie: o=2; Path=/other")

    async with (
        Scripted(script, streaming) as server,
        session(server.url(), target={"cookies": ("g=1", "h=2"), "headers": (("Cookie", "i=3"),)}) as run,
    ):
        await run.until("event")
        await run.stop()
    first, second = server.requests
    assert first.get("cookie") == "g=1; h=2; i=3"
    assert second.get("cookie") in ("g=1; h=2; i=3; s=1; ü=ä", "g=1; h=2; i=3; ü=ä; s=1")


@pytest.mark.parametrize(
    ("target", "option"),
    [
        ({"cacert": "/nowhere/ca.pem"}, "--cacert"),
        ({"cacert": __file__}, "--cacert"),
        ({"cert": "/nowhere/cert.pem"}, "--cert"),
        ({"cert": __file__}, "--cert"),
        ({"proxy": "ftp://127.0.0.1"}, "--proxy"),
        ({"proxy": "http://"}, "--proxy"),
        ({"proxy": "http://127.0.0.1:x"}, "--proxy"),
        ({"url": "http://a\u202eb/"}, "URL"),
    ],
)
def test_what_cannot_be_used_is_told_before_the_start(target: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError) as told:
        Live(Target(**{"url": "http://127.0.0.1/", "proxy": "", **target}), policy())
    assert told.value.option == option


def test_certificates_are_loaded_only_where_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> None:
        raise AssertionError("certificates were loaded")

    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", load)
    assert asyncio.run(once(streaming, count=1)).ids == ["1"]
