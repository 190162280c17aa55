"""Pages on a terminal: rendered, and in a pager where they are long."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sse_inspect.monitoring.runbook import page
from tests.handbook.test_pages import read


def on_a_terminal(*arguments: str, lines: int, **environment: str) -> str:
    """What it shows on one of 80 columns."""
    reader, writer = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": str(lines), **environment}
    argv = [sys.executable, "-m", "sse_inspect", *arguments]
    with subprocess.Popen(argv, stdin=writer, stdout=writer, env=env) as process:
        os.close(writer)
        shown = b"".join(iter(lambda: read(reader), b"")).decode()
    os.close(reader)
    assert process.returncode == 0
    return shown


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """One that says that it was there, with options of its own."""
    path = tmp_path / "a pager"
    path.write_text('#!/bin/sh\necho "paged $1 $LESS"\ncat\n')
    path.chmod(0o755)
    return f"'{path}' -x"


@pytest.mark.parametrize("arguments", [("runbook", "SlowReconnect"), ("handbook", "quick")])
def test_a_page_is_rendered_and_paged_where_it_is_longer_than_the_terminal(
    arguments: tuple[str, str], pager: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESS", raising=False)
    long = on_a_terminal(*arguments, lines=30, PAGER=pager)
    assert long.startswith("paged -x FRX\r\n")
    assert "\x1b[" in long
    assert "\n## " not in long
    assert on_a_terminal(*arguments, lines=200, PAGER=pager) == long.partition("\n")[2]
    assert on_a_terminal(*arguments, lines=30, PAGER=pager, LESS="S").startswith("paged -x S\r\n")


@pytest.mark.parametrize("pager", ["", "'", "/nowhere/pager", "/"])
def test_without_a_pager_it_is_all_shown_at_once(pager: str) -> None:
    assert on_a_terminal("runbook", "MessageLoss", lines=10, PAGER=pager).count("\n") > 40


def test_a_terminal_that_can_do_nothing_gets_markdown() -> None:
    shown = on_a_terminal("runbook", "MessageLoss", lines=10, TERM="dumb")
    assert shown.replace("\r\n", "\n") == page("MessageLoss")
