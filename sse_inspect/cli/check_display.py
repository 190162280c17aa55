"""How a check goes, on a terminal: a line for each scenario that is judged, and one that lives for that which runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sse_inspect.check.report.board import Board

if TYPE_CHECKING:
    from rich.text import Text

    from sse_inspect.present.styles import Span

A_SECOND = 8
"""Repaints a second."""


def is_wanted() -> bool:
    """Whether there is a terminal that can repaint a line, and nobody asked for plain text."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return sys.stderr is not None and sys.stderr.isatty() and not plain


@contextmanager
def display() -> Iterator[Board]:
    """A `Progress` that is shown as long as the context lasts."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    board = Board(time.monotonic, lambda spans: console.print(_text(spans, console.width)))

    def now() -> Text:
        return _text(board.running(console.width), console.width)

    with Live(get_renderable=now, console=console, refresh_per_second=A_SECOND, transient=True):
        yield board


def _text(spans: list[Span], width: int) -> Text:
    """The line with its colours, cut to the width: what is on two lines cannot be repainted."""
    from rich.text import Text

    from sse_inspect.present.ansi import painted
    from sse_inspect.present.rows import clip_spans

    text = Text.from_ansi(painted(clip_spans(spans, width)))
    text.no_wrap = True
    return text
