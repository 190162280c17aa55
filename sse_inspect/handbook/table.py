"""Tables of Markdown that read well as plain text too."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, padded: bool = True) -> str:
    """The table; `padded` makes the columns as wide as their longest cell."""
    widths = [max(map(len, column)) if padded else 0 for column in zip(head, *rows, strict=True)]
    rule = ["-" * max(width, 3) for width in widths]
    return "\n".join(_row(cells, widths) for cells in (head, rule, *rows))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
