"""What a check found, as data: runs that were made, scenarios that rest on them, results with their evidence.

`runner` fills it, `report` writes it; neither knows the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sse_inspect.analysis.snapshot import Timeline
from sse_inspect.records import Origin, Record

Measure = float | int | str | None
"""A figure; its unit is the end of its name (`_seconds`, `_bytes`, `_rate`, else a count). None: not known."""


class Verdict(StrEnum):
    """How an expectation came out; of several the worst counts, in the order FAIL, UNKNOWN, WARNING, PASS."""

    PASS = "pass"  # noqa: S105 a verdict, no password
    WARNING = "warning"
    UNKNOWN = "unknown"
    """It cannot be known here: an endpoint without IDs cannot be certified for loss."""
    FAIL = "fail"


ORDER = (Verdict.PASS, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAIL)
"""From best to worst."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of them; PASS of none."""
    return max(verdicts, key=ORDER.index, default=Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Result:
    """One expectation, judged.

    `expectation` is its name in the scenario file; `sentence` says what was seen, with the figures; `evidence` are
    further sentences; `records` the few it rests on; `advice` what to do about it, empty where there is nothing.
    """

    expectation: str
    verdict: Verdict
    sentence: str
    evidence: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    advice: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One session that was made: times in seconds, `began` since the check began; `capture` is where it is kept."""

    name: str
    began: float
    duration: float
    origin: Origin
    url: str
    faults: tuple[str, ...]
    timeline: Timeline
    records: int
    events: int
    capture: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario: `did` says what was done, `run` names the run it rests on."""

    scenario: str
    title: str
    did: str
    run: str
    verdict: Verdict
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A check that is over. `outcomes` stand in the order in which they were made.

    `connected`: some request got a byte of a response; `opened`: one got an event stream. `interrupted`: somebody ended
    the check before it was done, and the scenarios that are missing were not made.
    """

    version: str
    url: str
    began_unix_us: int
    duration: float
    limits: Mapping[str, float]
    runs: tuple[Run, ...]
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    connected: bool = True
    opened: bool = True

    @property
    def verdict(self) -> Verdict:
        """FAIL if a scenario failed, or nothing ever opened that could be judged; else the worst of them."""
        if not (self.opened or self.interrupted):
            return Verdict.FAIL
        return worst([outcome.verdict for outcome in self.outcomes])

    def count(self, verdict: Verdict) -> int:
        """How many scenarios came out so."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)
