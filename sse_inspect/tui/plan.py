"""Where everything stands at a given size of the terminal: pure arithmetic, from 1 × 1 up.

Three shapes: *wide* (120 × 30 and more) has a right column of panes; *narrow* shows those panes as tabs under
the list; *small* (less than 60 × 15) is the list and the status line. Boxes share their borders: a pane's
rectangle is its inside, and the rules around it belong to the stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

TABS = ("detail", "liveness", "integrity", "connections", "metrics", "diagnosis")
"""The panes that share one box where the terminal is narrow, in the order of their keys."""

_COLUMN = {"liveness": (4, 5), "integrity": (4, 9), "connections": (3, 7), "metrics": (6, 6), "diagnosis": (3, 7)}
"""Panes of the right column, top to bottom: fewest rows, and rows beyond which others grow first."""


class Rect(NamedTuple):
    """The inside of a region, in cells."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    def holds(self, x: int, y: int) -> bool:
        """Whether the cell lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True, slots=True)
class Plan:
    """Rectangles by name; `boxes` are drawn with borders, `tabbed` names the pane that stands in the tabs' box."""

    rects: dict[str, Rect] = field(default_factory=dict)
    boxes: tuple[str, ...] = ()
    tabbed: str | None = None


def plan(width: int, height: int, tab: str = "detail") -> Plan:
    """The plan of a terminal of that size, with `tab` shown where panes are tabs."""
    rects = _lines(width, height)
    top = 1 if "header" in rects else 0
    bottom = rects["status"].y if "status" in rects else height
    body = Rect(0, top, width, max(bottom - top, 0))
    if width < 60 or height < 15:
        rects["events"] = body
        return Plan(rects)
    inside = Rect(1, body.y + 1, width - 2, body.height - 2)
    boxes = []
    if height >= 20:
        rects["timeline"], inside = _split(inside, 3)
        boxes.append("timeline")
    if width >= 120 and height >= 30:
        rects |= _wide(inside)
        return Plan(rects, (*boxes, "events", "detail", *(name for name in _COLUMN if name in rects)))
    rects["events"], rects[tab] = _split(inside, inside.height - 1 - max(4, min(12, inside.height * 43 // 100)))
    return Plan(rects, (*boxes, "events", tab), tab)


def _lines(width: int, height: int) -> dict[str, Rect]:
    """The single lines at the edges, the dearest first: the list keeps at least one row."""
    rects = {}
    if height >= 2:
        rects["status"] = Rect(0, height - 1, width, 1)
    if height >= 3:
        rects["header"] = Rect(0, 0, width, 1)
    if height >= 8:
        rects["status"] = Rect(0, height - 2, width, 1)
        rects["footer"] = Rect(0, height - 1, width, 1)
    return rects


def _split(rect: Rect, rows: int) -> tuple[Rect, Rect]:
    """The upper `rows` rows, and the rest below the rule between them."""
    upper = Rect(rect.x, rect.y, rect.width, rows)
    return upper, Rect(rect.x, rect.y + rows + 1, rect.width, rect.height - rows - 1)


def _wide(rect: Rect) -> dict[str, Rect]:
    column = max(50, min(62, rect.width * 37 // 100))
    left = Rect(rect.x, rect.y, rect.width - column - 1, rect.height)
    right = Rect(left.right + 1, rect.y, column, rect.height)
    events, detail = _split(left, left.height - 1 - max(5, left.height * 3 // 10))
    return {"events": events, "detail": detail, **_stack(right)}


def _stack(rect: Rect) -> dict[str, Rect]:
    """Panes on top of each other with a rule between: all get their fewest rows, then they grow in turns."""
    names = [name for name in _COLUMN if name != "diagnosis" or rect.height >= _least(_COLUMN)]
    rows = {name: _COLUMN[name][0] for name in names}
    spare = rect.height - _least(names)
    while spare > 0:
        wanting = [name for name in names if rows[name] < _COLUMN[name][1]] or ["integrity", "connections"]
        for name in wanting[:spare]:
            rows[name] += 1
            spare -= 1
    rects, y = {}, rect.y
    for name in names:
        rects[name] = Rect(rect.x, y, rect.width, rows[name])
        y += rows[name] + 1
    return rects


def _least(names: Iterable[str]) -> int:
    return sum(_COLUMN[name][0] + 1 for name in names) - 1


_CORNERS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8


def rules(boxes: Iterable[Rect], width: int, height: int) -> list[str]:
    """The borders around the boxes, one string per row; where borders meet they join."""
    grid = [bytearray(width) for _ in range(height)]
    for box in boxes:
        left, top, right, bottom = box.x - 1, box.y - 1, box.right, box.bottom
        for y in (top, bottom):
            grid[y][left] |= _RIGHT
            grid[y][right] |= _LEFT
            for x in range(left + 1, right):
                grid[y][x] |= _LEFT | _RIGHT
        for x in (left, right):
            grid[top][x] |= _DOWN
            grid[bottom][x] |= _UP
            for y in range(top + 1, bottom):
                grid[y][x] |= _UP | _DOWN
    return ["".join(_CORNERS[cell] for cell in row) for row in grid]
