"""Signs of life: comments that do not come, come too seldom, or in the wrong place."""

from __future__ import annotations

from sse_inspect.analysis.evidence import Evidence
from sse_inspect.analysis.evidence.fold import LONG_SILENCE
from sse_inspect.analysis.rules.base import CERTAIN, ENDS, SPACING, Rule, Suspicion, sure
from sse_inspect.analysis.rules.repeated import alike, idle_cuts, idle_limit, is_in_order, sure_of_idle
from sse_inspect.unknown import Unknown

VERY_LONG = 30.0
STUCK = 60.0


def missing(evidence: Evidence) -> Suspicion | None:
    """Two long silences, and never a heartbeat."""
    if evidence.beats.count or evidence.long_silences < 2:
        return None
    clean = [each for each in evidence.connections if not each.spoiled and each.opened is not None]
    longest = max((max(each.longest_silence, each.idle) for each in clean), default=0.0)
    return Suspicion(
        sure(0.4, (longest >= VERY_LONG, 0.2)),
        f"{evidence.long_silences} silences of {LONG_SILENCE:g} s and more, the longest {longest:.1f} s, and "
        f"no heartbeat.",
    )


def too_slow(evidence: Evidence) -> Suspicion | None:
    """Heartbeats have a period, and connections are cut after less than that."""
    same, learned = idle_cuts(evidence), evidence.beats.clock.learned
    if not same or is_in_order(same[-1]) or learned is None or learned.period <= idle_limit(same):
        return None
    return Suspicion(
        sure(0.5 + 0.1 * len(same), most=min(0.9, sure_of_idle(same, alike(evidence, same)))),
        f"A heartbeat comes every {learned.period:.1f} s, and {len(same)} connections were cut after "
        f"{idle_limit(same):.1f} s of silence.",
    )


def only_comments(evidence: Evidence) -> Suspicion | None:
    """Heartbeats, and no other event for far longer than there ever was none."""
    here = evidence.here
    if here.opened is None or here.spoiled or here.ended is not None or here.signs < 5:
        return None
    silent = evidence.now - (here.opened if here.last_news is None else here.last_news)
    usual = max((each.longest_pause for each in evidence.connections), default=0.0)
    if silent < max(STUCK, 5 * usual):
        return None
    came = f"the longest time between two events before was {usual:.1f} s" if usual else "no two events came before"
    return Suspicion(
        sure(0.3, (bool(usual) and evidence.events >= 10, 0.35)),
        f"No event for {silent:.1f} s, but {here.signs:,} heartbeats on this connection; {came}.",
    )


def phantom(evidence: Evidence) -> Suspicion | None:
    """Comments in blocks of their own after an ID."""
    blocks = evidence.beats.own_blocks
    if blocks < 2:
        return None
    return Suspicion(CERTAIN, f"{blocks} comments had a blank line of their own behind them, while an ID was set.")


def in_data(evidence: Evidence) -> Suspicion | None:
    """An event ends with a heartbeat, and a line without a field follows."""
    if not evidence.torn_by_heartbeat:
        return None
    return Suspicion(
        0.75, "The data of an event ends with what looks like a heartbeat, and a line that is no field follows."
    )


HEARTBEAT = (
    Rule("no-heartbeat", missing, SPACING, live=True, yields_to=("compression-unflushed",)),
    Rule("heartbeat-too-slow", too_slow, ENDS, weighs=True),
    Rule("only-comments", only_comments, SPACING, live=True),
    Rule("phantom-heartbeat", phantom, frozenset({Unknown.BYTES, Unknown.COMMENTS}), live=True),
    Rule("heartbeat-in-data", in_data, frozenset({Unknown.BYTES}), live=True),
)
