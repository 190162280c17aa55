"""What a response or an end means: accept, retry or finish. The only place that decides it.

| what came | verdict |
| --- | --- |
| 200 with `text/event-stream` | accept |
| 204 | finish: `no-content` |
| 408, 425, 429, 5xx | retry, not before `Retry-After` |
| 301, 302, 303, 307, 308 that could not be followed | finish: `redirect` |
| any other status, 200 of another content type | finish: `status`, `content-type` |
| a proxy's answer that refuses a tunnel | retry or finish as the same status of the server would: `status` |
| `eof truncated reset timeout stall refused unreachable dns tls protocol encoding forced` | retry |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sse_inspect.inputs import ResponseHead
from sse_inspect.records import DisconnectReason
from sse_inspect.session.backoff import LONGEST_DELAY
from sse_inspect.session.http_date import parse_http_date

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 20
ON_PURPOSE = ", answered on purpose"
"""What is said behind a verdict on a response that no server gave."""
_RETRIED = frozenset({408, 425, 429})
_FATAL_REASONS = frozenset({"redirect", "content-type"})


@dataclass(frozen=True, slots=True)
class Accept:
    """The response is an event stream."""


@dataclass(frozen=True, slots=True)
class NoContent:
    """The server asks to stop reconnecting (WHATWG 9.2.1: 204)."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The response is none to read; `retry_after` seconds is the least wait before another attempt."""

    reason: DisconnectReason
    detail: str
    fatal: bool
    retry_after: float | None = None


def judge_head(head: ResponseHead, now: datetime) -> Accept | NoContent | Refuse:
    """The verdict on a response head; `now` is what a `Retry-After` date is measured from.

    One that was given on purpose is judged as the server's would be, and called what it is.
    """
    verdict = _judged(head, now)
    if head.excerpt and isinstance(verdict, Refuse):
        verdict = replace(verdict, detail=f"{verdict.detail}: “{head.excerpt}”")
    if head.injected and isinstance(verdict, Refuse):
        return replace(verdict, detail=f"{verdict.detail}{ON_PURPOSE}")
    return verdict


def _judged(head: ResponseHead, now: datetime) -> Accept | NoContent | Refuse:
    status = head.status
    if head.by_proxy:
        return _refused(head, f"the proxy answered {status} {head.reason}".rstrip(), now)
    if status == 204:
        return NoContent()
    if status == 200:
        # Of several fields the last one counts, as in browsers (Fetch, "extract a MIME type").
        content_type = next((value for name, value in reversed(head.header_list) if name == "content-type"), "")
        if content_type.split(";")[0].strip(" \t").lower() == "text/event-stream":
            return Accept()
        shown = f"Content-Type is {content_type!r}" if content_type else "there is no Content-Type"
        return Refuse("content-type", f"200, but {shown}; an event stream is text/event-stream", fatal=True)
    if status in REDIRECTS:
        return Refuse("redirect", f"{status} without a Location that can be followed", fatal=True)
    return _refused(head, f"HTTP {status}", now)


def _refused(head: ResponseHead, detail: str, now: datetime) -> Refuse:
    if head.status in _RETRIED or 500 <= head.status <= 599:
        retry_after = parse_retry_after(head.headers.get("retry-after"), now)
        return Refuse("status", detail, fatal=False, retry_after=retry_after)
    return Refuse("status", detail, fatal=True)


def is_fatal(reason: DisconnectReason) -> bool:
    """Whether an end for this reason ends the session, whatever the policy."""
    return reason in _FATAL_REASONS


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` field: a number of seconds or any HTTP date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_DELAY)
    date = parse_http_date(value, now)
    return None if date is None else max(0.0, (date - now).total_seconds())
