"""The scroll bar of a list drawn line by line: one cell per line, with marks in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

Cell = tuple[str, str]
TRACK: Cell = (" ", "")
THUMB: Cell = ("▐", "bar.thumb")
# No arrow: it would point at the row beside it, which has nothing to do with the mark.
MARK: Cell = ("╺", "bar.mark")
MARK_ON_THUMB: Cell = ("━", "bar.mark")


def thumb(total: int, top: int, window: int, height: int) -> tuple[int, int]:
    """First line and number of lines of the thumb on a track of `height` lines; (0, 0) where all rows fit."""
    if total <= window or height < 1:
        return 0, 0
    size = max(1, height * window // total)
    hidden = total - window
    start = (height - size) * top // hidden
    # The ends are reached only when the list is there: a thumb at the bottom says "this is the last row".
    if top > 0 and start == 0 and height - size > 1:
        start = 1
    if top < hidden and start == height - size and start > 1:
        start -= 1
    return start, size


def cells(total: int, top: int, window: int, height: int, marks: Sequence[int] = ()) -> list[Cell]:
    """One (character, style name) per line of the bar; `marks` are ascending row positions."""
    start, size = thumb(total, top, window, height)
    if not size:
        return [TRACK] * height
    bar = [THUMB if start <= y < start + size else TRACK for y in range(height)]
    if marks:
        for y in range(height):
            first, stop = y * total // height, (y + 1) * total // height
            at = bisect_left(marks, first)
            if at < len(marks) and marks[at] < stop:
                bar[y] = MARK_ON_THUMB if bar[y] is THUMB else MARK
    return bar


def top_at(y: int, total: int, window: int, height: int) -> int:
    """The top row that puts the middle of the thumb on line `y`."""
    _, size = thumb(total, 0, window, height)
    room = height - size
    if not size or room < 1:
        return 0
    place = min(max(y - size // 2, 0), room)
    return (total - window) * place // room
