"""What a rule is: a code, the predicate that recognises it, and what must be known for it to be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sse_inspect.analysis.evidence import Connection, Evidence
from sse_inspect.records import Verdict
from sse_inspect.unknown import Unknown

LISTED = 4
"""Values that are listed."""
CERTAIN = 1.0
"""Of what is read, not concluded; the likely cause is told without a figure then."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A finding recognised: how sure its cause is, from 0 to 1, and the numbers it rests on, as sentences."""

    certainty: float
    numbers: str


Predicate = Callable[[Evidence], "Suspicion | None"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a finding is to be told.

    One that is `live` is asked now and then while bytes come, the others where a response begins or a connection ends
    or stalls. It is not asked where its source does not tell `needs`, and not told where one of `yields_to` is
    as likely. One that `weighs` judges the session as a whole: where it recognises no longer what it did, that was
    refuted; what any other recognised was so.
    """

    code: str
    predicate: Predicate
    needs: frozenset[Unknown] = frozenset()
    live: bool = False
    yields_to: tuple[str, ...] = ()
    weighs: bool = False


def ended_as(evidence: Evidence, verdict: Verdict) -> list[Connection]:
    """The connections whose end was of that kind, by no fault on purpose; the latest last."""
    return [each for each in evidence.past if each.verdict == verdict and not each.spoiled]


def sure(base: float, *more: tuple[bool, float], most: float = 0.95) -> float:
    """A certainty: `base`, and what each thing that is so adds to it."""
    return max(0.0, min(most, base + sum(share for is_so, share in more if is_so)))


def seconds(values: list[float]) -> str:
    """Seconds for people, such as `3.0, 3.1 and 3.0 s`; what is the same is said once, of many the range."""
    shown = [f"{value:.1f}" if value < 100 else f"{value:.0f}" for value in values]
    latest = shown[-LISTED:]
    if len({*shown}) == 1:
        return f"{shown[0]} s"
    listed = f"{', '.join(latest[:-1])} and {latest[-1]} s" if len({*latest}) > 1 else f"{latest[-1]} s"
    if len(values) <= LISTED:
        return listed
    least, most = shown[values.index(min(values))], shown[values.index(max(values))]
    return f"{least} to {most} s (the latest: {listed})"


SPACING = frozenset({Unknown.TIMES, Unknown.ARRIVALS, Unknown.CHUNKS, Unknown.COMMENTS})
"""What a rule about when bytes came needs to be told."""
ENDS = frozenset({Unknown.TIMES, Unknown.ARRIVALS, Unknown.OPENING, Unknown.ENDING, Unknown.END, Unknown.COMMENTS})
HEADS = frozenset({Unknown.HEAD})
