"""A/B: the same events on two ways at the same time, and what the hop between the two adds to each.

Events are paired by ID, or by content where there are none; those that stand twice on one side are left out. Delays
are those of A (what is suspected) against B (direct), on one monotonic clock. Nothing is counted before both had time
to subscribe: what is replayed to each on connecting says nothing of the way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sse_inspect.present.units import UNKNOWN, counted, seconds
from sse_inspect.probing.contrast import FLUSH, UNBUFFER
from sse_inspect.probing.finding import Certainty, Finding, Measure, told
from sse_inspect.probing.pacing import Pace, pace
from sse_inspect.probing.seen import Came, Seen

A, B = "A", "B"
SETTLED = 0.25
"""Seconds after both connections stood from which on events count."""
ENOUGH = 5
"""Pairs from which on delays can be told."""
UNEVEN = 0.05
"""Seconds between the shortest and the long delays that no longer way explains."""
NOTHING = 0.005
"""Seconds that are nothing."""
MOSTLY = 0.8
TOGETHER = 1.8
"""Events that A hands on at a time on average, where B has one at a time, from which on A collects them."""
APART = 1.3
"""Events that come at a time on average where they come one by one."""
NO_PACE = Pace(0)
ON_THE_NEXT = (
    "Flush after each event; an antivirus or another agent that looks into the connection does so too: try https://, "
    "another machine, or an exception for the host."
)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two beside each other; delays in seconds, in order of size, below 0 where A is ahead.

    `by` is what events were paired by: `id`, `content`, or "" where they could not be. `only_a` and `only_b` came on
    one side though later ones came on both; `held` came on B and not on A by the end. `differing` are pairs with the
    same ID and other data. `until_next` is the part of the events that came on A when the next one came on B.
    """

    a: Seen
    b: Seen
    by: str = ""
    delays: tuple[float, ...] = ()
    only_a: int = 0
    only_b: int = 0
    held: int = 0
    differing: int = 0
    until_next: float = 0.0
    pace_a: Pace = NO_PACE
    pace_b: Pace = NO_PACE

    @property
    def pairs(self) -> int:
        """Events that came on both."""
        return len(self.delays)

    def delay(self, q: float) -> float | None:
        """The nearest-rank quantile of the delays, from 0, the shortest, to 1, the longest; None of nothing."""
        return self.delays[max(0, math.ceil(q * self.pairs - 1e-9) - 1)] if self.delays else None


def sides(a: Seen, b: Seen) -> Sides:
    """Pair the events of two sessions that ran at the same time."""
    by = _key(a, b)
    if not by:
        return Sides(a, b, pace_a=a.pace, pace_b=b.pace)
    since = max(seen.began + (seen.connected or 0.0) for seen in (a, b)) + SETTLED
    ours, theirs = _by_key(a, by), _by_key(b, by)
    order = [key for key, came in theirs.items() if b.began + came.t >= since]
    paired = [key for key in order if key in ours and a.began + ours[key].t >= since]
    delays = sorted((a.began + ours[key].t) - (b.began + theirs[key].t) for key in paired)
    last = order.index(paired[-1]) if paired else -1
    last_of_a = ours[paired[-1]].t if paired else 0.0
    return Sides(
        a,
        b,
        by,
        tuple(delays),
        only_a=sum(
            a.began + came.t >= since and came.t < last_of_a and key not in theirs for key, came in ours.items()
        ),
        only_b=sum(key not in ours for key in order[: last + 1]),
        held=sum(key not in ours for key in order[last + 1 :]),
        differing=sum(ours[key].digest != theirs[key].digest for key in paired),
        until_next=_until_next(a, b, [(ours[key], theirs[key]) for key in paired]),
        pace_a=_pace_since(a, since),
        pace_b=_pace_since(b, since),
    )


def _key(a: Seen, b: Seen) -> str:
    """What to pair by, "" where nothing tells events apart."""
    for seen in (a, b):
        if not seen.events:
            return ""
    if all(len(set(seen.ids)) >= MOSTLY * len(seen.events) for seen in (a, b)):
        return "id"
    contents = [{came.digest for came in seen.events} for seen in (a, b)]
    if all(len(some) >= MOSTLY * len(seen.events) for some, seen in zip(contents, (a, b), strict=True)):
        return "content"
    return ""


def _by_key(seen: Seen, by: str) -> dict[str | int, Came]:
    """The events by their key, without those whose key stands twice."""
    keys: list[tuple[str | int, Came]] = [
        (came.id if by == "id" else came.digest, came) for came in seen.events if by != "id" or came.id
    ]
    times = Counter(key for key, _ in keys)
    return {key: came for key, came in keys if times[key] == 1}


