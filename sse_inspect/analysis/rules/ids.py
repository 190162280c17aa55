"""Event IDs over reconnects. IDs that jump are no gap where they are shared or come from a database: only the user
knows the scheme, and says it with --ids."""

from __future__ import annotations

from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.analysis.rules.base import CERTAIN, Rule, Suspicion, sure
from sse_inspect.unknown import Unknown

MERCURE = "mercure-last-event-id"


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
    """IDs jumped without any outage."""
    if evidence.jumps < 2:
        return None
    said = evidence.policy.ids == "integer"
    return Suspicion(
        0.6 if said else 0.3,
        f"{evidence.jumps:,} times IDs jumped while the connection stood"
        f"{'; --ids integer says that they are one sequence' if said else ''}.",
    )


def out_of_order(evidence: Evidence) -> Suspicion | None:
    """IDs came late without any outage."""
    if evidence.late_ids < 3:
        return None
    return Suspicion(CERTAIN, f"{evidence.late_ids:,} IDs came later than higher ones, while the connection stood.")


_NEEDS = frozenset({Unknown.IDS, Unknown.END})
IDS = (
    Rule("full-replay", full_replay, _NEEDS, live=True),
    Rule("resume-ignored", ignored, _NEEDS, live=True),
    Rule("resume-inclusive", inclusive, _NEEDS, live=True),
    Rule("history-too-short", short_history, _NEEDS, live=True),
    Rule("ids-jump", jump, frozenset({Unknown.IDS}), live=True),
    Rule("ids-out-of-order", out_of_order, frozenset({Unknown.IDS}), live=True),
)
