"""Connections that end, and how.

The same silence before each end is an idle timeout, the same age while data flows a limit of age; nothing of the kind
is named after one occurrence. A silence that was survived is none that is cut, and a response that always has the same
bytes is simply over.
"""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.analysis.endings import reset_code
from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.limits import AGE_LIMITS, IDLE_LIMITS, Limit
from sse_inspect.analysis.rules.base import CERTAIN, ENDS, HEADS, Rule, Suspicion, seconds, sure
from sse_inspect.unknown import Unknown

SHORTEST_IDLE = 0.8
SHORTEST_AGE = 4.0
STEADY = 0.45
"""Part of its age for which a connection may have been silent at a time if data flowed."""
_BROKEN = ("truncated", "reset", "protocol")


def cuts(evidence: Evidence) -> list[Connection]:
    """Connections that the other side ended and that were not complete, the latest last."""
    return [
        each
        for each in evidence.past
        if each.opened is not None
        and not each.spoiled
        and each.verdict != "finished"
        and (each.reason in ("eof", "truncated", "reset") or (each.reason == "protocol" and reset_code(each)))
    ]


def idle_cuts(evidence: Evidence) -> list[Connection]:
    """Cuts after the same silence as the latest one, which none of these connections survived."""
    all_cuts = cuts(evidence)
    if not all_cuts:
        return []
    idle = all_cuts[-1].idle
    same = [each for each in all_cuts if abs(each.idle - idle) <= max(0.3, 0.02 * idle)]
    survived = max(each.longest_silence for each in all_cuts)
    return same if idle >= SHORTEST_IDLE and idle > 1.2 * survived and len(same) > 1 else []


def age_cuts(evidence: Evidence) -> list[Connection]:
    """Cuts at the same age as the latest one, while data flowed."""
    flowing = [
        each
        for each in cuts(evidence)
        if each.idle <= max(1.0, 1.2 * each.longest_silence) and each.longest_silence < STEADY * each.age
    ]
    if not flowing:
        return []
    age = flowing[-1].age
    same = [each for each in flowing if abs(each.age - age) <= max(0.4, 0.007 * age)]
    is_rule = len(same) > 1 and len(same) >= 0.6 * len(cuts(evidence))
    return same if age >= SHORTEST_AGE and is_rule and not _is_finite(same) else []


def _is_finite(same: list[Connection]) -> bool:
    """Whether these look like one response that is simply over: clean ends, and as many bytes."""
    return all(each.reason == "eof" for each in same) and len({each.bytes for each in same}) < len(same)


def _signs(connection: Connection) -> str:
    return "\n".join(f"{name}: {value}" for name, value in connection.headers.items()).lower()


def _idle(limit: Limit | None) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        same = idle_cuts(evidence)
        if not same or (limit is not None and not limit.least <= same[-1].idle <= limit.most):
            return None
        ages = [each.age for each in same]
        signed = limit is not None and any(sign in _signs(same[-1]) for sign in limit.signs)
        rivals = 0 if limit is None else sum(other.least <= same[-1].idle <= other.most for other in IDLE_LIMITS) - 1
        certainty = sure(
            0.45 + 0.1 * len(same),
            (max(ages) - min(ages) > 0.2 * max(ages), 0.15),
            (any(each.reason in _BROKEN for each in same), 0.1),
            (signed, 0.1),
            (bool(rivals), -0.1),
            (_is_finite(same), -0.25),
            (limit is None, -0.05),
        )
        return Suspicion(
            certainty,
            f"{len(same)} of {len(cuts(evidence))} ends came {seconds([each.idle for each in same])} after the last "
            f"byte, at ages of {seconds(ages)}; the longest silence that was survived is "
            f"{max(each.longest_silence for each in same):.1f} s ({same[-1].reason}: {same[-1].detail[:80]}).",
        )

    return predicate


def _age(limit: Limit | None) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        same = age_cuts(evidence)
        if not same or (limit is not None and not limit.least <= same[-1].age <= limit.most):
            return None
        signed = limit is not None and any(sign in _signs(same[-1]) for sign in limit.signs)
        certainty = sure(
            0.35 + 0.1 * len(same),
            (any(each.reason in _BROKEN for each in same), 0.1),
            (any(each.partial for each in same), 0.1),
            (signed, 0.1),
            (limit is None, -0.05),
            (abs((same[-1].age + 2.5) % 5 - 2.5) > 0.8, -0.15),  # limits are set to round numbers, chance is not
        )
        return Suspicion(
            certainty,
            f"{len(same)} of {len(cuts(evidence))} ends came at ages of {seconds([each.age for each in same])}, "
            f"{seconds([each.idle for each in same])} after the last byte: data was flowing.",
        )

    return predicate


