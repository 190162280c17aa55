"""The whole session at a glance, in three lanes of the same time: link, events, marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from math import ceil
from operator import attrgetter, itemgetter

from sse_inspect.inspected import Bucket, Link, Mark, Snapshot, Timeline
from sse_inspect.present import signs, units
from sse_inspect.tui.widgets.pane import Line, Pane

LABEL = 9
_LANES = ("link", "events", "marks")
_FLAT = 0.7
_EVENTS, _LINK, _MARKS_OF, _COLUMN = attrgetter("events"), attrgetter("link"), attrgetter("marks"), itemgetter(0)
_SPILL = 3
"""Columns a mark may be moved to the right for another one to be seen."""

LINKS: dict[Link, tuple[str, str]] = {
    Link.NONE: (" ", ""),
    Link.OPEN: ("━", "good"),
    Link.CONNECTING: ("┈", "warn"),
    Link.WAITING: ("┄", "warn"),
    Link.STALLED: ("╍", "bad"),
    Link.HALF_OPEN: ("╌", "bad"),
}
MARKS: tuple[tuple[Mark, signs.Sign], ...] = tuple(
    (mark, signs.KINDS[kind])
    for mark, kind in (
        (Mark.FAULT, "fault"),
        (Mark.STALL, "stall"),
        (Mark.DISCONNECT, "disconnect"),
        (Mark.GAP, "gap"),
        (Mark.FILLED, "gap_filled"),
        (Mark.QUIET, "comment"),
    )
)
"""What the marks lane shows, cause before effect; a heart stands where from then on only heartbeats came.

Duplicates follow most reconnects, they have their place below.
"""


class TimelinePane(Pane):
    """From the beginning of the session (left edge) to now (right edge)."""

    title = "Timeline  00:00"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The three lanes."""
        drawn, peak = lanes(snapshot.timeline, max(width - LABEL, 1))
        self.subtitle = f"{units.counted(snapshot.events, 'event')}  peak {rate(peak)}  now"
        return labelled(drawn)


def lanes(timeline: Timeline, columns: int, end: float = 0.0) -> tuple[list[Line], float]:
    """Link, events and marks in so many columns, and the most events in a second.

    Where the timeline ends before `end` (seconds) the rest is not known yet, and empty.
    """
    buckets = timeline.buckets
    count = max(len(buckets), ceil(end / timeline.width))
    stretches = _stretches(count, columns)
    rates = _rates(buckets, timeline.width, stretches)
    peak = max(rates, default=0.0)
    marks = _mark_lane(buckets, count, columns)
    return [_link_lane(buckets, stretches), [(_bars(rates, peak), "accent")], marks], peak


def labelled(drawn: Sequence[Line]) -> list[Line]:
    """The lanes behind their names."""
    return [[(name.ljust(LABEL), "dim"), *lane] for name, lane in zip(_LANES, drawn, strict=True)]


def _stretches(count: int, columns: int) -> list[slice]:
    """Which of `count` buckets are behind each column: several in one, or one behind several."""
    starts = [column * count // columns for column in range(columns + 1)] if count else []
    return [slice(start, max(stop, start + 1)) for start, stop in pairwise(starts)]


def _rates(buckets: Sequence[Bucket], width: float, stretches: Sequence[slice]) -> list[float]:
    """Events per second; a mean, so that the picture stands still while the session grows."""
    sums = [0, *accumulate(map(_EVENTS, buckets))]
    last = len(buckets)
    return [
        (sums[min(each.stop, last)] - sums[min(each.start, last)]) / ((each.stop - each.start) * width)
        for each in stretches
    ]


def _bars(rates: Sequence[float], peak: float) -> str:
    """Heights that a burst of replayed events does not flatten to nothing."""
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * (rate / peak) ** _FLAT))] if rate else " " for rate in rates)


def rate(a_second: float) -> str:
    """Events in a second: `0.4/s`, `1,200/s`."""
    return f"{a_second:.0f}/s" if a_second >= 10 else f"{a_second:.1f}/s"


def _link_lane(buckets: Sequence[Bucket], stretches: Sequence[slice]) -> Line:
    known = list(map(_LINK, buckets))
    links = [max(known[each], default=Link.NONE) for each in stretches]
    lane: Line = []
    for link, run in groupby(links):
        char, style = LINKS[link]
        lane.append((char * len(list(run)), style))
    return lane


def _mark_lane(buckets: Sequence[Bucket], count: int, columns: int) -> Line:
    taken: dict[int, signs.Sign] = {}
    for index, marks in enumerate(map(_MARKS_OF, buckets)):
        if not marks:
            continue
        column = index * columns // count
        for mark, sign in MARKS:
            if not marks & mark:
                continue
            places = range(column, min(column + _SPILL, columns))
            if all(taken.get(place) != sign for place in places):
                free = next((place for place in places if place not in taken), None)
                if free is not None:
                    taken[free] = sign
    lane: Line = []
    end = 0
    for column, sign in sorted(taken.items(), key=_COLUMN):
        if column > end:
            lane.append((" " * (column - end), ""))
        lane.append((sign.sign, sign.style))
        end = column + 1
    return [*lane, (" " * (columns - end), "")] if columns > end else lane
