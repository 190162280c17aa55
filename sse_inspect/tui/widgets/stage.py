"""The whole screen: places every region as the plan says, and draws the rules and titles between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol, cast

from textual.events import Click, Resize
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sse_inspect.inspected import Snapshot
from sse_inspect.present.safe import clip, visible
from sse_inspect.tui.plan import TABS, Plan, Rect, plan, rules
from sse_inspect.tui.strips import StripType, segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.canvas import Canvas
from sse_inspect.tui.widgets.pane import Line, cells

_TAB_NAMES = {name: name.capitalize() for name in TABS} | {"detail": "Event"}

_MARGINS = {"detail": Spacing(left=1)}
"""Room within its box for a region that has no padding of its own."""

_Heading = tuple[Rect, Line, Line]


class _Synced(Protocol):
    def sync(self, snapshot: Snapshot) -> None:
        """Show this snapshot."""


class StageLayout(Layout):
    """Puts each child where the plan says; a child the plan does not name is not shown."""

    name = "stage"

    def __init__(self, planned: Callable[[Size], Plan]) -> None:
        self._planned = planned

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """The placements at this size."""
        rects = self._planned(size).rects
        return [
            WidgetPlacement(_region(name, rects[name]), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if (name := child.id) is not None and name in rects
        ]


def _region(name: str, rect: Rect) -> Region:
    return Region(*rect).shrink(_MARGINS.get(name, NULL_SPACING))


class Stage(Canvas):
    """Holds every region; `tab` is the pane shown where there is room for one only.

    A box named in `names` has that name at the left of its rule, and its region's title at the right.
    """

    class Tab(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Title(Message):
        """The title of a box was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *regions: Widget, names: Mapping[str, str] | None = None) -> None:
        super().__init__(*regions)
        self._names = names or {}
        self._layout = StageLayout(self._plan_for)
        self.tab = TABS[0]
        self.plan = Plan()
        self._regions = {region.id: region for region in regions if region.id}
        self._planned_for: tuple[int, int, str] | None = None
        self._rules: list[str] = []
        self._headings: dict[int, list[_Heading]] = {}

    @property
    def layout(self) -> Layout:
        """Where the regions go."""
        return self._layout

    def _plan_for(self, size: Size) -> Plan:
        """The plan for this size and the present tab."""
        wanted = (size.width, size.height, self.tab)
        if wanted != self._planned_for:
            self._planned_for = wanted
            self.plan = plan(*wanted)
            self._rules = rules((self.plan.rects[name] for name in self.plan.boxes), size.width, size.height)
            self._kept.clear()
        return self.plan

    def choose(self, tab: str) -> None:
        """Show this pane where panes are tabs."""
        self.tab = tab
        # Textual remembers where a widget put its children; it forgets when one of them asks for a layout.
        self._regions[tab].refresh(layout=True)

    def sync(self, snapshot: Snapshot, names: Collection[str] | None = None) -> None:
        """Hand the snapshot to every region in sight (or to those of `names`), and bring the titles up to date."""
        for name, region in self._regions.items():
            if name in self.plan.rects and (names is None or name in names):
                cast("_Synced", region).sync(snapshot)
        self.retitle()

    def retitle(self) -> None:
        """Paint the titles that changed."""
        headings: dict[int, list[_Heading]] = {}
        for name in self.plan.boxes:
            rect = self.plan.rects[name]
            left, right = self._heading(name, rect.width)
            headings.setdefault(rect.y - 1, []).append((rect, left, right))
        old, self._headings = self._headings, headings
        changed = [y for y in sorted(headings.keys() | old.keys()) if old.get(y) != headings.get(y)]
        if changed:
            self.touch(changed)

    def _heading(self, name: str, width: int) -> tuple[Line, Line]:
        """What stands at the left and at the right of the rule above a box."""
        region = self._regions[name]
        title, subtitle = str(getattr(region, "title", "")), str(getattr(region, "subtitle", ""))
        if name in self._names:
            title, subtitle = self._names[name], title
        left = self._tabs(width) if name == self.plan.tabbed else [(clip(visible(title), width - 4), "bold")]
        room = width - cells(left) - 5
        return left, [(clip(visible(subtitle), room), "dim")] if subtitle and room > 8 else []

    def _tabs(self, width: int) -> Line:
        """The tabs with their keys; where it is narrow, those in the background show the key alone."""
        short = sum(len(title) + 4 for title in _TAB_NAMES.values()) > width
        line: Line = []
        for number, (name, title) in enumerate(_TAB_NAMES.items(), 1):
            active = name == self.tab
            words = f"{number}" if short and not active else f"{number} {title}"
            line += [*([("  ", "")] if line else []), (words, "tab.active" if active else "tab")]
        return line

    def strip(self, y: int, palette: Palette) -> Strip:
        """The rules of row `y`, with the titles that stand on it."""
        width = self.size.width
        rule = self._rules[y] if y < len(self._rules) else ""
        line: Line = []
        x = 0
        for rect, left, right in sorted(self._headings.get(y, []), key=lambda heading: heading[0].x):
            line += [(rule[x : rect.x], "rule"), (" ", ""), *left, (" ", "")]
            x = rect.x + cells(left) + 2
            if right:
                start = rect.right - cells(right) - 2
                line += [(rule[x:start], "rule"), (" ", ""), *right, (" ", "")]
                x = rect.right
        line.append((rule[x:], "rule"))
        return StripType(segments(line, palette, width), width)

    def on_resize(self, event: Resize) -> None:
        """A new size has new rules and titles."""
        self.retitle()

    def on_click(self, event: Click) -> None:
        """A click on a rule: on a tab or on a title."""
        if self.screen.get_widget_at(event.screen_x, event.screen_y)[0] is not self:
            return
        for name in self.plan.boxes:
            rect = self.plan.rects[name]
            if event.y != rect.y - 1 or not rect.x <= event.x < rect.right:
                continue
            if name != self.plan.tabbed:
                self.post_message(self.Title(name))
            elif (tab := self._tab_at(event.x - rect.x - 1, rect.width)) is not None:
                self.post_message(self.Tab(tab))

    def _tab_at(self, x: int, width: int) -> str | None:
        end = 0
        for name, (words, _) in zip(TABS, self._tabs(width)[::2], strict=True):
            end += cells([(words, "")]) + 2
            if x < end:
                return name
        return None
