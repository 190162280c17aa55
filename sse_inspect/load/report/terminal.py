"""A result as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from sse_inspect.load.report.chart import LANES, bars, chart
from sse_inspect.load.report.words import (
    COLUMNS,
    QUANTILES,
    facts,
    fan_out,
    herd,
    mark,
    own,
    quantiles,
    row,
    times,
    verdict,
)
from sse_inspect.load.result import Result
from sse_inspect.present.safe import preview, visible
from sse_inspect.present.styles import Span, StyleName

Line = list[Span]
_NAME = 17
_TIMED = 33
_LANE = 23
WORST = 5
"""Clients that are told of by themselves."""


def lines(result: Result, width: int = 100) -> Iterator[Line]:
    """The report, in lines of at most `width` cells where that can be."""
    width = max(width, 60)
    sign, style, _ = mark(result)
    yield [(f"{sign} ", style), (visible(verdict(result)), "")]
    if result.interrupted:
        yield [("  It was ended before its time.", "warn")]
    for note in result.notes:
        yield [("  ! ", "warn"), (visible(note), "")]
    if result.never_began:
        return
    yield []
    for name, value in facts(result):
        first, *more = wrap(visible(value), width - _NAME) or [""]
        yield [(f"{name:<{_NAME}}", "dim"), (first, "")]
        for rest in more:
            yield [(" " * _NAME + rest, "")]
    yield []
    yield [(f"{'':{_TIMED}}" + "".join(f"{name:>10}" for name, _ in QUANTILES), "dim")]
    for name, found in times(result):
        yield [(f"{name:<{_TIMED}}", "dim"), ("".join(f"{text:>10}" for text in quantiles(found)), "")]
    yield from _paragraph(fan_out(result), width)
    yield from _paragraph(own(result), width, "dim" if result.late.was_in_time else "warn")
    yield []
    yield from _herds(result, width)
    yield from _worst(result, width)


def _paragraph(text: str, width: int, style: StyleName = "dim") -> Iterator[Line]:
    for part in wrap(visible(text), width):
        yield [(part, style)]


def _herds(result: Result, width: int) -> Iterator[Line]:
    drawn = chart(result, width - _LANE - 8)
    for sort, name in LANES.items():
        counts = drawn.lanes[sort]
        if peak := max(counts):
            yield [(f"{name:<{_LANE}}", "dim"), (bars(counts, peak), ""), (f" {peak:,}", "dim")]
    yield from _paragraph(f"Each column is {drawn.width:g} s, the figure the highest of them. {herd(result)}", width)


def _worst(result: Result, width: int) -> Iterator[Line]:
    worst = result.worst(WORST)
    if not worst:
        return
    yield []
    rows = [COLUMNS, *(tuple(visible(cell) for cell in row(seen)) for seen in worst)]
    sizes = [max(len(each[place]) for each in rows) + 2 for place in range(len(COLUMNS))]
    for number, each in enumerate(rows):
        text = "".join(f"{cell:<{size}}" for cell, size in zip(each, sizes, strict=True)).rstrip()
        yield [(preview(text, width), "" if number else "dim")]
    if (more := len(result.worst(len(result.clients))) - len(worst)) > 0:
        yield [(f"and {more:,} more", "dim")]
