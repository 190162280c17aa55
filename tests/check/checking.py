"""Makes a check with runs of a fraction of a second, against any endpoint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sse_inspect.check.limits import Limits
from sse_inspect.check.result import Outcome, Report, Verdict
from sse_inspect.check.runner import Check
from sse_inspect.check.scenario import Plan, Scenario, chosen, load
from sse_inspect.config import Policy, Target

QUICK: dict[str, Any] = {"backoff_initial": 0.02, "backoff_max": 0.05, "jitter": 0.0, "connect_timeout": 2.0}
_WHEN = re.compile(r"@.*")
_TIMED = re.compile(r"/\d+")


def hurried(plan: Plan) -> Plan:
    """The same plan in a fraction of its time."""
    faults = tuple(
        _WHEN.sub("@0.15s", _TIMED.sub("/0.2", each)).replace("off-on:3", "off-on:1") for each in plan.faults
    )
    faults = tuple(re.sub("offline:[0-9.]+", "offline:0.2", each) for each in faults)
    return replace(
        plan,
        faults=faults,
        seconds=None if plan.seconds is None else 0.3,
        settle=0.15,
        limit=2.0,
        stall_after=None if plan.stall_after is None else 0.25,
    )


def scenarios() -> list[Scenario]:
    """The built-in ones, hurried."""
    return [each if each.plan is None else replace(each, plan=hurried(each.plan)) for each in load()]


def checking(
    url: str,
    *only: str,
    target: dict[str, Any] | None = None,
    limits: Limits | None = None,
    every: Sequence[Scenario] | None = None,
    captures: Path | None = None,
    **changes: Any,
) -> Check:
    """A check of some scenarios."""
    known = list(every or scenarios())
    return Check(
        Target(url, **{"proxy": "", **(target or {})}),
        Policy(**{**QUICK, **changes}),
        known,
        chosen(known, only, ()),
        limits or Limits(),
        captures=captures,
    )


async def checked(url: str, *only: str, **settings: Any) -> Report:
    """The report of a check of some scenarios."""
    return await checking(url, *only, **settings).run()


def outcome(report: Report, name: str) -> Outcome:
    """What a scenario showed."""
    return next(each for each in report.outcomes if each.scenario == name)


def verdicts(report: Report, name: str) -> dict[str, Verdict]:
    """The verdicts of a scenario, by expectation."""
    return {result.expectation: result.verdict for result in outcome(report, name).results}


def sentence(report: Report, expectation: str) -> str:
    """What an expectation says, and its evidence."""
    found = next(r for each in report.outcomes for r in each.results if r.expectation == expectation)
    return " ".join((found.sentence, *found.evidence))
