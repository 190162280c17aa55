"""Response heads: what is no event stream, and what is one with a catch. Nothing is made of a field that is missing
but what the standards make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.rules.base import CERTAIN, HEADS, Rule, Suspicion
from sse_inspect.unknown import Unknown

LATE_ANSWER = 8.0
"""Seconds after which a 502 to 504 is about waiting and not about reaching."""
_UNREACHED = frozenset({502, 503, 504, *range(520, 528), 530})
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\"';\s]+)", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?0*[1-9]")
_CACHES = ("age", "x-cache", "x-cache-hits", "cf-cache-status", "x-varnish", "x-served-by", "via")


def _answer(evidence: Evidence) -> Connection | None:
    """The present attempt, if the server answered it."""
    here = evidence.here
    head = here.head
    return None if head is None or here.spoiled or head.injected or head.by_proxy else here


def _status(of: Callable[[int], bool], says: str = "") -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        here = _answer(evidence)
        if here is None or here.head is None or not of(here.head.status):
            return None
        server = here.headers.get("server", "")
        named = f" by {server[:60]}" if server else ""
        return Suspicion(
            CERTAIN, f"Attempt {here.ordinal} was answered with {here.head.status}{named}{_after(here)}.{says}"
        )

    return predicate


def _after(connection: Connection) -> str:
    return "" if connection.answered is None else f" after {connection.answered - connection.asked:.2f} s"


def _type(of: Callable[[str], bool]) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        here = _answer(evidence)
        if here is None or here.opened is not None or here.head is None or here.head.status != 200:
            return None
        content_type = here.headers.get("content-type", "")
        if not of(content_type.rpartition(",")[2].partition(";")[0].strip().lower()):
            return None
        shown = f"Content-Type is {content_type[:80]!r}" if content_type else "there is no Content-Type"
        moved = f" The answer came from {here.head.url[:200]}." if _moved(evidence, here) else ""
        return Suspicion(CERTAIN, f"Attempt {here.ordinal} was answered with 200, but {shown}.{moved}")

    return predicate


def _is_html(content_type: str) -> bool:
    return content_type in ("text/html", "application/xhtml+xml")


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")


def _is_other(content_type: str) -> bool:
    return content_type != "text/event-stream" and not _is_html(content_type) and not _is_json(content_type)


def _moved(evidence: Evidence, connection: Connection) -> bool:
    """Whether another URL answered than was asked; the query may be ours."""
    if connection.head is None or not connection.head.url:
        return False
    try:
        asked, came = urlsplit(evidence.target.url), urlsplit(connection.head.url)
        return (asked.scheme, asked.hostname, asked.port, asked.path) != (
            came.scheme,
            came.hostname,
            came.port,
            came.path,
        )
    except ValueError:
        return False


def stopped(evidence: Evidence) -> Suspicion | None:
    """204 to who never had a stream; after one it is how a stream is ended in order, and no finding."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status != 204 or evidence.opened_before:
        return None
    return Suspicion(
        CERTAIN, f"Attempt {here.ordinal} was answered with 204{_after(here)}, and none before had a stream."
    )


def shut_out(evidence: Evidence) -> Suspicion | None:
    """401 or 403, where an earlier attempt was let in."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status not in (401, 403) or not evidence.opened_before:
        return None
    opened = [each for each in evidence.past if each.opened is not None]
    since = evidence.now - opened[-1].opened if opened and opened[-1].opened is not None else 0.0
    return Suspicion(
        CERTAIN,
        f"Attempt {here.ordinal} was answered with {here.head.status}, {since:.0f} s after one that was let in.",
    )


def redirected(evidence: Evidence) -> Suspicion | None:
    """Another URL answered."""
    here = _answer(evidence)
    if here is None or here.head is None or here.opened is None or not _moved(evidence, here):
        return None
    came = here.head.url
    crossed = (
        urlsplit(came).netloc != evidence.target.parts.netloc or urlsplit(came).scheme != evidence.target.parts.scheme
    )
    dropped = " Credentials are not sent to another origin." if crossed else ""
    return Suspicion(CERTAIN, f"The stream comes from {came[:200]}.{dropped}")


def redirect_broken(evidence: Evidence) -> Suspicion | None:
    """An attempt ended with a redirect that could not be followed."""
    last = evidence.past[-1] if evidence.past else None
    if last is None or last.reason != "redirect" or last.spoiled:
        return None
    return Suspicion(CERTAIN, f"Attempt {last.ordinal}: {last.detail[:160]}.")


def too_late(evidence: Evidence) -> Suspicion | None:
    """A proxy's answer after a long wait."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status not in _UNREACHED or not _waited(here):
        return None
    return Suspicion(CERTAIN, f"Attempt {here.ordinal} was answered with {here.head.status}{_after(here)}.")


