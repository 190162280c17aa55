"""This program itself: when it did not run, nobody else is to be blamed for what came late."""

from __future__ import annotations

from sse_inspect.analysis.evidence import Evidence
from sse_inspect.analysis.rules.base import CERTAIN, Rule, Suspicion

LONG = 1.0
"""Seconds at a time from which on times are wrong by what people see."""
OFTEN = 3.0
"""Seconds in all that are told, however short each was."""


def held_up(evidence: Evidence) -> Suspicion | None:
    """For long at a time, or often; or the machine slept."""
    ours = evidence.hold_ups
    if ours.longest < LONG and ours.total < OFTEN and not ours.asleep:
        return None
    times = "once" if ours.count == 1 else f"{ours.count:,} times"
    numbers = (
        f"It did not run {times}, for {ours.total:.1f} s in all, the longest {ours.longest:.1f} s "
        f"from {ours.longest_at:.1f} s of the session on."
    )
    if ours.by_output:
        numbers += f" For {ours.by_output:.1f} s it waited for who reads its output."
    if ours.asleep:
        numbers += f" The machine slept for {ours.asleep:,.0f} s, which are in no time of the session."
    return Suspicion(CERTAIN, numbers)


HELD_UP = (Rule("held-up", held_up, live=True),)
