"""From a `Target` to its requests: header fields, credentials, cookies, and the redirects that are followed."""

from __future__ import annotations

from base64 import b64encode
from http.cookiejar import CookieJar
from urllib.parse import unquote

import httpx

from sse_inspect.config import Target, shown_url
from sse_inspect.inputs import ResponseHead
from sse_inspect.net.addresses import parse_url
from sse_inspect.net.cookies import CookiePolicy
from sse_inspect.net.decoding import ACCEPTED
from sse_inspect.net.exchange import Fields, Head
from sse_inspect.net.line import Line
from sse_inspect.net.redirects import RedirectError, made_request, next_request, origin
from sse_inspect.net.transport import INJECTED, LINE, head_in
from sse_inspect.session.last_event_id import Sent
from sse_inspect.session.outcome import MAX_REDIRECTS

_OF_THEIR_OWN = ("cookie", "last-event-id")
"""Fields of the command line that are sent in a way of their own."""


class Client:
    """Sends the requests of one session over `transport`, and keeps its cookies. Raises UsageError for its URL."""

    def __init__(self, target: Target, transport: httpx.AsyncBaseTransport, *, version: str) -> None:
        self._target = target
        self._transport = transport
        self._origin = origin(parse_url(target.url))
        self._headers = _headers(target, version)
        self._given_cookies = [
            *target.cookies,
            *(value for name, value in target.headers if value and name.lower() == "cookie"),
        ]
        self._cookies = httpx.Cookies(CookieJar(CookiePolicy()))

    async def open(self, line: Line, sent: Sent) -> httpx.Response:
        """Send the request, follow redirects, and return the final response with its body unread.

        Raises RedirectError, and whatever the transport does.
        """
        target = self._target
        last_event_id = [] if sent.header is None else [(b"Last-Event-ID", sent.header.encode())]
        request = made_request(
            target.method,
            parse_url(target.request_url(sent.parameter)),
            [*self._headers, *last_event_id],
            target.body,
            {LINE: line},
        )
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(request)
            following = next_request(request, response, target.body)
            if following is None:
                return response
            await response.aclose()
            request = following
        raise RedirectError(f"more than {MAX_REDIRECTS} redirects")

    async def _send(self, request: httpx.Request) -> httpx.Response:
        request.headers.encoding = "utf-8"  # else httpx takes the first cookie beyond ASCII for an error
        self._cookies.set_cookie_header(request)
        if self._given_cookies and origin(request.url) == self._origin:
            kept = request.headers.get("cookie")
            request.headers["Cookie"] = "; ".join([*self._given_cookies, *([kept] if kept else [])])
        response = await self._transport.handle_async_request(request)
        response.request = request
        self._cookies.extract_cookies(response)
        return response


def head_of(response: httpx.Response) -> ResponseHead:
    """The response's head."""
    return _told(head_in(response), url=shown_url(str(response.url)), injected=INJECTED in response.extensions)


def head_of_proxy(head: Head) -> ResponseHead:
    """The head of a proxy's refusal."""
    return _told(head, by_proxy=True)


def _told(head: Head, *, url: str = "", by_proxy: bool = False, injected: bool = False) -> ResponseHead:
    """The head as it is told: bytes are read as UTF-8 with U+FFFD."""
    fields = tuple(
        (name.decode("utf-8", "replace").lower(), value.decode("utf-8", "replace")) for name, value in head.fields
    )
    return ResponseHead(head.status, head.version, fields, url, head.reason, by_proxy, injected)


def _headers(target: Target, version: str) -> Fields:
    """The defaults, and the fields of the command line in the place of those they name."""
    defaults = {
        "Accept": "text/event-stream",
        "Cache-Control": "no-cache",
        "Accept-Encoding": ACCEPTED if target.encoding == "any" else "identity",
        "User-Agent": f"sse-inspect/{version}",
        "Authorization": _authorization(target),
    }
    named = [name.lower().encode() for name, _ in target.headers]
    given = [
        (name.encode(), value.encode())
        for name, value in target.headers
        if value is not None and name.lower() not in _OF_THEIR_OWN
    ]
    headers = [(name.encode(), value.encode()) for name, value in defaults.items() if value is not None]
    return [*_without(headers, *named), *given]


def _without(headers: Fields, *names: bytes) -> Fields:
    return [(name, value) for name, value in headers if name.lower() not in names]


def _authorization(target: Target) -> str | None:
    if target.bearer:
        return f"Bearer {target.bearer}"
    url = parse_url(target.url)
    credentials = target.user
    if credentials is None and url.userinfo:
        credentials = f"{unquote(url.username)}:{unquote(url.password)}"
    if credentials is None:
        return None
    name, _, password = credentials.partition(":")
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode("ascii")