def _pace_since(seen: Seen, since: float) -> Pace:
    """The pace of what came once both had settled."""
    begin = since - seen.began
    times = [came.t for came in seen.events if came.t >= begin]
    return pace(times, seen.pieces, begin, seen.watched_until)


def _until_next(a: Seen, b: Seen, pairs: Sequence[tuple[Came, Came]]) -> float:
    """The part of the events that came on A just when the next one came on B."""
    if len(pairs) < ENOUGH:
        return 0.0
    hits = 0
    for (ours, theirs), (_, following) in pairwise(pairs):
        gap = following.t - theirs.t
        late = (a.began + ours.t) - (b.began + following.t)
        hits += gap > UNEVEN and abs(late) <= max(0.02, 0.1 * gap)
    return hits / (len(pairs) - 1)


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
    measures = _figures(found)
    if not b.count or (not a.count and b.count < ENOUGH):
        what = f"A had {counted(a.count, 'event')}, B {counted(b.count, 'event')}"
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
        return
    if found.pairs < ENOUGH:
        sentence = (
            f"Only {counted(found.pairs, 'event')} of {a.count:,} on A and {b.count:,} on B could be paired: too few "
            "to tell a delay; the two may be different streams."
        )
        yield Finding("too-few-pairs", Certainty.CERTAIN, sentence, both, measures=measures)
        return
    if found.differing > found.pairs / 2:
        sentence = (
            f"A and B are not the same stream: of {found.pairs:,} pairs with the same ID {found.differing:,} have "
            "other data."
        )
        yield Finding("not-the-same", Certainty.CERTAIN, sentence, both, measures=measures)
        return
    yield _delay(found, measures)
    if found.only_b or found.only_a:
        sentence = (
            f"{counted(found.only_b, 'event')} came only on B and {counted(found.only_a, 'event')} only on A, between "
            f"{found.pairs:,} that came on both."
        )
        advice = "Where the hop drops events of slow clients, let clients resume with Last-Event-ID."
        yield Finding("only-on-one-side", Certainty.CERTAIN, sentence, both, bool(found.only_b), advice, measures)


def _delay(found: Sides, measures: dict[str, Measure]) -> Finding:
    """What the hop adds to each event."""
    both = (A, B)
    least, middle, high, longest = (found.delay(q) or 0.0 for q in (0.0, 0.5, 0.95, 1.0))
    if found.until_next >= MOSTLY:
        sentence = (
            f"The hop between A and B holds events back: median {delayed(middle)}, as if each were held until the next "
            f"one is sent ({found.pairs:,} events)."
        )
        return Finding("hop-holds", Certainty.LIKELY, sentence, both, True, ON_THE_NEXT, measures)
    spread = f"median {delayed(middle)}, 95 of 100 up to {delayed(high)}, at most {delayed(longest)}"
    if high - least <= UNEVEN:
        if middle < -UNEVEN:
            sentence = f"B comes {seconds(-middle)} after A (median of {found.pairs:,} events): are the two swapped?"
            return Finding("hop-ahead", Certainty.CERTAIN, sentence, both, measures=measures)
        evenly = "" if middle < NOTHING else " to each event evenly, as a longer way does"
        sentence = (
            f"The hop between A and B adds {delayed(middle)}{evenly} ({found.pairs:,} events, at most "
            f"{delayed(longest)}): nothing is held back."
        )
        return Finding("hop-adds-nothing", Certainty.CERTAIN, sentence, both, measures=measures)
    how = _collected(found)
    if how is not None:
        sentence = f"The hop between A and B holds events back: {spread}, {how}{_coded(found)}."
        return Finding("hop-holds", Certainty.CERTAIN, sentence, both, True, _advice(found), measures)
    sentence = (
        f"The hop between A and B delays events unevenly: {spread}, and not in bursts: a loaded machine or network "
        "rather than a buffer."
    )
    return Finding("hop-uneven", Certainty.LIKELY, sentence, both, True, measures=measures)


def _collected(found: Sides) -> str | None:
    """How A collects what comes one by one on B, or None if it does not."""
    ours, theirs = found.pace_a, found.pace_b
    if not ours.bursts or not theirs.bursts or ours.silence is None:
        return None
    a_each, b_each = (pace.events / len(pace.bursts) for pace in (ours, theirs))
    if ours.held and len(ours.bursts) > 1 and not theirs.held:
        return f"in bursts of {ours.held} bytes"
    if a_each < TOGETHER or b_each > APART:
        return None
    if ours.is_bursty and len(ours.bursts) == 1:
        return told(ours)
    return f"in bursts of {a_each:.0f} events every {seconds(_period(ours))}"


def _period(pace: Pace) -> float | None:
    """Seconds from one burst to the next on average."""
    first, last = pace.bursts[0], pace.bursts[-1]
    return (last.t - first.t) / (len(pace.bursts) - 1) if len(pace.bursts) > 1 else None


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
