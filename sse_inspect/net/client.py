"""From a `Target` to HTTP: the only module that knows how httpx is set up."""

from __future__ import annotations

import ssl
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.inputs import ResponseHead
from sse_inspect.net.decoding import ACCEPTED
from sse_inspect.net.network import Line, WatchedNetwork
from sse_inspect.net.transport import HttpcoreTransport, Pool
from sse_inspect.session.outcome import MAX_REDIRECTS

_NO_TIMEOUT = httpx.Timeout(None)
"""Times are the session's to watch: it knows what silence is allowed."""

HeaderList = list[tuple[bytes, bytes]]


class Client:
    """Sends the requests of one session, one at a time; every response gets a connection of its own.

    `wrap` may put a transport around the network's, one that misbehaves. Raises UsageError for files, proxies and
    URLs that cannot be used.
    """

    def __init__(self, target: Target, *, version: str) -> None:
        self._target = target
        self._network = WatchedNetwork()
        self._url = _url(target.url)
        self.transport: httpx.AsyncBaseTransport = HttpcoreTransport(_pool(target, self._url, self._network))
        self._headers = _headers(target, self._url, version)
        self._cookies = httpx.Cookies()

    async def open(self, line: Line, last_event_id: str, *, reconnect: bool) -> httpx.Response:
        """Send the request, follow redirects, and return the final response with its body unread.

        The query parameter for the ID is sent on a `reconnect` only. Credentials stay with the origin they are for.
        """
        headers = self._headers
        if last_event_id:
            headers = _with(headers, [(b"Last-Event-ID", last_event_id.encode())])
        url = _url(self._target.request_url(last_event_id if reconnect else None))
        self._network.line = line
        async with httpx.AsyncClient(
            transport=_Borrowed(self.transport), cookies=self._cookies, timeout=_NO_TIMEOUT
        ) as client:
            client.headers.clear()
            request = client.build_request(self._target.method, url, headers=headers, content=self._target.body)
            for _ in range(MAX_REDIRECTS + 1):
                self._give_cookies(request)
                self._network.secure = request.url.scheme == "https"
                response = await client.send(request, stream=True, auth=None)
                self._cookies = client.cookies
                following = response.next_request
                if following is None or not response.headers.get("location", "").strip():
                    return response
                await response.aclose()
                request = following
        raise httpx.TooManyRedirects(f"more than {MAX_REDIRECTS} redirects", request=request)

    def _give_cookies(self, request: httpx.Request) -> None:
        """Add the cookies of the command line, to their own origin only."""
        if self._target.cookies and _origin(request.url) == _origin(self._url):
            jar = request.headers.get("cookie")
            request.headers["cookie"] = "; ".join([*self._target.cookies, *([jar] if jar else [])])

    async def aclose(self) -> None:
        """Close every connection."""
        await self.transport.aclose()


class _Borrowed(httpx.AsyncBaseTransport):
    """A transport that outlives the client it is lent to."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)


def head_of(response: httpx.Response) -> ResponseHead:
    """The response's head; header bytes are read as UTF-8 with U+FFFD."""
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
    return ResponseHead(
        status=response.status_code,
        http_version=version.removeprefix("HTTP/"),
        header_list=tuple(
            (name.decode("utf-8", "replace").lower(), value.decode("utf-8", "replace"))
            for name, value in response.headers.raw
        ),
        url=str(response.url),
    )


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        url.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UsageError("URL", f"{str(error).rstrip('.')}; expected http://host[:port]/path.") from None
    return url


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _headers(target: Target, url: httpx.URL, version: str) -> HeaderList:
    accepted = ACCEPTED if target.encoding == "any" else "identity"
    headers = [
        (b"Accept", b"text/event-stream"),
        (b"Cache-Control", b"no-cache"),
        (b"Accept-Encoding", accepted.encode()),
        (b"User-Agent", f"sse-inspect/{version}".encode()),
    ]
    authorization = _authorization(target, url)
    if authorization:
        headers.append((b"Authorization", authorization.encode()))
    return _with(headers, [(name.encode(), value.encode()) for name, value in target.headers])


def _with(headers: HeaderList, more: HeaderList) -> HeaderList:
    """The headers with those of the same names replaced by `more`."""
    names = {name.lower() for name, _ in more}
    return [*((name, value) for name, value in headers if name.lower() not in names), *more]


def _authorization(target: Target, url: httpx.URL) -> str | None:
    if target.bearer:
        return f"Bearer {target.bearer}"
    if target.user:
        name, _, password = target.user.partition(":")
    elif url.userinfo:
        name, password = unquote(url.username), unquote(url.password)
    else:
        return None
    request = httpx.Request("GET", "http://localhost")
    return next(httpx.BasicAuth(name, password).auth_flow(request)).headers["Authorization"]


def _pool(target: Target, url: httpx.URL, network: WatchedNetwork) -> Pool:
    context = _ssl_context(target)
    proxy = target.proxy or _environment_proxy(url)
    if proxy is None:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            http1=True,
            http2=target.http2,
            max_keepalive_connections=0,
            network_backend=network,
        )
    return _proxied(proxy, target, context, network)


def _proxied(proxy: str, target: Target, context: ssl.SSLContext, network: WatchedNetwork) -> Pool:
    try:
        address = httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
    except httpx.InvalidURL as error:
        raise UsageError("--proxy", f"{error}; expected http://host:port or socks5://host:port.") from None
    auth = (unquote(address.username).encode(), unquote(address.password).encode()) if address.userinfo else None
    where = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
    if not address.host:
        raise UsageError("--proxy", f"{proxy!r} names no host; expected http://host:port or socks5://host:port.")
    if address.scheme in ("http", "https"):
        return httpcore.AsyncHTTPProxy(
            proxy_url=where,
            proxy_auth=auth,
            ssl_context=context,
            proxy_ssl_context=context if address.scheme == "https" else None,
            http2=target.http2,
            max_keepalive_connections=0,
            network_backend=network,
        )
    if address.scheme in ("socks5", "socks5h"):
        return httpcore.AsyncSOCKSProxy(
            proxy_url=where,
            proxy_auth=auth,
            ssl_context=context,
            http2=target.http2,
            max_keepalive_connections=0,
            network_backend=network,
        )
    raise UsageError("--proxy", f"the scheme {address.scheme!r} is not one of http, https, socks5.")


def _environment_proxy(url: httpx.URL) -> str | None:
    if proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _ssl_context(target: Target) -> ssl.SSLContext:
    try:
        context = httpx.create_ssl_context(verify=not target.insecure)
        if target.cacert:
            context = ssl.create_default_context(cafile=target.cacert)
    except (OSError, ssl.SSLError) as error:
        raise UsageError("--cacert", f"cannot read {target.cacert}: {_why(error)}; expected a PEM file.") from None
    if target.cert:
        try:
            context.load_cert_chain(target.cert, target.key)
        except (OSError, ssl.SSLError) as error:
            raise UsageError("--cert", f"cannot read {target.cert}: {_why(error)}; expected a PEM file.") from None
    return context


def _why(error: OSError) -> str:
    return error.strerror or str(error)
