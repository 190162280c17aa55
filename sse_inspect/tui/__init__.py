"""The full-screen inspector.

Everything it knows comes from an `Inspected`: without this folder everything else goes on working.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_inspect.inspected import Inspected
    from sse_inspect.tui.screens.probes import Probes


def run(
    inspection: Inspected,
    *,
    banner: Callable[[float], str] | None = None,
    probes: Callable[[], Probes] | None = None,
) -> int:
    """Show the inspection until the user leaves; returns the exit status, 1 if the screen crashed (see `crash`).

    `banner` gives a line for times when there is nothing to be said, from the seconds since the session began;
    `probes` what makes probes of the same URL. The screen is drawn on stderr; stdout stays free.
    """
    from sse_inspect.present.safe import visible
    from sse_inspect.tui import pace, terminal  # before Textual, which reads the environment when imported
    from sse_inspect.tui.themes import is_colourless

    if is_colourless(os.environ):
        os.environ["NO_COLOR"] = "1"
    from sse_inspect.tui.app import InspectorApp

    with pace.hurried() as housekeeping, terminal.forgiving():
        app = InspectorApp(inspection, banner=banner, probes=probes, housekeeping=housekeeping)
        app.run()
    if app.parting:
        sys.stderr.write(f"sse-inspect: {visible(app.parting)}\n")
    if app.crash is not None:
        from sse_inspect.tui.crash import report

        sys.stderr.write(report(app.crash, inspection, os.environ))
    return app.return_code or 0
