"""`sse-inspect alerts`: the alert rules for Prometheus, on standard output."""

from __future__ import annotations

import sys

from sse_inspect.cli import values
from sse_inspect.cli.options import OUTPUT, Command, Given, Option, understood


def _above_zero(given: str) -> float:
    value = values.seconds(given)
    if value < 0.001:
        raise ValueError(f"{values.shown(given)} is too short; expected a time above 0.")
    return value


def _not_below_zero(given: str) -> float:
    value = values.seconds(given)
    if value < 0:
        raise ValueError(f"{values.shown(given)} is negative; expected 0 or more.")
    return value


OPTIONS = (
    Option(
        "window",
        ("--window",),
        "SECONDS",
        "How far back an alert looks; what is older is over. At least four scrapes. [5m]",
        OUTPUT,
        _above_zero,
    ),
    Option(
        "pending",
        ("--pending",),
        "SECONDS",
        "How long events may be missing before it is an alert: they may come yet. [1m]",
        OUTPUT,
        _not_below_zero,
    ),
    Option(
        "runbook_url",
        ("--runbook-url",),
        "URL",
        "Where the pages of the alerts can be read: each rule links URL with its name put behind.",
        OUTPUT,
    ),
)


def run(given: Given) -> int:
    """Write the rules."""
    from sse_inspect.monitoring.rules import rules

    sys.stdout.write(rules(**understood(OPTIONS, given)))
    return 0


COMMAND = Command("alerts", "Write the alert rules for Prometheus to stdout.", OPTIONS, run)
