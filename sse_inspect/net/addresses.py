"""Addresses of servers and proxies, read as curl reads them; no message repeats what may be a password."""

from __future__ import annotations

import re

import httpx

from sse_inspect.errors import UsageError

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
_AUTHORITY = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def parse_url(text: str) -> httpx.URL:
    """A URL that `config` has accepted, as httpx has it; raises UsageError."""
    try:
        return _url(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UsageError("URL", f"{str(error).rstrip('.')}; expected http://host[:port]/path.") from None


def parse_proxy(text: str, option: str) -> httpx.URL:
    """The address of a proxy, `http://` where it says nothing else; raises UsageError for `option`."""
    match = _AUTHORITY.fullmatch(text if "://" in text else f"http://{text}")
    expected = "expected http://host:port or socks5://host:port."
    if match is None:
        raise UsageError(option, f"the address cannot be read; {expected}")
    scheme, authority, rest = match.groups()
    if scheme.lower() not in PROXY_SCHEMES:
        raise UsageError(option, f"the scheme {scheme!r} is not one of {', '.join(PROXY_SCHEMES)}.")
    if "@" in rest:
        raise UsageError(
            option, "what stands before the @ cannot be read; in a user name or password write / ? # as %2F %3F %23."
        )
    try:
        url = _url(match[0])
        if url.port == 0 or (url.port or 80) > 65535 or " " in authority.rpartition("@")[2]:
            raise httpx.InvalidURL("")
    except (httpx.InvalidURL, UnicodeError):  # whose message may name a password that was taken for a port
        raise UsageError(option, f"the host or the port cannot be read; {expected}") from None
    if not url.host:
        raise UsageError(option, f"the address names no host; {expected}")
    return url


def _url(text: str) -> httpx.URL:
    """The URL; of several @ the last one ends the user name and password."""
    if match := _AUTHORITY.fullmatch(text):
        scheme, authority, rest = match.groups()
        userinfo, at, host = authority.rpartition("@")
        text = f"{scheme}://{userinfo.replace('@', '%40')}{at}{host}{rest}"
    url = httpx.URL(text)
    url.raw_host.decode("ascii")
    _ = url.host  # decodes the labels of a name, which may fail
    return url
