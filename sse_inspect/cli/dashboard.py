"""`sse-inspect dashboard`: a dashboard for Grafana, on standard output."""

from __future__ import annotations

import sys

from sse_inspect.cli.options import Command, Given


def run(_given: Given) -> int:
    """Write the dashboard."""
    from sse_inspect.monitoring.panels import dashboard

    sys.stdout.write(dashboard())
    return 0


COMMAND = Command((), run)
