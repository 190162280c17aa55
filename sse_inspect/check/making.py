"""Makes one run: a live session with planned faults, watched until its plan is fulfilled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from sse_inspect.analysis.snapshot import Timeline
from sse_inspect.check.ending import Ending
from sse_inspect.check.observation import Observation, Resumption
from sse_inspect.check.scenario import Plan
from sse_inspect.config import Keep, Policy, Target
from sse_inspect.faults import parse_plan
from sse_inspect.inputs import Input
from sse_inspect.live import Live
from sse_inspect.records import Disconnect, Fault, Open, Origin, Record, Recovered, Stall, Summary

LOOK = 0.05
"""Seconds between two looks whether a run is over."""
PARAMETER = "last_event_id"
"""The query parameter that is tried where none is named."""
TOLD = Open | Disconnect | Fault | Recovered | Stall
"""What is told of a run while it is made."""


class Making:
    """A run under way; `step` is told the records that say how it goes."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        target: Target,
        policy: Policy,
        *,
        resumption: Resumption | None,
        version: str,
        keep: Keep | None,
        step: Callable[[Record], None],
        on_not_recorded: Callable[[str], object],
    ) -> None:
        expected = len(resumption.expected) if resumption else 0
        self.observation = Observation(
            name, plan.faults, resumption, stall_after=policy.stall_after, one_connection=plan.one_connection
        )
        self._ending = Ending(plan, expected=expected)
        self._step = step
        self._plan = plan
        plans = tuple(parse_plan(spelled) for spelled in plan.faults)
        self.live = Live(
            target,
            policy,
            version=version,
            look_back=False,
            keep=keep,
            plans=plans,
            on_not_recorded=on_not_recorded,
        )
        self.live.inspection.tap_inputs(self._take)

    @property
    def origin(self) -> Origin:
        """The wall clock at its begin."""
        return self.live.inspection.origin

    @property
    def timeline(self) -> Timeline:
        """The whole of it at a glance."""
        return self.live.inspection.snapshot().timeline

    @property
    def is_over(self) -> bool:
        """Whether its plan is fulfilled by now."""
        return self._ending.is_over(self.live.inspection.now())

    async def run(self) -> None:
        """Run it to its end."""
        session = asyncio.create_task(self.live.run())
        try:
            while not session.done():
                await asyncio.wait([session], timeout=LOOK)
                if self.is_over:
                    self.live.stop()
            session.result()
        finally:
            session.cancel()
            await asyncio.wait([session])
            self.live.close()

    def interrupt(self) -> None:
        """End it early: what it showed is not judged."""
        self.observation.interrupted = True
        self.live.stop()

    def _take(self, happened: Input, connection: int, records: Sequence[Record]) -> None:
        self.observation.take(happened, connection, records)
        self._ending.fold(records)
        is_end = bool(records) and isinstance(records[-1], Summary)
        for record in records:
            if isinstance(record, TOLD) and not (
                is_end and isinstance(record, Disconnect) and record.reason == "forced"
            ):
                self._step(record)


def asked_for(plan: Plan, target: Target, resumption: Resumption | None) -> Target:
    """The target of a run; one that resumes names the event in the header, or in the URL."""
    if resumption is None:
        return target
    if resumption.how == "header":
        return replace(target, last_event_id=resumption.last_event_id, last_event_id_param=None)
    named = replace(target, last_event_id_param=target.last_event_id_param or PARAMETER)
    return replace(target, url=named.request_url(resumption.last_event_id), last_event_id="", last_event_id_param=None)


def behaving(plan: Plan, policy: Policy, longest_silence: float) -> Policy:
    """The policy of a run; an endpoint that is silent for that long by itself is not taken for one that stalls."""
    stall_after = policy.stall_after
    if plan.stall_after is not None:
        stall_after = max(plan.stall_after, round(min(1.5 * longest_silence + 0.5, plan.limit / 3), 1))
    return replace(
        policy,
        stall_after=stall_after,
        on_stall=plan.on_stall or policy.on_stall,
        for_seconds=plan.limit,
        count=None,
        until=None,
    )
