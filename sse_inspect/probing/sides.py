"""A/B: the same events on two ways at the same time, and what the hop between the two adds to each.

Events are paired by ID, or by content where there are none; those that stand twice on one side are left out. Delays
are those of A (what is suspected) against B (direct), on one monotonic clock. Nothing is counted before both had time
to subscribe: what is replayed to each on connecting says nothing of the way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

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
NO_PACE = Pace(0)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two beside each other; delays in seconds, in order of size, below 0 where A is ahead.

    `by` is what events were paired by: `id`, `content`, or "" where they could not be. `only_a` and `only_b` came on
    one side though later ones came on both; `held` came on B and not on A by the end of A. `differing` are pairs with
    the same ID and other data. `until_next` is the part of the events that came on A when the next one came on B.
    `growth` is by how much the delay grew all the while.
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
    growth: float = 0.0
    pace_a: Pace = NO_PACE
    pace_b: Pace = NO_PACE

    @property
    def pairs(self) -> int:
        """Events that came on both."""
        return len(self.delays)

    @property
    def together(self) -> tuple[Seen, Seen]:
        """The two with what came while both stood: of the time after the one was cut the other says nothing."""
        return together(self.a, self.b)

    def delay(self, q: float) -> float | None:
        """The nearest-rank quantile of the delays, from 0, the shortest, to 1, the longest; None of nothing."""
        return self.delays[max(0, math.ceil(q * self.pairs - 1e-9) - 1)] if self.delays else None


def sides(a: Seen, b: Seen) -> Sides:
    """Pair the events of two sessions that ran at the same time."""
    by = _key(a, b)
    if not by:
        both = together(a, b)
        return Sides(a, b, pace_a=both[0].pace, pace_b=both[1].pace)
    since = max(seen.began + (seen.connected or 0.0) for seen in (a, b)) + SETTLED
    ours, theirs = _by_key(a, by), _by_key(b, by)
    order = [key for key, came in theirs.items() if b.began + came.t >= since]
    paired = [key for key in order if key in ours and a.began + ours[key].t >= since]
    in_order = [(a.began + ours[key].t) - (b.began + theirs[key].t) for key in paired]
    delays = sorted(in_order)
    last = order.index(paired[-1]) if paired else -1
    last_of_a = ours[paired[-1]].t if paired else 0.0
    end_of_a = a.began + a.watched_until
    both = together(a, b)
    return Sides(
        a,
        b,
        by,
        tuple(delays),
        only_a=sum(
            a.began + came.t >= since and came.t < last_of_a and key not in theirs for key, came in ours.items()
        ),
        only_b=sum(key not in ours for key in order[: last + 1]),
        held=sum(key not in ours and b.began + theirs[key].t <= end_of_a for key in order[last + 1 :]),
        differing=sum(ours[key].digest != theirs[key].digest for key in paired),
        growth=_growth(in_order),
        until_next=_until_next(a, b, [(ours[key], theirs[key]) for key in paired]),
        pace_a=_pace_since(both[0], since),
        pace_b=_pace_since(both[1], since),
    )


def together(a: Seen, b: Seen) -> tuple[Seen, Seen]:
    """The two while both stood; what the first of them got at once on connecting is in it."""
    since = max(seen.began + (seen.connected or 0.0) for seen in (a, b)) - SETTLED
    until = min(seen.began + seen.watched_until for seen in (a, b))
    first, second = (seen.part(since - seen.began, until - seen.began) for seen in (a, b))
    return first, second


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


def _growth(delays: Sequence[float]) -> float:
    """By how much delays in the order of the events grew, where each quarter of them is longer than the one before."""
    if len(delays) < 4 * ENOUGH:
        return 0.0
    size = len(delays) // 4
    middles = [median(delays[begin : begin + size]) for begin in range(0, 4 * size, size)]
    grows = all(later - earlier >= NOTHING for earlier, later in pairwise(middles))
    return middles[-1] - middles[0] if grows else 0.0


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
