"""Ctrl-C and SIGTERM: the first one ends the session in order, another one later ends the program at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from sse_inspect.cli import SIGNALS

if TYPE_CHECKING:
    import asyncio

AT_ONCE_AFTER = 1.0
"""Seconds after the first signal from which on another one ends the program at once.

Those that come sooner are the same one told twice: by the terminal to all its processes and by a parent once more.
"""


class Interrupted(BaseException):
    """A signal asked for the end of what has no loop of its own to hear of it.

    No KeyboardInterrupt: where one passes through code that was made from text, as a dataclass is, Python ends itself
    by SIGINT in the end, though somebody took it.
    """


def interrupt() -> None:
    """What `stop_on_signal` calls where the block itself is to be left."""
    raise Interrupted


def interruptible(work: Callable[[], int]) -> int:
    """Do the work, which gives an exit status; a signal leaves it where it stands, with the status of that signal."""
    received = Received()
    try:
        with stop_on_signal(interrupt, received):
            return work()
    except Interrupted:
        return 128 + (received.signal or signal.SIGINT)


class Received:
    """Which signal came, or None so far."""

    signal: int | None = None


@contextmanager
def stop_on_signal(stop: Callable[[], object], received: Received | None = None) -> Iterator[Received]:
    """Call `stop` in the main thread when SIGINT or SIGTERM comes, wherever it happens to be then.

    `received` is told which: one of the caller's own where `stop` raises, which it may do before there is a block, for
    a signal that came while the program was loaded.
    """
    received = received or Received()
    first = 0.0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal first
        if received.signal is None:
            received.signal, first = number, time.monotonic()
            stop()
        elif time.monotonic() - first > AT_ONCE_AFTER:
            os._exit(128 + number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    release()
    try:
        yield received
    finally:
        for number, handler in before.items():
            # All that was to be written is: what is left is leaving, with the status of the signal that asked for it.
            signal.signal(number, handler if received.signal is None else signal.SIG_IGN)


def release() -> None:
    """Take the signals that have been waiting since the program was started, and those to come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextmanager
def released() -> Iterator[None]:
    """Take them within the block only, as a program does that has not begun: it ends there.

    The system ends it. Python's own handler would not be called for a signal that comes just before a read that waits.
    """
    handlers = {}
    if threading.current_thread() is threading.main_thread():  # no other may say what a signal does
        handlers = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS if _is_pythons(number)}
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _is_pythons(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.default_int_handler


@contextmanager
def signals_wake(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let a signal wake the loop, which runs in the main thread.

    A signal that comes just before the loop goes to sleep would else be handled when something else wakes it: Python's
    handlers run between two instructions of the main thread, and there is none until then.
    """
    import socket

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
