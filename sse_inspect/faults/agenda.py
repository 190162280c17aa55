"""Which faults are planned, and which of them are due: no clock, time and events are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sse_inspect.faults.vocabulary import Fault


@dataclass(frozen=True, slots=True)
class When:
    """So many `seconds` after the stream was open first, or after so many `events`; `every`: again and again."""

    seconds: float = 0.0
    events: int = 0
    every: bool = False

    def __str__(self) -> str:
        return f"{'every' if self.every else ''}{f'{self.events}ev' if self.events else f'{self.seconds:.12g}s'}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A fault and when it begins."""

    fault: Fault
    when: When = When()

    def __str__(self) -> str:
        return str(self.fault) if self.when == When() else f"{self.fault}@{self.when}"


class Agenda:
    """Tells what is due; times are seconds after the stream was open first, events all that came."""

    def __init__(self, plans: Iterable[Plan]) -> None:
        self._timed: list[tuple[float, Plan]] = []
        self._counted: list[tuple[int, Plan]] = []
        for plan in plans:
            if plan.when.events:
                self._counted.append((plan.when.events, plan))
            else:
                self._timed.append((plan.when.seconds, plan))

    @property
    def next_at(self) -> float | None:
        """When time alone makes something due next, or None."""
        return min((at for at, _ in self._timed), default=None)

    @property
    def next_events(self) -> int | None:
        """After how many events something is due next, or None."""
        return min((count for count, _ in self._counted), default=None)

    def due(self, t: float, events: int) -> list[Fault]:
        """What is due and was not told yet, in the order it was planned for; a repetition missed is not made up for."""
        timed = sorted((item for item in self._timed if item[0] <= t), key=lambda item: item[0])
        counted = sorted((item for item in self._counted if item[0] <= events), key=lambda item: item[0])
        self._timed = [item for item in self._timed if item[0] > t]
        self._counted = [item for item in self._counted if item[0] > events]
        for at, plan in timed:
            if plan.when.every:
                period = plan.when.seconds
                self._timed.append((at + period * ((t - at) // period + 1), plan))
        for _, plan in counted:
            if plan.when.every:
                self._counted.append(((events // plan.when.events + 1) * plan.when.events, plan))
        return [plan.fault for _, plan in (*timed, *counted)]
