"""Who is told how a check goes."""

from __future__ import annotations

from typing import Protocol

from sse_inspect.check.result import Outcome
from sse_inspect.check.scenario import Scenario
from sse_inspect.records import Record


class Progress(Protocol):
    """Told in order, on the thread that makes the check: a scenario begins, its run goes on, it is judged."""

    def begins(self, scenario: Scenario, number: int, total: int) -> None:
        """The `number`-th of `total` scenarios, counted from 1, begins."""

    def run(self, name: str, limit: float) -> None:
        """A run begins, which takes `limit` seconds at most; a scenario may need none, or two."""

    def step(self, name: str, record: Record) -> None:
        """The run goes on: it opened, a fault began, it was disconnected, it recovered."""

    def result(self, outcome: Outcome) -> None:
        """A scenario is judged."""


class Silent:
    """Tells nobody."""

    def begins(self, scenario: Scenario, number: int, total: int) -> None:
        """See `Progress`."""

    def run(self, name: str, limit: float) -> None:
        """See `Progress`."""

    def step(self, name: str, record: Record) -> None:
        """See `Progress`."""

    def result(self, outcome: Outcome) -> None:
        """See `Progress`."""
