"""Where everything stands, at every size."""

from __future__ import annotations

from itertools import combinations

import pytest

from sse_inspect.tui.plan import TABS, Plan, Rect, plan, rules

WIDTHS = (1, 2, 5, 20, 59, 60, 80, 119, 120, 160, 300)
SIZES = [(width, height) for width in WIDTHS for height in (*range(1, 32), 45, 69)]


def overlap(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


@pytest.mark.parametrize("tab", TABS)
def test_nothing_overlaps_or_leaves_the_screen(tab: str) -> None:
    for width, height in SIZES:
        rects = plan(width, height, tab).rects
        for rect in rects.values():
            assert rect.x >= 0
            assert rect.y >= 0
            assert rect.right <= width
            assert rect.bottom <= height
            assert rect.width >= 1
            assert rect.height >= 1
        assert not any(overlap(one, other) for one, other in combinations(rects.values(), 2))


def test_the_list_is_always_there_and_has_most_of_a_small_screen() -> None:
    for width, height in SIZES:
        assert plan(width, height).rects["events"].height >= max(1, height - 3 if height < 15 else 3)


def test_every_cell_is_somebodys() -> None:
    """Regions, rules and nothing else: no hole, at any size."""
    for width, height in SIZES:
        the_plan = plan(width, height)
        rows = rules((the_plan.rects[name] for name in the_plan.boxes), width, height)
        for y, row in enumerate(rows):
            for x, char in enumerate(row):
                owners = [name for name, rect in the_plan.rects.items() if rect.holds(x, y)]
                assert len(owners) + (char != " ") == 1, (width, height, x, y, owners, char)


@pytest.mark.parametrize(
    ("size", "shown", "tabbed"),
    [
        ((160, 45), {"timeline", "detail", *TABS}, None),
        ((120, 30), {"timeline", "detail", *TABS} - {"diagnosis"}, None),
        ((119, 30), {"timeline", "detail"}, "detail"),
        ((80, 24), {"timeline", "detail"}, "detail"),
        ((60, 15), {"detail"}, "detail"),
        ((59, 15), set(), None),
        ((60, 14), set(), None),
    ],
)
def test_shapes(size: tuple[int, int], shown: set[str], tabbed: str | None) -> None:
    the_plan = plan(*size)
    assert set(the_plan.rects) - {"header", "status", "footer", "events"} == shown
    assert the_plan.tabbed == tabbed


def test_borders_are_shared_and_join() -> None:
    boxes = Plan({"a": Rect(1, 1, 3, 1), "b": Rect(5, 1, 2, 1), "c": Rect(1, 3, 6, 1)}).rects.values()
    assert rules(boxes, 8, 5) == ["┌───┬──┐", "│   │  │", "├───┴──┤", "│      │", "└──────┘"]
