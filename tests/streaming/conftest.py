"""`--results FILE`: a summary of the suite as JSON. The category of a test is the name of its class.

The option is there where pytest is given this folder or a file in it; elsewhere the suite runs without it.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.streaming.ranks import nearest_rank

WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])")
SUITE = re.compile(r"tests/streaming/\w+\.py::Test(\w+)::")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", metavar="FILE", help="write a JSON summary of the streaming suite")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("--results", default=None)
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(Path(file)), "streaming-results")


class Results:
    """Counts what the tests report, on whichever worker they ran; figures are their properties named `figures`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._tests: dict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0})
        self._figures: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        suite = SUITE.search(report.nodeid)
        if suite is None or (report.when != "call" and not report.failed):
            return
        category = WORD_BEGINS.sub(" ", suite[1]).lower()
        self._tests[category]["failed" if report.failed else "passed"] += 1
        self._figures += [value for name, value in report.user_properties if name == "figures"]  # type: ignore[misc]

    def pytest_sessionfinish(self) -> None:
        self._file.write_text(json.dumps(self._summary(), indent=2) + "\n")

    def _summary(self) -> dict[str, Any]:
        counts = self._tests.values()
        return {
            "tests": {
                "passed": sum(count["passed"] for count in counts),
                "failed": sum(count["failed"] for count in counts),
                "by_category": dict(sorted(self._tests.items())),
            },
            "simulated": _pooled(self._figures)
            | {"by_spread": {one["spread"]: _pooled([one]) for one in self._figures}},
        }


def _pooled(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of all simulations together; null where nothing was simulated, or something never came back."""

    def total(name: str) -> int:
        return sum(one[name] for one in figures)

    seconds = sorted(value for one in figures for value in one["seconds"])
    recovery = {
        "count": len(seconds),
        "mean": fmean(seconds) if seconds else None,
        "p95": nearest_rank(seconds, 0.95) if seconds else None,
        "p99": nearest_rank(seconds, 0.99) if seconds else None,
        "max": seconds[-1] if seconds else None,
    }
    return {
        "outages": total("outages"),
        "survived_without_reconnect": total("survived"),
        "events": total("expected"),
        "completion_rate": 1 - total("lost") / total("expected") if figures else None,
        "reconnection_seconds": {
            name: None if value is None or math.isinf(value) else round(value, 3) for name, value in recovery.items()
        },
        "messages_lost": total("lost"),
        "duplicates_delivered": total("duplicates"),
        "silent_failures": total("silent"),
    }
