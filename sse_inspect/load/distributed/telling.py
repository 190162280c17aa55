"""The outcome, as lines for a terminal, as JSON and as a page: that of a load, and what each worker had of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sse_inspect.load.distributed.members import Member, Outcome
from sse_inspect.load.report import html
from sse_inspect.load.report.html import Table
from sse_inspect.load.report.json import to_values
from sse_inspect.load.report.terminal import Line, lines
from sse_inspect.present.documents.values import to_json as json_text
from sse_inspect.present.safe import visible
from sse_inspect.present.units import UNKNOWN, count, seconds

COLUMNS = ("worker", "clients", "connected", "events", "gaps", "lost", "duplicates", "disconnects", "late p99", "CPU")
NOT_COUNTED = "* the last that was heard of it; it is not in the sum, nor in anything above, but in Locust's own tables"
_SUMS = ("events", "gaps", "lost", "duplicates")


def to_lines(outcome: Outcome, width: int) -> Iterator[Line]:
    """The report of the load, and a table of its workers."""
    yield from lines(outcome.result, width)
    yield []
    table = _table(outcome)
    rows = [table.head, *table.rows]
    sizes = [max(len(row[place]) for row in rows) + 2 for place in range(len(COLUMNS))]
    for number, row in enumerate(rows):
        name, *cells = (f"{cell:>{size}}" for cell, size in zip(row, sizes, strict=True))
        yield [(f"{row[0]:<{len(name)}}" + "".join(cells), "" if number else "dim")]
    if table.remark:
        yield [(table.remark, "warn")]


def to_html(outcome: Outcome) -> str:
    """The report of the load as a page, with the same table."""
    return html.to_html(outcome.result, _table(outcome))


def _table(outcome: Outcome) -> Table:
    told = [each for each in outcome.members if each.parcel]
    rows = [*map(_row, outcome.members), _sum(told, outcome)]
    is_whole = len(told) == len(outcome.members)
    return Table("Workers", COLUMNS, rows, "" if is_whole else NOT_COUNTED)


def to_json(outcome: Outcome) -> str:
    """The report of the load as `sse-inspect load --json` writes it, and `workers` beside: of one that is not
    `complete` what was heard last, which is in no sum."""
    return json_text(to_values(outcome.result) | {"workers": [_values(each) for each in outcome.members]})


def _values(member: Member) -> dict[str, Any]:
    parcel, state = member.parcel, member.state
    values: dict[str, Any] = {"worker": member.name, "complete": parcel is not None, "clients": member.clients}
    if parcel is None:
        heard = {name: getattr(state, name) if member.heard_at is not None else None for name in _SUMS}
        return values | heard | {"disconnects": state.disconnects, "heard_seconds": state.t}
    values |= {name: sum(getattr(seen, name) for seen in parcel.clients) for name in _SUMS}
    return values | {
        "connected": sum(seen.opens > 0 for seen in parcel.clients),
        "disconnects": parcel.totals.reasons.total(),
        "late_p99_seconds": parcel.late.found.quantile(0.99),
        "cpu_seconds": sum(cost.cpu for cost in parcel.costs),
        "seconds": max((cost.wall for cost in parcel.costs), default=0.0),
        "memory_bytes": sum(cost.memory for cost in parcel.costs),
    }


def _row(member: Member) -> tuple[str, ...]:
    values = _values(member)
    cells = tuple(UNKNOWN if values.get(name) is None else count(values[name]) for name in COLUMNS[1:8])
    if member.parcel is None:
        return (f"{visible(member.name)} {'failed' if member.answered else 'died'}*", *cells, UNKNOWN, UNKNOWN)
    busy = f"{100 * values['cpu_seconds'] / values['seconds']:.0f} %" if values["seconds"] else UNKNOWN
    return (visible(member.name), *cells, seconds(values["late_p99_seconds"]), busy)


def _sum(told: list[Member], outcome: Outcome) -> tuple[str, ...]:
    values = [_values(each) for each in told]
    sums = tuple(count(sum(each[name] for each in values)) for name in COLUMNS[1:8])
    return ("all", *sums, seconds(outcome.result.late.found.quantile(0.99)), "")
