"""The way to the server: through which proxy, and with which certificates."""

from __future__ import annotations

import ssl
from functools import lru_cache
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.net.line import Line
from sse_inspect.net.network import WatchedNetwork
from sse_inspect.net.socks import SocksNetwork, SocksProxy

_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_SOCKS_PORT = 1080


class Route:
    """How to reach a target. Raises UsageError for files and proxies that cannot be used."""

    def __init__(self, target: Target, url: httpx.URL) -> None:
        self._files = (target.cacert, target.cert, target.key, target.insecure)
        self._http2 = target.http2
        self._proxy = _proxy(target, url)
        if url.scheme == "https" or target.cacert or target.cert:
            _ssl_context(*self._files)  # what cannot be read is told at once

    def pool(self, line: Line, *, secure: bool) -> httpcore.AsyncConnectionPool:
        """A pool for one request on `line`; certificates are loaded only where TLS needs them, which takes a while.

        HTTP/2 is offered in the TLS handshake alone (RFC 9113, 3.2): over http:// all requests are HTTP/1.1.
        """
        network: httpcore.AsyncNetworkBackend
        if isinstance(self._proxy, SocksProxy):
            network, proxy = SocksNetwork(line, self._proxy, secure=secure), None
        else:
            network, proxy = WatchedNetwork(line, secure=secure), self._proxy
        if proxy is not None and proxy.url.scheme == b"https":
            proxy.ssl_context = _ssl_context(*self._files)
        return httpcore.AsyncConnectionPool(
            ssl_context=_ssl_context(*self._files) if secure else None,
            proxy=proxy,
            http2=self._http2,
            max_keepalive_connections=0,
            network_backend=network,
        )


def _proxy(target: Target, url: httpx.URL) -> httpcore.Proxy | SocksProxy | None:
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
    auth = (unquote(address.username).encode(), unquote(address.password).encode()) if address.userinfo else None
    if address.scheme.startswith("socks"):
        if auth is not None and not all(0 < len(text) < 256 for text in auth):
            raise UsageError("--proxy", "SOCKS5 takes a user and a password of 1 to 255 bytes.")
        host = address.raw_host.decode("ascii")
        return SocksProxy(host, address.port or _SOCKS_PORT, auth, names=address.scheme == "socks5h")
    return httpcore.Proxy(
        httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=b"/"), auth=auth
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
        _identify(context, cert, key)
    return context


class _EncryptedError(Exception):
    """The private key wants a password."""


def _identify(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    def password() -> str:
        raise _EncryptedError  # else OpenSSL would ask for it on the terminal

    option, file = ("--key", key) if key else ("--cert", cert)
    try:
        context.load_cert_chain(cert, key, password)
    except _EncryptedError:
        raise UsageError(
            option, f"the private key in {file} is encrypted; give one that is not (openssl pkey -in {file} -out FILE)."
        ) from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(option, f"the private key in {file} is not that of the certificate in {cert}.") from None
        raise UsageError(
            "--cert",
            f"cannot use {cert}{f' and {key}' if key else ''}; expected a PEM file with a certificate, "
            "and its private key there or in --key.",
        ) from None
    except OSError as error:
        raise UsageError("--cert", f"cannot read {cert}{f' or {key}' if key else ''}: {_why(error)}.") from None


def _trust(cacert: str | None, *, insecure: bool) -> ssl.SSLContext:
    if insecure or not cacert:
        return httpx.create_ssl_context(verify=not insecure)
    try:
        return ssl.create_default_context(cafile=cacert)
    except (OSError, ssl.SSLError) as error:
        raise UsageError("--cacert", f"cannot read {cacert}: {_why(error)}; expected a PEM file.") from None


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or str(error)
