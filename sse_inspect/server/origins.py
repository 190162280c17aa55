"""Which pages may read what is served: a browser keeps it from all others (Fetch standard, CORS protocol)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sse_inspect.server.answers import Headers

ANY = "*"
_LOOPBACK = re.compile(r"https?://(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")


class Origins:
    """Lets in pages of any origin on loopback, and those named; "*" lets in all."""

    def __init__(self, named: tuple[str, ...] = ()) -> None:
        self._named = frozenset(named)

    def headers(self, request: Mapping[str, str]) -> Headers:
        """What a response says to the page that sent this request, credentials and all."""
        origin = request.get("origin", "")
        fields: Headers = (("Vary", "Origin"),)
        if origin and (ANY in self._named or origin in self._named or _LOOPBACK.fullmatch(origin)):
            fields += (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"))
        return fields
