"""A page to read: lines that are wrapped at the width there is, and copied without the breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from textual.geometry import Size

from sse_inspect.tui.pages import Line
from sse_inspect.tui.strips import segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.wrapping import Span, wrap


class Sheet(LineView):
    """Shows what `show` was given last; it is as high as the longest page so far, if there is room."""

    def __init__(self) -> None:
        super().__init__(id="sheet")
        self._page: Sequence[Line] = ()
        self._rows: list[list[Span]] = []
        self._begins: list[int] = []
        self._tallest = 0

    def show(self, lines: Sequence[Line], *, anew: bool = False) -> None:
        """Show these lines; `anew` from the first one, else from where one has scrolled to."""
        self._page = lines
        self._break()
        self.scroll_rows(0 if anew else self.top)
        if self.total > self._tallest:
            self.refresh(layout=True)

    def reveal(self, line: int) -> None:
        """Scroll as little as brings that line into sight."""
        if self.window and line < len(self._begins):
            end = (self._begins[line + 1 :] or [self.total])[0]
            self.scroll_rows(min(max(self.top, end - self.window), self._begins[line]))

    def text(self) -> str:
        """The page for copying: each line as one."""
        return "\n".join("".join(text for text, _ in line.spans).rstrip() for line in self._page)

    @property
    def total(self) -> int:
        """Rows of the page."""
        return len(self._rows)

    def line_keys(self, height: int) -> list[Key]:
        """The rows' numbers."""
        return [(self.top + y, 0) for y in range(height)]

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """One row."""
        row = key[0]
        return segments(self._rows[row] if row < len(self._rows) else [], palette, width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The rows of the longest page at that width, the scroll bar beside them."""
        rows = sum(1 for line in self._page for _ in _rows(line, width - 1))
        self._tallest = max(self._tallest, rows)
        return self._tallest

    def on_resize(self) -> None:
        """Rows depend on the width."""
        self._break()

    def _break(self) -> None:
        self._rows, self._begins = [], []
        for line in self._page if self.text_width > 0 else ():
            self._begins.append(len(self._rows))
            self._rows += _rows(line, self.text_width)
        self.forget()
        self.repaint()


def _rows(line: Line, width: int) -> Iterator[list[Span]]:
    return wrap(line.spans, width, words=line.words, indent=line.indent)
