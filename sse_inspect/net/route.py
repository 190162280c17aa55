"""The way to the server: through which proxy, and with which certificates (`trust`)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpx

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.net.addresses import parse_proxy
from sse_inspect.net.exchange import Exchange, Fields, Head, Question
from sse_inspect.net.http1 import Http1
from sse_inspect.net.line import Line
from sse_inspect.net.network import Guard, WatchedNetwork, everywhere
from sse_inspect.net.socks import SocksNetwork, SocksProxy
from sse_inspect.net.stream import WatchedStream
from sse_inspect.net.trust import ssl_context

_SOCKS_PORT = 1080
_PORTS = {"http": 80, "https": 443}


class RefusedByProxyError(Exception):
    """A proxy that answers, and does not connect; `head` is that of its answer."""

    def __init__(self, head: Head) -> None:
        super().__init__(f"the proxy answered {head.status}")
        self.head = head


@dataclass(frozen=True, slots=True)
class HttpProxy:
    """A proxy that speaks HTTP: it forwards plain requests and tunnels TLS (RFC 9110, 7.6 and 9.3.6)."""

    host: str
    port: int
    over_tls: bool
    fields: Fields


class Route:
    """How to reach a target, never further than `guard` lets. Raises UsageError for files and proxies that cannot be
    used.
    """

    def __init__(self, target: Target, url: httpx.URL, guard: Guard = everywhere) -> None:
        self._guard = guard
        self._files = (target.cacert, target.cert, target.key, target.insecure)
        self._http2 = target.http2
        self._proxy = _proxy(target, url)
        if target.http2:
            import sse_inspect.net.http2  # noqa: F401 it takes a while, and must not while a connection is timed
        if url.scheme == "https" or target.cacert or target.cert:
            ssl_context(*self._files)  # what cannot be read is told at once

    async def connect(self, line: Line, url: httpx.URL) -> Exchange:
        """A connection for one request, noted on `line`; certificates are loaded only where TLS needs them.

        HTTP/2 is offered in the TLS handshake alone (RFC 9113, 3.2): over http:// all requests are HTTP/1.1. Raises
        RefusedByProxyError, AttemptError, UsageError, OSError, and what the guard does.
        """
        secure = url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), port_of(url)
        proxy, guard = self._proxy, self._guard
        if proxy is not None:
            guard(host)
        if isinstance(proxy, SocksProxy):
            stream = await SocksNetwork(line, proxy, handshakes=secure, guard=guard).connect(host, port)
        elif proxy is not None:
            stream = await self._through(proxy, line, url, handshakes=secure + proxy.over_tls)
        else:
            stream = await WatchedNetwork(line, handshakes=secure, guard=guard).connect(host, port)
        if not secure:
            return Http1(stream)
        offered = ["http/1.1", "h2"] if self._http2 else ["http/1.1"]
        if await stream.start_tls(ssl_context(*self._files), host, offered) != "h2":
            return Http1(stream)
        from sse_inspect.net.http2 import Http2

        return Http2(stream)

    async def _through(self, proxy: HttpProxy, line: Line, url: httpx.URL, *, handshakes: int) -> WatchedStream:
        network = WatchedNetwork(line, handshakes=handshakes, guard=self._guard)
        stream = await network.connect(proxy.host, proxy.port)
        if proxy.over_tls:
            await stream.start_tls(ssl_context(*self._files), proxy.host, ["http/1.1"])
        if url.scheme == "https":
            name = url.raw_host.decode("ascii")
            where = f"{f'[{name}]' if ':' in name else name}:{port_of(url)}".encode()
            fields = [(b"Host", where), (b"Accept", b"*/*"), *proxy.fields]
            head = await Http1(stream).ask(Question(b"CONNECT", b"", where, fields))
            if not 200 <= head.status <= 299:
                raise RefusedByProxyError(head)
        return stream

    def question(self, question: Question, url: httpx.URL) -> Question:
        """The request as this route takes it: a proxy that forwards it is told the whole address."""
        proxy = self._proxy
        if not isinstance(proxy, HttpProxy) or url.scheme != "http":
            return question
        given = {name.lower() for name, _ in question.fields}
        fields = [field for field in proxy.fields if field[0].lower() not in given]
        return replace(question, target=b"http://" + url.netloc + question.target, fields=[*fields, *question.fields])


def port_of(url: httpx.URL) -> int:
    """The port, or that of the scheme."""
    return url.port or _PORTS[url.scheme]


def _proxy(target: Target, url: httpx.URL) -> HttpProxy | SocksProxy | None:
    option, text = proxy_in_use(target, url)
    if not text:
        return None
    address = parse_proxy(text, option)
    host = address.raw_host.decode("ascii")
    auth = (unquote(address.username).encode(), unquote(address.password).encode()) if address.userinfo else None
    if address.scheme.startswith("socks"):
        if auth is not None and not all(0 < len(text) < 256 for text in auth):
            raise UsageError(option, "SOCKS5 takes a user and a password of 1 to 255 bytes.")
        return SocksProxy(host, address.port or _SOCKS_PORT, auth, names=address.scheme == "socks5h")
    fields = [] if auth is None else [(b"Proxy-Authorization", b"Basic " + b64encode(b":".join(auth)))]
    return HttpProxy(host, port_of(address), address.scheme == "https", fields)


def proxy_in_use(target: Target, url: httpx.URL) -> tuple[str, str]:
    """The option or variable that names the proxy, and its address as it was given; an empty one means none."""
    return _environment_proxy(url) if target.proxy is None else ("--proxy", target.proxy)


def _environment_proxy(url: httpx.URL) -> tuple[str, str]:
    """The variable and what it says, if anything."""
    proxies = {} if proxy_bypass(url.netloc.decode("ascii")) else getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    return f"{scheme}_proxy", proxies.get(scheme, "")
