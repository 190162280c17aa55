"""`sse-inspect codes`: the diagnosis codes, one line each."""

from __future__ import annotations

import sys

from sse_inspect.cli.options import Command, Given


def run(_given: Given) -> int:
    """Write the catalogue."""
    from sse_inspect.findings import CODES

    width = max(map(len, CODES))
    for finding in CODES.values():
        sys.stdout.write(f"{finding.code:<{width}}  {finding.severity:<7}  {finding.title}. {finding.fix}\n")
    return 0


COMMAND = Command((), run)
