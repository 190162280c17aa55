"""A check in plain lines: what will be done, and how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sse_inspect.check.result import Outcome
from sse_inspect.check.scenario import Scenario
from sse_inspect.config import Target, shown_url
from sse_inspect.present import words
from sse_inspect.present.safe import clip, visible
from sse_inspect.present.units import counted, duration
from sse_inspect.records import Record

WIDTH = 120
"""Cells of a line that says how a run goes."""


def announcement(target: Target, wanted: Iterable[Scenario], runs: int, longest: float) -> Iterator[str]:
    """What will be done to the endpoint, line by line; `longest` is the time it takes at most, in seconds."""
    wanted = list(wanted)
    yield f"sse-inspect check: {visible(shown_url(target.url))}"
    scenarios, sessions = counted(len(wanted), "scenario"), counted(runs, "session")
    yield f"{scenarios} in {sessions}, one connection at a time, {duration(longest)} at most:"
    for each in wanted:
        if each.plan is not None:
            yield f"  {visible(each.title)}: {visible(each.does)}"


class Lines:
    """Tells the progress of a check line by line; see `Progress`."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say

    def begins(self, scenario: Scenario, number: int, total: int) -> None:
        """A scenario begins."""
        self._say(f"[{number}/{total}] {visible(scenario.title)}")

    def run(self, name: str, limit: float) -> None:
        """A run begins: what it leads to is told."""

    def step(self, name: str, record: Record) -> None:
        """A run goes on."""
        self._say(clip(f"        {record.t:5.1f} s  {' · '.join(words.parts(record))}", WIDTH))

    def result(self, outcome: Outcome) -> None:
        """A scenario is judged."""
        said = (f"        {result.verdict.value}: {visible(result.sentence)}" for result in outcome.results)
        for text in dict.fromkeys(said):
            self._say(text)
