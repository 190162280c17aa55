"""TLS: what is accepted, how it fails, and that a failure leaves nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.live import Live
from sse_inspect.net.line import Line
from sse_inspect.net.stream import WatchedStream
from tests.net.scripted import Peer, Scripted, descriptors, event, head, in_loop, policy, session, settled

HERE = Path(__file__).parent
CERTIFICATE, EXPIRED, ENCRYPTED_KEY = (
    str(HERE / f"{name}.pem") for name in ("certificate", "expired", "encrypted_key")
)
TRUSTED = {"cacert": CERTIFICATE}


def server_side(certificate: str = CERTIFICATE, *, asks: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CERTIFICATE)
    return context


async def streaming(peer: Peer) -> None:
    await peer.open()
    await peer.events(1)
    await peer.gone()


@pytest.mark.parametrize("target", [TRUSTED, {"insecure": True}, {"insecure": True, "cacert": CERTIFICATE}])
@in_loop
async def test_a_stream_over_tls(target: dict[str, Any]) -> None:
    async with (
        Scripted(streaming, tls=server_side()) as server,
        session(server.url(), target=target) as run,
    ):
        opened = await run.until("open")
        await run.until("event")
        await run.stop()
    assert opened.timings["tls"] > 0
    assert opened.timings["tcp"] is not None
    assert opened.peer == f"127.0.0.1:{server.port}"


@in_loop
async def test_a_certificate_of_the_client() -> None:
    async with (
        Scripted(streaming, tls=server_side(asks=True)) as server,
        session(server.url(), target={**TRUSTED, "cert": CERTIFICATE}) as run,
    ):
        await run.until("event")
        await run.stop()


@in_loop
async def test_the_alert_of_a_server_that_misses_a_certificate() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            raw, _ = listening.accept()
            with server_side(asks=True).wrap_socket(raw, server_side=True, do_handshake_on_connect=False) as tls:
                with pytest.raises(ssl.SSLError):
                    tls.do_handshake()
                tls.shutdown(socket.SHUT_WR)
                while socket.socket.recv(tls, 4096):
                    pass

        refusing = asyncio.create_task(asyncio.to_thread(refuse))
        async with session(f"https://127.0.0.1:{listening.getsockname()[1]}/", target=TRUSTED, max_retries=0) as run:
            await run.end()
        await refusing
    assert run.reasons == ["tls"]
    assert "certificate required" in run.details[0]


@pytest.mark.parametrize(
    ("certificate", "host", "url_host", "target", "detail"),
    [
        (CERTIFICATE, "127.0.0.1", None, {}, "certificate not accepted: self-signed certificate"),
        (CERTIFICATE, "::1", None, TRUSTED, "IP address mismatch, certificate is not valid for '::1'"),
        (CERTIFICATE, "127.0.0.1", "localhost", TRUSTED, "Hostname mismatch, certificate is not valid for 'localhost'"),
        (EXPIRED, "127.0.0.1", None, {"cacert": EXPIRED}, "certificate not accepted: certificate has expired"),
        (EXPIRED, "127.0.0.1", None, TRUSTED, "certificate not accepted: self-signed certificate"),
    ],
)
@in_loop
async def test_a_certificate_that_is_not_accepted(
    certificate: str, host: str, url_host: str | None, target: dict[str, Any], detail: str
) -> None:
    async with Scripted(streaming, host=host, tls=server_side(certificate)) as server:
        async with session(server.url(host=url_host), target=target, max_retries=0) as run:
            await run.end()
        await asyncio.sleep(0.01)
    assert run.reasons == ["tls"]
    assert detail in run.details[0]
    assert not run.live.responded


@pytest.mark.parametrize(
    ("target", "option", "message"),
    [
        ({"cert": EXPIRED, "key": CERTIFICATE}, "--key", "is not that of the certificate in"),
        ({"cert": CERTIFICATE, "key": ENCRYPTED_KEY}, "--key", "is encrypted"),
        ({"cert": CERTIFICATE, "key": __file__}, "--cert", "expected a PEM file with a certificate"),
        ({"cert": CERTIFICATE, "key": "/nowhere/key.pem"}, "--cert", "No such file"),
        ({"cert": ENCRYPTED_KEY}, "--cert", "expected a PEM file with a certificate"),
        ({"cacert": str(HERE)}, "--cacert", "Is a directory"),
    ],
)
def test_files_that_do_not_fit(target: dict[str, Any], option: str, message: str) -> None:
    """No password is asked for on the terminal."""
    with pytest.raises(UsageError, match=message) as told:
        Live(Target("https://127.0.0.1/", proxy="", **target), policy())
    assert told.value.option == option


def test_an_encrypted_key_beside_its_certificate(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    certificate = Path(EXPIRED).read_text().partition("-----END PRIVATE KEY-----")[2]
    both.write_text(Path(ENCRYPTED_KEY).read_text() + certificate)
    with pytest.raises(UsageError, match="is encrypted") as told:
        Live(Target("https://127.0.0.1/", proxy="", cert=str(both)), policy())
    assert told.value.option == "--cert"


async def in_clear(peer: Peer) -> None:
    await peer.reader.read(1)
    await peer.send(head("Content-Length: 0", "400 Bad Request"))


async def closing(peer: Peer) -> None:
    await peer.reader.read(1)


async def at_once(peer: Peer) -> None:
    pass


async def resetting(peer: Peer) -> None:
    await peer.reader.read(1)
    peer.reset()


@pytest.mark.parametrize(
    ("script", "reason", "detail"),
    [
        (in_clear, "tls", "the answer is not TLS: is this an http:// address?"),
        (closing, "tls", "the server closed the connection during the TLS handshake"),
        (at_once, "tls", "the server closed the connection during the TLS handshake"),
        (resetting, "reset", "Connection reset by peer"),
    ],
)
@in_loop
async def test_what_is_no_tls(script: Any, reason: str, detail: str) -> None:
    async with Scripted(script) as server:
        url = server.url().replace("http:", "https:")
        async with session(url, target=TRUSTED, max_retries=0) as run:
            await run.end()
    assert run.reasons == [reason]
    assert detail in run.details[0]
    assert run.details[0].isprintable()


@in_loop
async def test_a_handshake_on_what_is_closed_already_fails() -> None:
    """Where asyncio's would wait for ever."""
    async with Scripted(at_once) as server:
        raw = socket.create_connection(("127.0.0.1", server.port))
        raw.setblocking(False)
        stream = await WatchedStream.over(raw, Line(lambda: 0.0, lambda _, __: None, lambda _: None, lambda: False))
        assert await stream.read(1) == b""
        await settled()
        with pytest.raises(ssl.SSLError, match="during the TLS handshake"):
            await stream.start_tls(ssl.create_default_context(cafile=CERTIFICATE), "right.test", ["http/1.1"])


