"""The result as one HTML page that needs nothing else: no script, no resource from anywhere, nothing from the wire as
markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from sse_inspect.load.report.chart import LANES, Chart, chart
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
from sse_inspect.present.documents.page import page
from sse_inspect.present.documents.text import html
from sse_inspect.present.units import clock, count, date, duration
from sse_inspect.records import Origin

WORST = 50
"""Clients that are told of by themselves."""
_KINDS = {"good": "pass", "warn": "warning", "bad": "fail"}
_LANE, _AXIS = 48, 18
"""Heights, in pixels."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a result comes with: `rows` of plain text, and a remark on them."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    remark: str = ""


def to_html(result: Result, *tables: Table) -> str:
    """The result as a page, with a line end at its end; the tables stand last."""
    parts = [*_page(result), *(part for each in tables for part in _beside(each))]
    return page(f"sse-inspect load · {result.url}", "".join(parts))


def _beside(table: Table) -> Iterator[str]:
    yield f"<h2>{escape(table.title)}</h2>\n{_table(table.head, table.rows)}"
    if table.remark:
        yield f'<p class="warning">{html(table.remark)}</p>\n'


def _page(result: Result) -> Iterator[str]:
    began = Origin(result.began_unix_us)
    sign, style, word = mark(result)
    yield f"<header>\n<h1>sse-inspect load · {html(result.url)}</h1>\n"
    yield f'<div class="verdict {_KINDS[style]}"><span class="word">{sign} {word}</span>'
    yield f"<p>{html(verdict(result))}</p></div>\n"
    early = ", ended before its time" if result.interrupted else ""
    yield f'<p class="dim">{date(0.0, began)} at {clock(0.0, began)[:8]}, took {duration(result.duration)}{early}</p>\n'
    yield "</header>\n"
    for note in result.notes:
        yield f'<p class="warning">! {html(note)}</p>\n'
    if result.never_began:
        return
    yield '<h2>What came</h2>\n<div class="card"><dl>'
    for name, value in facts(result):
        yield f"<dt>{name}</dt><dd>{html(value)}</dd>"
    yield "</dl></div>\n<h2>How long it took</h2>\n"
    rows = [(name, *quantiles(found)) for name, found in times(result)]
    yield _table(("", *(name for name, _ in QUANTILES)), rows)
    kept_up = "dim" if result.late.was_in_time else "warning"
    yield f'<p>{html(fan_out(result))}</p>\n<p class="{kept_up}">{html(own(result))}</p>\n'
    yield "<h2>When</h2>\n"
    yield _figure(chart(result), herd(result))
    yield from _worst(result)


def _worst(result: Result) -> Iterator[str]:
    noted = result.worst(len(result.clients))
    if not noted:
        return
    yield "<h2>Clients that fared worst</h2>\n"
    yield _table(COLUMNS, [row(seen) for seen in noted[:WORST]])
    if len(noted) > WORST:
        yield f'<p class="dim">and {count(len(noted) - WORST)} more; the JSON has every client.</p>\n'


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html(cell)}</td>" for cell in cells) + "</tr>\n" for cells in rows)
    return f'<div class="card"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>\n'


def _figure(drawn: Chart, said: str) -> str:
    """A lane of bars for each sort; places along the time are percentages."""
    lanes = [(LANES[sort], counts) for sort, counts in drawn.lanes.items() if any(counts)]
    columns = len(next(iter(drawn.lanes.values())))
    names, bars = [], []
    for place, (name, counts) in enumerate(lanes):
        peak, floor = max(counts), (place + 1) * _LANE
        names.append(f'<div style="height:{_LANE}px;padding-top:{_LANE - 22}px">{escape(name)} (≤ {peak:,})</div>')
        for column, number in enumerate(counts):
            if number:
                height = max(1.0, number / peak * (_LANE - 8))
                bars.append(
                    f'<rect class="events" x="{100 * column / columns:.3f}%" y="{floor - height:.1f}" '
                    f'width="{100 / columns:.3f}%" height="{height:.1f}"/>'
                )
        bars.append(f'<line class="axis" x1="0" x2="100%" y1="{floor}" y2="{floor}"/>')
    bottom = len(lanes) * _LANE
    for part in range(5):
        anchor = ("start", "middle", "middle", "middle", "end")[part]
        at = f"{part * columns * drawn.width / 4:.3g}"
        bars.append(f'<text class="axis" x="{25 * part}%" y="{bottom + 14}" text-anchor="{anchor}">{at} s</text>')
    return (
        f'<figure class="timeline"><div class="lanes" aria-hidden="true">{"".join(names)}</div>'
        f'<svg role="img" aria-label="{html(said)}" height="{bottom + _AXIS}" width="100%">{"".join(bars)}</svg>'
        f"<figcaption>Each column is {drawn.width:g} s. {html(said)}</figcaption></figure>\n"
    )
