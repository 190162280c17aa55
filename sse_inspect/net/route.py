"""The way to the server: through which proxy, and with which certificates."""

from __future__ import annotations

import ssl
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from sse_inspect.config import Target
from sse_inspect.errors import UsageError

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class Route:
    """How to reach a target. Raises UsageError for files, proxies and protocols that cannot be used."""

    def __init__(self, target: Target, url: httpx.URL) -> None:
        self._files = (target.cacert, target.cert, target.key, target.insecure)
        self._http2 = target.http2
        if target.http2 and find_spec("h2") is None:
            raise UsageError("--http2", "needs the package h2; install httpx[http2].")
        self._proxy = _proxy(target, url)
        if url.scheme == "https" or target.cacert or target.cert:
            _ssl_context(*self._files)  # what cannot be read is told at once

    def pool(self, network: httpcore.AsyncNetworkBackend, *, secure: bool) -> httpcore.AsyncConnectionPool:
        """A pool for one request; certificates are loaded only where TLS needs them, which takes a while."""
        proxy = self._proxy
        if proxy is not None and proxy.url.scheme == b"https":
            proxy.ssl_context = _ssl_context(*self._files)
        return httpcore.AsyncConnectionPool(
            ssl_context=_ssl_context(*self._files) if secure else None,
            proxy=proxy,
            http2=self._http2,
            max_keepalive_connections=0,
            network_backend=network,
        )


def _proxy(target: Target, url: httpx.URL) -> httpcore.Proxy | None:
    """The proxy asked for, or the environment's; an empty one means none."""
    text = _environment_proxy(url) if target.proxy is None else target.proxy
    if not text:
        return None
    expected = "expected http://host:port or socks5://host:port."
    try:
        address = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL as error:
        raise UsageError("--proxy", f"{error}; {expected}") from None
    if address.scheme not in _PROXY_SCHEMES:
        raise UsageError("--proxy", f"the scheme {address.scheme!r} is not one of {', '.join(_PROXY_SCHEMES)}.")
    if not address.host:
        raise UsageError("--proxy", f"the address names no host; {expected}")
    if address.scheme.startswith("socks") and find_spec("socksio") is None:
        raise UsageError("--proxy", f"{address.scheme} needs the package socksio; install httpx[socks].")
    return httpcore.Proxy(
        httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=b"/"),
        auth=(unquote(address.username).encode(), unquote(address.password).encode()) if address.userinfo else None,
    )


def _environment_proxy(url: httpx.URL) -> str | None:
    if proxy_bypass(url.netloc.decode("ascii")):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


@lru_cache(maxsize=16)
def _ssl_context(cacert: str | None, cert: str | None, key: str | None, insecure: bool) -> ssl.SSLContext:
    context = _trust(cacert, insecure=insecure)
    if cert:
        try:
            context.load_cert_chain(cert, key)
        except (OSError, ssl.SSLError) as error:
            raise UsageError("--cert", f"cannot read {cert}: {_why(error)}; expected a PEM file.") from None
    return context


def _trust(cacert: str | None, *, insecure: bool) -> ssl.SSLContext:
    if insecure or not cacert:
        return httpx.create_ssl_context(verify=not insecure)
    try:
        return ssl.create_default_context(cafile=cacert)
    except (OSError, ssl.SSLError) as error:
        raise UsageError("--cacert", f"cannot read {cacert}: {_why(error)}; expected a PEM file.") from None


def _why(error: OSError) -> str:
    return error.strerror or str(error)
