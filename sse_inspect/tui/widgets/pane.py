"""What the regions beside the list have in common: lines of (text, style name), painted when they change."""

from __future__ import annotations

from rich.segment import Segment
from textual.events import Resize
from textual.strip import Strip

from sse_inspect.inspected import Snapshot
from sse_inspect.present import safe
from sse_inspect.tui.strips import StripType, segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.lean import LeanWidget

Line = list[tuple[str, str]]


class Pane(LeanWidget):
    """A region that shows what is true now; `draw` depends on the snapshot and the size, and on nothing else."""

    title = ""
    subtitle = ""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None
        self._lines: list[Line] = []

    def sync(self, snapshot: Snapshot) -> None:
        """Show this snapshot; only lines that changed are painted."""
        self._snapshot = snapshot
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The lines to show in `width` × `height` cells; what does not fit is cut."""
        raise NotImplementedError  # Textual's metaclass leaves no room for an abstract base class

    def redraw(self) -> None:
        """Draw the last snapshot again, at the present size."""
        width, height = self.content_size
        if self._snapshot is None or width <= 0 or height <= 0:
            return
        lines = self.draw(self._snapshot, width, height)[:height]
        lines += [[]] * (height - len(lines))
        old, self._lines = self._lines, lines
        changed = [y for y, line in enumerate(lines) if y >= len(old) or line != old[y]]
        if changed:
            self.touch(changed)

    def strip(self, y: int, palette: Palette) -> Strip:
        """One line, the padding beside it."""
        width, gutter = self.content_size.width, self.styles.gutter
        line = segments(self._lines[y] if y < len(self._lines) else [], palette, width)
        if gutter.left:
            line.insert(0, Segment(" " * gutter.left, palette.blank))
        if gutter.right:
            line.append(Segment(" " * gutter.right, palette.blank))
        return StripType(line, width + gutter.width)

    def on_resize(self, event: Resize) -> None:
        """The lines depend on the width."""
        self.redraw()

    def text(self) -> str:
        """What stands in the region, without its colours."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)


def cells(line: Line) -> int:
    """The cells a line takes."""
    return sum(safe.cells(text) for text, _ in line)


def cut(line: Line, width: int) -> Line:
    """The line in at most `width` cells; where something is cut, `…` ends it."""
    if cells(line) <= width:
        return line
    kept: Line = []
    for text, style in line:
        room = width - cells(kept)
        kept.append((safe.clip(text, room), style))
        if safe.cells(text) >= room:
            break
    if kept and not kept[-1][0].endswith(safe.ELLIPSIS):
        kept[-1] = (safe.clip(kept[-1][0] + " ", safe.cells(kept[-1][0])), kept[-1][1])
    return kept


def apart(left: Line, right: Line, width: int) -> Line:
    """Both at their edges; the right one goes where there is no room for it."""
    space = width - cells(left) - cells(right)
    return [*left, (" " * space, ""), *right] if right and space >= 1 else left


def bar(fraction: float, width: int, style: str) -> Line:
    """A bar of `width` cells filled from the left, exact to half a cell."""
    full, half = divmod(round(max(0.0, min(1.0, fraction)) * width * 2), 2)
    filled = "━" * full + "╸" * half
    return [(filled, style), ("─" * (width - len(filled)), "rule")]
