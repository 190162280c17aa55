"""`sse-inspect alerts`: the alert rules for Prometheus, on standard output."""

from __future__ import annotations

import sys

from sse_inspect.cli import values
from sse_inspect.cli.options import OUTPUT, Command, Given, Option, understood

HOURS = 365 * 24


def _time(least: float) -> values.Reader:
    """A reader of times from so many seconds to a year: Prometheus cannot count much longer ones."""

    def read(given: str) -> float:
        value = values.seconds(given)
        if not least <= value <= HOURS * 3600:
            raise ValueError(f"{values.shown(given)} is out of range; expected {least:g}s to {HOURS}h.")
        return value

    return read


OPTIONS = (
    Option(
        "window",
        ("--window",),
        "SECONDS",
        "How far back an alert looks; what is older is over. At least four scrapes. [5m]",
        OUTPUT,
        _time(1),
    ),
    Option(
        "pending",
        ("--pending",),
        "SECONDS",
        "How long events may be missing before it is an alert: they may come yet. [1m]",
        OUTPUT,
        _time(0),
    ),
    Option(
        "runbook_url",
        ("--runbook-url",),
        "URL",
        "Where the pages of the alerts can be read: each rule links URL/NAME.",
        OUTPUT,
    ),
)


def run(given: Given) -> int:
    """Write the rules."""
    from sse_inspect.monitoring.rules import rules

    sys.stdout.write(rules(**understood(OPTIONS, given)))
    return 0


COMMAND = Command(OPTIONS, run)
