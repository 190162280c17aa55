"""What really reaches a terminal, byte for byte, when the stream is hostile."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

FORBIDDEN = {*range(0x80, 0xA0), 0x202E, 0x2066, 0x200B, 0x200D, 0xFEFF, 0xE0041, 0x2028, 0x7F}


def output_of(module: str) -> str:
    """All that a module writes to a terminal of 100 × 40."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environ = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONWARNINGS": "default"}
    process = subprocess.Popen([sys.executable, "-m", module], stdin=slave, stdout=slave, stderr=slave, env=environ)
    os.close(slave)
    raw = bytearray()
    try:
        while data := os.read(master, 1 << 16):
            raw += data
    except OSError:
        pass  # Linux says so when the last writer is gone
    finally:
        os.close(master)
    assert process.wait(20) == 0, raw.decode("utf-8", "replace")
    return raw.decode("utf-8")


def test_no_raw_character_of_the_stream_reaches_the_terminal() -> None:
    said = output_of("tests.tui.hostile_screen")
    assert "␛[31m" in said
    assert "⟨202E⟩" in said
    assert "[bold]x[/nope]" in said
    assert not FORBIDDEN.intersection(map(ord, said))
    # What the payload asks of the terminal, and Textual never does in these words.
    assert "\x1b[31m " not in said
    assert "\x1b]0;x" not in said
    assert said.count("\x07") == said.count("\x1b]22;"), "the shape of the pointer is Textual's only bell"
