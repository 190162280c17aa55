"""The report as GitHub Flavored Markdown: hostile text in it stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sse_inspect.present.documents.text import fenced, line, markdown
from sse_inspect.ticket.blocks import Block, Heading, Items, Lines, Picture, Table, Text, blocks
from sse_inspect.ticket.content import Ticket


def written(ticket: Ticket) -> str:
    """The report as a text with a line end at its end."""
    return "\n".join(part for block in blocks(ticket) for part in _block(block))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {markdown(block.text)}"
        case Text():
            yield markdown(block.text)
        case Items():
            yield from (f"- {markdown(text)}" for text in block.texts)
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
    return f"| {' | '.join(cell if as_is else markdown(cell) for cell in cells)} |"
