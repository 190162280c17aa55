"""The command line: one file per command, each parses, assembles, runs and gives an exit status."""

from __future__ import annotations

from collections.abc import Sequence

INTERRUPTED = 130
"""128 + SIGINT, written out: whatever is imported up here is imported where nothing takes Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `sse-inspect` with these arguments (default: those of the process); returns the exit status."""
    try:
        from sse_inspect.cli.program import run  # takes a while, in which Ctrl-C may come already

        return run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
