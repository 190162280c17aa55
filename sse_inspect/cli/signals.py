"""Ctrl-C and SIGTERM: the first one ends the session in order, the second one ends the program at once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
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


@contextmanager
def signals_wake(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let a signal wake the loop, which runs in the main thread.

    A signal that comes just before the loop goes to sleep would else be handled when something else wakes it: Python's
    handlers run between two instructions of the main thread, and there is none until then.
    """
    heard, told = socket.socketpair()
    with heard, told:
        heard.setblocking(False)
        told.setblocking(False)
        loop.add_reader(heard, heard.recv, 4096)
        before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(heard)
