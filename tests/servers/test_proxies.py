"""What each proxy does to a stream, as a plain client sees it: the causes that a diagnosis of one is held against."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import httpx
import pytest

from tests.servers.installing import NotInstalledError
from tests.servers.proxies import (
    CaddyGzip,
    HAProxy,
    HAProxyNoDelay,
    NginxGzip,
    NginxHttp10,
    NginxReadTimeout,
    NginxReadTimeoutHttp2,
    Proxy,
    Reference,
)
from tests.servers.running import CERTIFICATE

pytestmark = pytest.mark.servers

FEED = "/feed?rate=10&heartbeat=0"


@dataclass
class Arrivals:
    """What came and when, in seconds since the request; `ended` is what the client made of the end, "" if it left."""

    head: float | None = None
    encoding: str = ""
    pieces: list[tuple[float, int]] = field(default_factory=list)
    """Times and sizes of what came together."""
    ended: str = ""
    at: float = 0.0

    def take(self, t: float, size: int) -> None:
        if self.pieces and t - self.pieces[-1][0] < 0.04:
            self.pieces[-1] = (self.pieces[-1][0], self.pieces[-1][1] + size)
        else:
            self.pieces.append((t, size))


def arrivals(proxy: Proxy, path: str, seconds: float) -> Arrivals:
    """What comes in so many seconds."""
    seen = Arrivals()
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    limits = httpx.Timeout(5, read=seconds)
    begun = time.monotonic()
    try:
        with (
            httpx.Client(http2="--http2" in proxy.options, verify=trusted, timeout=limits, trust_env=False) as client,
            client.stream("GET", proxy.url(path)) as response,
        ):
            seen.head = time.monotonic() - begun
            seen.encoding = response.headers.get("content-encoding", "")
            for piece in response.iter_raw():
                seen.take(time.monotonic() - begun, len(piece))
                if time.monotonic() - begun > seconds:
                    return seen
            seen.ended = "end"
    except httpx.ReadTimeout:
        pass
    except httpx.RemoteProtocolError as error:
        seen.ended = str(error)
    seen.at = time.monotonic() - begun
    return seen


@pytest.fixture(scope="module")
def upstream() -> Iterator[Reference]:
    with Reference() as reference:
        yield reference


def through(kind: type[Proxy], upstream: Reference, path: str, seconds: float) -> Arrivals:
    proxy = kind(upstream.port)
    try:
        print(f"\n{proxy.title}: {proxy.version}")
    except NotInstalledError as error:
        pytest.skip(f"not installed: {error}")
    with proxy:
        return arrivals(proxy, path, seconds)


def test_nginx_gzip_and_buffering_hold_everything(upstream: Reference) -> None:
    seen = through(NginxGzip, upstream, FEED, 6)
    assert seen.head is None
    assert seen.pieces == []


def test_nginx_buffering_of_http_1_0_makes_bursts_of_4096_bytes(upstream: Reference) -> None:
    seen = through(NginxHttp10, upstream, f"{FEED}&size=200", 8)
    (first, _), *bursts = seen.pieces
    assert seen.head is not None
    assert seen.head > 0.5
    assert first - seen.head < 0.05
    assert len(bursts) >= 2
    assert {size for _, size in bursts} == {4096}
    assert all(later - earlier > 0.5 for (earlier, _), (later, _) in pairwise(seen.pieces))


@pytest.mark.parametrize(
    ("kind", "end"),
    [(NginxReadTimeout, "incomplete chunked read"), (NginxReadTimeoutHttp2, "error_code:2")],
)
def test_nginx_cuts_3_s_after_the_last_byte(kind: type[Proxy], end: str, upstream: Reference) -> None:
    """Over HTTP/2 the end is a RST_STREAM with the error INTERNAL_ERROR."""
    seen = through(kind, upstream, f"/{kind.__name__}?rate=10&heartbeat=0&silent_after=10", 8)
    assert end in seen.ended
    assert len(seen.pieces) == 10
    assert seen.at - seen.pieces[-1][0] == pytest.approx(3.0, abs=0.3)


def test_caddy_gzip_sends_a_head_and_no_event(upstream: Reference) -> None:
    seen = through(CaddyGzip, upstream, FEED, 6)
    assert seen.head is not None
    assert seen.head < 1
    assert seen.encoding == "gzip"
    assert sum(size for _, size in seen.pieces) <= 10  # no more than the head of gzip
    assert seen.ended == ""


def test_haproxy_waits_for_more(upstream: Reference) -> None:
    """Events 100 ms apart come together, up to 300 ms late."""
    seen = through(HAProxy, upstream, FEED, 5)
    apart = [later - earlier for (earlier, _), (later, _) in pairwise(seen.pieces)]
    assert sum(apart) / len(apart) > 0.18


def test_haproxy_without_delay_does_not(upstream: Reference) -> None:
    seen = through(HAProxyNoDelay, upstream, FEED, 5)
    apart = [later - earlier for (earlier, _), (later, _) in pairwise(seen.pieces)]
    assert sum(apart) / len(apart) < 0.13
