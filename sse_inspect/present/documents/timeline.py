"""A timeline as what a picture of it needs: stretches of the link, events over time, marks."""

from __future__ import annotations

import math
from typing import NamedTuple

from sse_inspect.analysis.snapshot import Link, Mark, Timeline
from sse_inspect.present.signs import KINDS

LINKS: dict[Link, str] = {
    Link.OPEN: "open",
    Link.CONNECTING: "connecting",
    Link.WAITING: "waiting",
    Link.STALLED: "stalled",
    Link.HALF_OPEN: "half-open",
    Link.NONE: "none",
}
"""The words for the states of the link; `none`: not begun, or over."""


class Sort(NamedTuple):
    """A sort of mark: its name in JSON, its sign, what it says in a picture."""

    name: str
    sign: str
    title: str


MARKS: dict[Mark, Sort] = {
    Mark.FAULT: Sort("fault", KINDS["fault"].sign, "fault injected, or over"),
    Mark.DISCONNECT: Sort("disconnect", KINDS["disconnect"].sign, "disconnected"),
    Mark.STALL: Sort("stall", KINDS["stall"].sign, "stalled"),
    Mark.GAP: Sort("gap", KINDS["gap"].sign, "gap in the IDs"),
    Mark.FILLED: Sort("filled", KINDS["gap_filled"].sign, "gap filled"),
    Mark.DUPLICATE: Sort("duplicate", "=", "duplicate"),
    Mark.QUIET: Sort("quiet", KINDS["comment"].sign, "only heartbeats from here"),
    Mark.OPEN: Sort("open", KINDS["recovered"].sign, "open again"),
}
"""In the order of the lanes in a picture."""


class Stretch(NamedTuple):
    """The link was in one state; seconds."""

    begin: float
    end: float
    link: Link


def stretches(timeline: Timeline, end: float = math.inf) -> list[Stretch]:
    """The link in stretches of one state, up to `end` seconds."""
    found: list[Stretch] = []
    for index, bucket in enumerate(timeline.buckets):
        begin, until = index * timeline.width, min((index + 1) * timeline.width, end)
        if found and found[-1].link is bucket.link:
            found[-1] = found[-1]._replace(end=until)
        elif begin < until:
            found.append(Stretch(begin, until, bucket.link))
    return found


def marks(timeline: Timeline, mark: Mark) -> list[float]:
    """When there is a mark of a sort, to the width of the timeline; seconds."""
    return [index * timeline.width for index, bucket in enumerate(timeline.buckets) if bucket.marks & mark]


def joined(timeline: Timeline, most: int) -> list[int]:
    """Events in at most `most` equal stretches."""
    step = max(1, -(-len(timeline.buckets) // most))
    events = [bucket.events for bucket in timeline.buckets]
    return [sum(events[start : start + step]) for start in range(0, len(events), step)]
