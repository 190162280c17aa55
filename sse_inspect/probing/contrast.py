"""Two probes compared that differ in one thing: whether that makes the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sse_inspect.present.units import counted, seconds
from sse_inspect.probing.finding import Certainty, Finding, figures, told
from sse_inspect.probing.pacing import Pace
from sse_inspect.probing.plan import COMPRESSED, GET, HTTP2, IDENTITY, POST
from sse_inspect.probing.seen import Seen

Contrast = Literal["held", "freed", "silent", "late", "same", "both", "unclear"]
"""How the second one's events came beside the first one's: in bursts, not at all, or much later the first of them,
where those of the first came one by one; one by one where those came in bursts; alike; both in bursts; or too few came
to tell."""
TIMES = 3.0
"""By how much silences differ that are not the same."""
ALIKE = 2.0
LONG = 5.0
"""Times its usual silence after which the other one should have had an event too."""
SOME = 3
"""Events of the one that make it odd that the other has none."""
FLUSH = (
    "Flush the compressor after each event, or leave text/event-stream out: nginx 'gzip_types' without it, Caddy "
    "'encode' with a match, in the application no compression on this route, or 'Cache-Control: no-transform'."
)
UNBUFFER = (
    "Switch buffering off on the way: nginx 'proxy_buffering off' and 'proxy_http_version 1.1', or 'X-Accel-Buffering: "
    "no' from the application; HAProxy 'option http-no-delay'; in the application flush after each event."
)


def contrast(base: Seen, other: Seen) -> Contrast:
    """How `other` differs from `base`."""
    if base.opened and (other.opened or other.unanswered) and base.count >= SOME and not other.count:
        waited = other.watched_until - (other.answered or other.connected or 0.0)
        return "silent" if _is_long(waited, base) else "unclear"
    how = _spacing(base.pace, other.pace)
    return "late" if how in ("same", "unclear") and base.count >= SOME and _is_late(base, other) else how


def _is_late(base: Seen, other: Seen) -> bool:
    """Whether the first event of `other` came later than a silence of `base` explains, that before its end too."""
    waited = other.since_connected(other.first_event) or 0.0
    return _is_long(waited, base) and waited >= base.watched_until - base.events[-1].t


def _is_long(waited: float, base: Seen) -> bool:
    """Whether one who waited so long for an event should have had one, as they came on `base`."""
    usual = max(base.pace.silence or 0.0, base.since_connected(base.first_event) or 0.0)
    return waited >= max(LONG * usual, 1.0)


def _spacing(first: Pace, second: Pace) -> Contrast:
    """How the one pace differs from the other."""
    if not (first.is_known and second.is_known) or first.silence is None or second.silence is None:
        return "unclear"
    if first.is_bursty and second.is_bursty:
        return "both"
    if second.is_bursty:
        return "held" if first.is_single and second.silence >= TIMES * first.silence else "unclear"
    if first.is_bursty:
        return "freed" if second.is_single and first.silence >= TIMES * second.silence else "unclear"
    low, high = sorted((first.silence, second.silence))
    return "same" if high <= max(ALIKE * low, low + 0.05) else "unclear"


def contrasts(seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """What the probes beside the first one show."""
    base = seen.get(IDENTITY)
    if base is None or not base.responded:
        return
    for name, way in _WAYS.items():
        other = seen.get(name)
        if other is None:
            continue
        if base.opened and (other.opened or (other.unanswered and contrast(base, other) == "silent")):
            if name == COMPRESSED:
                yield from _compression(base, other)
            else:
                yield from _other_way(base, other, way)
        elif base.answer != other.answer or base.opened != other.opened:
            yield Finding(
                f"{name}-answer",
                Certainty.CERTAIN,
                f"{way.lead} gets {other.answer} instead of {base.answer}.",
                (IDENTITY, name),
                trouble=other.responded and base.opened,
                measures={"identity_status": base.status, f"{name}_status": other.status},
            )
    yield from _agreed(base, seen.get(HTTP2))


@dataclass(frozen=True, slots=True)
class _Way:
    """How a probe is called at the begin of a sentence and inside one, and its counterpart."""

    lead: str
    inside: str
    plain: str
    hint: str = ""


_WAYS = {
    COMPRESSED: _Way("Asking for compression", "with compression", "without"),
    HTTP2: _Way("HTTP/2", "over HTTP/2", "over HTTP/1.1"),
    POST: _Way("POST", "with POST", "with GET", " Cloudflare's quick tunnels do so."),
    GET: _Way("GET", "with GET", "otherwise", " Cloudflare's quick tunnels do so."),
}


def _compression(base: Seen, other: Seen) -> Iterator[Finding]:
    pair = (IDENTITY, COMPRESSED)
    measures = figures(IDENTITY, base.pace) | figures(COMPRESSED, other.pace)
    measures |= {"coding": other.coding or "identity", "wire_bytes": other.wire_bytes, "body_bytes": other.bytes}
    if base.coding:
        sentence = f"The body is compressed ({base.coding}) although identity was asked for."
        advice = "Compress only what the client accepts (RFC 9110, 12.5.3)."
        yield Finding("coding-not-asked-for", Certainty.CERTAIN, sentence, (IDENTITY,), True, advice, measures)
    coding, how = other.coding, contrast(base, other)
    if other.unanswered:
        sentence = (
            f"With gzip and br accepted nothing came in {seconds(other.watched)}, not even a head; with identity "
            f"{counted(base.count, 'event')}: compression without a flush, and a buffer behind it."
        )
        yield Finding("compression-holds", Certainty.LIKELY, sentence, pair, True, f"{FLUSH} {UNBUFFER}", measures)
    elif not coding:
        if how in ("same", "both", "unclear", "late"):
            sentence = "Nothing is compressed, though gzip and br were accepted: compression delays nothing."
            yield Finding("not-compressed", Certainty.CERTAIN, sentence, pair, measures=measures)
    elif how == "silent":
        yield Finding(
            "compression-holds",
            Certainty.LIKELY,
            f"With {coding} no event came in {seconds(other.watched)} ({counted(other.wire_bytes, 'byte')} on the "
            f"wire), with identity {base.count:,}: compression without a flush.",
            pair,
            True,
            FLUSH,
            measures,
        )
    elif how == "held":
        late = _is_long(other.since_connected(other.answered) or 0.0, base)
        why = ", or a buffer behind it; not even the head came before" if late else ""
        sentence = (
            f"With {coding} the events come {told(other.pace)}, with identity {told(base.pace)}: compression without "
            f"a flush after each event{why}."
        )
        advice = f"{FLUSH} {UNBUFFER}" if late else FLUSH
        yield Finding("compression-holds", Certainty.LIKELY, sentence, pair, True, advice, measures)
    elif how == "late":
        sentence = f"With {coding} {_late(other)}, with identity after {_first(base)}: compression without a flush, or "
        sentence += "a buffer behind it."
        yield Finding("compression-holds", Certainty.LIKELY, sentence, pair, True, f"{FLUSH} {UNBUFFER}", measures)
    elif how == "both":
        sentence = (
            f"Events come in bursts with {coding} and with identity alike ({seconds(other.pace.silence)} and "
            f"{seconds(base.pace.silence)} of silence): it is not the compression that holds them back."
        )
        yield Finding("compression-not-to-blame", Certainty.LIKELY, sentence, pair, measures=measures)
    elif how == "same":
        sentence = (
            f"With {coding} the events come {told(other.pace)}, as with identity ({seconds(base.pace.median)} between "
            "two): the compression is flushed."
        )
        yield Finding("compression-flushed", Certainty.LIKELY, sentence, pair, measures=measures)


def _other_way(base: Seen, other: Seen, way: _Way) -> Iterator[Finding]:
    name = other.name
    if name == HTTP2 and other.head is not None and other.head.http_version != "2":
        return
    measures = figures(IDENTITY, base.pace) | figures(name, other.pace)
    pair = (IDENTITY, name)
    match contrast(base, other):
        case "silent":
            sentence = f"{_at_begin(way.inside)} no event came in {seconds(other.watched)}, {way.plain} {base.count:,}."
            yield Finding(f"{name}-holds", Certainty.LIKELY, f"{sentence}{way.hint}", pair, True, measures=measures)
        case "held":
            sentence = (
                f"{_at_begin(way.inside)} the events come {told(other.pace)}, {way.plain} {told(base.pace)}: "
                "somebody on the way holds them back."
            )
            yield Finding(f"{name}-holds", Certainty.LIKELY, sentence, pair, True, UNBUFFER, measures)
        case "late":
            sentence = f"{_at_begin(way.inside)} {_late(other)}, {way.plain} after {_first(base)}."
            yield Finding(f"{name}-holds", Certainty.LIKELY, f"{sentence}{way.hint}", pair, True, measures=measures)
        case "freed":
            sentence = (
                f"{_at_begin(way.plain)} the events come {told(base.pace)}, {way.inside} {told(other.pace)}.{way.hint}"
            )
            yield Finding(f"{name}-frees", Certainty.LIKELY, sentence, pair, True, UNBUFFER, measures)
        case "same" | "both":
            sentence = (
                f"{way.lead} makes no difference: {seconds(other.pace.median)} between two events, "
                f"{seconds(base.pace.median)} {way.plain}."
            )
            yield Finding(f"{name}-same", Certainty.LIKELY, sentence, pair, measures=measures)


def _late(seen: Seen) -> str:
    """That the first event came late, and with what came before it."""
    return f"the first of {counted(seen.count, 'event')} came after {_first(seen)}"


def _first(seen: Seen) -> str:
    return seconds(seen.since_connected(seen.first_event))


def _at_begin(words: str) -> str:
    """The words at the begin of a sentence."""
    return words[:1].upper() + words[1:]


def _agreed(base: Seen, other: Seen | None) -> Iterator[Finding]:
    """Whether HTTP/2 was agreed upon."""
    if other is None or other.head is None:
        return
    version = other.head.http_version
    if version != "2":
        sentence = (
            f"HTTP/2 was offered, and the server chose HTTP/{version}: browsers open 6 connections at most to it, over "
            "all tabs, and each stream takes one."
        )
        yield Finding("http2-not-agreed", Certainty.CERTAIN, sentence, (HTTP2,), measures={"http_version": version})
