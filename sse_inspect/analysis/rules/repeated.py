"""Ends that repeat: after the same silence, at the same age, at the same place of the stream.

Nothing of the kind is said of one occurrence, nor where chance alone gives as much. A silence that was survived is none
that is cut, and a response that always has the same bytes is simply over. Ends in order are judged apart from those
that may be cuts: they have other causes. Where silence, age and place are all the same, nothing tells which it was.
"""

from __future__ import annotations

from collections import Counter
from statistics import median

from sse_inspect.analysis.agreement import SHARE, agreeing, no_chance, tolerance
from sse_inspect.analysis.endings import reset_code
from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.limits import Learned
from sse_inspect.findings import LIKELY

SHORTEST_IDLE = 0.8
SHORTEST_AGE = 4.0
SHORTEST_BROKEN = 1.0
"""Seconds of age from which on a response that is broken off, and not short by its nature, may be cut by its age."""
LATE_END = 0.3
"""Seconds for which an end may have waited for this program; one that may have for longer has no time of its own."""
STEADY = 0.45
"""Part of its age for which a connection may have been silent at a time if data flowed."""
WORTH = 0.2
"""How sure it must be at least that it is no chance."""


def cuts(evidence: Evidence) -> list[Connection]:
    """Connections that the other side ended and that were not complete, the latest last."""
    return [
        each
        for each in evidence.past
        if each.opened is not None
        and not each.spoiled
        and each.end_waited < LATE_END
        and each.verdict not in ("finished", "failed")
        and not is_at_its_length(each)
        and (each.reason in ("eof", "truncated", "reset") or (each.reason == "protocol" and reset_code(each)))
    ]


def is_in_order(connection: Connection) -> bool:
    """Whether a response ended as its server wanted, by the framing it has: between events, but for a blank line."""
    return connection.reason == "eof" and (
        connection.verdict in ("ended", "cut-between-events") or connection.lacks_blank
    )


def is_at_its_length(connection: Connection) -> bool:
    """Whether a response has all bytes of its Content-Length, and stops inside an event."""
    return (
        connection.reason == "eof"
        and connection.partial > 0
        and not connection.coding
        and connection.headers.get("content-length", "").strip() == str(connection.bytes)
    )


def idle_cuts(evidence: Evidence) -> list[Connection]:
    """Ends after the same silence, which no connection survived: cuts, or if none are, ends in order."""
    broken, in_order = _pools(evidence)
    return _idle_group(evidence, broken) or _idle_group(evidence, in_order)


def age_cuts(evidence: Evidence) -> list[Connection]:
    """Ends at the same age while data flowed: cuts, or if none are, ends in order."""
    broken, in_order = _pools(evidence)
    return _age_group(broken) or _age_group(in_order)


def place_cuts(evidence: Evidence) -> list[Connection]:
    """Three cuts at least after as many events, or as many bytes, where no time explains them."""
    pool = [each for each in _pools(evidence)[0] if each.bytes]
    at_event = [each for each in pool if each.events == pool[-1].events]
    at_byte = [each for each in pool if each.bytes == pool[-1].bytes]
    same = max(at_event, at_byte, key=len)
    if len(same) < 3 or len(same) < SHARE * len(pool) or idle_cuts(evidence) or age_cuts(evidence):
        return []
    return same if sure_of_place(same, pool) >= WORTH else []


def learned(evidence: Evidence) -> tuple[Learned, ...]:
    """The limits that the ends show: those that are likelier than chance."""
    idle, age = idle_cuts(evidence), age_cuts(evidence)
    found = []
    if idle and sure_of_idle(idle, alike(evidence, idle)) >= LIKELY:
        found.append(Learned("idle", idle_limit(idle), len(idle)))
    if age and sure_of_age(age, alike(evidence, age)) >= LIKELY:
        found.append(Learned("age", age_limit(age), len(age)))
    return tuple(found)


def sure_of_idle(same: list[Connection], of: list[Connection]) -> float:
    """How sure it is that these have the same silence by no chance."""
    return no_chance([each.idle for each in same], len(of))


def sure_of_age(same: list[Connection], of: list[Connection]) -> float:
    """How sure it is that these have the same age by no chance."""
    return no_chance([each.age for each in same], len(of))


