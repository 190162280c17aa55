"""Markdown on a terminal."""

from __future__ import annotations

from typing import ClassVar

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.measure import Measurement
from rich.table import Table
from rich.theme import Theme

WIDEST = 120
"""Columns from which on lines become hard to read."""
_THEME = Theme({"markdown.code": "bold cyan"})
"""Without the black behind it, for terminals that are light."""


def rendered(text: str) -> str:
    """The text as the terminal at standard output shows it best, in its width."""
    console = Console(highlight=False, theme=_THEME)
    with console.capture() as captured:
        console.print(_Page(text, code_theme="ansi_dark", hyperlinks=False), width=min(console.width, WIDEST))
    return captured.get()


class _Table(TableElement):
    """A table of which no word is cut; where cells take several lines, a rule stands between the rows."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True, style="markdown.table.border")
        for cell in self.header.row.cells if self.header and self.header.row else ():
            heading = cell.content.copy()
            heading.stylize("markdown.table.header")
            shown.add_column(heading, overflow="fold")
        for row in self.body.rows if self.body else ():
            shown.add_row(*(cell.content for cell in row.cells))
        shown.show_lines = Measurement.get(console, options.update(max_width=10_000), shown).maximum > options.max_width
        yield shown


class _Page(Markdown):
    elements: ClassVar = {**Markdown.elements, "table_open": _Table}
