"""Event IDs: what they say about gaps, fills, duplicates, replays and restarts.

Event IDs are not counters. The standard gives them no order, and real servers send `1795430573:0`, `3-10` with
holes, or UUIDs. So a number counts only together with what stands before it (`a-1 b-1 a-2` are two sequences;
of Redis' `ms-seq` only `seq` within one `ms`), and under `auto` a gap is claimed only for a sequence whose own
history is contiguous:

* it has stepped by 1, and never jumped before it did; or it has since stepped by 1 for `STEADY` IDs in a row;
* its jumps are the exception: no more of them than steps, once there are more than `FEW_JUMPS`;
* the jump is no longer than `PLAUSIBLE_GAP`: a longer one is another scheme of numbers.

An ID that was seen with the same data is a duplicate. Seen with other data, the IDs have begun again: that is
one restart, what was received before it is forgotten, and what was missing stays missing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from sse_inspect.config import IdScheme
from sse_inspect.session.intervals import IntervalSet

REMEMBERED = 65_536
STEADY = 16
FEW_JUMPS = 8
PLAUSIBLE_GAP = 10_000_000
MAX_SEQUENCES = 1024
MAX_GAPS = 4096
FAR_BACK = 16

Digest = int | Literal["no data", "any data"]
"""Stands for the data an ID was seen with: a hash, or that it had none, or that nobody knows it."""

_NUMBERED = re.compile(r"(.*?)([0-9]{1,30})", re.DOTALL)


@dataclass(slots=True)
class MissingRange:
    """A gap as it was noticed, and how many of its IDs are still missing."""

    prefix: str
    first: int
    last: int
    remaining: int
    basis: str


@dataclass(slots=True)
class Observed:
    """What an ID told: a gap or a filled one, and the evidence of a restart or of IDs that cannot be counted."""

    duplicate: bool = False
    replayed: bool = False
    out_of_order: bool = False
    gap: MissingRange | None = None
    filled: MissingRange | None = None
    number: int = 0
    restart: str | None = None
    uncountable: str | None = None


@dataclass(slots=True)
class _Sequence:
    """The numbers behind one prefix."""

    lowest: int
    highest: int
    steps: int = 0
    run: int = 0
    jumps: int = 0
    unclaimed: int = 0
    received: IntervalSet = field(default_factory=IntervalSet)
    missing: IntervalSet = field(default_factory=lambda: IntervalSet(MAX_GAPS))
    gaps: list[MissingRange] = field(default_factory=list)

    @property
    def is_contiguous(self) -> bool:
        if self.jumps > FEW_JUMPS and self.jumps > self.steps:
            return False
        return self.run >= STEADY or (self.steps > 0 and self.unclaimed == 0)

    def gap_of(self, number: int) -> MissingRange | None:
        index = bisect_right(self.gaps, number, key=lambda gap: gap.first) - 1
        return self.gaps[index] if index >= 0 and number <= self.gaps[index].last else None


class EventIds:
    """All IDs of a session, in bounded memory; the last 65,536 IDs (at least) are remembered one by one."""

    def __init__(self, scheme: IdScheme) -> None:
        self._scheme = scheme
        self._sequences: OrderedDict[str, _Sequence] = OrderedDict()
        self._history: dict[str, int] = {}
        self._young: dict[str, Digest] = {}
        self._old: dict[str, Digest] = {}
        self._odd_id: str | None = None
        self._reconnected = False
        self._first_here = True
        self._highest_here: dict[str, int] = {}
        self.received = 0
        """Distinct IDs received."""
        self.missing = 0
        """IDs noticed missing and never received."""

    @property
    def gaps_known(self) -> bool:
        """Whether a missing ID would be noticed: else completion is not known."""
        if self._scheme == "opaque" or self._odd_id is not None:
            return False
        if self._scheme == "integer":
            return bool(self._sequences)
        judged = [sequence for sequence in self._sequences.values() if sequence.steps or sequence.jumps]
        return bool(judged) and all(sequence.is_contiguous for sequence in judged)

    @property
    def any_seen(self) -> bool:
        """Whether any ID was seen at all."""
        return bool(self._young)

    @property
    def description(self) -> str:
        """What is known about the IDs, in words."""
        if not self.any_seen:
            return "no IDs: loss cannot be known"
        if self._scheme == "opaque":
            return "opaque as asked for: only duplicates are seen"
        if self._odd_id is not None:
            return f"opaque ({self._odd_id!r} is no number): only duplicates are seen"
        if self.gaps_known:
            return (
                "integers as asked for: gaps are counted"
                if self._scheme == "integer"
                else "contiguous: gaps are counted"
            )
        if any(sequence.jumps for sequence in self._sequences.values()):
            return "numbers with holes of their own: gaps cannot be known"
        return "not yet seen to step by 1"

    def begin_connection(self, *, reconnected: bool) -> None:
        """A connection opened; `reconnected` unless it is the first of the session."""
        self._reconnected = reconnected
        self._first_here = True
        self._highest_here.clear()
        self._odd_id = None

    def presume(self, event_id: str) -> None:
        """Count an ID as received without its event: the one given with `--last-event-id`."""
        self._young[event_id] = "any data"
        numbered = self._number(event_id)
        if numbered is not None:
            self._begin(*numbered)

    def observe(self, event_id: str, digest: Digest) -> Observed:
        """Take in the ID of a received block; equal data must have equal digests."""
        result = Observed()
        seen = self._recall(event_id)
        if isinstance(seen, int) and isinstance(digest, int) and seen != digest:
            result.restart = f"ID {event_id!r} came again with other data."
            self._young.clear()
            self._old.clear()
            self._forget_positions()
            seen = None
        if seen is None or seen == "no data":
            self._remember(event_id, digest)
        result.duplicate = seen is not None and seen != "no data"
        numbered = None if self._odd_id is not None else self._number(event_id)
        if numbered is not None:
            self._count(*numbered, result, known=seen is not None)
        elif seen is None and self._odd_id is None and self._scheme != "opaque":
            self._odd_id = event_id
            self._forget_positions()
            self._history.clear()
            result.uncountable = f"{event_id!r} is no number."
        if result.duplicate:
            result.replayed = self._reconnected
        elif seen is None:
            self.received += 1
        self._first_here = False
        return result

    def _recall(self, event_id: str) -> Digest | None:
        seen = self._young.get(event_id)
        return seen if seen is not None else self._old.get(event_id)

    def _remember(self, event_id: str, digest: Digest) -> None:
        if len(self._young) >= REMEMBERED:
            self._old = self._young
            self._young = {}
        self._young[event_id] = digest

    def _number(self, event_id: str) -> tuple[str, int] | None:
        if self._scheme == "opaque":
            return None
        match = _NUMBERED.fullmatch(event_id)
        return (match[1], int(match[2])) if match else None

    def _count(self, prefix: str, number: int, result: Observed, *, known: bool) -> None:
        sequence = self._sequences.get(prefix)
        if sequence is None:
            sequence = self._begin(prefix, number)
        elif number == sequence.highest + 1:
            sequence.highest = number
            sequence.steps += 1
            sequence.run += 1
        elif number > sequence.highest:
            if not known:
                self._jump(sequence, prefix, number, result)
            sequence.highest = number
        elif not known:
            sequence = self._back(sequence, prefix, number, result)
        sequence.received.add(number, number)
        highest_here = self._highest_here.get(prefix, number)
        result.out_of_order = number < highest_here and not result.duplicate
        self._highest_here[prefix] = max(number, highest_here)

    def _jump(self, sequence: _Sequence, prefix: str, number: int, result: Observed) -> None:
        first, last = sequence.highest + 1, number - 1
        asked = self._scheme == "integer"
        if asked or (sequence.is_contiguous and number - first <= PLAUSIBLE_GAP):
            basis = "counted as asked for" if asked else f"the IDs had stepped by 1 {sequence.steps:,} times"
            result.gap = MissingRange(prefix, first, last, number - first, basis)
            self.missing += number - first
            sequence.missing.add(first, last)
            sequence.gaps.append(result.gap)
            if len(sequence.gaps) > MAX_GAPS:
                del sequence.gaps[0]
        else:
            result.uncountable = f"{prefix}{number} came after {prefix}{sequence.highest}."
            sequence.unclaimed += 1
            sequence.run = 0
        sequence.jumps += 1

    def _back(self, sequence: _Sequence, prefix: str, number: int, result: Observed) -> _Sequence:
        if number in sequence.missing:
            sequence.missing.remove(number)
            self.missing -= 1
            result.filled = sequence.gap_of(number)
            result.number = number
            if result.filled is not None:
                result.filled.remaining -= 1
            result.replayed = self._reconnected
        elif number in sequence.received:
            result.duplicate = True
        elif number < sequence.lowest - FAR_BACK or (number <= 1 and self._first_here and self._reconnected):
            result.restart = f"ID {prefix}{number} came after {prefix}{sequence.highest}, lower than any seen before."
            self._forget_positions()
            return self._begin(prefix, number)
        sequence.lowest = min(sequence.lowest, number)
        return sequence

    def _begin(self, prefix: str, number: int) -> _Sequence:
        sequence = _Sequence(number, number, steps=self._history.pop(prefix, 0))
        sequence.received.add(number, number)
        self._sequences[prefix] = sequence
        if len(self._sequences) > MAX_SEQUENCES:
            self._sequences.popitem(last=False)
        return sequence

    def _forget_positions(self) -> None:
        """Begin again: what was missing stays missing, and a contiguous history keeps its worth."""
        self._history = {prefix: item.steps for prefix, item in self._sequences.items() if item.is_contiguous}
        self._sequences.clear()
        self._highest_here.clear()
