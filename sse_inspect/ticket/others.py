"""What others would make of the session, as blocks of the report: an ordinary client, and a browser by rule."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.analysis.browser import Remark
from sse_inspect.present.units import counted, size
from sse_inspect.ticket.blocks import Block, Heading, Items, Text
from sse_inspect.ticket.content import Different, Ticket
from sse_inspect.ticket.told import at
from sse_inspect.ticket.twice import again

OUTCOMES = {
    "cannot": "cannot do this",
    "gives-up": "gives up",
    "differs": "otherwise",
    "same": "as here",
}
"""What becomes of it in a browser."""


def others(ticket: Ticket) -> Iterator[Block]:
    """Both of them."""
    yield from _opinion(ticket)
    yield Heading("What EventSource in a browser would do, by rule")
    if ticket.browser:
        yield Items(tuple(map(_remark, ticket.browser)))
    else:
        yield Text("The same, as far as rules tell.")


def _opinion(ticket: Ticket) -> Iterator[Block]:
    opinion, duplicates = ticket.second_opinion, ticket.summary["duplicates"]["received"]
    yield Heading(f"Second opinion: the same bytes through {opinion.client}")
    if opinion.why_not:
        yield Text(f"There is none: {opinion.why_not}.")
        return
    what = f"{counted(opinion.events, 'event')} delivered, {opinion.ours:,} by the standard"
    part = "all" if opinion.complete else "the first"
    yield Text(f"Of {part} {size(opinion.examined)}: {what}.")
    if duplicates:
        yield Text(f"It drops no duplicates: it hands on {again(duplicates)} a second time.")
    if opinion.differences:
        yield Items(tuple(map(_difference, opinion.differences)))
    else:
        yield Text(f"{'Else no' if duplicates else 'No'} difference: such a client sees the same events.")


def _difference(each: Different) -> str:
    where = f"connection {each.connection}, byte {each.offset:,}"
    return f"{each.count:,} × {each.effect}, because of {each.cause} (first in {where})"


def _remark(each: Remark) -> str:
    times = f"{each.count:,} times" if each.count > 1 else ""
    first = "" if each.t is None else f"{'first ' if each.count > 1 else ''}at {at(each.t)}"
    beside = "; ".join(filter(None, (each.evidence, ", ".join(filter(None, (times, first))))))
    return f"{OUTCOMES[each.outcome].capitalize()}: {each.sentence}{f' ({beside})' if beside else ''}"
