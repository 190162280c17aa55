"""A widget that paints its lines itself, and tells the compositor only of those that changed.

Measured against a `ScrollView` with Textual's scroll bar, a frame costs less than half: no cache of styled lines in
between, no widget for the bar, no layout when rows arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from sse_inspect.tui import pace
from sse_inspect.tui.strips import StripType
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets import scroll_bar
from sse_inspect.tui.widgets.lean import LeanWidget

Key = tuple[int, int]
"""What stands in a line: a number (of a record, of a row; below 0 whatever has none), and how it looks there."""

_Line = tuple[Key, scroll_bar.Cell]

_NO_LINE: _Line = ((-1, -1), scroll_bar.TRACK)
_KEPT_STRIPS = 512
_WHEEL = 3


class LineView(LeanWidget, can_focus=True):
    """Rows in a window, under `heading` fixed lines, with a scroll bar in the last column.

    A subclass says how many rows there are (`total`), names what stands in each line (`line_keys`) and draws a
    named line (`draw`); a key stands for the same picture until `forget` is called.
    """

    DEFAULT_CSS = "LineView { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self.top = 0
        self._strips: dict[_Line, Strip] = {}
        self._painted: list[_Line] = []
        self._palette: Palette | None = None
        self._drawn_width = -1
        self._dragging = False
        self._is_working = False

    # What a subclass says.

    @property
    def total(self) -> int:
        """How many rows there are."""
        raise NotImplementedError  # Textual's metaclass leaves no room for an abstract base class

    def line_keys(self, height: int) -> list[Key]:
        """What stands in the first `height` lines (heading lines first); the same as long as the picture is."""
        raise NotImplementedError  # Textual's metaclass leaves no room for an abstract base class

    def prepare(self, keys: Sequence[Key]) -> None:
        """These lines are drawn next."""

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """The line named `key`, `width` cells wide."""
        raise NotImplementedError  # Textual's metaclass leaves no room for an abstract base class

    def scroll_rows(self, top: int) -> None:
        """Put row `top` first, by wheel or scroll bar."""
        self.top = self.clamped(top)
        self.repaint()

    def clicked(self, y: int, x: int, chain: int) -> None:
        """Line `y` was clicked in column `x`, `chain` times."""

    @property
    def marks(self) -> Sequence[int]:
        """Ascending row positions to mark in the scroll bar."""
        return ()

    def work(self) -> bool:
        """One short slice (4 ms) of work under way; True while there is more."""
        return False

    def keep_working(self) -> None:
        """Do a slice now and the others as the message queue comes to them, with keys and frames in between."""
        if pace.is_touched(self.app):
            if not self._is_working:
                self._is_working = True
                self.set_timer(pace.TOUCHED_SECONDS, self._work_on)
        elif self.work() and not self._is_working:
            self._is_working = True
            self.call_later(self._work_on)

    async def _work_on(self) -> None:
        await asyncio.sleep(0)  # the message queue gives way to nobody while there is something in it, such as this
        self._is_working = False
        self.keep_working()

    # Geometry.

    @property
    def heading(self) -> int:
        """How many lines stand fixed above the rows, at the present size."""
        return 0

    @property
    def text_width(self) -> int:
        """Columns beside the scroll bar."""
        return max(0, self.size.width - 1)

    @property
    def window(self) -> int:
        """How many rows fit."""
        return max(0, self.size.height - self.heading)

    def clamped(self, top: int) -> int:
        """The nearest top row that leaves no needless space below."""
        return max(0, min(top, self.total - self.window))

    # Painting.

    def forget(self) -> None:
        """Drop every drawn line: what keys stand for has changed."""
        self._strips.clear()
        self._painted = []

    def repaint(self) -> None:
        """Ask for a repaint of the lines that no longer show what they should."""
        if self.size.width != self._drawn_width:
            self.forget()
        lines = self._lines()
        if lines == self._painted:
            return
        before, self._painted = self._painted, lines
        if len(lines) != len(before):
            before = [_NO_LINE] * len(lines)
        self.touch([y for y, (line, was) in enumerate(zip(lines, before, strict=True)) if line != was])

    @property
    def is_framed(self) -> bool:
        """A border and padding are Textual's."""
        gutter = self.styles.gutter
        return bool(gutter.width or gutter.height)

    def strips(self, lines: range, palette: Palette) -> list[Strip]:
        """The lines as last announced: a frame never shows a state that `repaint` was not told of."""
        size = self.size
        if palette is not self._palette or size.width != self._drawn_width:
            self._palette, self._drawn_width = palette, size.width
            self.forget()
        if len(self._painted) != size.height:
            self._painted = self._lines()
        wanted = self._painted[lines.start : lines.stop]
        missing = [line for line in wanted if line not in self._strips]
        if missing:
            self._make(missing, palette, size.width)
        return [self._strips[line] for line in wanted]

    def render_line(self, y: int) -> Strip:
        """Line `y` of the content, for Textual's own way."""
        strips = self.strips(range(y, y + 1), Palette.of(self))
        return strips[0] if strips else Strip.blank(self.size.width)

    def _lines(self) -> list[_Line]:
        height = self.size.height
        heading = min(self.heading, height)
        rows = height - heading
        bar = scroll_bar.cells(self.total, self.top, rows, rows, self.marks)
        return list(zip(self.line_keys(height), [scroll_bar.TRACK] * heading + bar, strict=True))

    def _make(self, lines: Sequence[_Line], palette: Palette, width: int) -> None:
        if len(self._strips) >= _KEPT_STRIPS:
            kept = {line: self._strips[line] for line in self._painted if line in self._strips}
            self._strips = kept
        self.prepare([key for key, _ in lines])
        for line in lines:
            key, (character, style) = line
            row = self.draw(key, max(0, width - 1), palette)
            row.append(Segment(character, palette[style]))
            self._strips[line] = StripType(row, width)

    # Mouse.

    def on_resize(self) -> None:
        """Keep the window on rows that exist."""
        self.top = self.clamped(self.top)

    def on_focus(self) -> None:
        """The cursor looks different now."""
        self.repaint()

    def on_blur(self) -> None:
        """The cursor looks different now."""
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll towards the end."""
        event.stop()
        self.scroll_rows(self.top + _WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll towards the beginning."""
        event.stop()
        self.scroll_rows(self.top - _WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the scroll bar."""
        if event.x >= self.text_width and event.y >= self.heading and self.total > self.window:
            event.stop()
            self._dragging = True
            self.capture_mouse()
            self._drag(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pull the scroll bar along."""
        if self._dragging:
            event.stop()
            self._drag(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of the scroll bar."""
        if self._dragging:
            event.stop()
            self._dragging = False
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Hand on what was clicked, unless it was the scroll bar."""
        if event.x < self.text_width:
            event.stop()
            self.clicked(event.y, event.x, event.chain)

    def _drag(self, y: int) -> None:
        window = self.window
        self.scroll_rows(scroll_bar.top_at(y - self.heading, self.total, window, window))
