"""What a terminal gets while a check runs: a line that is repainted, one for each verdict, and the cursor back."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pyte
import pytest

SCRIPT = """
from sse_inspect.check.scenario import load
from sse_inspect.cli import check_display
from sse_inspect.records import Disconnect
from tests.check.report.reports import HOSTILE, report
if not check_display.is_wanted():
    raise SystemExit("plain")
one, two = load()[:2]
try:
    with check_display.display() as shown:
        shown.begins(one, 1, 2)
        shown.run("observe", 20.0)
        shown.step("observe", Disconnect(3.0, 1, "reset", HOSTILE, 2.9, 8, 80, 0))
        shown.result(report(HOSTILE).outcomes[1])
        shown.begins(two, 2, 2)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print("interrupted")
"""


def on_a_terminal(**environment: str) -> bytes:
    """What the script writes to a terminal of 100 columns."""
    there, mine = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=mine,
        stdout=mine,
        stderr=mine,
        env={**clean, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "24", **environment},
    )
    os.close(mine)
    written = b""
    try:
        while part := os.read(there, 65536):
            written += part
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    finally:
        os.close(there)
        process.wait()
    return written


def test_verdicts_stay_and_the_line_that_runs_is_gone_at_the_end() -> None:
    written = on_a_terminal()
    screen = pyte.Screen(100, 24)
    pyte.ByteStream(screen).feed(written)
    first, second, *rest = (row.rstrip() for row in screen.display)
    assert first.startswith("    1/2  ✖ FAIL     Outage <script>alert(1)")
    assert second == "interrupted"
    assert not any(rest)
    assert "… running".encode() in written
    assert written.rindex(b"\x1b[?25h") > written.rindex(b"\x1b[?25l")
    assert "\u202e".encode() not in written
    assert b"\x07" not in written
    assert "\x85".encode() not in written


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_plain_text_is_respected(environment: dict[str, str]) -> None:
    assert on_a_terminal(**environment) == b"plain\r\n"
