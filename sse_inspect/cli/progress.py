"""A bar on stderr for what takes longer than a second."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds without a bar."""


class Bar:
    """Shows how far something is, 0 to 1; nothing unless stderr is a terminal. Use as a context."""

    def __init__(self, title: str, *, wanted: bool = True) -> None:
        self._title = title
        self._due = time.monotonic() + PATIENCE if wanted and sys.stderr and sys.stderr.isatty() else None
        self._progress: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, part: float) -> None:
        """So far it is now."""
        if self._due is None:
            return
        if self._progress is None:
            if time.monotonic() < self._due:
                return
            self._progress = _bar()
            self._progress.add_task(self._title, total=1.0)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=part)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
