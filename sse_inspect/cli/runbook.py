"""`sse-inspect runbook NAME`: what to do about an alert."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from sse_inspect.cli import values
from sse_inspect.cli.options import Command, Given
from sse_inspect.cli.pages import write
from sse_inspect.errors import UsageError


def run(given: Given) -> int:
    """Write the page of the alert that is named, or what pages there are."""
    from sse_inspect.monitoring.runbook import NAMES, page, title

    written = given["name"] or []
    if len(written) > 1:
        raise UsageError("NAME", f"only one is taken, and {values.shown(written[1])} is left over.")
    if not written:
        sys.stdout.write("".join(f"{title(name)}\n" for name in NAMES))
        return 0
    found = {name.lower(): name for name in NAMES}
    asked = written[0].lower()
    if asked not in found:
        close = get_close_matches(asked, found, 1)
        guess = f"did you mean {found[close[0]]}? " if close else ""
        raise UsageError("NAME", f"{values.shown(written[0])} is no alert; {guess}alerts are {', '.join(NAMES)}.")
    write(page(found[asked]))
    return 0


COMMAND = Command((), run, takes_name=True)
