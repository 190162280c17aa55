"""A/B: what the two beside each other show of the hop between them."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from sse_inspect.findings import CODES
from sse_inspect.present.units import UNKNOWN, counted, seconds
from sse_inspect.probing.contrast import FLUSH, UNBUFFER, contrast
from sse_inspect.probing.cuts import APART as ENDS_APART
from sse_inspect.probing.cuts import cut_apart
from sse_inspect.probing.finding import Certainty, Finding, Measure, told
from sse_inspect.probing.pacing import Pace
from sse_inspect.probing.sides import ENOUGH, MOSTLY, NOTHING, UNEVEN, A, B, Sides

TOGETHER = 1.8
"""Events that A hands on at a time on average, where B has one at a time, from which on A collects them."""
APART = 1.3
"""Events that come at a time on average where they come one by one."""
ON_THE_NEXT = (
    "Flush after each event; an antivirus or another agent that looks into the connection does so too: try https://, "
    "another machine, or an exception for the host."
)


def told_apart(found: Sides) -> Iterator[Finding]:
    """What the two show beside each other."""
    a, b = found.a, found.b
    both = (A, B)
    if a.unanswered and b.opened and b.count >= ENOUGH:
        sentence = (
            f"The hop between A and B holds everything back: not even a head came through A in {seconds(a.watched)}, "
            f"{counted(b.count, 'event')} came on B."
        )
        yield Finding("hop-holds", Certainty.CERTAIN, sentence, both, True, f"{FLUSH} {UNBUFFER}", _figures(found))
        return
    if not (a.opened and b.opened):
        if a.answer != b.answer:
            sentence = f"A gets {a.answer}, B {b.answer}."
            yield Finding("sides-answer", Certainty.CERTAIN, sentence, both, b.opened)
        return
    yield from cut_apart(a, b)
    yield from _events(found)


def _events(found: Sides) -> Iterator[Finding]:
    """What the events of the two show, which both opened."""
    (a, b), both = found.together, (A, B)
    measures = _figures(found)
    if not b.count or (not a.count and b.count < ENOUGH):
        what = f"A had {counted(a.count, 'event')}, B {counted(b.count, 'event')}{_while(found)}"
        yield Finding("too-few-pairs", Certainty.CERTAIN, f"{what}: too few to compare.", both, measures=measures)
        return
    if not a.count:
        sentence = (
            f"The hop between A and B holds events back: none came through A in {seconds(a.watched)}, {b.count:,} came "
            f"on B{_coded(found)}."
        )
        yield Finding("hop-holds", Certainty.CERTAIN, sentence, both, True, _advice(found), measures)
        return
    if not found.by:
        sentence = "The events of A and B cannot be paired: they have no IDs, and their contents repeat."
        yield Finding("no-pairs", Certainty.CERTAIN, sentence, both, measures=measures)
        yield from _unpaired(found, measures)
        return
    if found.pairs < ENOUGH:
        least = min(a.count, b.count)
        strange = "; the two may be different streams" if least >= ENOUGH and found.pairs < least / 2 else ""
        sentence = (
            f"Only {counted(found.pairs, 'event')} of {a.count:,} on A and {b.count:,} on B{_while(found)} could be "
            f"paired: too few to tell a delay{strange}."
        )
        yield Finding("too-few-pairs", Certainty.CERTAIN, sentence, both, measures=measures)
        yield from _unpaired(found, measures)
        return
    if found.differing > found.pairs / 2:
        sentence = (
            f"A and B are not the same stream: of {found.pairs:,} pairs with the same ID {found.differing:,} have "
            "other data."
        )
        yield Finding("not-the-same", Certainty.CERTAIN, sentence, both, measures=measures)
        yield from _unpaired(found, measures)
        return
    yield _delay(found, measures)
    if found.only_b or found.only_a:
        sentence = (
            f"{counted(found.only_b, 'event')} came only on B and {counted(found.only_a, 'event')} only on A, between "
            f"{found.pairs:,} that came on both."
        )
        advice = "Where the hop drops events of slow clients, let clients resume with Last-Event-ID."
        yield Finding("only-on-one-side", Certainty.CERTAIN, sentence, both, bool(found.only_b), advice, measures)


def _unpaired(found: Sides, measures: dict[str, Measure]) -> Iterator[Finding]:
    """What the spacing of events shows that cannot be set against each other one by one."""
    a, b = found.together
    if contrast(b, a) == "held":
        sentence = (
            f"The hop between A and B holds events back: they come {told(a.pace)} through A, "
            f"{told(b.pace)} on B{_coded(found)}."
        )
        yield Finding("hop-holds", Certainty.LIKELY, sentence, (A, B), True, _advice(found), measures)


def _delay(found: Sides, measures: dict[str, Measure]) -> Finding:
    """What the hop adds to each event."""
    both = (A, B)
    least, low, middle, high, longest = (found.delay(q) or 0.0 for q in (0.0, 0.05, 0.5, 0.95, 1.0))
    how = _collected(found.pace_a, found.pace_b)
    if low < -UNEVEN and how is None:
        return _ahead(found, measures)
    if found.until_next >= MOSTLY:
        sentence = (
            f"The hop between A and B holds events back: median {delayed(middle)}, as if each were held until the next "
            f"one is sent ({found.pairs:,} events)."
        )
        return Finding("hop-holds", Certainty.LIKELY, sentence, both, True, ON_THE_NEXT, measures)
    spread = f"median {delayed(max(middle, 0.0))}, 95 of 100 up to {delayed(high)}, at most {delayed(longest)}"
    head = found.a.since_connected(found.a.answered) or 0.0
    if high - low <= UNEVEN < middle and head < middle / 2:  # a longer way is as long for the head
        sentence = (
            f"A comes {delayed(middle)} after B, evenly ({found.pairs:,} events), though its head came in "
            f"{seconds(head)}: no longer way. The hop waits with each event, or each connection gets events of its own."
        )
        return Finding("hop-waits", Certainty.LIKELY, sentence, both, measures=measures)
    if high - low <= UNEVEN:
        evenly = "" if middle < NOTHING else " to each event evenly, as a longer way does"
        sentence = (
            f"The hop between A and B adds {delayed(max(middle, 0.0))}{evenly} ({found.pairs:,} events, at most "
            f"{delayed(longest)}): nothing is held back."
        )
        return Finding("hop-adds-nothing", Certainty.CERTAIN, sentence, both, measures=measures)
    if how is not None:
        sentence = f"The hop between A and B holds events back: {spread}, {how}{_coded(found)}."
        return Finding("hop-holds", Certainty.CERTAIN, sentence, both, True, _advice(found), measures)
    if found.growth >= max(UNEVEN, 0.5 * (longest - least)):
        sentence = (
            f"A falls ever further behind B: the delay grew by {delayed(found.growth)}, {spread}: the line or the hop "
            "takes less than the stream brings, and what waits grows."
        )
        return Finding("hop-falls-behind", Certainty.LIKELY, sentence, both, True, CODES["falls-behind"].fix, measures)
    sentence = (
        f"The hop between A and B delays events unevenly: {spread}, and not in bursts: a loaded machine or network "
        "rather than a buffer."
    )
    return Finding("hop-uneven", Certainty.LIKELY, sentence, both, True, measures=measures)


def _ahead(found: Sides, measures: dict[str, Measure]) -> Finding:
    """What it means that events come on A before they come on B, which no hop brings about."""
    both = (A, B)
    least, low, middle, high = (found.delay(q) or 0.0 for q in (0.0, 0.05, 0.5, 0.95))
    how = _collected(found.pace_b, found.pace_a)
    if how is not None:
        sentence = (
            f"B, the direct one, is held back, A is ahead of it: median {delayed(-middle)}, 95 of 100 up to "
            f"{delayed(-low)}, at most {delayed(-least)}; on B events come {how}, on A {told(found.pace_a)}. Are the "
            "two swapped?"
        )
        return Finding("direct-held", Certainty.CERTAIN, sentence, both, True, UNBUFFER, measures)
    if high > UNEVEN:
        cause = "a loaded machine or network does so"
        if found.pace_a.is_bursty and found.pace_b.is_bursty:
            cause = "both are held back, each in its own way"
        sentence = (
            f"A and B are out of step: of {found.pairs:,} events some come on A up to {delayed(-least)} before B, some "
            f"up to {delayed(found.delay(1.0))} after it. What the hop adds cannot be told: {cause}, or each "
            "connection gets events of its own."
        )
        return Finding("out-of-step", Certainty.LIKELY, sentence, both, measures=measures)
    if middle > -UNEVEN:
        sentence = (
            f"The hop between A and B holds nothing back: 95 of 100 of {found.pairs:,} events are delayed by "
            f"{delayed(max(high, 0.0))} or less, some come up to {delayed(-least)} later on B, the direct one, as on a "
            "loaded machine or network."
        )
        return Finding("hop-adds-nothing", Certainty.LIKELY, sentence, both, measures=measures)
    sentence = (
        f"A is ahead of B by {delayed(-middle)} (median of {found.pairs:,} pairs, {delayed(-high)} to {delayed(-low)} "
        "in most of them), which no hop brings about: each connection gets events of its own, from when it began, or "
        "from another source, or the two are swapped."
    )
    return Finding("hop-ahead", Certainty.CERTAIN, sentence, both, measures=measures)


def _collected(ours: Pace, theirs: Pace) -> str | None:
    """How the one side collects what comes one by one on the other, or None if it does not."""
    if not ours.bursts or not theirs.bursts or ours.silence is None:
        return None
    a_each, b_each = (mean(burst.events for burst in pace.whole) for pace in (ours, theirs))
    if ours.held and len(ours.bursts) > 1 and not theirs.held:
        return f"in bursts of {ours.held} bytes"
    if a_each < TOGETHER or b_each > APART:
        return None
    if len(ours.bursts) == 1:
        return told(ours) if ours.is_bursty else None
    return f"in bursts of {ours.per_burst} events every {seconds(_period(ours))}"


def _period(pace: Pace) -> float | None:
    """Seconds from one burst to the next on average."""
    first, last = pace.bursts[0], pace.bursts[-1]
    return (last.t - first.t) / (len(pace.bursts) - 1) if len(pace.bursts) > 1 else None


def _while(found: Sides) -> str:
    """For how long both stood, if one ended while the other went on."""
    a, b = found.a, found.b
    if abs((a.began + a.watched_until) - (b.began + b.watched_until)) < ENDS_APART:
        return ""
    return f" in the {seconds(min(each.watched for each in found.together))} while both stood"


def _coded(found: Sides) -> str:
    """That only A is compressed, if so."""
    return f" (A is compressed with {found.a.coding}, B is not)" if found.a.coding and not found.b.coding else ""


def _advice(found: Sides) -> str:
    return f"{FLUSH} {UNBUFFER}" if _coded(found) else UNBUFFER


def delayed(delay: float | None) -> str:
    """A delay, which may be below 0; tenths of a millisecond are told of short ones."""
    if delay is None:
        return UNKNOWN
    if abs(delay) < 0.00005:
        return "less than 0.1 ms"
    told = f"{abs(delay) * 1000:.1f} ms" if abs(delay) < 0.01 else seconds(abs(delay))
    return f"−{told}" if delay < 0 else told


def _figures(found: Sides) -> dict[str, Measure]:
    return {
        "a_events": found.a.count,
        "b_events": found.b.count,
        "paired": found.pairs,
        "paired_by": found.by or None,
        "delay_min_seconds": found.delay(0.0),
        "delay_median_seconds": found.delay(0.5),
        "delay_p95_seconds": found.delay(0.95),
        "delay_max_seconds": found.delay(1.0),
        "only_a": found.only_a,
        "only_b": found.only_b,
        "not_yet_on_a": found.held,
        "differing": found.differing,
        "a_silence_seconds": found.pace_a.silence,
        "b_silence_seconds": found.pace_b.silence,
        "a_bursts": len(found.pace_a.bursts),
        "b_bursts": len(found.pace_b.bursts),
        "a_burst_bytes": found.pace_a.held,
    }