def draining(evidence: Evidence) -> Suspicion | None:
    """GOAWAY, more than once."""
    found = [each for each in cuts(evidence) if "GOAWAY" in each.detail]
    if len(found) < 2:
        return None
    return Suspicion(
        sure(0.4 + 0.1 * len(found), most=0.8),
        f"{len(found)} connections ended with GOAWAY, at ages of {seconds([each.age for each in found])}.",
    )


def at_random(evidence: Evidence) -> Suspicion | None:
    """Broken off three times without a common silence or age."""
    broken = [each for each in cuts(evidence) if each.reason in _BROKEN]
    if len(broken) < 3 or idle_cuts(evidence) or age_cuts(evidence):
        return None
    return Suspicion(
        0.5,
        f"{len(broken)} connections broke off, at ages of {seconds([each.age for each in broken])} and "
        f"{seconds([each.idle for each in broken])} after the last byte ({broken[-1].detail[:80]}).",
    )


def no_terminal(evidence: Evidence) -> Suspicion | None:
    """The verdict on an end says it."""
    found = [each for each in evidence.past if each.verdict == "cut-between-events" and not each.spoiled]
    if not found:
        return None
    last = found[-1]
    return Suspicion(
        sure(0.4 + 0.15 * len(found), most=0.85),
        f"{len(found)} of {len(evidence.past)} {last.profile} streams ended so, the latest after "
        f"{last.events:,} events and {last.age:.1f} s.",
    )


def close_delimited(evidence: Evidence) -> Suspicion | None:
    """Ends that look like cuts, more than once."""
    found = [each for each in evidence.past if each.verdict == "unknowable" and not each.spoiled]
    if len(found) < 2:
        return None
    version = found[-1].head.http_version if found[-1].head else "1.1"
    return Suspicion(
        CERTAIN, f"{len(found)} responses over HTTP/{version} ended with the connection, without chunks or a length."
    )


def inside_event(evidence: Evidence) -> Suspicion | None:
    """Not by a clean end: that is a blank line that was forgotten."""
    found = [
        each
        for each in evidence.past
        if each.partial and not each.spoiled and each.verdict in ("cut-inside-event", "reset") and each.reason != "eof"
    ]
    if not found:
        return None
    last = found[-1]
    return Suspicion(
        sure(0.5 + 0.05 * len(found), most=0.7),
        f"{len(found)} of {len(evidence.past)} ends; the latest threw {last.partial:,} bytes away "
        f"({last.reason}: {last.detail[:80]}).",
    )


def ends_at_once(evidence: Evidence) -> Suspicion | None:
    """Three clean ends in a row, each within a second."""
    last = list(evidence.past)[-3:]
    if len(last) < 3 or not all(
        each.opened is not None
        and each.reason == "eof"
        and not each.spoiled
        and each.age < 1
        and each.verdict != "finished"
        for each in last
    ):
        return None
    return Suspicion(
        0.7,
        f"The last {len(last)} responses ended after {seconds([each.age for each in last])}, with "
        f"{', '.join(f'{each.events:,}' for each in last)} events.",
    )


def half_open(evidence: Evidence) -> Suspicion | None:
    """Silent for more than two periods of the heartbeat that was learned."""
    here, learned = evidence.here, evidence.beats.clock.learned
    if not here.stalled or here.spoiled or learned is None or here.stalled <= 2 * learned.period + 2 * learned.jitter:
        return None
    return Suspicion(
        0.6,
        f"No byte for {here.stalled:.1f} s and no end either, where a comment came every {learned.period:.1f} s "
        f"(±{learned.jitter:.1f}).",
    )


_NAMES_IDLE = tuple(limit.code for limit in IDLE_LIMITS)
_NAMES_AGE = tuple(limit.code for limit in AGE_LIMITS)
_END = frozenset({Unknown.END, Unknown.ENDING, Unknown.TIMES})
CUTS = (
    Rule("idle-cut", _idle(None), ENDS, yields_to=_NAMES_IDLE),
    *(Rule(limit.code, _idle(limit), ENDS) for limit in IDLE_LIMITS),
    Rule("age-cut", _age(None), ENDS, yields_to=_NAMES_AGE),
    *(Rule(limit.code, _age(limit), ENDS) for limit in AGE_LIMITS),
    Rule("connection-draining", draining, _END),
    Rule("cut-at-random", at_random, ENDS, yields_to=("connection-draining",)),
    Rule("no-terminal-event", no_terminal, frozenset({Unknown.END})),
    Rule("close-delimited", close_delimited, HEADS | {Unknown.END}),
    Rule("cut-inside-event", inside_event, frozenset({Unknown.END, Unknown.BYTES})),
    Rule("ends-at-once", ends_at_once, _END | {Unknown.OPENING}),
    Rule("half-open", half_open, ENDS),
)