def sure_of_place(same: list[Connection], of: list[Connection]) -> float:
    """How sure it is that these broke off at the same place by no chance."""
    return _sure_of_place(same[-1].bytes if is_at_one_byte(same) else max(same[-1].events, 1), len(same), len(of))


def is_at_one_byte(same: list[Connection]) -> bool:
    """Whether these broke off at the same byte, and not for having the same events alone."""
    is_inside = all(each.partial for each in same)
    return len({each.bytes for each in same}) == 1 and (is_inside or len({each.events for each in same}) > 1)


def same_too(same: list[Connection], told: str) -> list[str]:
    """What these ends have in common besides what is `told` (`idle`, `age` or `place`): any may be the cause."""
    found = []
    idle, survived = idle_limit(same), max(each.longest_silence for each in same)
    if told != "idle" and _agree([each.idle for each in same]) and _is_no_usual(idle, survived):
        found.append(f"the silence before them ({idle:.1f} s)")
    if told != "age" and _agree([each.age for each in same]) and age_limit(same) >= SHORTEST_BROKEN:
        found.append(f"their age ({age_limit(same):.1f} s)")
    events, size = {each.events for each in same}, {each.bytes for each in same}
    if told != "place" and len(size) == 1 and _is_far(same[-1].bytes, same):
        found.append(f"their place (byte {same[-1].bytes:,})")
    elif told != "place" and len(events) == 1 and _is_far(same[-1].events, same):
        found.append(f"their place (after {same[-1].events:,} events)")
    return found


def alike(evidence: Evidence, same: list[Connection]) -> list[Connection]:
    """All ends of the kind that these are of: cuts, or ends in order."""
    return _pools(evidence)[is_in_order(same[-1])]


def idle_limit(same: list[Connection]) -> float:
    """The silence after which these ended, in seconds."""
    return median(each.idle for each in same)


def age_limit(same: list[Connection]) -> float:
    """The age at which these ended, in seconds."""
    return median(each.age for each in same)


def is_finite(same: list[Connection]) -> bool:
    """Whether these look like one response that is simply over: clean ends, and as many bytes."""
    return all(each.reason == "eof" for each in same) and _has_same_bytes(same)


def _has_same_bytes(same: list[Connection]) -> bool:
    """Whether most have as many: that two of many have is chance."""
    (_, most), *_ = Counter(each.bytes for each in same).most_common(1)
    return most > len(same) / 2


def _sure_of_place(place: int, times: int, of: int) -> float:
    return no_chance([float(place)] * times, of, finest=1.0)


def _is_far(place: int, same: list[Connection]) -> bool:
    """Whether so many bytes, or events, are the same by no chance."""
    return _sure_of_place(place, len(same), len(same)) >= LIKELY


def _agree(times: list[float]) -> bool:
    return no_chance(times, len(times)) >= LIKELY


def _is_no_usual(idle: float, survived: float) -> bool:
    """Whether a silence is a long one, and longer than any that was survived by more than timers are late."""
    return idle >= SHORTEST_IDLE and idle > survived + tolerance(survived)


def _pools(evidence: Evidence) -> tuple[list[Connection], list[Connection]]:
    all_cuts = cuts(evidence)
    return [each for each in all_cuts if not is_in_order(each)], [each for each in all_cuts if is_in_order(each)]


def _idle_group(evidence: Evidence, pool: list[Connection]) -> list[Connection]:
    same = [pool[place] for place in agreeing([each.idle for each in pool])]
    if not same or sure_of_idle(same, pool) < WORTH:
        return []
    here = [] if evidence.here.spoiled else [evidence.here]
    survived = max(each.longest_silence for each in [*cuts(evidence), *here])
    return same if _is_no_usual(idle_limit(same), survived) else []


def _age_group(pool: list[Connection]) -> list[Connection]:
    flowing = [
        each
        for each in pool
        if each.idle <= max(1.0, 1.2 * each.longest_silence) and each.longest_silence < STEADY * each.age
    ]
    same = [flowing[place] for place in agreeing([each.age for each in flowing])]
    if not same or len(same) < SHARE * len(pool) or sure_of_age(same, pool) < WORTH or is_finite(same):
        return []
    is_short_by_nature = all(is_in_order(each) for each in same) or _has_same_bytes(same)
    return same if age_limit(same) >= (SHORTEST_AGE if is_short_by_nature else SHORTEST_BROKEN) else []
