"""The command line: one file per command, each parses, assembles, runs and gives an exit status."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `sse-inspect` with these arguments (default: those of the process); returns the exit status."""
    from sse_inspect.cli.program import run

    return run(arguments)
