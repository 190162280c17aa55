"""`sse-inspect URL` on a real pseudo-terminal: the screen comes, goes, and leaves the terminal and an exit status."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl

import pytest

from sse_inspect.server import ServerThread

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
PATIENCE = 20.0


PROGRAM = """
import os, sys
tty, stdin, *arguments = sys.argv[1:]
for fd, path in enumerate((stdin or tty, tty, tty)):  # the first terminal a session opens is its own
    os.dup2(os.open(path, os.O_RDWR), fd)
os.execv(sys.executable, [sys.executable, "-m", "sse_inspect", *arguments])
"""
"""Puts the program into a terminal."""


class Terminal:
    """A pseudo-terminal with the program in it."""

    def __init__(self, process: subprocess.Popen[bytes], fd: int) -> None:
        self.process = process
        self.fd = fd
        self.output = b""

    def wait_for(self, wanted: bytes) -> None:
        """Read until these bytes were written."""
        until = time.monotonic() + PATIENCE
        while wanted not in self.output:
            assert time.monotonic() < until, f"no {wanted!r} in {self.output[-2000:]!r}"
            if select.select([self.fd], [], [], 1)[0]:
                self.output += os.read(self.fd, 1 << 16)

    def press(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def exit_status(self) -> int:
        """Read to the end; the exit status."""
        with suppress(OSError):  # Linux says so when the last one has closed a pseudo-terminal
            while chunk := os.read(self.fd, 1 << 16):
                self.output += chunk
        return self.process.wait(PATIENCE)


@contextmanager
def terminal(*arguments: str, stdin: str = "", term: str = "xterm-256color") -> Iterator[Terminal]:
    """Run the program in a terminal of 100 × 30, with its standard input from a file if given."""
    fd, inside = pty.openpty()
    ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, os.ttyname(inside), stdin, *arguments],
        env={**os.environ, "TERM": term},
        start_new_session=True,
        stdout=inside,
    )
    os.close(inside)
    try:
        yield Terminal(process, fd)
    finally:
        process.kill()
        process.wait()
        os.close(fd)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


@pytest.mark.parametrize("stdin", ["", os.devnull])
def test_q_leaves_the_summary_behind(server: ServerThread, stdin: str) -> None:
    with terminal(server.url("/screen", rate=50), stdin=stdin) as screen:
        screen.wait_for(ENTER)
        screen.wait_for(b"LIVE")
        screen.press(b"q")
        assert screen.exit_status() == 0
    _, left, after = screen.output.rpartition(LEAVE)
    assert left
    assert re.search(rb"summary +\d+ events? in", re.sub(rb"\x1b\[\d*m", b"", after))
    assert screen.output.count(ENTER) == screen.output.count(LEAVE) == 1


def test_a_session_that_had_ended_gives_its_own_status() -> None:
    with ServerThread() as gone:
        url = gone.url("/x")
    with terminal("--max-retries", "0", url) as screen:
        screen.wait_for(b"CLOSED")
        screen.press(b"q")
        assert screen.exit_status() == 3


def test_wrong_use_never_reaches_the_screen() -> None:
    with terminal("--stall-after", "x", "http://h") as screen:
        assert screen.exit_status() == 2
    assert ENTER not in screen.output
    assert screen.output.count(b"\n") == 2


def test_a_dumb_terminal_gets_lines(server: ServerThread) -> None:
    with terminal("--count", "2", server.url("/dumb", rate=50), term="dumb") as screen:
        assert screen.exit_status() == 0
    assert b"\x1b" not in screen.output
    assert b"summary" in screen.output
