"""Makes the probes: one connection at a time, and in the end two side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from sse_inspect.config import Policy, Target
from sse_inspect.live import Live
from sse_inspect.probing.plan import IDENTITY, RESUME, Probe, Wishes, beside, bounded, planned, wants_sides
from sse_inspect.probing.report import Report
from sse_inspect.probing.resuming import id_to_send
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.sides import A, B, sides

Progress = Callable[[str], object]
"""Told in a line what is being done."""


class Probing:
    """Probes of `target`; `run` makes them, once. Raises UsageError for what the network layer cannot use."""

    def __init__(
        self,
        target: Target,
        policy: Policy,
        wishes: Wishes,
        *,
        version: str = "",
        progress: Progress = lambda line: None,
    ) -> None:
        self._target = target
        self._policy = bounded(policy, wishes.seconds)
        self._wishes = wishes
        self._version = version
        self._progress = progress
        self._live: list[Live] = []
        self._interrupted = False
        self.probes = tuple(planned(target, wishes))
        for url in filter(None, (target.url, wishes.direct)):
            Live(replace(target, url=url), self._policy, look_back=False).close()  # what cannot be used is told now

    @property
    def longest(self) -> float:
        """Seconds that it takes at most."""
        steps = sum(not probe.why_not for probe in self.probes) + wants_sides(self._wishes)
        return steps * self._wishes.seconds

    def stop(self) -> None:
        """End early, from any thread: what was seen by now stands."""
        self._interrupted = True
        for live in list(self._live):
            live.stop()

    async def run(self) -> Report:
        """Make the probes in order."""
        report = Report(self._target, self._wishes, self._version, time.time_ns() // 1000, self.probes)
        total, number = sum(not probe.why_not for probe in self.probes), 0
        for probe in self.probes:
            why_not = probe.why_not or self._reason_against(report)
            if probe.name == RESUME and not why_not:
                probe, why_not = self._resuming(probe, report)
            if why_not:
                report.why_not[probe.name] = why_not
                continue
            number += 1
            self._progress(f"{number} of {total}: {probe.name}, {probe.asks}")
            report.seen[probe.name] = await self._see(probe.name, probe.target)
        if wants_sides(self._wishes) and not self._interrupted:
            self._progress("A and B side by side")
            a, b = beside(self._target, self._wishes)
            report.sides = sides(*await asyncio.gather(self._see(A, a), self._see(B, b)))
        report.interrupted = self._interrupted
        return report

    def _reason_against(self, report: Report) -> str:
        """Why no further probe is made, or ""."""
        if self._interrupted:
            return "interrupted"
        first = next(iter(report.seen.values()), None)
        return f"nothing answers ({first.end})" if first is not None and not first.responded else ""

    def _resuming(self, probe: Probe, report: Report) -> tuple[Probe, str]:
        """The probe with the ID it sends, or why it cannot be made."""
        base = report.seen.get(IDENTITY)
        report.sent_id = probe.target.last_event_id or (id_to_send(base) if base is not None else "")
        if report.sent_id:
            return replace(probe, target=replace(probe.target, last_event_id=report.sent_id)), ""
        return probe, "no two events with an ID were seen" if base is not None else f"it needs {IDENTITY}, or an ID"

    async def _see(self, name: str, target: Target) -> Seen:
        """One session, to its end."""
        seen = Seen(name)
        live = Live(target, self._policy, version=self._version, look_back=False)
        live.inspection.tap_inputs(seen.take)
        self._live.append(live)
        if self._interrupted:  # before there was this session to hear of it
            live.stop()
        session = asyncio.create_task(live.run())
        try:
            await asyncio.sleep(0)  # now it has begun
            seen.began = time.monotonic() - live.inspection.now()
            await asyncio.wait([session])
            session.result()
        finally:
            session.cancel()
            await asyncio.wait([session])
            self._live.remove(live)
            live.close()
        seen.responded = live.responded
        return seen
