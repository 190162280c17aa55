"""Ends that tell their cause themselves: broken framing or coding, no HTTP, an error that the server sent."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.analysis.endings import reset_code
from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.profiles import PROFILES, failure_of
from sse_inspect.analysis.rules.base import CERTAIN, ENDS, Rule, Suspicion, ended_as, sure
from sse_inspect.unknown import Unknown

TOO_LONG = "is too long"
"""How the detail of an end says that a head, or a line between chunks, was longer than is read."""


def _ended(of: Callable[[Connection], bool]) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        found = [each for each in evidence.past if not each.spoiled and of(each)]
        if not found:
            return None
        last = found[-1]
        return Suspicion(
            CERTAIN,
            f"{len(found)} of {len(evidence.past)} attempts ended so, the latest after {last.events:,} events "
            f"({last.detail[:120]}).",
        )

    return predicate


def _is_no_http(connection: Connection) -> bool:
    return connection.reason == "protocol" and reset_code(connection) is None


def _is_framed_wrongly(connection: Connection) -> bool:
    return _is_no_http(connection) and connection.opened is not None


def _has_long_head(connection: Connection) -> bool:
    return _is_no_http(connection) and connection.opened is None and TOO_LONG in connection.detail


def _is_other_protocol(connection: Connection) -> bool:
    is_answer = connection.opened is None and connection.connected is not None
    return _is_no_http(connection) and is_answer and TOO_LONG not in connection.detail


def failed(evidence: Evidence) -> Suspicion | None:
    """The verdict on an end says it, and quotes the server."""
    found = ended_as(evidence, "failed")
    if not found:
        return None
    last = found[-1]
    return Suspicion(
        sure(0.6 + 0.1 * len(found), most=0.9),
        f"{len(found)} of {len(evidence.past)} {last.profile} streams ended so, the latest after {last.events:,} "
        f"events: {failure_of(PROFILES[last.profile], reversed(last.told))}.",
    )


def stalled(evidence: Evidence) -> Suspicion | None:
    """A stall, with nothing known of what should have come."""
    here = evidence.here
    if not here.stalled or here.spoiled or here.opened is None:
        return None
    return Suspicion(
        0.4,
        f"No byte for {here.stalled:.1f} s after {here.events:,} events, and no end either: neither tells the other.",
    )


_END = frozenset({Unknown.END})
BREAKS = (
    Rule("answer-failed", failed),
    Rule("framing-invalid", _ended(_is_framed_wrongly), _END),
    Rule("coding-invalid", _ended(lambda each: each.reason == "encoding"), _END),
    Rule("head-too-long", _ended(_has_long_head), _END),
    Rule("not-http", _ended(_is_other_protocol), _END),
    Rule("stalled", stalled, ENDS, yields_to=("half-open",)),
)
