"""From a `Target` to its requests: header fields, credentials, cookies, and the redirects that are followed."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote

import httpx

from sse_inspect.config import Target, shown_url
from sse_inspect.errors import UsageError
from sse_inspect.inputs import ResponseHead
from sse_inspect.net.decoding import ACCEPTED
from sse_inspect.net.line import Line
from sse_inspect.net.redirects import RedirectError, next_request, origin
from sse_inspect.net.transport import LINE
from sse_inspect.session.outcome import MAX_REDIRECTS

HeaderList = list[tuple[bytes, bytes]]


class Client:
    """Sends the requests of one session over `transport`, and keeps its cookies. Raises UsageError for its URL.

    A `Last-Event-ID` of the command line holds until the stream sets an ID.
    """

    def __init__(self, target: Target, transport: httpx.AsyncBaseTransport, *, version: str) -> None:
        self._target = target
        self._transport = transport
        self._origin = origin(parse_url(target.url))
        self._headers = _headers(target, version)
        self._given_cookies = [
            *target.cookies,
            *(value for name, value in target.headers if name.lower() == "cookie"),
        ]
        self._cookies = httpx.Cookies()

    async def open(self, line: Line, last_event_id: str, *, reconnect: bool) -> httpx.Response:
        """Send the request, follow redirects, and return the final response with its body unread.

        The query parameter for the ID is sent on a `reconnect` only. Raises RedirectError, and whatever the transport
        does.
        """
        target = self._target
        if last_event_id:
            self._headers = _without(self._headers, b"last-event-id")
        request = httpx.Request(
            target.method,
            parse_url(target.request_url(last_event_id if reconnect else None)),
            headers=[*self._headers, *_last_event_id(last_event_id)],
            content=target.body,
            extensions={LINE: line},
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


def parse_url(text: str) -> httpx.URL:
    """The URL as httpx has it; raises UsageError."""
    try:
        url = httpx.URL(text)
        url.raw_host.decode("ascii")
        _ = url.host  # decodes the labels of a name, which may fail
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UsageError("URL", f"{str(error).rstrip('.')}; expected http://host[:port]/path.") from None
    return url


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
        url=shown_url(str(response.url)),
    )


def _headers(target: Target, version: str) -> HeaderList:
    """The defaults, and the fields of the command line in the place of those they name."""
    defaults = {
        "Accept": "text/event-stream",
        "Cache-Control": "no-cache",
        "Accept-Encoding": ACCEPTED if target.encoding == "any" else "identity",
        "User-Agent": f"sse-inspect/{version}",
        "Authorization": _authorization(target),
    }
    given = [(name.encode(), value.encode()) for name, value in target.headers if name.lower() != "cookie"]
    headers = [(name.encode(), value.encode()) for name, value in defaults.items() if value is not None]
    return [*_without(headers, *(name.lower() for name, _ in given)), *given]


def _without(headers: HeaderList, *names: bytes) -> HeaderList:
    return [(name, value) for name, value in headers if name.lower() not in names]


def _last_event_id(last_event_id: str) -> HeaderList:
    """The field as HTTP can carry it: no white space around it, and none at all for an ID with VT or FF inside."""
    value = last_event_id.encode().strip(b" \t\v\f")
    return [(b"Last-Event-ID", value)] if value and not {b"\v"[0], b"\f"[0]} & set(value) else []


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