def unreached(evidence: Evidence) -> Suspicion | None:
    """A proxy's answer at once."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status not in _UNREACHED or _waited(here):
        return None
    return Suspicion(CERTAIN, f"Attempt {here.ordinal} was answered with {here.head.status}{_after(here)}.")


def _waited(connection: Connection) -> bool:
    late = connection.answered is not None and connection.answered - connection.asked >= LATE_ANSWER
    return late or (connection.head is not None and connection.head.status in (504, 524))


def old_version(evidence: Evidence) -> Suspicion | None:
    """HTTP/1.0, as the status line says."""
    here = _answer(evidence)
    if here is None or here.opened is None or here.head is None or here.head.http_version != "1.0":
        return None
    return Suspicion(CERTAIN, "The status line says HTTP/1.0.")


def _origin(evidence: Evidence) -> str:
    """The origin of the page in whose name is asked, empty for none."""
    return next((value for name, value in evidence.target.headers if name.lower() == "origin" and value), "")


def six(evidence: Evidence) -> Suspicion | None:
    """HTTP/1.1, where HTTP/2 was asked for or a page of a browser is meant."""
    here = _answer(evidence)
    if here is None or here.opened is None or here.head is None or not here.head.http_version.startswith("1"):
        return None
    if evidence.target.http2 and evidence.target.parts.scheme == "https":
        return Suspicion(CERTAIN, f"HTTP/2 was offered, and the answer is HTTP/{here.head.http_version}.")
    if _origin(evidence):
        return Suspicion(
            CERTAIN, f"The answer to the page of {_origin(evidence)[:80]} is HTTP/{here.head.http_version}."
        )
    return None


def cors_refused(evidence: Evidence) -> Suspicion | None:
    """The origin that was sent is not allowed (Fetch, "CORS check")."""
    here, origin = _answer(evidence), _origin(evidence)
    if here is None or not origin:
        return None
    allowed = here.headers.get("access-control-allow-origin")
    if allowed in ("*", origin):
        return None
    shown = "there is no Access-Control-Allow-Origin" if allowed is None else f"{allowed[:80]!r} is allowed"
    return Suspicion(CERTAIN, f"Origin {origin[:80]} was sent, and {shown}.")


def cors_credentials(evidence: Evidence) -> Suspicion | None:
    """A wildcard does not hold with credentials (Fetch, "CORS check")."""
    here, origin, target = _answer(evidence), _origin(evidence), evidence.target
    if here is None or not origin or not (target.cookies or target.user):
        return None
    allowed = here.headers.get("access-control-allow-origin")
    willing = here.headers.get("access-control-allow-credentials") == "true"
    if allowed is None or (allowed == origin and willing):
        return None
    return Suspicion(
        CERTAIN,
        f"Credentials were sent, Access-Control-Allow-Origin is {allowed[:80]!r} and "
        f"Access-Control-Allow-Credentials {'true' if willing else 'not'}.",
    )


def _cache_control(connection: Connection) -> str:
    return connection.headers.get("cache-control", "").lower()


def cacheable(evidence: Evidence) -> Suspicion | None:
    """Cache-Control allows it in so many words (RFC 9111, 5.2)."""
    here = _answer(evidence)
    if here is None or here.opened is None:
        return None
    control = _cache_control(here)
    if any(word in control for word in ("no-store", "no-cache", "private")):
        return None
    if "public" not in control and "immutable" not in control and not _MAX_AGE.search(control):
        return None
    return Suspicion(CERTAIN, f"Cache-Control is {control[:120]!r}.")


def uncontrolled(evidence: Evidence) -> Suspicion | None:
    """A cache or a compressor shows itself, and Cache-Control says nothing."""
    here = _answer(evidence)
    if here is None or here.opened is None or _cache_control(here):
        return None
    seen = [f"{name}: {here.headers[name][:40]}" for name in _CACHES if name in here.headers]
    return Suspicion(CERTAIN, f"There is no Cache-Control, and {', '.join(seen[:3])}.") if seen else None


def charset(evidence: Evidence) -> Suspicion | None:
    """A charset that is not UTF-8."""
    here = _answer(evidence)
    if here is None or here.opened is None:
        return None
    match = _CHARSET.search(here.headers.get("content-type", ""))
    if match is None or match[1].lower() in ("utf-8", "utf8"):
        return None
    return Suspicion(CERTAIN, f"Content-Type is {here.headers['content-type'][:80]!r}.")


RESPONSE = (
    Rule("no-content", stopped, HEADS),
    Rule("html-instead", _type(_is_html), HEADS),
    Rule("json-instead", _type(_is_json), HEADS),
    Rule("wrong-content-type", _type(_is_other), HEADS),
    Rule("auth-on-reconnect", shut_out, HEADS | {Unknown.REQUEST}),
    Rule("redirected", redirected, HEADS | {Unknown.REQUEST}),
    Rule("redirect-broken", redirect_broken, HEADS),
    Rule("not-acceptable", _status(lambda status: status == 406), HEADS),
    Rule("too-many-requests", _status(lambda status: status == 429), HEADS),
    Rule("upstream-unavailable", unreached, HEADS | {Unknown.OPENING}),
    Rule("first-byte-too-late", too_late, HEADS | {Unknown.OPENING}),
    Rule("server-error", _status(lambda status: 500 <= status <= 599 and status not in _UNREACHED), HEADS),
    Rule("http-1.0", old_version, HEADS),
    Rule("six-connections", six, HEADS | {Unknown.REQUEST}),
    Rule("cors-refused", cors_refused, HEADS | {Unknown.REQUEST}),
    Rule("cors-credentials", cors_credentials, HEADS | {Unknown.REQUEST}, yields_to=("cors-refused",)),
    Rule("cacheable", cacheable, HEADS),
    Rule("cache-control-missing", uncontrolled, HEADS),
    Rule("charset-not-utf8", charset, HEADS),
)
