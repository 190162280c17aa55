"""Event IDs over reconnects. IDs that jump are no gap where they are shared or come from a database: only the user
knows the scheme, and says it with --ids."""

from __future__ import annotations

from itertools import pairwise

from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.evidence.fold import BEGINNING
from sse_inspect.analysis.rules.base import CERTAIN, Rule, Suspicion, sure
from sse_inspect.records import Gap
from sse_inspect.unknown import Unknown

BEGINS = 3
"""Events that two connections must begin with for it to be told, all different: a greeting is no event of a stream."""
REPEATED = 3
"""Jumps from which on they are no accident."""
MERCURE = "mercure-last-event-id"
_ANSWERS = frozenset({"openai", "anthropic", "mcp"})
"""Profiles of streams that answer a request: the same one asked again may well be answered alike."""


def _resumed(evidence: Evidence) -> list[Connection]:
    """Reconnects that sent an ID, and what that brought is known."""
    return [
        each
        for each in evidence.connections
        if each.recovered and not each.spoiled and each.sent_id and each.ordinal > 1
    ]


def full_replay(evidence: Evidence) -> Suspicion | None:
    """Twice the stream began at its first ID, whatever was sent."""
    resumed = _resumed(evidence)
    again = [each for each in resumed if each.duplicates > 1 and each.first_id == evidence.first_id]
    if len(again) < 2:
        return None
    return Suspicion(
        sure(0.5 + 0.15 * len(again)),
        f"{len(again)} of {len(resumed)} reconnects that sent Last-Event-ID began again with "
        f"{again[-1].first_id!r:.60}, the latest with {again[-1].duplicates:,} events received before.",
    )


def ignored(evidence: Evidence) -> Suspicion | None:
    """Twice several events came again, from somewhere behind the first."""
    resumed = _resumed(evidence)
    again = [each for each in resumed if each.duplicates > 1 and each.first_id != evidence.first_id]
    if len(again) < 2:
        return None
    return Suspicion(
        sure(0.4 + 0.15 * len(again), most=0.9),
        f"{len(again)} of {len(resumed)} reconnects that sent Last-Event-ID brought events received before, the latest "
        f"{again[-1].duplicates:,} from {again[-1].first_id!r:.60} on, where {again[-1].sent_id!r:.60} was sent.",
    )


def inclusive(evidence: Evidence) -> Suspicion | None:
    """Twice the very event that was named came again, and nothing else."""
    resumed = _resumed(evidence)
    again = [each for each in resumed if each.duplicates == 1 and each.first_id == each.sent_id]
    if len(again) < 2:
        return None
    return Suspicion(
        sure(0.5 + 0.15 * len(again)),
        f"{len(again)} of {len(resumed)} reconnects began with the event whose ID was sent, {again[-1].sent_id!r:.60}.",
    )


def short_history(evidence: Evidence) -> Suspicion | None:
    """IDs are missing behind the one that was sent, and some came after."""
    resumed = _resumed(evidence)
    short = [each for each in resumed if each.lost]
    if not short:
        return None
    earlier = short[-1].headers.get(MERCURE)
    told = earlier is not None and earlier != short[-1].sent_id
    hub = f" The hub says that its history begins behind {earlier[:60]!r}." if told and earlier is not None else ""
    return Suspicion(
        sure(0.15 + 0.25 * len(short), (told, 0.5), most=0.9),
        f"{len(short)} of {len(resumed)} reconnects that sent Last-Event-ID left IDs missing, the latest "
        f"{short[-1].lost:,} behind {short[-1].sent_id!r:.60}.{hub}",
    )


def jump(evidence: Evidence) -> Suspicion | None:
    """IDs jumped without any outage: twice may be chance, what goes on is a rule of the server's."""
    times = evidence.jumps
    if times < 2:
        return None
    said = evidence.policy.ids == "integer"
    every = _regular(list(evidence.last_jumps))
    rule = f", {every}" if every else ""
    jumps = evidence.last_jumps
    if not said and jumps and all(_is_time(gap.first) for gap in jumps):
        return Suspicion(0.3, f"{times:,} times IDs jumped while the connection stood; they look like times.")
    return Suspicion(
        sure(0.3, (said, 0.3), (times >= REPEATED, 0.2), (bool(every), 0.1), (times >= 4 * REPEATED, 0.05), most=0.75),
        f"{times:,} times IDs jumped while the connection stood{rule}"
        f"{'; --ids integer says that they are one sequence' if said else ''}.",
    )


def _is_time(number: int) -> bool:
    """Whether it may be the seconds or milliseconds from 1970 to a day between 2001 and 2286: such are not counted."""
    return 10**9 <= number < 10**10 or 10**12 <= number < 10**13


def _regular(gaps: list[Gap]) -> str:
    """In words, after how many IDs so many are missing, where that is always the same; else empty."""
    if len(gaps) < REPEATED or len({(gap.prefix, gap.missing) for gap in gaps}) > 1:
        return ""
    periods = {later.first - earlier.first for earlier, later in pairwise(gaps)}
    return f"{gaps[-1].missing:,} of every {periods.pop():,} missing" if len(periods) == 1 else ""


def out_of_order(evidence: Evidence) -> Suspicion | None:
    """IDs came late without any outage, whether or not they can be counted."""
    late = max(evidence.late_ids, evidence.overtaken)
    if late < 3:
        return None
    return Suspicion(CERTAIN, f"{late:,} events came behind events of higher IDs, while the connection stood.")


def same_again(evidence: Evidence) -> Suspicion | None:
    """Connections that begin alike, without IDs: what is told of nothing but equal data."""
    begun = [each for each in evidence.connections if each.opened is not None and not each.spoiled and each.begun]
    if len(begun) < 2 or evidence.first_id is not None or begun[-1].profile in _ANSWERS:
        return None
    latest = begun[-1].begun
    alike = [each for each in begun if _begins_alike(each.begun, latest)]
    if len(alike) < 2:
        return None
    compared = min(len(each.begun) for each in alike)
    return Suspicion(
        sure(0.2 + 0.15 * len(alike), most=0.8),
        f"{len(alike)} of {len(begun)} connections began with the same {compared} events, none of which has an ID; no "
        f"more than {BEGINNING} are compared. Without IDs neither a client nor this program can tell whether they are "
        f"new, and so none is counted as a duplicate.",
    )


def _begins_alike(one: list[int], other: list[int]) -> bool:
    both = list(zip(one, other, strict=False))
    return len(set(both)) >= BEGINS and all(mine == yours for mine, yours in both)


_SENT = frozenset({Unknown.FIELDS})
IDS = (
    Rule("full-replay", full_replay, _SENT, live=True),
    Rule("resume-ignored", ignored, _SENT, live=True),
    Rule("resume-inclusive", inclusive, _SENT | {Unknown.IDS}, live=True),
    Rule("history-too-short", short_history, _SENT, live=True),
    Rule("ids-jump", jump, frozenset({Unknown.IDS}), live=True),
    Rule("ids-out-of-order", out_of_order, frozenset({Unknown.IDS}), live=True),
    Rule("same-events-again", same_again, live=True),
)
