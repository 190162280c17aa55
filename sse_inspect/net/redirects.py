"""Where a redirect leads (RFC 9110, 15.4), and what of the request may go along (Fetch, HTTP-redirect fetch)."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

import httpx

from sse_inspect.config import is_secret_name, shown_url
from sse_inspect.net.failures import AttemptError
from sse_inspect.session.outcome import REDIRECTS

_OF_THE_BODY = frozenset({b"content-encoding", b"content-language", b"content-location", b"content-type"})
_NO_HOST = re.compile(r"(https?:)?//([^/?#]*@)?([:/?#]|$)", re.IGNORECASE)
_MADE_ANEW = frozenset({b"content-length", b"transfer-encoding", b"cookie"})


class RedirectError(AttemptError):
    """A redirect that cannot be followed."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "redirect")


def next_request(request: httpx.Request, response: httpx.Response, body: bytes | None) -> httpx.Request | None:
    """The request a response redirects to, or None if it is no redirect or has no Location.

    Credentials stay behind where the origin changes: Authorization, and every field whose name tells of a secret.
    Cookies are for the caller to add. Raises RedirectError for a Location that is no address on the web.
    """
    location = response.headers.get("location", "").strip()
    if response.status_code not in REDIRECTS or not location:
        return None
    url = _joined(request.url, location)
    method, status = request.method, response.status_code
    to_get = (status == 303 and method not in ("GET", "HEAD")) or (status in (301, 302) and method == "POST")
    moved = origin(url) != origin(request.url)
    headers = [
        (name, value)
        for name, value in request.headers.raw
        if not (
            (key := name.lower()) in _MADE_ANEW
            or (to_get and key in _OF_THE_BODY)
            or (moved and (key == b"host" or is_secret_name(key.decode("ascii"))))
        )
    ]
    return made_request("GET" if to_get else method, url, headers, None if to_get else body, request.extensions)


def made_request(
    method: str,
    url: httpx.URL,
    headers: list[tuple[bytes, bytes]],
    body: bytes | None,
    extensions: MutableMapping[str, Any],
) -> httpx.Request:
    """The request, its method as it is written: methods are case-sensitive (RFC 9110, 9.1), which httpx is not."""
    request = httpx.Request(method, url, headers=headers, content=body, extensions=dict(extensions))
    request.method = method
    return request


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454)."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _joined(base: httpx.URL, location: str) -> httpx.URL:
    if _NO_HOST.match(location):
        raise RedirectError(f"the Location {shown_url(location)[:200]!r} names no host")
    try:
        url = base.join(location)
        if location.partition("#")[0].partition("?")[1:] == ("?", ""):  # which joining loses
            url = url.copy_with(query=b"")
        url.raw_host.decode("ascii")
        is_on_the_web = url.scheme in ("http", "https") and bool(url.host)
        if not 0 < (url.port or 80) < 65536:
            raise ValueError(url.port)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise RedirectError(f"the Location {shown_url(location)[:200]!r} is no URL") from None
    if not is_on_the_web:
        raise RedirectError(f"the Location {shown_url(location)[:200]!r} is no http:// or https:// address")
    return url
