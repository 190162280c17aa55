"""Connections that end, and how.

The same silence before the ends is an idle timeout, the same age while data flows a limit of age, the same events a
place where the stream breaks. Who ends a response with its last chunk may mean it: no timeout on the way does that.
"""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.analysis.agreement import agreeing
from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.limits import AGE_LIMITS, IDLE_LIMITS, Limit
from sse_inspect.analysis.rules.base import CERTAIN, ENDS, HEADS, Rule, Suspicion, ended_as, seconds, sure
from sse_inspect.analysis.rules.repeated import (
    SHORTEST_IDLE,
    age_cuts,
    age_limit,
    alike,
    cuts,
    idle_cuts,
    idle_limit,
    is_at_its_length,
    is_at_one_byte,
    is_finite,
    is_in_order,
    place_cuts,
    same_too,
    sure_of_age,
    sure_of_idle,
    sure_of_place,
)
from sse_inspect.unknown import Unknown

IN_ORDER = 0.3
"""How sure a timeout on the way can be at most where the responses ended in order."""
RESUMED = 0.4
"""How sure a limit of age can be at most where the responses ended in order, and nothing was lost."""
TWICE = 0.75
"""How sure a cause can be at most after two occurrences."""
NOT_TOLD_APART = 0.6
"""How sure a cause can be at most where the ends have something else in common as well."""
_BROKEN = ("truncated", "reset", "protocol")


def _signs(connection: Connection) -> str:
    return "\n".join(f"{name}: {value}" for name, value in connection.headers.items()).lower()


def _idle(limit: Limit | None) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        same = idle_cuts(evidence)
        if not same or (limit is not None and not limit.least <= idle_limit(same) <= limit.most):
            return None
        ages = [each.age for each in same]
        has_flowed = min(each.age - each.idle for each in same) > 0.1 * max(ages)
        survived = max(each.longest_silence for each in cuts(evidence))
        signed = limit is not None and any(sign in _signs(same[-1]) for sign in limit.signs)
        rivals = 0 if limit is None else sum(other.least <= idle_limit(same) <= other.most for other in IDLE_LIMITS) - 1
        certainty = sure(
            sure_of_idle(same, alike(evidence, same)),
            (has_flowed and max(ages) - min(ages) < 0.2 * max(ages), -0.1),
            (signed, 0.1),
            (bool(rivals), -0.1),
            (is_finite(same), -0.25),
            (limit is None, -0.05),
            most=_most(same, "idle", IN_ORDER),
        )
        last = "the last byte" if any(each.bytes for each in same) else "the response head, without a byte"
        return Suspicion(
            certainty,
            f"{_share(same, evidence)} came {seconds([each.idle for each in same])} after {last}, "
            f"at ages of {seconds(ages)}{_in_order(same)}; the longest silence that was survived is "
            f"{survived:.1f} s ({same[-1].reason}: {same[-1].detail[:80]}).{_same_too(same, 'idle')}",
        )

    return predicate


def _age(limit: Limit | None) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        same = age_cuts(evidence)
        if not same or (limit is not None and not limit.least <= age_limit(same) <= limit.most):
            return None
        signed = limit is not None and any(sign in _signs(same[-1]) for sign in limit.signs)
        certainty = sure(
            sure_of_age(same, alike(evidence, same)) - 0.1,
            (any(each.partial for each in same), 0.1),
            (signed, 0.1),
            (limit is None, -0.05),
            # limits are set to round numbers, chance is not
            (abs((age_limit(same) + 2.5) % 5 - 2.5) > 0.8, -0.15),
            most=_most(same, "age", RESUMED if _is_resumed(evidence) else TWICE),
        )
        return Suspicion(
            certainty,
            f"{_share(same, evidence)} came at ages of {seconds([each.age for each in same])}, "
            f"{seconds([each.idle for each in same])} after the last byte{_in_order(same)}: data was flowing."
            f"{_same_too(same, 'age')}",
        )

    return predicate


def _most(same: list[Connection], told: str, in_order: float = TWICE, most: float = 0.95) -> float:
    """How sure the cause of these ends can be at most."""
    if all(is_in_order(each) for each in same):
        return in_order
    if same_too(same, told):
        return NOT_TOLD_APART
    return TWICE if len(same) == 2 else most


def _share(same: list[Connection], evidence: Evidence) -> str:
    """In words, how many of how many ends these are; of a long session only the latest are known."""
    are_all = evidence.past[0].ordinal == 1
    return f"{len(same)} of {'' if are_all else 'the latest '}{len(cuts(evidence))} ends"


def _same_too(same: list[Connection], told: str) -> str:
    """In words, what may be the cause as well."""
    found = same_too(same, told)
    return f" Alike as well: {' and '.join(found)}; nothing tells which it is." if found else ""


