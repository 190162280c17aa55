"""Response heads: what is no event stream, and what is one with a catch. Nothing is made of a field that is missing
but what the standards make of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from sse_inspect.analysis.crossing import crosses, origin_of, page_of, refused
from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.rules.base import CERTAIN, HEADS, Rule, Suspicion, sure
from sse_inspect.unknown import Unknown

WAITED = 1.0
"""Seconds from which on an answer was waited for; what comes sooner says nothing about a time limit."""
HEROKU = (29.0, 32.0)
"""Seconds after which Heroku's router gives up waiting for a first byte, and answers 503."""
_UNREACHED = {
    502: "Proxies answer so when an application refuses the connection or closes it before an answer.",
    503: "Proxies answer so when no server is up, connected to or free in time, as HAProxy after its retries or its "
    "queue; an application that is overloaded or in maintenance says the same.",
    504: "Proxies answer so when no connection, or no byte of an answer, came in time.",
    **dict.fromkeys(
        (*range(520, 528), 530),
        "Cloudflare answers so: 521 is refused, 522 not connected in time, 523 not found, 524 not answered in time, "
        "525 and 526 fail in TLS, 520 ended without an answer.",
    ),
}
"""The status of a proxy that answers for an application, and what is known to lead to it."""
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\"';\s]+)", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?0*[1-9]")
_CACHES = ("age", "x-cache", "x-cache-hits", "cf-cache-status", "x-varnish", "x-served-by", "via")


def _answer(evidence: Evidence) -> Connection | None:
    """The present attempt, if the server answered it."""
    here = evidence.here
    head = here.head
    return None if head is None or here.spoiled or head.injected or head.by_proxy else here


def _status(of: Callable[[int], bool]) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        here = _answer(evidence)
        if here is None or here.head is None or not of(here.head.status):
            return None
        return Suspicion(CERTAIN, _answered(here, here.head.status))

    return predicate


def _answered(connection: Connection, status: int) -> str:
    """Which attempt was answered how, by whom and when, and for how long it asks clients to stay away."""
    server, wait = connection.headers.get("server", ""), connection.headers.get("retry-after", "")
    named = f" by {server[:60]}" if server else ""
    seconds = wait.isascii() and wait.isdigit() and len(wait) < 10
    asks = f" Retry-After asks for {wait} s." if seconds else f" Retry-After is {wait[:60]!r}." if wait else ""
    return f"Attempt {connection.ordinal} was answered with {status}{named}{_after(connection)}.{asks}"


def _after(connection: Connection) -> str:
    """How long the answer took: no server takes no time at all, so none is told by a source without times."""
    waited = _waited(connection)
    return f" after {waited:.2f} s" if waited else ""


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
    asked, came = evidence.target.url, connection.head.url
    return (origin_of(asked), _path(asked)) != (origin_of(came), _path(came))


def _path(url: str) -> str:
    """The path of a URL, the whole of what cannot be taken apart."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url


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
    later = f"{since:.0f} s after" if since else "after"
    return Suspicion(
        CERTAIN, f"Attempt {here.ordinal} was answered with {here.head.status}, {later} one that was let in."
    )


def _refused(*statuses: int) -> Callable[[Evidence], Suspicion | None]:
    """These, where none was let in before."""

    def predicate(evidence: Evidence) -> Suspicion | None:
        here = _answer(evidence)
        if here is None or here.head is None or here.head.status not in statuses or evidence.opened_before:
            return None
        scheme = here.headers.get("www-authenticate", "")
        asks = f" WWW-Authenticate is {scheme[:80]!r}." if scheme else ""
        return Suspicion(CERTAIN, f"{_answered(here, here.head.status)}{asks}")

    return predicate


def too_many(evidence: Evidence) -> Suspicion | None:
    """429, and for how long it asks clients to stay away."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status != 429:
        return None
    unsaid = "" if "retry-after" in here.headers else " There is no Retry-After."
    return Suspicion(CERTAIN, f"{_answered(here, 429)}{unsaid}")


def redirected(evidence: Evidence) -> Suspicion | None:
    """Another URL answered."""
    here = _answer(evidence)
    if here is None or here.head is None or here.opened is None or not _moved(evidence, here):
        return None
    came = here.head.url
    crossed = origin_of(came) != origin_of(evidence.target.url)
    dropped = " Credentials are not sent to another origin." if crossed else ""
    return Suspicion(CERTAIN, f"The stream comes from {came[:200]}.{dropped}")


def redirect_broken(evidence: Evidence) -> Suspicion | None:
    """An attempt ended with a redirect that could not be followed."""
    last = evidence.past[-1] if evidence.past else None
    if last is None or last.reason != "redirect" or last.spoiled:
        return None
    return Suspicion(CERTAIN, f"Attempt {last.ordinal}: {last.detail[:160]}.")


