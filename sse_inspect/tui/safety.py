"""The last line of defence: whatever Textual is about to paint holds no character that could command a terminal.

Text from the wire has passed `present.safe` long before; this is for what somebody forgot.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

REPLACEMENT = "�"


class PrintableOnly(LineFilter):
    """Replaces what is not printable, and keeps the width: what takes no cell goes."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line, printable."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(printable(segment.text), segment.style)
            for segment in segments
        ]


def printable(text: str) -> str:
    """The text with a sign for what is not printable, as wide as before."""
    return "".join(char if char.isprintable() else REPLACEMENT * get_character_cell_size(char) for char in text)
