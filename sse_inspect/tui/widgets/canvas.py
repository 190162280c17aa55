"""Changed lines of many regions, straight to the terminal: a key is answered on the spot, and a frame is painted once.

Textual's compositor would wait for its own timer, ask every region anew for all its lines, and cut each of them at
every border there is on the screen: half of what a frame cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from typing import cast

from rich.console import Console, RenderableType
from textual._compositor import CompositorUpdate  # what `App._display` takes; Textual 8 has no public name for it
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from sse_inspect.tui import pace
from sse_inspect.tui.strips import StripType
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.lean import LeanWidget, runs

_Placed = tuple[int, int, Strip]


class _Lines(CompositorUpdate):
    """Strips, each with its column and row on the screen."""

    def __init__(self, placed: Sequence[_Placed]) -> None:
        self._placed = placed

    def render_segments(self, console: Console) -> str:
        """What puts them there."""
        return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._placed)


class Canvas(LeanWidget):
    """A lean widget that paints its lean children, side by side and on the same background, and itself around them.

    Where something else is in sight as well it leaves the painting to Textual, which knows what lies over what.
    """

    def __init__(self, *children: Widget, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(*children, id=id)
        self._changed: dict[LeanWidget, set[int]] = {}
        self._painted_at = 0.0
        self._places: dict[Widget, tuple[Region, Region]] = {}
        self._is_all = False
        self._free: dict[int, list[tuple[int, int]]] = {}

    def announce(self, widget: LeanWidget, lines: Iterable[int]) -> None:
        """Paint these lines of a child, or of its own, as soon as the one who changes them is through."""
        if not self._changed:
            loop = asyncio.get_running_loop()
            wait = self._painted_at + pace.PAINT_SECONDS - perf_counter()
            if wait > 0:
                loop.call_later(wait, self._paint)
            else:
                loop.call_soon(self._paint)
        self._changed.setdefault(widget, set()).update(lines)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Canvas:
        """Let Textual paint; all of it includes whatever is to be painted."""
        if not regions:
            self._changed.clear()
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def _paint(self) -> None:
        if not self._changed or not self.is_attached:
            return
        if pace.is_behind(self.app._driver):  # noqa: SLF001 private to Textual 8, as all that is known of a terminal
            asyncio.get_running_loop().call_later(pace.PAINT_SECONDS, self._paint)
            return
        changed, self._changed = self._changed, {}
        try:
            if self._is_alone():
                self._painted_at = perf_counter()
                lines = _Lines(list(self._placed(changed)))
                self.app._display(self.screen, cast("RenderableType", lines))  # noqa: SLF001 as Textual does
            else:
                for widget, numbers in changed.items():
                    super().announce(widget, sorted(numbers))
        except Exception as error:  # noqa: BLE001 the app ends with it, as with one of a message
            self.app._handle_exception(error)  # noqa: SLF001

    def _is_alone(self) -> bool:
        """Whether there is nothing in sight but this and its children, and Textual has nothing of it to paint."""
        app, screen = self.app, self.screen
        compositor = screen._compositor  # noqa: SLF001 private to Textual 8: it alone knows where each widget is
        places = compositor.visible_widgets  # another object after each layout
        if places is not self._places:
            self._places = places
            self._free.clear()
            self._is_all = self in places and all(
                widget in (self, screen) or self._is_child(widget, region, clip)
                for widget, (region, clip) in places.items()
            )
        is_in_front = app.screen is screen and not app.is_inline and not app._batch_count  # noqa: SLF001
        return self._is_all and is_in_front and not compositor._dirty_regions  # noqa: SLF001

    def _is_child(self, widget: Widget, region: Region, clip: Region) -> bool:
        is_mine = isinstance(widget, LeanWidget) and widget.parent is self and not widget.is_framed
        return is_mine and clip.contains_region(region) and Palette.of(widget) is Palette.of(self)

    def _placed(self, changed: dict[LeanWidget, set[int]]) -> Iterator[_Placed]:
        palette = Palette.of(self)
        for widget, lines in changed.items():
            if widget not in self._places:
                continue
            left, top, _, height = self._places[widget][0]
            for start, count in runs(sorted(line for line in lines if line < height)):
                strips = widget.strips(range(start, start + count), palette)
                for y, strip in enumerate(strips, start):
                    if widget is self:
                        for x, stop in self._free_in(y):
                            yield left + x, top + y, StripType(strip.crop(x, stop), stop - x)
                    else:
                        yield left, top + y, strip

    def _free_in(self, y: int) -> list[tuple[int, int]]:
        """The columns of its line `y` in which there is no child."""
        free = self._free.get(y)
        if free is None:
            free = self._free[y] = []
            left, top, width, _ = self._places[self][0]
            beside = (region for widget, (region, _) in self._places.items() if widget.parent is self)
            taken = [(each.x - left, each.right - left) for each in beside if top + y in each.line_range]
            x = 0
            for start, stop in sorted(taken):
                if start > x:
                    free.append((x, start))
                x = max(x, stop)
            if width > x:
                free.append((x, width))
        return free