def too_late(evidence: Evidence) -> Suspicion | None:
    """A proxy's answer that stands for waiting, after a wait."""
    here = _answer(evidence)
    certainty = 0.0 if here is None else _gave_up(here)
    if here is None or here.head is None or not certainty:
        return None
    return Suspicion(certainty, f"{_answered(here, here.head.status)} {_UNREACHED[here.head.status]}")


def unreached(evidence: Evidence) -> Suspicion | None:
    """A proxy's answer that stands for not reaching the application, or came too soon for waiting."""
    here = _answer(evidence)
    if here is None or here.head is None or here.head.status not in _UNREACHED or _gave_up(here):
        return None
    status, waited = here.head.status, _waited(here)
    numbers = f"{_answered(here, status)} {_UNREACHED[status]}"
    if status == 504:
        return Suspicion(0.5, f"{numbers} This one came too soon for that: a hop may remember an earlier failure.")
    if status == 502 and waited >= WAITED:
        return Suspicion(0.85, f"{numbers} It had taken this request, or was slow to refuse it, for {waited:.1f} s.")
    return Suspicion(sure(0.9 if status != 503 else 0.6, (status == 503 and waited >= WAITED, 0.15)), numbers)


def _gave_up(connection: Connection) -> float:
    """How sure it is that a proxy gave up waiting for a byte, 0 where its status or the time speaks against it."""
    status, waited = 0 if connection.head is None else connection.head.status, _waited(connection)
    if status == 524:
        return 0.9
    if status == 504 and (waited >= WAITED or not waited):
        return 0.6
    names = f"{connection.headers.get('server', '')} {connection.headers.get('via', '')}".lower()
    is_heroku = ("heroku" in names or "vegur" in names) and HEROKU[0] <= waited <= HEROKU[1]
    return 0.75 if status == 503 and is_heroku else 0.0


def _waited(connection: Connection) -> float:
    """Seconds until the answer, exactly 0 from a source without times."""
    return 0.0 if connection.answered is None else connection.answered - connection.asked


def old_version(evidence: Evidence) -> Suspicion | None:
    """HTTP/1.0, as the status line says."""
    here = _answer(evidence)
    if here is None or here.opened is None or here.head is None or here.head.http_version != "1.0":
        return None
    return Suspicion(CERTAIN, "The status line says HTTP/1.0.")


def six(evidence: Evidence) -> Suspicion | None:
    """HTTP/1.1, where HTTP/2 was asked for or a page of a browser is meant."""
    here = _answer(evidence)
    if here is None or here.opened is None or here.head is None or not here.head.http_version.startswith("1"):
        return None
    if evidence.target.http2 and evidence.target.parts.scheme == "https":
        return Suspicion(CERTAIN, f"HTTP/2 was offered, and the answer is HTTP/{here.head.http_version}.")
    page = page_of(evidence.target)
    return (
        Suspicion(CERTAIN, f"The answer to the page of {page[:80]} is HTTP/{here.head.http_version}.") if page else None
    )


def cors_refused(evidence: Evidence) -> Suspicion | None:
    """The origin that was sent is not allowed."""
    here, origin = _answer(evidence), page_of(evidence.target)
    if here is None or not crosses(evidence.target):
        return None
    why = refused(here.headers, origin, with_credentials=False)
    return Suspicion(CERTAIN, f"Origin {origin[:80]} was sent, and {why}.") if why else None


def cors_credentials(evidence: Evidence) -> Suspicion | None:
    """It is allowed, but not with the credentials that were sent."""
    here, target = _answer(evidence), evidence.target
    if here is None or not crosses(target) or not (target.cookies or target.user):
        return None
    origin = page_of(target)
    why = refused(here.headers, origin, with_credentials=True)
    if not why or refused(here.headers, origin, with_credentials=False):
        return None
    return Suspicion(CERTAIN, f"Origin {origin[:80]} was sent with credentials, and {why}.")


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
    Rule("unauthorized", _refused(401), HEADS),
    Rule("forbidden", _refused(403), HEADS),
    Rule("not-found", _refused(404, 410), HEADS),
    Rule("redirected", redirected, HEADS | {Unknown.REQUEST}),
    Rule("redirect-broken", redirect_broken, HEADS),
    Rule("not-acceptable", _status(lambda status: status == 406), HEADS),
    Rule("too-many-requests", too_many, HEADS),
    Rule("upstream-unavailable", unreached, HEADS),
    Rule("first-byte-too-late", too_late, HEADS),
    Rule("server-error", _status(lambda status: 500 <= status <= 599 and status not in _UNREACHED), HEADS),
    Rule("http-1.0", old_version, HEADS),
    Rule("six-connections", six, HEADS | {Unknown.REQUEST}),
    Rule("cors-refused", cors_refused, HEADS | {Unknown.REQUEST}),
    Rule("cors-credentials", cors_credentials, HEADS | {Unknown.REQUEST}, yields_to=("cors-refused",)),
    Rule("cacheable", cacheable, HEADS),
    Rule("cache-control-missing", uncontrolled, HEADS),
    Rule("charset-not-utf8", charset, HEADS),
)
