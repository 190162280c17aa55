"""How a load goes: a table on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sse_inspect.cli.check_display import is_wanted
from sse_inspect.present.units import UNKNOWN, count, seconds

if TYPE_CHECKING:
    from rich.table import Table

    from sse_inspect.load.plan import Plan
    from sse_inspect.load.result import Now

__all__ = ["Board", "Lines", "display", "is_wanted"]

EVERY = 5.0
"""Seconds between two lines."""
LEAST = 1.0
"""Seconds over which a rate is taken: in less of them some workers have told what is new, and others have not."""


class Rate:
    """Events a second, from one word on how it goes to another."""

    def __init__(self) -> None:
        self._t = 0.0
        self._events = 0
        self.now = 0.0

    def take(self, now: Now) -> float:
        """The rate since the last one."""
        if now.t >= self._t + LEAST:
            self.now = (now.events - self._events) / (now.t - self._t)
            self._t, self._events = now.t, now.events
        return self.now


class Lines:
    """Says a line at most every `EVERY` seconds."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._rate = Rate()
        self._due = EVERY

    def __call__(self, now: Now) -> None:
        """How it stands."""
        if now.t < self._due:
            return
        self._due = now.t + EVERY
        self._say(
            f"{now.t:.0f} s: {count(now.open)} open, {count(now.connecting)} connecting, {count(now.waiting)} waiting, "
            f"{count(now.over)} over; {count(round(self._rate.take(now)))} events/s, {count(now.lost)} missing, "
            f"{count(now.disconnects)} disconnects; behind the first client {seconds(now.behind_p99)}, "
            f"own lateness {seconds(now.late_p99)} (p99)"
        )


class Board:
    """The table that lives while the load does."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rate = Rate()
        self._now: Now | None = None

    def __call__(self, now: Now) -> None:
        """How it stands."""
        self._now = now
        self._rate.take(now)

    def table(self) -> Table:
        """As it stands now."""
        from rich.table import Table

        table = Table(box=None, show_header=False, pad_edge=False)
        for name, value in self.rows():
            table.add_row(name, value)
        return table

    def rows(self) -> Iterator[tuple[str, str]]:
        """Names and values."""
        now, plan = self._now, self._plan
        if now is None:
            yield "load", "begins"
            return
        yield "time", f"{now.t:.0f} of {plan.seconds:g} s"
        yield (
            "clients",
            (
                f"{count(now.begun)} of {count(plan.clients)} begun: {count(now.open)} open, {count(now.connecting)} "
                f"connecting, {count(now.waiting)} waiting, {count(now.over)} over"
            ),
        )
        yield "events", f"{count(now.events)}, {count(round(self._rate.now))} a second"
        yield (
            "integrity",
            (f"{count(now.lost)} missing, {count(now.duplicates)} duplicates, {count(now.disconnects)} disconnects"),
        )
        yield "behind the first", f"{seconds(now.behind_p50)} (p50), {seconds(now.behind_p99)} (p99)"
        if plan.timestamp is not None:
            yield "since timestamp", f"{seconds(now.age_p99) if now.age_p99 is not None else UNKNOWN} (p99)"
        yield "own lateness", f"{seconds(now.late_p99)} (p99)"


@contextmanager
def display(plan: Plan) -> Iterator[Board]:
    """A board that is shown on stderr as long as the context lasts."""
    from rich.console import Console
    from rich.live import Live

    board = Board(plan)
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with Live(get_renderable=board.table, console=console, refresh_per_second=2, transient=True):
        yield board
