"""The terminal the screen is on, which may go away at any moment: a window is closed, a connection to a host drops."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


def is_gone() -> bool:
    """Whether the terminal that keys come from was closed, which not every program is told by a signal."""
    poll = select.poll()
    poll.register(0, 0)
    return any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll(0))


@contextmanager
def forgiving() -> Iterator[None]:
    """Let what is drawn on a terminal that is gone go nowhere.

    Textual writes in a thread that dies of the error, and then waits for it for ever while it leaves.
    """
    before = sys.__stderr__
    vars(sys)["__stderr__"] = _Forgiving(before)
    try:
        yield
    finally:
        vars(sys)["__stderr__"] = before
        if before is not None:
            _let_go(before)


def _let_go(file: TextIO) -> None:
    """Let what it still holds go nowhere if it cannot be written: the interpreter would end with status 120 for it."""
    try:
        file.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file.fileno())
        os.close(nowhere)
        file.flush()


class _Forgiving:
    """A file whose writing never fails."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            return self._file.write(text) if self._file else 0
        return 0

    def flush(self) -> None:
        """Write what is held back, if it can be."""
        with suppress(OSError):
            if self._file:
                self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
