"""Responses that are no event stream, and who gets one instead of it."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from sse_inspect.server.behaviour import Behaviour, describe
from sse_inspect.server.streams import Stream

Headers = tuple[tuple[str, str], ...]

# A browser page from anywhere may try itself against this server: there is nothing here but invented data.
CORS: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "X-Replay, Retry-After"),
)
METHODS = "GET, HEAD, POST, OPTIONS"

_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_PLAIN = "text/plain; charset=utf-8"
_LOGIN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head>
<body><h1>Sign in</h1><form method="post"><input name="user"><input name="password" type="password">
<button>Sign in</button></form></body></html>
"""
_INSTEAD = {
    "": (_PLAIN, ""),
    "html": ("text/html; charset=utf-8", _LOGIN),
    "json": ("application/json", '{"error": "this is not an event stream"}\n'),
}
_INDEX = """sse-inspect reference server: server-sent events that behave, or misbehave on request

  /            this page
  /health      ok, while the server runs
  /anything    an event stream: every path is one of its own, with its own IDs. The first request creates it, and
               it runs on whether or not somebody listens, so that an outage really misses events.

  curl -N 'http://localhost:PORT/ticks?rate=5&close_after=20'

Last-Event-ID is answered with everything after that ID as far as the buffer reaches. X-Replay says so: complete;
incomplete, the ID has left the buffer; none, the ID is not known here. In the last two cases an event
"replay-incomplete" without an ID comes first.

A moment in close_after and its like is a number of events on this connection, such as 20, or of seconds, such as 5s.
Query parameters [and their defaults]:

"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response."""

    status: int
    body: str = ""
    headers: Headers = ()
    content_type: str = _PLAIN


def phrase(status: int) -> str:
    """The reason phrase of a status; empty for one that has none."""
    return _PHRASES.get(status, "")


def told(status: int, sentence: str) -> Answer:
    """A status with one sentence for people."""
    return Answer(status, sentence + "\n")


def index(defaults: Behaviour) -> Answer:
    """The page that explains paths and query parameters."""
    return Answer(200, _INDEX + describe(defaults) + "\n")


def preflight(fields: str, *more: tuple[str, str]) -> Answer:
    """What a browser asks before it sends header fields such as Last-Event-ID across origins (Fetch standard, 3.2)."""
    allowed: Headers = (("Access-Control-Allow-Headers", fields),) if fields else ()
    return Answer(204, headers=(("Allow", METHODS), ("Access-Control-Allow-Methods", METHODS), *allowed, *more))


def not_allowed(allowed: str) -> Answer:
    """405, naming the methods that are."""
    return Answer(405, f"This path takes {allowed}.\n", (("Allow", allowed),))


def redirect(target: str, behaviour: Behaviour) -> Answer:
    """One hop nearer to the stream: the same address with one less in `redirect`."""
    path, _, query = target.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "redirect"]
    if behaviour.redirect > 1:
        pairs.append(("redirect", str(behaviour.redirect - 1)))
    # Two slashes at the beginning would name a host.
    location = "/" + path.lstrip("/") + ("?" + urlencode(pairs) if pairs else "")
    return Answer(behaviour.redirect_status, "This way.\n", (("Location", location),))


def instead_of_stream(stream: Stream, behaviour: Behaviour, last_event_id: str, t: float, wall: float) -> Answer | None:
    """What a request gets in place of the stream, or None; `wall` is Unix time, for dates."""
    if behaviour.stop_after and stream.counts.connections >= behaviour.stop_after:
        return Answer(204)
    refused = stream.refusal(t)
    if refused is not None:
        return _refusal(refused.status, refused.retry_after, behaviour, wall)
    fails = bool(behaviour.status or behaviour.instead or behaviour.fail_first)
    if fails and (not behaviour.fail_first or stream.counts.requests <= behaviour.fail_first):
        status = behaviour.status or (200 if behaviour.instead else 503)
        return _refusal(status, behaviour.retry_after, behaviour, wall)
    if stream.exhausted(last_event_id, behaviour, t):
        return Answer(204)
    return None


def _refusal(status: int, retry_after: float | None, behaviour: Behaviour, wall: float) -> Answer:
    content_type, body = _INSTEAD[behaviour.instead]
    headers: Headers = ()
    if retry_after is not None:
        as_date = behaviour.retry_after_date
        headers = (("Retry-After", formatdate(wall + retry_after, usegmt=True) if as_date else f"{retry_after:g}"),)
    if status == HTTPStatus.UNAUTHORIZED:
        headers += (("WWW-Authenticate", 'Bearer realm="sse-inspect"'),)
    return Answer(status, body or f"{status} {phrase(status)}".strip() + "\n", headers, content_type)
