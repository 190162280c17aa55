"""The report as one HTML page that needs nothing else: no script, no resource, nothing from the wire as markup."""

from __future__ import annotations

from sse_inspect.present.documents.page import page
from sse_inspect.present.documents.svg import figure
from sse_inspect.present.documents.text import html
from sse_inspect.ticket.blocks import Block, Heading, Items, Lines, Picture, Table, Text
from sse_inspect.ticket.content import Ticket
from sse_inspect.ticket.document import blocks

SHORT = 16
"""Characters of a cell that is not broken into lines."""


def written(ticket: Ticket) -> str:
    """The report as a page with a line end at its end."""
    title = ticket.session.url or "unknown request"
    return page(f"sse-inspect: {title}", "\n".join(map(_block, blocks(ticket))))


def _block(block: Block) -> str:
    match block:
        case Heading():
            code = f" <code>{html(block.code)}</code>" if block.code else ""
            return f"<h{block.level}>{html(block.text)}{code}</h{block.level}>"
        case Text():
            return f"<p>{html(block.text)}</p>"
        case Items():
            return f"<ul>{''.join(f'<li>{html(text)}</li>' for text in block.texts)}</ul>"
        case Table():
            return _table(block)
        case Lines():
            return f"<pre>{chr(10).join(map(html, block.lines))}</pre>"
        case Picture():
            return figure(block.timeline, block.duration, "timeline", "Timeline of the session")


def _table(table: Table) -> str:
    cells = "".join(_cell("th", cell) for cell in table.header)
    head = f"<thead><tr>{cells}</tr></thead>" if any(table.header) else ""
    rows = "\n".join(f"<tr>{''.join(_cell('td', cell) for cell in row)}</tr>" for row in table.rows)
    return f'<div class="card"><table>{head}<tbody>\n{rows}\n</tbody></table></div>'


def _cell(tag: str, text: str) -> str:
    """A cell; a short text stays on one line."""
    whole = ' class="whole"' if len(text) <= SHORT else ""
    return f"<{tag}{whole}>{html(text)}</{tag}>"
