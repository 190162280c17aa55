"""How the content of a response begins that is no event stream: often it says what is wrong."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import httpx

from sse_inspect.inputs import ResponseHead
from sse_inspect.net.decoding import decoder_for

PATIENCE = 0.25
"""Seconds that are waited for it."""
BYTES = 4096
"""Bytes that are looked at."""
LONGEST = 160
"""Characters that are told."""
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
_TEXTUAL = ("text/", "application/json", "application/problem+json")


async def excerpt(response: httpx.Response, head: ResponseHead) -> str:
    """The first words of a text or JSON, or the title of a page; empty where there are none, or not soon."""
    content_type = head.headers.get("content-type", "").lower()
    if not content_type.startswith(_TEXTUAL):
        return ""
    data = bytearray()
    # That it cannot be read to its end takes nothing from what came, nor from the status, which is what counts.
    with suppress(Exception):
        decoder = decoder_for(head.headers.get("content-encoding", ""))
        async with asyncio.timeout(PATIENCE):
            async for part in response.aiter_raw():
                for plain in decoder.decode(part):
                    data += plain
                if len(data) >= BYTES:
                    break
    text = data[:BYTES].decode("utf-8", "replace")
    if content_type.startswith("text/html"):
        title = _TITLE.search(text)
        text = title[1] if title else ""
    text = " ".join(text.split())
    if text == f"{head.status} {head.reason}":
        return ""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
