"""Pages of Markdown for people: rendered and paged on a terminal, as they are through a pipe."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress


def write(text: str) -> None:
    """Write the page: rendered where standard output is a terminal, in a pager where it is longer than that."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        sys.stdout.write(text)
        return
    from sse_inspect.cli.markdown import rendered

    shown = rendered(text)
    pager = _pager()
    is_long = shown.count("\n") >= shutil.get_terminal_size().lines
    if not (pager and is_long and sys.stdin.isatty() and _paged(pager, shown)):
        sys.stdout.write(shown)


def _pager() -> list[str]:
    """The command that pages: that of $PAGER, else `less`; empty where $PAGER is, or where there is none."""
    asked = os.environ.get("PAGER", "less")
    with suppress(ValueError):  # an open quote
        words = shlex.split(asked)
        if words and shutil.which(words[0]):
            return words
    return []


def _paged(pager: list[str], text: str) -> bool:
    """Show the text in the pager; whether that could be started."""
    options = {"LESS": "FRX"}
    try:
        process = subprocess.Popen(pager, stdin=subprocess.PIPE, env={**options, **os.environ})  # noqa: S603 - the user's own choice
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager, which stays
    try:
        with process:
            process.communicate(text.encode())
    finally:
        signal.signal(signal.SIGINT, before)
    return True
