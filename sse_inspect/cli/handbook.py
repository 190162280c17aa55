"""`sse-inspect handbook PAGE`: the program, servers and clients in short, and what to do about what goes wrong."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from sse_inspect.cli import values
from sse_inspect.cli.options import Command, Given
from sse_inspect.cli.pages import write
from sse_inspect.errors import UsageError

NAMES = ("quick", "server", "client", "troubleshooting")


def run(given: Given) -> int:
    """Write the page that is named, or what pages there are: rendered on a terminal, else as Markdown."""
    from sse_inspect.handbook import page, title

    written = given["name"] or []
    if len(written) > 1:
        raise UsageError("NAME", f"only one is taken, and {values.shown(written[1])} is left over.")
    if not written:
        width = max(map(len, NAMES))
        told = (title(name).partition(": ") for name in NAMES)
        sys.stdout.write("".join(f"{name:<{width}}  {what}\n" for name, _, what in told))
        return 0
    asked = written[0].lower()
    if asked not in NAMES:
        close = get_close_matches(asked, NAMES, 1)
        guess = f"did you mean {close[0]}? " if close else ""
        raise UsageError("NAME", f"{values.shown(written[0])} is no page; {guess}pages are {', '.join(NAMES)}.")
    from sse_inspect.cli.handbook_facts import FACTS

    write(page(asked, FACTS))
    return 0


COMMAND = Command((), run, takes_name=True, names=NAMES)
