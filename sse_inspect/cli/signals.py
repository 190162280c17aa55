"""Ctrl-C and SIGTERM: the first one ends the session in order, the second one ends the program at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Received:
    """Which signal came, or None so far."""

    signal: int | None = None


@contextmanager
def stop_on_signal(stop: Callable[[], object]) -> Iterator[Received]:
    """Call `stop` in the main thread when SIGINT or SIGTERM comes, wherever it happens to be then."""
    received = Received()

    def handle(number: int, _frame: FrameType | None) -> None:
        if received.signal is not None:
            os._exit(128 + number)
        received.signal = number
        stop()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