@pytest.mark.parametrize(("how", "reason"), [("FIN", "truncated"), ("RST", "reset")])
@in_loop
async def test_an_end_of_the_connection_below_tls(how: str, reason: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        await asyncio.sleep(0.02)
        if how == "RST":
            peer.reset()
        else:
            peer.socket.shutdown(socket.SHUT_WR)
            await peer.gone()

    async with (
        Scripted(script, tls=server_side()) as server,
        session(server.url(), target=TRUSTED, max_retries=0) as run,
    ):
        await run.end()
    assert run.ids == ["1"]
    assert run.reasons == [reason]


@in_loop
async def test_a_large_body_over_tls_comes_whole() -> None:
    async def script(peer: Peer) -> None:
        await peer.open("Content-Type: text/event-stream")
        for number in range(1, 41):
            await peer.send(event(number, "y" * 50_000))

    async with (
        Scripted(script, tls=server_side()) as server,
        session(server.url(), target=TRUSTED, max_retries=0) as run,
    ):
        await run.end()
    assert run.ids == [str(number) for number in range(1, 41)]
    assert run.data == "y" * 2_000_000


@pytest.mark.parametrize("fault", ["disconnect", "reset"])
@in_loop
async def test_faults_over_tls(fault: str) -> None:
    ends: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.events(1)
        ends.append(await peer.gone())

    async with Scripted(script, tls=server_side()) as server, session(server.url(), target=TRUSTED) as run:
        await run.until("event")
        run.live.ask("inject", fault)
        await run.until("open", 2)
        await run.stop()
    assert run.reasons[0] == "forced"
    assert ends[0] == ("RST" if fault == "reset" else "FIN")


@in_loop
async def test_a_handshake_that_was_cancelled_is_closed() -> None:
    async def silent(peer: Peer) -> None:
        await peer.gone()

    async with Scripted(silent) as server:
        url = server.url().replace("http:", "https:")
        async with session(url, target=TRUSTED, max_retries=0, connect_timeout=0.1) as run:
            await run.end()
        assert run.reasons == ["timeout"]
    async with Scripted(streaming, tls=server_side()) as server:
        before = descriptors()
        for turns in range(0, 80, 2):
            async with session(server.url(), target=TRUSTED) as run:
                for _ in range(turns):
                    await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        await settled()
        assert descriptors() - before == set()


@pytest.mark.parametrize("opened", [True, False])
@in_loop
async def test_what_is_no_tls_after_a_handshake(opened: bool) -> None:
    """Whatever it is, the address was right."""

    async def script(peer: Peer) -> None:
        await peer.request()
        if opened:
            await peer.send(head("Content-Type: text/event-stream"), event(1))
        await asyncio.sleep(0.02)
        peer.writer.transport._ssl_protocol._transport.write(b"garbage garbage")  # type: ignore[attr-defined]
        await peer.gone()

    async with (
        Scripted(script, tls=server_side()) as server,
        session(server.url(), target=TRUSTED, max_retries=0) as run,
    ):
        await run.end()
    assert (run.reasons, run.details) == (["tls"], ["what came is not TLS"])
    assert run.ids == ["1"] * opened
