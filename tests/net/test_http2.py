"""HTTP/2: negotiation, ends and errors, flow control, and what a server asks while the stream is quiet."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from h2.errors import ErrorCodes
from hpack import Encoder

from sse_inspect.net.http2 import Frames
from tests.net.http2 import HEAD, OFFERED, STREAM, ClosedError, H2Peer, http2, http2_session, negotiating
from tests.net.scripted import Peer, Scripted, event, in_loop, session
from tests.net.test_proxies import tunnelling

GOAWAY, RST_STREAM, DATA = 7, 3, 0


async def whole(peer: H2Peer) -> None:
    await peer.open()
    await peer.send(event(1) + event(2), last=True)
    await peer.peer.gone()


@in_loop
async def test_a_stream_that_ends() -> None:
    async with http2_session(whole) as run:
        await run.end()
    (opened,) = run.of("open")
    assert (opened.http_version, opened.status) == ("2", 200)
    assert opened.timings["first_byte"] > 0
    assert run.ids == ["1", "2"]
    assert (run.reasons, run.details) == (["eof"], ["the server closed the stream"])


@pytest.mark.parametrize(
    ("offered", "protocols", "version"),
    [(True, ("http/1.1",), "1.1"), (True, (), "1.1"), (False, ("h2", "http/1.1"), "1.1")],
)
@in_loop
async def test_version_1_1_is_spoken_otherwise(offered: bool, protocols: tuple[str, ...], version: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await peer.gone()

    async with (
        Scripted(script, tls=negotiating(*protocols)) as server,
        session(server.url(), target={**OFFERED, "http2": offered}) as run,
    ):
        opened = await run.until("open")
        await run.until("event")
        await run.stop()
    assert opened.http_version == version


@in_loop
async def test_over_http_it_stays_1_1() -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await peer.gone()

    async with Scripted(script) as server, session(server.url(), target=OFFERED) as run:
        assert (await run.until("open")).http_version == "1.1"
        await run.stop()
    assert server.requests[0].get("upgrade") is None


@in_loop
async def test_the_request() -> None:
    requests = []

    async def script(peer: H2Peer) -> None:
        requests.append(await peer.open())
        await peer.peer.gone()

    async with http2_session(script, whole, max_retries=None) as run:
        await run.until("open")
        run.live.ask("reconnect")
        await run.until("event", 2)
        await run.stop()
    (request,) = requests
    assert request.line == "GET / HTTP/2"
    assert request.get("accept") == "text/event-stream"
    assert request.get(":authority").startswith("127.0.0.1:")
    assert request.get("host") is None


def reset(code: int) -> bytes:
    return code.to_bytes(4, "big")


def going(last: int, code: int, more: bytes = b"") -> bytes:
    return last.to_bytes(4, "big") + code.to_bytes(4, "big") + more


@pytest.mark.parametrize(
    ("kind", "stream", "payload", "detail"),
    [
        (RST_STREAM, STREAM, reset(2), "RST_STREAM INTERNAL_ERROR (2)"),
        (RST_STREAM, STREAM, reset(8), "RST_STREAM CANCEL (8)"),
        (RST_STREAM, STREAM, reset(0), "RST_STREAM NO_ERROR (0)"),
        (RST_STREAM, STREAM, reset(0x12345), "RST_STREAM unknown code (74565)"),
        (GOAWAY, 0, going(1, 11, b"slow\x1b down"), "GOAWAY ENHANCE_YOUR_CALM (11): slow\x1b down"),
        (GOAWAY, 0, going(1, 2), "GOAWAY INTERNAL_ERROR (2)"),
        (GOAWAY, 0, going(0, 0), "GOAWAY NO_ERROR (0)"),
        (DATA, 0, b"data of no stream", "an HTTP/2 frame that needs a stream names none (Data)"),
    ],
)
@pytest.mark.parametrize("opened", [True, False])
@in_loop
async def test_errors(kind: int, stream: int, payload: bytes, detail: str, opened: bool) -> None:
    async def script(peer: H2Peer) -> None:
        if opened:
            await peer.open()
            await peer.send(event(1))
        else:
            await peer.request()
        await asyncio.sleep(0.01)
        await peer.frame(kind, payload, stream=stream)
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert run.ids == (["1"] if opened else [])
    assert run.reasons == ["protocol"]
    assert detail in run.details[0]
    assert run.live.responded is opened


@in_loop
async def test_what_came_before_a_reset_is_kept() -> None:
    """Though all of it comes in one read."""

    async def script(peer: H2Peer) -> None:
        await peer.open()
        peer.state.send_data(STREAM, event(1))
        peer.state.send_data(STREAM, event(2))
        peer.state.reset_stream(STREAM, ErrorCodes.INTERNAL_ERROR)
        await peer.flush()
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert run.ids == ["1", "2"]
    assert run.details == ["RST_STREAM INTERNAL_ERROR (2)"]


@pytest.mark.parametrize("last", [1, 2**31 - 1])
@in_loop
async def test_a_graceful_goaway_lets_the_stream_go_on(last: int) -> None:
    async def script(peer: H2Peer) -> None:
        await peer.open()
        await peer.send(event(1))
        for part in (going(last, 0, b"bye"), going(1, 0)):
            await peer.frame(GOAWAY, part)
            await asyncio.sleep(0.01)
        await peer.send(event(2))
        await peer.ping()
        await peer.send(event(3), last=True)

    async with http2_session(script) as run:
        await run.end()
    assert run.ids == ["1", "2", "3"]
    assert run.reasons == ["eof"]


@pytest.mark.parametrize(
    ("opened", "leaving", "reason", "detail"),
    [
        (True, False, "truncated", "closed before the end of the HTTP/2 stream"),
        (True, True, "truncated", "closed before the end of the HTTP/2 stream after GOAWAY"),
        (False, False, "protocol", "closed without a response"),
        (False, True, "protocol", "closed without a response after GOAWAY"),
    ],
)
@in_loop
async def test_a_connection_that_is_closed(opened: bool, leaving: bool, reason: str, detail: str) -> None:
    async def script(peer: H2Peer) -> None:
        await (peer.open() if opened else peer.request())
        if leaving:
            await peer.frame(GOAWAY, going(1, 0))

    async with http2_session(script) as run:
        await run.end()
    assert (run.reasons, run.details) == ([reason], [detail])
    assert run.live.responded is opened


@in_loop
async def test_a_connection_that_is_reset() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.open()
        await asyncio.sleep(0.02)
        peer.peer.reset()

    async with http2_session(script) as run:
        await run.end()
    assert run.reasons == ["reset"]


async def keep_pinging(peer: H2Peer, answered: list[str]) -> None:
    """Until the client closes; tells what it answered."""
    with suppress(ClosedError, OSError):
        while True:
            await peer.ping()
            answered.append("ping")
            await peer.settings()
            answered.append("settings")
            await asyncio.sleep(0.02)


@in_loop
async def test_a_server_that_never_answers() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.request()
        await keep_pinging(peer, answered)

    answered: list[str] = []
    async with http2_session(script, stall_after=0.15) as run:
        await run.end()
    assert run.reasons == ["timeout"]
    assert answered[:2] == ["ping", "settings"]
    assert not run.live.responded


@in_loop
async def test_pings_and_settings_are_answered_and_are_a_sign_of_life() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.open()
        await peer.send(event(1))
        with suppress(TimeoutError):
            async with asyncio.timeout(0.6):
                await keep_pinging(peer, answered)
        await peer.peer.gone()

    answered: list[str] = []
    async with http2_session(script, stall_after=0.2) as run:
        await run.end()
    assert run.reasons == ["stall"]
    assert run.of("stall")[0].t > 0.7
    assert run.ids == ["1"]
    assert answered[:4] == ["ping", "settings"] * 2


@in_loop
async def test_a_stream_longer_than_every_window_does_not_stall() -> None:
    """The windows are 16 MiB, that of the stream and that of the connection."""
    total, size = 18, 1_000_000

    async def script(peer: H2Peer) -> None:
        await peer.open()
        for number in range(1, total + 1):
            await peer.send(event(number, "y" * size))
        await peer.send(b"", last=True)

    async with http2_session(script) as run:
        await run.end()
    assert run.ids == [str(number) for number in range(1, total + 1)]
    assert run.of("disconnect")[0].bytes == sum(len(event(number)) - 1 + size for number in range(1, total + 1))
    assert run.reasons == ["eof"]


@in_loop
async def test_a_reader_that_is_held_up_makes_the_server_wait() -> None:
    sent, total = 0, 20

    async def script(peer: H2Peer) -> None:
        nonlocal sent
        await peer.open()
        for number in range(1, total + 1):
            await peer.send(event(number, "y" * 1_000_000))
            sent = number
        await peer.send(b"", last=True)

    async with http2_session(script) as run:
        await run.until("open")
        run.live.ask("inject", "stall")
        await asyncio.sleep(0.2)
        assert sent < total
        run.live.ask("lift")
        await run.end()
    assert len(run.ids) == total


@pytest.mark.parametrize(
    ("length", "body", "reason", "detail"),
    [
        ("30", event(1) + event(2), "eof", "the server closed the stream"),
        ("40", event(1) + event(2), "truncated", "received 30 bytes, expected 40"),
        ("20", event(1) + event(2), "protocol", "received 30 bytes, expected 20"),
    ],
)
@pytest.mark.parametrize("how", ["in parts", "in one frame", "padded", "in one segment"])
@in_loop
async def test_content_length(length: str, body: bytes, reason: str, detail: str, how: str) -> None:
    """As much as fits is given, however it comes."""

    async def script(peer: H2Peer) -> None:
        await peer.open(("content-length", length))
        match how:
            case "in parts":
                await peer.frame(DATA, body, stream=STREAM)
                await asyncio.sleep(0.01)
                await peer.frame(DATA, b"", stream=STREAM, flags=1)
            case "in one frame":
                await peer.frame(DATA, body, stream=STREAM, flags=1)
            case "padded":
                await peer.frame(DATA, b"\x05" + body + b"\0" * 5, stream=STREAM, flags=1 | 8)
            case "in one segment":
                await peer.peer.send(framed(DATA, body) + framed(DATA, b"", flags=1))
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert run.reasons == [reason]
    assert detail in run.details[0]
    assert run.of("disconnect")[0].bytes == min(int(length), len(body))
    assert run.ids == (["1", "2"] if int(length) >= 30 else ["1"])


def framed(kind: int, payload: bytes, *, flags: int = 0, stream: int = STREAM) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (b"\xff" * 200, "an HTTP/2 frame of 16777215 bytes, where 16384 are allowed"),
        (framed(4, b"odd", stream=0), "an HTTP/2 frame cannot be read"),
        (framed(DATA, b"data of no stream", stream=0), "an HTTP/2 frame that needs a stream names none (Data)"),
        (framed(RST_STREAM, b"\0\0\0\2"), "RST_STREAM INTERNAL_ERROR (2)"),
        (framed(GOAWAY, b"\0\0\0\0\0\0\0\1", stream=0), "GOAWAY PROTOCOL_ERROR (1)"),
    ],
)
@in_loop
async def test_what_came_before_an_error_is_kept(bad: bytes, detail: str, pause: bool) -> None:
    """Though all of it, the head included, comes in one segment."""

    async def script(peer: H2Peer) -> None:
        await peer.request()
        peer.state.send_headers(STREAM, HEAD)
        peer.state.send_data(STREAM, event(1))
        if pause:
            await peer.flush()
            await asyncio.sleep(0.02)
        await peer.peer.send(peer.state.data_to_send() + bad)
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert len(run.of("open")) == 1
    assert run.ids == ["1"]
    assert run.reasons == ["protocol"]
    assert detail in run.details[0]


STATUS, TYPE = (":status", "200"), ("content-type", "text/event-stream")


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ([TYPE], "the response head has no “:status”"),
        ([STATUS, STATUS, TYPE], "the response head has this field twice: “:status”"),
        ([STATUS, (":foo", "a"), TYPE], "HTTP/2 knows no such field: “:foo”"),
        ([STATUS, (":path", "/"), TYPE], "the response head has fields of a request"),
        ([TYPE, STATUS], "this field must come first in a response head: “:status”"),
        ([STATUS, ("Content-Type", "text/event-stream")], "a header name has capital letters, which HTTP/2 forbids"),
        ([STATUS, TYPE, ("connection", "close")], "the response has a field that HTTP/2 forbids: “connection”"),
        ([STATUS, TYPE, ("transfer-encoding", "chunked")], "a field that HTTP/2 forbids: “transfer-encoding”"),
        ([STATUS, TYPE, ("x", "a\0b")], "a header value has a character HTTP forbids: “a\\x00b”"),
        ([STATUS, TYPE, ("x", "a\r\nb: c")], "a header value has a character HTTP forbids"),
        *(
            ([(":status", status), TYPE], f"the :status of the response is no status of HTTP: “{status.strip()}”")
            for status in ("99", "2000", "abc", "", "+200", "2_0", "20", "020")
        ),
    ],
)
@in_loop
async def test_a_head_that_is_malformed(fields: list[tuple[str, str]], detail: str) -> None:
    async def script(peer: H2Peer) -> None:
        await peer.request()
        block = Encoder().encode(fields, huffman=False)
        await peer.peer.send(framed(1, block, flags=4) + framed(DATA, event(1), flags=1))
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert run.of("open") == []
    assert run.reasons == ["protocol"]
    assert detail in run.details[0]


@in_loop
async def test_a_server_that_negotiates_but_speaks_1_1() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.peer.reader.read(1)
        await peer.peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert (run.reasons, run.details) == (["protocol"], ["an HTTP/2 frame of 4740180 bytes, where 16384 are allowed"])


@in_loop
async def test_padding_trailers_and_hints() -> None:
    async def script(peer: H2Peer) -> None:
        await peer.request()
        peer.state.send_headers(STREAM, [(":status", "103"), ("link", "</x>")])
        peer.state.send_headers(STREAM, [(":status", "200"), ("content-type", "text/event-stream")])
        peer.state.send_data(STREAM, event(1), pad_length=100)
        peer.state.send_data(STREAM, b"")
        peer.state.send_headers(STREAM, [("x-trailer", "id: 9")], end_stream=True)
        await peer.flush()
        await peer.peer.gone()

    async with http2_session(script) as run:
        await run.end()
    assert run.ids == ["1"]
    assert run.reasons == ["eof"]


@pytest.mark.parametrize("step", [1, 3, 8, 9, 10, 50, 1000])
def test_frames_torn_anywhere(step: int) -> None:
    def frame(kind: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "big") + bytes((kind, 0, 0, 0, 0, 0)) + payload

    whole = [frame(4, b""), frame(1, b"h" * 20), frame(DATA, b"d" * 300), frame(DATA, b""), frame(GOAWAY, going(1, 2))]
    sent = b"".join(whole) + frame(DATA, b"torn")[:-1]
    frames = Frames()
    assert [each for at in range(0, len(sent), step) for each in frames.feed(sent[at : at + step])] == whole
    assert frames.answered


@in_loop
async def test_through_the_tunnel_of_a_proxy() -> None:
    async with (
        Scripted(http2(whole), tls=negotiating("h2")) as server,
        Scripted(tunnelling) as proxy,
        session(server.url(), target={**OFFERED, "proxy": proxy.url()}, max_retries=0) as run,
    ):
        await run.end()
    assert run.of("open")[0].http_version == "2"
    assert run.ids == ["1", "2"]
