"""A pseudo-terminal in which a program runs: keys go in, what it draws comes out with the time at which it was read.

It answers what Textual asks a terminal, drains what is drawn at once or at a given pace, and keeps all of it.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path
from threading import Thread

SIZE = (45, 160)
"""Lines and columns."""
FRAME = re.compile(rb"\x1b\[\?2026h")
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[c": b"\x1b[?62;22c"}
_POLL = 0.001
_SLICE = 0.01


class TooLate(Exception):
    """What was waited for was not drawn in time."""


class Terminal:
    """One program in a terminal of its own; times are those of `time.perf_counter`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = SIZE,
        bytes_per_second: int | None = None,
        environ: dict[str, str] | None = None,
    ) -> None:
        self._outside, inside = pty.openpty()
        ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM")}
        self._process = subprocess.Popen(
            command,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})},
            preexec_fn=_in_terminal,
        )
        os.close(inside)
        self.drawn = bytearray()
        self._offsets: list[int] = []
        self._times: list[float] = []
        self._pace = bytes_per_second
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def press(self, keys: str) -> float:
        """Write keys; returns when."""
        pressed_at = time.perf_counter()
        os.write(self._outside, keys.encode())
        return pressed_at

    def time_of(self, offset: int) -> float:
        """When the byte at that offset of what was drawn was read."""
        return self._times[bisect_right(self._offsets, offset)]

    def wait(
        self,
        pattern: re.Pattern[bytes],
        start: int,
        *,
        until: Callable[[re.Match[bytes]], bool] = lambda _: True,
        seconds: float = 30.0,
    ) -> tuple[float, re.Match[bytes]]:
        """When a match behind offset `start` was drawn that satisfies `until`; raises TooLate."""
        deadline = time.perf_counter() + seconds
        looked = start
        while True:
            size = len(self.drawn)
            # A copy: the reader goes on, and cannot while somebody holds a view.
            text = bytes(self.drawn[looked:size])
            for match in pattern.finditer(text):
                if until(match):
                    return self.time_of(looked + match.end() - 1), match
            looked = max(start, size - 256)
            if time.perf_counter() > deadline:
                raise TooLate(f"{pattern.pattern!r} was not drawn within {seconds:g} s")
            if self._process.poll() is not None:
                raise TooLate(f"the program ended: {bytes(self.drawn[-2000:])!r}")
            time.sleep(_POLL)

    def frames(self, start: int, stop: int) -> int:
        """How many frames were drawn between two offsets."""
        return len(FRAME.findall(bytes(self.drawn[start:stop])))

    def processor(self) -> tuple[float, float]:
        """Seconds of a processor that the first thread, on which the screen is, and the whole process have used."""
        tasks = {task.parent.name: _used(task) for task in Path(f"/proc/{self.pid}/task").glob("*/schedstat")}
        return tasks[str(self.pid)], sum(tasks.values())

    def leave(self, keys: str = "q", seconds: float = 20.0) -> None:
        """Let the program end by a key."""
        self.press(keys)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self) -> None:
        """End it however it takes."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        os.close(self._outside)

    def _read(self) -> None:
        most = 1 << 16 if self._pace is None else max(1, int(self._pace * _SLICE))
        due = time.perf_counter()
        while True:
            try:
                if not select.select([self._outside], [], [], 0.2)[0]:
                    if self._process.poll() is not None:
                        return
                    continue
                data = os.read(self._outside, most)
            except OSError:  # what Linux says when the other side is gone
                return
            now = time.perf_counter()
            # The bytes last: who sees them asks for their time.
            self._offsets.append(len(self.drawn) + len(data))
            self._times.append(now)
            self.drawn += data
            for asked, answer in _ANSWERS.items():
                if asked in data:
                    os.write(self._outside, answer)
            if self._pace is not None:
                due = max(due, now - _SLICE) + len(data) / self._pace
                time.sleep(max(0.0, due - time.perf_counter()))


def _used(task: Path) -> float:
    with suppress(OSError):  # a thread that ended meanwhile
        return int(task.read_text().split()[0]) / 1e9
    return 0.0


def _in_terminal() -> None:
    os.setsid()
    ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def running(
    command: Sequence[str],
    *,
    size: tuple[int, int] = SIZE,
    bytes_per_second: int | None = None,
    environ: dict[str, str] | None = None,
) -> Iterator[Terminal]:
    """A program of Python's (`command` are its arguments) in a terminal, gone afterwards."""
    terminal = Terminal([sys.executable, *command], size=size, bytes_per_second=bytes_per_second, environ=environ)
    try:
        yield terminal
    finally:
        terminal.close()