def _in_order(same: list[Connection]) -> str:
    """In words, whether these responses were ended by the framing they have."""
    return ", each in order" if all(is_in_order(each) for each in same) else ""


def _is_resumed(evidence: Evidence) -> bool:
    """Whether reconnects resume with IDs, and nothing was lost by an end."""
    again = [each for each in evidence.connections if each.sent_id and each.recovered and not each.spoiled]
    return bool(again) and not any(each.lost for each in again)


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
    """Broken off three times without a common silence, age or place."""
    broken = [each for each in cuts(evidence) if each.reason in _BROKEN]
    ages, idles = [each.age for each in broken], [each.idle for each in broken]
    if len(broken) < 3 or agreeing(ages) or (max(idles) >= SHORTEST_IDLE and agreeing(idles)) or place_cuts(evidence):
        return None
    return Suspicion(
        0.5,
        f"{len(broken)} connections broke off, at ages of {seconds(ages)} and "
        f"{seconds(idles)} after the last byte ({broken[-1].detail[:80]}).",
    )


def at_same_place(evidence: Evidence) -> Suspicion | None:
    """Broken off three times after the same events, or at the same byte."""
    same = place_cuts(evidence)
    if not same:
        return None
    last = same[-1]
    after = f"after {last.events:,} events"
    if is_at_one_byte(same):
        inside = " inside an event" if all(each.partial for each in same) else ""
        where = f"at byte {last.bytes:,}{inside}, the latest {after}"
    else:
        where = f"{after}, the latest {last.bytes:,} bytes"
    return Suspicion(
        sure(sure_of_place(same, alike(evidence, same)), most=_most(same, "place", most=0.8)),
        f"{_share(same, evidence)} came {where}, at ages of {seconds([each.age for each in same])}, "
        f"{seconds([each.idle for each in same])} after the last byte ({last.reason}: {last.detail[:80]})."
        f"{_same_too(same, 'place')}",
    )


def at_its_length(evidence: Evidence) -> Suspicion | None:
    """All bytes came that were announced, and the last event is not whole: no crash ends there."""
    ended = [each for each in evidence.past if each.opened is not None and not each.spoiled]
    found = [each for each in ended if is_at_its_length(each)]
    if all(each.lacks_blank for each in found):
        return None
    last = found[-1]
    return Suspicion(
        0.6 if len(found) == 1 else 0.95,
        f"{len(found)} of {len(ended)} ends came at the Content-Length, inside an event: the length is wrong. The "
        f"latest is of {last.bytes:,} bytes, and {last.partial:,} of them are thrown away.",
    )


def no_terminal(evidence: Evidence) -> Suspicion | None:
    """The verdict on an end says it."""
    found = ended_as(evidence, "cut-between-events")
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
    found = ended_as(evidence, "unknowable")
    if len(found) < 2:
        return None
    version = found[-1].head.http_version if found[-1].head else "1.1"
    return Suspicion(
        CERTAIN, f"{len(found)} responses over HTTP/{version} ended with the connection, without chunks or a length."
    )


def inside_event(evidence: Evidence) -> Suspicion | None:
    """Not where only the blank line is missing: that was forgotten."""
    found = [
        each
        for each in evidence.past
        if each.partial
        and not each.spoiled
        and each.verdict in ("cut-inside-event", "reset")
        and not (each.reason == "eof" and each.lacks_blank)
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
        and each.ended is not None
        and each.ended - each.asked < 1
        and each.verdict not in ("finished", "failed")
        for each in last
    ):
        return None
    took = seconds([(each.ended or 0.0) - each.asked for each in last])
    return Suspicion(
        0.7,
        f"The last {len(last)} responses ended {took} after they were asked for, with "
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
    Rule("idle-cut", _idle(None), ENDS, yields_to=_NAMES_IDLE, weighs=True),
    *(Rule(limit.code, _idle(limit), ENDS, weighs=True) for limit in IDLE_LIMITS),
    Rule("age-cut", _age(None), ENDS, yields_to=_NAMES_AGE, weighs=True),
    *(Rule(limit.code, _age(limit), ENDS, weighs=True) for limit in AGE_LIMITS),
    Rule("cut-at-same-place", at_same_place, ENDS | {Unknown.BYTES}, weighs=True),
    Rule("connection-draining", draining, _END),
    Rule("cut-at-random", at_random, ENDS, yields_to=("connection-draining",), weighs=True),
    Rule("no-terminal-event", no_terminal),
    Rule("close-delimited", close_delimited, HEADS | {Unknown.END}),
    Rule("length-wrong", at_its_length, HEADS | {Unknown.END, Unknown.BYTES}),
    Rule("cut-inside-event", inside_event, frozenset({Unknown.BYTES}), yields_to=("length-wrong",)),
    Rule("ends-at-once", ends_at_once, _END | {Unknown.OPENING}),
    Rule("half-open", half_open, ENDS),
)
