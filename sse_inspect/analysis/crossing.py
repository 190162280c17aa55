"""Whether a page of another origin may read an answer (Fetch standard, "CORS check")."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from sse_inspect.config import Target

ALLOW_ORIGIN, ALLOW_CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
OPAQUE = "null"
"""The origin of what has none, as it is spelled (HTML 7.1.1)."""
SHOWN = 80
"""Characters of a field's value that are told."""

_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """The origin of a URL as a browser spells it, such as `https://api.example.com`; `null` where it has none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return OPAQUE
    if not host:
        return OPAQUE
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if port in (None, _PORTS.get(parts.scheme)) else f':{port}'}"


def page_of(target: Target) -> str:
    """The origin of the page in whose name is asked, empty for none."""
    return next((value for name, value in target.headers if name.lower() == "origin" and value), "")


def crosses(target: Target) -> bool:
    """Whether it is asked in the name of a page of another origin."""
    page = page_of(target)
    return bool(page) and page.lower() != origin_of(target.url)


def refused(headers: Mapping[str, str], origin: str, *, with_credentials: bool) -> str:
    """Why a page of this origin may not read an answer with these fields, as a clause; empty where it may."""
    allowed = headers.get(ALLOW_ORIGIN, "").strip()
    if not allowed:
        return "there is no Access-Control-Allow-Origin"
    if allowed == "*" and with_credentials:
        return "Access-Control-Allow-Origin is *, which excludes credentials"
    if allowed not in ("*", origin):
        return f"Access-Control-Allow-Origin is {allowed[:SHOWN]}"
    if with_credentials and headers.get(ALLOW_CREDENTIALS, "").strip() != "true":
        return "there is no 'Access-Control-Allow-Credentials: true'"
    return ""
