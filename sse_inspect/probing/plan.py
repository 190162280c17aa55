"""Which probes there are: one request each, which differs from that of another in one thing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.errors import UsageError

IDENTITY, COMPRESSED, HTTP2, POST, GET, RESUME, ORIGIN, PREFLIGHT, DIRECT = (
    "identity",
    "compressed",
    "http2",
    "post",
    "get",
    "resume",
    "origin",
    "preflight",
    "direct",
)
NAMES = (IDENTITY, COMPRESSED, HTTP2, POST, GET, RESUME, ORIGIN, PREFLIGHT, DIRECT)
"""All names, in the order in which probes are made."""
CODINGS = "gzip, br"
FIELDS = "last-event-id, cache-control, authorization"
"""What a page may want to send beyond what it always may."""
_OF_PROBES = frozenset({"accept-encoding", "last-event-id", "origin"})


@dataclass(frozen=True, slots=True)
class Probe:
    """One request: `asks` says what is particular about it; `why_not` that and why it is not made, else empty.

    The target of `RESUME` lacks the ID, which is that of an event seen before, unless the user gave one.
    """

    name: str
    asks: str
    target: Target
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be probed. `seconds` is the most each takes; `direct` the URL without what is suspected."""

    seconds: float = 10.0
    direct: str = ""
    origin: str = ""
    post: bool = False
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.only if name not in NAMES]
        if unknown:
            raise UsageError("--only", f"{unknown[0]!r} is no probe; known are {', '.join(NAMES)}.")
        if not 0.0 < self.seconds <= 3600.0:
            raise UsageError("--for", f"{self.seconds:g} is out of range; expected seconds above 0 and up to 3600.")
        scheme, _, host = self.origin.partition("://")
        if self.origin and (scheme not in ("http", "https") or not host or any(char in host for char in "/?# ")):
            raise UsageError("--origin", "expected an origin as browsers send it, such as https://app.example.com.")


def planned(target: Target, wishes: Wishes) -> list[Probe]:
    """The probes one after the other, those that cannot be made among them; the A/B probe is none of these."""
    base = plain(target)
    given = given_id(target)
    is_get = base.method.upper() == "GET"
    secure = base.parts.scheme == "https"
    probes = [
        Probe(IDENTITY, f"{base.method} over HTTP/1.1, Accept-Encoding: identity", base),
        Probe(COMPRESSED, f"Accept-Encoding: {CODINGS}", with_fields(base, ("Accept-Encoding", CODINGS))),
        Probe(
            HTTP2,
            "HTTP/2 offered",
            replace(base, http2=True),
            "" if secure else "HTTP/2 is agreed upon in the TLS handshake, and this is http://",
        ),
        Probe(POST, "POST with an empty body", replace(base, method="POST"), "" if wishes.post else "only with --post")
        if is_get
        else Probe(GET, "GET without a body", replace(base, method="GET", body=None)),
        Probe(
            RESUME,
            "Last-Event-ID: the one given" if given else "Last-Event-ID: one that was seen",
            replace(base, last_event_id=given),
        ),
    ]
    if wishes.origin:
        crossing = with_fields(base, ("Origin", wishes.origin))
        probes += [
            Probe(ORIGIN, f"Origin: {wishes.origin}", crossing),
            Probe(PREFLIGHT, "OPTIONS as a browser asks before it sends other fields", _preflight(crossing)),
        ]
    return [probe for probe in probes if not wishes.only or probe.name in wishes.only]


def wants_sides(wishes: Wishes) -> bool:
    """Whether the A/B probe is to be made."""
    return bool(wishes.direct) and (not wishes.only or DIRECT in wishes.only)


def beside(target: Target, wishes: Wishes) -> tuple[Target, Target]:
    """The two of the A/B probe, which differ in the URL alone: A as given, B direct."""
    base = replace(target, last_event_id="", headers=_without(target, "last-event-id"))
    return base, replace(base, url=wishes.direct)


def plain(target: Target) -> Target:
    """The request all others differ from in one thing: without compression and ID, over HTTP/1.1."""
    bare = replace(target, http2=False, encoding="identity", last_event_id="", headers=_without(target, *_OF_PROBES))
    return with_fields(bare, ("Accept-Encoding", "identity"))


def given_id(target: Target) -> str:
    """The last event ID the user gave, or ""."""
    fields = [value for name, value in target.headers if name.lower() == "last-event-id" and value]
    return target.last_event_id or next(iter(fields), "")


def with_fields(target: Target, *fields: tuple[str, str | None]) -> Target:
    """The target with these header fields in the place of those of the same names."""
    return replace(target, headers=(*_without(target, *(name.lower() for name, _ in fields)), *fields))


def bounded(policy: Policy, seconds: float) -> Policy:
    """One attempt of at most that long; silence is what is looked for, and ends nothing."""
    return Policy(
        max_retries=0,
        stall_after=0.0,
        connect_timeout=min(policy.connect_timeout, seconds),
        ids=policy.ids,
        max_event_bytes=policy.max_event_bytes,
        for_seconds=seconds,
    )


def announced(target: Target, wishes: Wishes) -> list[str]:
    """What will be done, in lines: said before the first connection."""
    probes = [probe for probe in planned(target, wishes) if not probe.why_not]
    seconds = wishes.seconds
    lines = []
    if probes:
        count, total = len(probes), len(probes) * seconds
        connections = "1 connection" if count == 1 else f"{count} connections, one at a time"
        lines.append(f"Opens {connections}, of {seconds:g} s at most ({total:g} s in all), to {shown_url(target.url)}:")
        lines += [f"  {probe.name:<10}  {probe.asks}" for probe in probes]
    if wants_sides(wishes):
        lines.append(f"{'Then opens' if probes else 'Opens'} 2 connections at a time, of {seconds:g} s at most:")
        lines += [f"  A           {shown_url(target.url)}", f"  B           {shown_url(wishes.direct)} (direct)"]
    return lines


def _without(target: Target, *names: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((name, value) for name, value in target.headers if name.lower() not in names)


def _preflight(target: Target) -> Target:
    """The question of a browser whether it may ask so (Fetch standard, CORS-preflight fetch): without credentials."""
    asked = with_fields(
        target,
        ("Access-Control-Request-Method", target.method),
        ("Access-Control-Request-Headers", FIELDS),
        ("Authorization", None),
        ("Cookie", None),
        ("Accept", "*/*"),
        ("Content-Type", None),
    )
    url = target.parts._replace(netloc=target.parts.netloc.rpartition("@")[2]).geturl()
    return replace(asked, method="OPTIONS", url=url, body=None, user=None, bearer=None, cookies=())
