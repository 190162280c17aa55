"""The verdict on an end: what the connection's last bytes and its framing say about what is missing.

A terminal event counts most: who has it has everything, unless the server says in it that it failed. Then how it broke
off, then where, then whether an end of this response can be told from a cut at all (RFC 9112, 6.3 and 8).
"""

from __future__ import annotations

import re

from sse_inspect.analysis.evidence.connection import Connection
from sse_inspect.analysis.profiles import NONE, PROFILES, failure_of, terminal_of
from sse_inspect.records import DisconnectReason, Verdict

OURS: frozenset[DisconnectReason] = frozenset({"forced", "stall"})
"""Ends that this side made."""
_BROKEN: dict[DisconnectReason, str] = {
    "truncated": "the response stops short of its own end",
    "protocol": "what came is no proper HTTP",
    "encoding": "the compression is broken",
    "tls": "TLS broke off",
}
_H2_RESET = re.compile(r"(RST_STREAM|GOAWAY) (\w+ ?\w* \(\d+\))")
_OLD_HOP = re.compile(r"(?:^|,)\s*(?:HTTP/)?1\.0\s", re.IGNORECASE)
"""A hop that speaks HTTP/1.0 ends the body by closing, and the next hop makes a clean end of every crash."""


def verdict(
    connection: Connection, *, request: str | None, is_post: bool, has_bytes: bool = True
) -> tuple[Verdict, str]:
    """The verdict on a connection that ended, and a sentence that says it; `request` is the body that was sent.

    Without `has_bytes` the source tells events alone: whether an end was between them is not known then.
    """
    reason = connection.reason
    if connection.opened is None or reason is None or reason == "unknown":
        return "", ""
    profile = PROFILES.get(connection.profile, NONE)
    if failure := failure_of(profile, reversed(connection.told)):
        return "failed", f"The answer failed: the server sent an error in the stream, {failure}."
    if terminal := terminal_of(profile, reversed(connection.told), request):
        return "finished", f"The stream is complete: it ended with {terminal}."
    if reason in OURS:
        return "left", "This side ended the connection: nothing says what else would have come."
    lost = f", inside an event: {connection.partial:,} bytes of it are thrown away" if connection.partial else ""
    between = ", between events" if has_bytes else ""
    if (code := reset_code(connection)) is not None:
        return "reset", f"The connection was reset ({code}){lost or between}."
    framing = _BROKEN.get(reason, "")
    if connection.partial:
        how = framing or "the response ended"
        return "cut-inside-event", f"Cut inside an event: {how}, and {connection.partial:,} bytes are thrown away."
    if framing:
        return "framing-broken", f"Broken off{between[1:]}: {framing} ({connection.detail})."
    expected = profile.expected
    if expected and connection.events and (connection.profile != "mcp" or is_post):
        return "cut-between-events", f"Ended{between[1:]}, without what ends such a stream: {expected}."
    if not has_bytes:
        return (
            "unknowable",
            "Whether that was all cannot be known: the source does not tell the bytes behind the last event.",
        )
    if why := _unknowable(connection):
        return "unknowable", f"Whether that was all cannot be known: {why}."
    return "ended", "The server ended the response in order, between events."


def reset_code(connection: Connection) -> str | None:
    """With what the connection was reset, None if it was not."""
    if connection.reason == "reset":
        return connection.detail or "TCP"
    match = _H2_RESET.match(connection.detail) if connection.reason == "protocol" else None
    return f"{match[1]} {match[2]}" if match else None


def _unknowable(connection: Connection) -> str:
    head = connection.head
    if not connection.is_framed:
        version = "HTTP/1.0" if head is not None and head.http_version == "1.0" else "the response"
        return f"{version} has no framing here, and a cut looks the same"
    if _OLD_HOP.search(connection.headers.get("via", "")):
        return "a hop on the way speaks HTTP/1.0, and the proxy behind it makes a clean end of every crash"
    return ""
