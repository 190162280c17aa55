"""A timeline as a figure: one SVG with a lane for the link, one for the events and one for each sort of mark.

Places along the time are percentages, so that the picture fills any width without its signs being stretched; the names
of the lanes stand beside it as text, and what is drawn is said in words below it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from sse_inspect.analysis.snapshot import Link, Mark, Timeline
from sse_inspect.present.documents.timeline import LINKS, MARKS, Stretch, joined, marks, stretches
from sse_inspect.present.units import counted, seconds

LANE, EVENTS, AXIS = 22, 40, 18
"""Heights, in pixels."""
COLUMNS = 120
"""Bars of the events, at most."""
SAID = 12
"""Stretches that are said in words."""
TICKS = 6
"""Times that are written below, at most."""
BARS = {Link.OPEN: 12, Link.CONNECTING: 6, Link.WAITING: 3, Link.STALLED: 12, Link.HALF_OPEN: 9}
"""Heights of the bar, by the state of the link, which is not told by colour alone."""


def figure(timeline: Timeline, duration: float, name: str, title: str) -> str:
    """The figure of a session; `name` is unlike that of any other on the page, `title` says whose it is."""
    total = max(duration, timeline.width)
    link = [each for each in stretches(timeline, total) if each.link is not Link.NONE]
    lanes = [(mark, at) for mark in MARKS if (at := _told(timeline, mark))]
    labels = ["link", "events", *(f"{MARKS[mark].sign} {MARKS[mark].title}" for mark, _ in lanes), "seconds"]
    heights = [LANE, EVENTS, *([LANE] * len(lanes)), AXIS]
    names = "".join(_label(label, height) for label, height in zip(labels, heights, strict=True))
    drawn = [*_link(link, total), *_events(timeline, total)]
    top = LANE + EVENTS
    for mark, at in lanes:
        drawn += _marks(mark, at, total, top, timeline.width)
        top += LANE
    drawn += _axis(total, top)
    said = _in_words(timeline, link, duration)
    return (
        f'<figure class="timeline"><div class="lanes" aria-hidden="true">{names}</div>'
        f'<svg role="img" aria-labelledby="{name}-title" aria-describedby="{name}-said" height="{sum(heights)}" '
        f'width="100%"><title id="{name}-title">{escape(title)}</title>{"".join(drawn)}</svg>'
        f'<figcaption id="{name}-said">{escape(said)}</figcaption></figure>\n'
    )


def _label(label: str, height: int) -> str:
    return f'<div style="height:{height}px;padding-top:{max(height - LANE, 0)}px">{escape(label)}</div>'


def _told(timeline: Timeline, mark: Mark) -> list[float]:
    """When there is such a mark: of the responses, those after the first."""
    found = marks(timeline, mark)
    return found[1:] if mark is Mark.OPEN else found


def _part(value: float, total: float) -> str:
    return f"{min(max(100 * value / total, 0.0), 100.0):.3f}".rstrip("0").rstrip(".") + "%"


def _link(link: list[Stretch], total: float) -> Iterator[str]:
    for each in link:
        title = f"<title>{escape(_stretch(each))}</title>"
        yield bar(each.link, _part(each.begin, total), _part(each.end - each.begin, total), title)


def bar(link: Link, x: str | int, width: str | int, inside: str = "") -> str:
    """The bar of a state in the lane of the link."""
    height = BARS[link]
    place = f'x="{x}" width="{width}" y="{(LANE - height) / 2:g}" height="{height}"'
    return f'<rect class="link {LINKS[link]}" {place}>{inside}</rect>'


def _stretch(each: Stretch) -> str:
    begin, end = f"{each.begin:.1f}", f"{each.end:.1f}"
    return f"{LINKS[each.link]} {f'at {begin}' if begin == end else f'{begin} to {end}'} s"


def _events(timeline: Timeline, total: float) -> Iterator[str]:
    counts = joined(timeline, COLUMNS)
    most = max(counts, default=0)
    step = -(-len(timeline.buckets) // COLUMNS) * timeline.width
    room = EVENTS - 6
    for index, count in enumerate(counts):
        if count:
            height = max(2.0, room * count / most)
            width = min(step * 0.8, total - index * step)
            yield (
                f'<rect class="events" x="{_part(index * step, total)}" width="{_part(width, total)}"'
                f' y="{LANE + EVENTS - height:.1f}" height="{height:.1f}">'
                f"<title>{counted(count, 'event')} at {index * step:.1f} s</title></rect>"
            )


def _marks(mark: Mark, at: list[float], total: float, top: int, width: float) -> Iterator[str]:
    sort = MARKS[mark]
    for t in at:
        yield (
            f'<text class="mark {sort.name}" x="{_part(t + width / 2, total)}" y="{top + 16}">{sort.sign}'
            f"<title>{escape(MARKS[mark].title)} at {t:.1f} s</title></text>"
        )


def _axis(total: float, top: int) -> Iterator[str]:
    yield f'<line class="axis" x1="0" x2="100%" y1="{top + 2}" y2="{top + 2}"/>'
    step = _step(total)
    for number in range(int(total / step) + 1):
        anchor = "middle" if number else "start"
        yield (
            f'<text class="axis" x="{_part(number * step, total)}" y="{top + 15}" text-anchor="{anchor}">'
            f"{number * step:g}</text>"
        )


def _step(total: float) -> float:
    """The least round number of seconds that divides the time into few enough parts."""
    unit = 10.0 ** math.floor(math.log10(total / TICKS))
    return next(unit * each for each in (1, 2, 5, 10) if total / (unit * each) <= TICKS)


def _in_words(timeline: Timeline, link: list[Stretch], duration: float) -> str:
    """What is drawn, for who does not see it."""
    said = [_stretch(each) for each in link[:SAID]]
    if len(link) > SAID:
        said.append(f"and {counted(len(link) - SAID, 'more stretch', 'more stretches')}")
    events = sum(bucket.events for bucket in timeline.buckets)
    found = [f"{MARKS[mark].title} at {_when(at)}" for mark in MARKS if (at := _told(timeline, mark))]
    return (
        f"{seconds(duration)}, {counted(events, 'event')}. Link: {', '.join(said) or 'never open'}. {_sentence(found)}"
    )


def _when(at: list[float]) -> str:
    shown = ", ".join(f"{t:.1f}" for t in at[:6])
    return f"{shown}, … ({len(at):,} times) s" if len(at) > 6 else f"{shown} s"


def _sentence(found: list[str]) -> str:
    text = "; ".join(found)
    return f"{text[:1].upper()}{text[1:]}." if text else "No marks."
