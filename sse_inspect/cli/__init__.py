"""The command line: one file per command, each parses, assembles, runs and gives an exit status."""

from __future__ import annotations

import signal
from collections.abc import Sequence

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `sse-inspect` with these arguments (default: those of the process); returns the exit status.

    A signal that comes while the program is still being loaded waits until somebody can take it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        try:
            from sse_inspect.cli.process import run

            return run(arguments)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
