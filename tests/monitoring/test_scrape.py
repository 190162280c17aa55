"""The server of the numbers: what it answers, and what a hostile client costs."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from itertools import count

import pytest

from sse_inspect.monitoring import scrape
from sse_inspect.monitoring.scrape import AT_ONCE, Scrape, Shared

TYPE = "Content-Type: text/plain; version=0.0.4; charset=utf-8"


@pytest.fixture
def served(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scrape]:
    """One that says nothing, whatever happens to it, and gives a request all the time that a busy machine takes."""
    before = set(threading.enumerate())
    monkeypatch.setattr(scrape, "SECONDS", 600.0)
    monkeypatch.setattr(scrape._Handler, "timeout", None)
    with closing(Scrape("127.0.0.1", 0, "1.2")) as made:
        yield made
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before
    assert capfd.readouterr() == ("", "")


def connected(made: Scrape) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(made.url.rpartition(":")[2].partition("/")[0])), 60)


def received(client: socket.socket) -> str:
    """All that comes until the end, which may be a reset."""
    found = b""
    try:
        while piece := client.recv(65536):
            found += piece
    except ConnectionError:
        pass
    return found.decode()


def answer(made: Scrape, *lines: str) -> str:
    with connected(made) as client:
        with suppress(ConnectionError):  # it may be closed by now
            client.sendall("\r\n".join([*lines, "", ""]).encode())
        return received(client)


@pytest.mark.parametrize("path", ["/metrics", "/", "/metrics?x=1"])
def test_the_numbers_are_at_their_path(path: str, served: Scrape) -> None:
    head, _, body = answer(served, f"GET {path} HTTP/1.1", "Host: localhost").partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 200 ")
    assert TYPE in head
    assert f"Content-Length: {len(body)}" in head
    assert "\nsse_inspect_build_info{" in body


@pytest.mark.parametrize("path", ["/metrics/", "/favicon.ico", "/metric", "*", "http://localhost/metrics"])
def test_nothing_is_elsewhere(path: str, served: Scrape) -> None:
    assert answer(served, f"GET {path} HTTP/1.1", "Host: localhost").startswith("HTTP/1.0 404 ")


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=abc",
        "application/openmetrics-text;version=1.0.0",
        "text/plain;version=x",
        ";=;,",
    ],
)
def test_every_scraper_gets_the_one_format(accept: str, served: Scrape) -> None:
    text = answer(served, "GET /metrics HTTP/1.1", "Host: localhost", f"Accept: {accept}")
    assert text.startswith("HTTP/1.0 200 ")
    assert TYPE in text


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:9464", "127.0.0.1", "127.0.0.1:80", "127.255.0.1:", "[::1]", "[::1]:9"]
)
def test_this_machine_calls_itself(host: str, served: Scrape) -> None:
    assert answer(served, "GET / HTTP/1.1", f"Host: {host}").startswith("HTTP/1.0 200 ")


def test_a_request_need_not_say_whom_it_asks(served: Scrape) -> None:
    assert answer(served, "GET / HTTP/1.0").startswith("HTTP/1.0 200 ")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", "a@localhost", ""]
)
def test_no_other_name_leads_to_this_machine(host: str, served: Scrape) -> None:
    text = answer(served, "GET /metrics HTTP/1.1", f"Host: {host}")
    assert text.startswith("HTTP/1.0 403 ")
    assert "sse_inspect_" not in text
    assert answer(served, "GET / HTTP/1.1", "Host: localhost", f"Host: {host}").startswith("HTTP/1.0 403 ")


def test_where_others_are_served_any_name_does() -> None:
    with closing(Scrape("0.0.0.0", 0, "1.2")) as made:
        assert answer(made, "GET /metrics HTTP/1.1", "Host: monitor.example:9464").startswith("HTTP/1.0 200 ")


def test_the_name_it_was_given_is_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Debian has a machine's own name at 127.0.1.1."""
    found = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    made = Scrape("my.host", 0, "1.2")
    monkeypatch.undo()
    with closing(made):
        assert made.url.startswith("http://my.host:")
        assert answer(made, "GET / HTTP/1.1", "Host: my.host:1").startswith("HTTP/1.0 200 ")
        assert answer(made, "GET / HTTP/1.1", "Host: myxhost:1").startswith("HTTP/1.0 403 ")


def test_one_connection_is_one_request(served: Scrape) -> None:
    request = ["GET / HTTP/1.1", "Host: localhost", "Connection: keep-alive", ""]
    assert answer(served, *request, *request[:3]).count("HTTP/1.0 200 ") == 1


def test_half_requests_take_no_more_than_their_places(served: Scrape) -> None:
    with ExitStack() as stack:
        half = [stack.enter_context(connected(served)) for _ in range(AT_ONCE)]
        for client in half:
            client.sendall(b"GET /metrics HT")
        for _ in range(50):
            assert answer(served, "GET / HTTP/1.0") == ""
        half[0].sendall(b"TP/1.0\r\n\r\n")
        assert received(half[0]).startswith("HTTP/1.0 200 ")


def test_a_request_has_its_time_however_it_drips(served: Scrape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrape, "SECONDS", 0.05)
    with connected(served) as client:
        client.sendall(b"GET ")
        assert received(client) == ""


def test_those_who_ask_at_once_share_what_is_made_after_they_asked() -> None:
    asked, go_on, times = threading.Semaphore(0), threading.Event(), count()
    made: list[bytes] = []

    def clock() -> float:
        asked.release()
        return next(times)

    def make() -> bytes:
        go_on.wait(60)
        made.append(b"%d" % len(made))
        return made[-1]

    shared = Shared(make, clock)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(shared.get)
        for _ in range(2):  # it has asked, and begun
            asked.acquire()
        others = [pool.submit(shared.get) for _ in range(3)]
        for _ in others:
            asked.acquire()
        go_on.set()
        assert (first.result(60), {other.result(60) for other in others}) == (b"0", {b"1"})
    assert shared.get() == b"2"


def test_a_silent_client_has_as_long() -> None:
    assert scrape._Handler.timeout == scrape.SECONDS == 5


def test_a_reset_is_not_told(served: Scrape) -> None:
    for start in (b"", b"GET /met", b"GET /metrics HTTP/1.0\r\n\r\n", b"\xff\x00 / HTTP/9\r\n\r\n"):
        with connected(served) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(start)


def test_close_ends_what_is_under_way(served: Scrape) -> None:
    with connected(served) as first, connected(served) as client:
        first.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert received(first)
        client.sendall(b"GET /")
        served.close()
        assert received(client) == ""
