"""Runs scenarios against an endpoint, one connection at a time, and judges what they showed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sse_inspect.check.expectations import EXPECTATIONS, Seen
from sse_inspect.check.expectations.resuming import nothing_to_resume, resumption
from sse_inspect.check.limits import Limits
from sse_inspect.check.making import Making, asked_for, behaving
from sse_inspect.check.observation import Observation, Resumption
from sse_inspect.check.progress import Progress, Silent
from sse_inspect.check.result import Outcome, Report, Result, Run, Verdict, worst
from sse_inspect.check.scenario import Plan, Scenario, plans_of, runs_of, stretched
from sse_inspect.config import Keep, Policy, Target, shown_url
from sse_inspect.errors import UsageError


class Check:
    """A check of `target` by the `wanted` ones of `scenarios`; `run` makes it, once.

    `captures` is a folder in which each run is kept as a capture; raises UsageError where one would be overwritten.
    That one cannot be written is told to `on_not_recorded`, on any thread; the check goes on.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        scenarios: Sequence[Scenario],
        wanted: Sequence[Scenario],
        limits: Limits,
        *,
        version: str = "",
        captures: Path | None = None,
        keep_secrets: bool = False,
        on_not_recorded: Callable[[str], object] = lambda why: None,
    ) -> None:
        self._target = target
        self._policy = policy
        self._wanted = wanted
        self._limits = limits
        self._version = version
        self._captures = captures
        self._keep_secrets = keep_secrets
        self._progress: Progress = Silent()
        self._on_not_recorded = on_not_recorded
        plans = {name: stretched(plan, limits.patience) for name, plan in plans_of(scenarios).items()}
        self.plans = runs_of(wanted, plans)
        self._runs: dict[str, Run] = {}
        self._seen: dict[str, Observation] = {}
        self._skipped: dict[str, str] = {}
        self._outcomes: list[Outcome] = []
        self._making: Making | None = None
        self._interrupted = False
        self._connected = False
        self._began = 0.0
        self._not_before = 0.0
        self._prepare_captures()

    @property
    def longest(self) -> float:
        """Seconds that it takes at most."""
        return sum(plan.limit for plan in self.plans.values())

    def stop(self) -> None:
        """End it early: what was judged by now stands."""
        self._interrupted = True
        if self._making is not None:
            self._making.interrupt()

    async def run(self, progress: Progress | None = None) -> Report:
        """Make the runs and judge the scenarios, in order."""
        self._progress = progress or Silent()
        self._began = time.monotonic()
        began_unix_us = time.time_ns() // 1000
        for number, scenario in enumerate(self._wanted, 1):
            if self._interrupted:
                break
            self._progress.begins(scenario, number, len(self._wanted))
            if scenario.run:
                await self._ensure(scenario.run)
            outcome = self._judged(scenario)
            self._outcomes.append(outcome)
            self._progress.result(outcome)
        return Report(
            version=self._version,
            url=shown_url(self._target.url),
            began_unix_us=began_unix_us,
            duration=time.monotonic() - self._began,
            limits=self._limits.by_name(),
            runs=tuple(self._runs.values()),
            outcomes=tuple(self._outcomes),
            interrupted=self._interrupted,
            connected=self._connected,
            opened=any(seen.opened is not None for seen in self._seen.values()),
        )

    # Runs

    async def _ensure(self, name: str) -> None:
        """Make a run, and the one it continues, unless it was made, or there is a reason not to."""
        if name in self._seen or name in self._skipped:
            return
        plan = self.plans[name]
        asked: Resumption | None = None
        reason = self._reason_against(plan)
        if not reason and plan.resume:
            await self._ensure(plan.after)
            before = self._seen.get(plan.after)
            reason = self._skipped.get(plan.after, "") or self._reason_against(plan)
            if before is not None and not reason:
                asked = resumption(before, plan.resume)
                reason = "" if asked else nothing_to_resume(before)
        if reason:
            self._skipped[name] = reason
        elif not self._interrupted:
            await self._make(name, plan, asked)

    def _reason_against(self, plan: Plan) -> str:
        """Why a run is not to be made, in a sentence; empty where it may be."""
        if not (self._target.is_safe or self._policy.retry_unsafe) and (self._seen or plan.faults or plan.resume):
            return f"Not made: a {self._target.method} is not repeated without --retry-unsafe."
        first = next(iter(self._seen.values()), None)
        if first is not None and first.opened is None:
            return f"The endpoint did not open: {first.why_not}."
        wait = self._not_before - (time.monotonic() - self._began)
        return f"Not made: the endpoint asked to be left alone, for {wait:.0f} s more." if wait > 0 else ""

    async def _make(self, name: str, plan: Plan, asked: Resumption | None) -> None:
        self._progress.run(name, plan.limit)
        silence = max((each.silence for each in self._seen.values() if not each.faults), default=0.0)
        making = Making(
            name,
            plan,
            asked_for(plan, self._target, asked),
            behaving(plan, self._policy, silence),
            resumption=asked,
            version=self._version,
            keep=self._keep(name),
            step=lambda record: self._progress.step(name, record),
            on_not_recorded=self._on_not_recorded,
        )
        began = time.monotonic() - self._began
        self._making = making
        if self._interrupted:  # a signal may come between any two instructions
            making.interrupt()
        try:
            await making.run()
        finally:
            self._making = None
        seen = making.observation
        self._connected |= making.live.responded
        self._not_before = began + seen.left_alone_until if seen.left_alone_until else 0.0
        self._seen[name] = seen
        self._runs[name] = Run(
            name=name,
            began=began,
            duration=seen.ended.t if seen.ended is not None else 0.0,
            origin=making.origin,
            url=shown_url(self._target.url),
            faults=plan.faults,
            timeline=making.timeline,
            records=seen.records,
            events=seen.events,
            capture=str(self._path(name) or "") if not making.live.not_recorded else "",
        )

    # Captures

    def _path(self, name: str) -> Path | None:
        return None if self._captures is None else self._captures / f"{name}.sse"

    def _keep(self, name: str) -> Keep | None:
        path = self._path(name)
        return None if path is None else Keep(record=path, keep_secrets=self._keep_secrets)

    def _prepare_captures(self) -> None:
        folder = self._captures
        if folder is None:
            return
        for name in self.plans:
            path = folder / f"{name}.sse"
            if path.exists():
                raise UsageError("--capture", f"{path} exists; name another folder, or remove it.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError("--capture", f"{folder} cannot be made ({error.strerror}).") from None

    # Judging

    def _judged(self, scenario: Scenario) -> Outcome:
        results = tuple(self._results(scenario))
        verdict = worst([result.verdict for result in results])
        run = scenario.run if scenario.run in self._seen else ""
        return Outcome(scenario.name, scenario.title, scenario.does, run, verdict, results)

    def _results(self, scenario: Scenario) -> list[Result]:
        runs = tuple(self._seen.values())
        seen = self._seen.get(scenario.run) if scenario.run else (runs[0] if runs else Observation("none"))
        if seen is None:
            reason = self._skipped.get(scenario.run, "Interrupted before it was made.")
            return [Result(each.name, Verdict.UNKNOWN, reason) for each in scenario.expects]
        shown = Seen(seen, runs, self._limits)
        judges = [(EXPECTATIONS[each.name], each.parameters) for each in scenario.expects]
        if seen.opened is None and any(not each.opened for each, _ in judges):
            # That nothing opened is judged by those that need no response: the others would only say it again.
            judges = [(each, parameters) for each, parameters in judges if not each.opened]
        return [each.judge(shown, parameters) for each, parameters in judges]
