"""What really reaches a terminal: the program in a pseudo-terminal, its bytes, and the screen they make."""

from __future__ import annotations

import fcntl
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
from contextlib import suppress
from pathlib import Path

import pyte
import pytest

from sse_inspect.tui.terminal import forgiving

COLUMNS, ROWS = 120, 30
PATIENCE = 30.0
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<=>][0-9;]*u|\x1b\[\?[0-9;]*\$p|\x1b\[\?2026[hl]|\x1b\[>[0-9;]*[a-z]")
_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;:?<=>$]*[A-Za-z~]|\][0-9]*;[^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[=>78])")
HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)

SHOW = """
import sys
from tests.tui.states import STATES
from sse_inspect import tui
sys.exit(tui.run(STATES[{state!r}]().inspection{more}))
"""


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, code: str, **environ: str) -> None:
        self.raw = b""
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
            start_new_session=True,
        )
        os.close(inside)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Take the terminal away."""
        with suppress(OSError):
            os.close(self._fd)

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def until(self, word: str) -> None:
        """Read until the screen shows a word."""
        deadline = time.monotonic() + PATIENCE
        while word not in self.text():
            assert time.monotonic() < deadline, self.text()
            assert self._read(), self.text()

    def rest(self) -> int:
        """Read to the end; returns the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read():
            assert time.monotonic() < deadline, self.text()
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        """Take what has come, waiting for it; False at the end."""
        ready, _, _ = select.select([self._fd], [], [], PATIENCE)
        assert ready, self.text()
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # what Linux says when the other side is gone
            return False
        self.raw += data
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        return bool(data)

    def printed(self) -> str:
        """Everything that was sent, without the sequences the screen itself is made of."""
        return _SEQUENCE.sub("", self.raw.decode("utf-8"))


def test_nothing_of_a_hostile_stream_commands_the_terminal() -> None:
    with Terminal(SHOW.format(state="hostile", more="")) as terminal:
        terminal.until("Liveness")
        terminal.until("recovered in")
        for key in ("\x1b[H", "\x1b[B", "\x1b[B", "\x1b[B", "\x1b[B", "\x1b[B", "v", "v", "v", "?", "x"):
            terminal.press(key)
            time.sleep(0.12)  # a key at a time, as a person would
        terminal.press("q")
        assert terminal.rest() == 0
        assert not HARMFUL.findall(terminal.printed())
        for command in (b"\x1b]52", b"\x1b]0;", b"\x1b[2J", b"\x1b[31m", b"\x9b31m"):
            assert command not in terminal.raw


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("\x03", 130)])
def test_leaving_restores_the_terminal(key: str, status: int) -> None:
    with Terminal(SHOW.format(state="live", more="")) as terminal:
        terminal.until("LIVE")
        assert b"\x1b[?1049h" in terminal.raw
        terminal.press(key)
        assert terminal.rest() == status
        assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
        assert terminal.raw.rindex(b"\x1b[?25h") > terminal.raw.rindex(b"\x1b[?25l")


def test_a_terminal_that_is_closed_ends_it_though_no_signal_says_so() -> None:
    with Terminal(SHOW.format(state="live", more="")) as terminal:
        terminal.until("LIVE")
        terminal.close()
        assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP


def test_nothing_is_left_to_be_written_to_a_terminal_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = pty.openpty()
    with open(inside, "w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "__stderr__", file)
        with forgiving():
            file.write("the last frame")
            os.close(outside)
        file.flush()


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_crash_restores_the_terminal_and_is_one_line(debug: str, tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path), "SSE_INSPECT_DEBUG": debug}
    with Terminal(SHOW.format(state="live", more=", banner=lambda t: 1 / 0"), **environ) as terminal:
        assert terminal.rest() == 1
        after = terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :].decode()
        printed = [line for line in _SEQUENCE.sub("", after).replace("\r", "").split("\n") if line.strip("\x07 ")]
        line = "sse-inspect: the screen crashed: ZeroDivisionError: division by zero"
        if debug:
            assert printed[1] == "Traceback (most recent call last):"
            assert printed[-2:] == ["ZeroDivisionError: division by zero", line]
            assert list(tmp_path.iterdir()) == []
        else:
            (file,) = (tmp_path / "sse-inspect").iterdir()
            assert printed == [f"{line}; where: {file}"]
            assert "in <lambda>" in file.read_text(encoding="utf-8")


def test_no_colour_is_sent_where_none_is_wanted() -> None:
    with Terminal(SHOW.format(state="live", more=""), NO_COLOR="1") as terminal:
        terminal.until("LIVE")
        terminal.until("quit")
        terminal.press("q")
        assert terminal.rest() == 0
        colours = re.findall(rb"\x1b\[[0-9;]*?\b(?:[34]8;[25]|3[0-7]|4[0-7]|9[0-7]|10[0-7])\b[0-9;]*m", terminal.raw)
        assert colours == []


def test_stdout_stays_free() -> None:
    code = SHOW.format(state="live", more="").replace(
        "import sys", "import sys, os\nos.dup2(os.open('/dev/null', 1), 1)", 1
    )
    with Terminal(code) as terminal:
        terminal.until("LIVE")
        terminal.press("q")
        assert terminal.rest() == 0


@pytest.mark.parametrize(
    ("opens", "seen", "closes"),
    [("?", "any other key", "xx"), ("f", "on purpose", "dd"), ("o", "seconds", "\r\r"), ("f", "on purpose", "\r\r")],
)
def test_keys_that_come_at_once_close_a_dialog_once(opens: str, seen: str, closes: str) -> None:
    with Terminal(SHOW.format(state="live", more="")) as terminal:
        terminal.until("LIVE")
        terminal.press(opens)
        terminal.until(seen)
        terminal.press(closes)
        time.sleep(0.3)  # a dialog that is closing swallows keys
        terminal.press("q")
        assert terminal.rest() == 0
        assert b"crashed" not in terminal.raw


def test_what_is_typed_right_behind_the_slash_is_text() -> None:
    with Terminal(SHOW.format(state="live", more="")) as terminal:
        terminal.until("LIVE")
        terminal.press("/nowhereq")
        terminal.until("nowhereq")
        terminal.press("\x03")
        assert terminal.rest() == 130
