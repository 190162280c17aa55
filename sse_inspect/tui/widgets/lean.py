"""What the regions of the screen have in common: each keeps its lines as strips, ready for the compositor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sse_inspect.tui.styles import Palette


class LeanWidget(Widget):
    """Hands over strips that it keeps; Textual's cache of styled lines in between costs a fifth of a frame.

    A subclass draws a line (`strip`), and says which are no longer true (`touch`).
    """

    ALLOW_SELECT = False

    def __init__(self, *children: Widget, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(*children, id=id)
        self._kept: dict[int, Strip] = {}
        self._kept_for: tuple[Palette | None, int] = (None, 0)

    def strip(self, y: int, palette: Palette) -> Strip:
        """Line `y` as it is painted, with the padding at its sides."""
        raise NotImplementedError  # Textual's metaclass leaves no room for an abstract base class

    def strips(self, lines: range, palette: Palette) -> list[Strip]:
        """These lines in the colours of `palette`."""
        kept, width = self._kept, self.outer_size.width
        if self._kept_for[0] is not palette or self._kept_for[1] != width:
            self._kept_for = palette, width
            kept.clear()
        for y in lines:
            if y not in kept:
                kept[y] = self.strip(y, palette)
        return [kept[y] for y in lines]

    @property
    def is_framed(self) -> bool:
        """Whether there is something around the lines that Textual has to paint."""
        return False

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`."""
        if self.is_framed:
            return super().render_lines(crop)
        strips = self.strips(crop.line_range, Palette.of(self))
        if crop.x or crop.width != self.outer_size.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def touch(self, lines: Iterable[int]) -> None:
        """Ask for a repaint of these ascending lines."""
        lines = [y + self.styles.gutter.top for y in lines] if self.is_framed else list(lines)
        for y in lines:
            self._kept.pop(y, None)
        parent = self.parent
        # One widget paints for all that are on it; each would be painted when its own queue of messages comes to it.
        (parent if isinstance(parent, LeanWidget) else self).announce(self, lines)

    def announce(self, widget: LeanWidget, lines: Iterable[int]) -> None:
        """Ask for a repaint of these ascending lines of a child, or of its own."""
        x, y, width, _ = widget.region
        left, top = self.content_region.offset
        self.refresh(*(Region(x - left, y - top + start, width, count) for start, count in runs(lines)))


def runs(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where lines that follow on one another begin, and how many they are."""
    start = stop = -1
    for y in lines:
        if y != stop:
            if stop > start:
                yield start, stop - start
            start = y
        stop = y + 1
    if stop > start:
        yield start, stop - start
