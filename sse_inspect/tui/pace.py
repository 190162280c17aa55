"""What keeps the screen quick while thousands of events arrive; each measure was measured.

Importing this before Textual lets it paint up to 120 times a second, which halves the time from key to paint; the
screen itself changes `FRAMES` times a second.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

FRAMES = 15
_YOUNG_OBJECTS = 2000
_FULL_SECONDS = 120.0
_SWITCH_SECONDS = 0.0005
PAINT_SECONDS = 1 / 120
"""The least time from one painting to the next: a key comes between two, a turn of the mouse's wheel is many."""
TOUCHED_SECONDS = 0.015
"""How long work waits for what a key leads to."""

os.environ.setdefault("TEXTUAL_FPS", "120")


class Housekeeping:
    """Garbage collection between frames instead of in the middle of anything: no walk over the whole widget tree.

    What is alive when it is collected is taken to stay, and not walked over again before all is idle: next to none of
    it ever is garbage. So each collection walks over no more than came since the last frame.
    """

    def __init__(self) -> None:
        self._due: float | None = None

    def tidy(self, now: float, *, idle: bool) -> None:
        """Collect what is due at `now` (seconds on any clock); everything only while `idle`."""
        if self._due is None:
            gc.freeze()
            self._due = now + _FULL_SECONDS
        elif idle and now >= self._due:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._due = now + _FULL_SECONDS
        elif gc.get_count()[0] >= _YOUNG_OBJECTS:
            gc.collect(0)
            gc.freeze()


@contextmanager
def hurried() -> Iterator[Housekeeping]:
    """Threads take turns sooner (the one that receives must not wait), and garbage is collected when told to."""
    switch = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield Housekeeping()
    finally:
        sys.setswitchinterval(switch)
        gc.unfreeze()
        gc.enable()


def is_touched(app: object) -> bool:
    """Whether a key or the mouse has just been used: what comes of it passes many queues, work would stand in each."""
    return perf_counter() - float(getattr(app, "touched_at", -1.0)) < TOUCHED_SECONDS


def is_behind(driver: Any) -> bool:
    """Whether the terminal still has something to swallow: another frame would only block the keys behind it."""
    # Private to Textual 8, so absence means "no".
    queue = getattr(getattr(driver, "_writer_thread", None), "_queue", None)
    return queue is not None and queue.qsize() > 0
