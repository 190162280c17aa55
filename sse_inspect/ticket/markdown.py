"""The report as GitHub Flavored Markdown: hostile text in it stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sse_inspect.present.documents.text import fenced, inline, line, prose
from sse_inspect.ticket.blocks import Block, Heading, Items, Lines, Picture, Table, Text
from sse_inspect.ticket.content import Ticket
from sse_inspect.ticket.document import blocks


def written(ticket: Ticket) -> str:
    """The report as a text with a line end at its end."""
    return "\n".join(part for block in blocks(ticket) for part in _block(block))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            code = f" {inline(block.code)}" if block.code else ""
            yield f"{'#' * block.level} {prose(block.text)}{code}"
        case Text():
            yield prose(block.text)
        case Items():
            yield from (f"- {prose(text)}" for text in block.texts)
        case Table() if not any(block.header):
            yield from (f"- **{prose(name)}:** {prose(' '.join(values))}" for name, *values in block.rows)
        case Table():
            yield _row(block.header)
            yield _row(["---"] * len(block.header), as_is=True)
            yield from map(_row, block.rows)
        case Lines():
            yield from fenced(map(line, block.lines))
        case Picture():  # no document of this kind holds one
            return
    yield ""


def _row(cells: Iterable[str], *, as_is: bool = False) -> str:
    return f"| {' | '.join(cell if as_is else prose(cell) for cell in cells)} |"
