"""Event IDs: what they say about gaps, fills, duplicates, replays and restarts.

Event IDs are not counters. The standard gives them no order, and real servers send `1795430573:0`, `3-10` with holes,
or UUIDs. So a number counts only together with what stands before it (`a-1 b-1 a-2` are two sequences; of Redis'
`ms-seq` only `seq` within one `ms`, so that what is lost between two of them cannot be known), and under `auto` a gap
is claimed only for a sequence whose own history is contiguous:

* it has stepped by 1, and never jumped before it did; or it has since stepped by 1 for `STEADY` IDs in a row; a first
  jump that is followed by `SETTLED` steps at once was a gap after all, and is claimed then;
* its jumps are the exception: no more of them than steps, once there are more than `FEW_JUMPS`;
* the jump is no longer than `PLAUSIBLE_GAP`: a longer one is another scheme of numbers.

An ID that was seen with the same data is a duplicate. Seen with other data, the IDs have begun again: that is
one restart, what was received before it is forgotten, and what was missing stays missing; unless there is no other ID
at all, which is then one that all events have. Two of these three tell
a restart of one sequence as well, unless it has holes of its own: a new connection begins with the ID, it lies far
below all that came before, it is 0 or 1.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sse_inspect.config import IdScheme
from sse_inspect.session.intervals import IntervalSet
from sse_inspect.session.memory import Digest, Memory
from sse_inspect.stepping import LONGEST, Numbered, numbered

REMEMBERED = 65_536
STEADY = 16
SETTLED = 3
FEW_JUMPS = 8
PLAUSIBLE_GAP = 10_000_000
FAR_BACK = 16
MAX_SEQUENCES = 1024
MAX_RANGES = 131_072
"""Gaps and ranges of numbers held for all sequences together; those not seen for longest are given up."""
LONGEST_ID = LONGEST
"""Characters up to which an ID is remembered as it is and may be a number; longer ones are remembered by hash."""

LONGEST_NUMBER = 30
_PAIRED = re.compile(r"[0-9]+[^0-9]")
"""What stands before `seq` in Redis' `ms-seq` and nchan's `seconds:seq`."""
_NUMBERED = re.compile(rf"(.*?)([0-9]{{1,{LONGEST_NUMBER}}})", re.DOTALL)


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
    """What an ID told: a gap or a filled one.

    `restart`, `constant` and `uncountable` are evidence: of IDs that begin again, of one ID that all events have, and
    of IDs that cannot be counted.
    """

    duplicate: bool = False
    replayed: bool = False
    out_of_order: bool = False
    gap: MissingRange | None = None
    filled: MissingRange | None = None
    number: int = 0
    restart: str | None = None
    constant: str | None = None
    uncountable: str | None = None


AS_EXPECTED = Observed()
"""What a new ID tells that is the next of its sequence."""


@dataclass(slots=True)
class _Sequence:
    """The numbers behind one prefix; `highest_here` is the highest on the `connection` it was last seen on."""

    lowest: int
    highest: int
    connection: int
    highest_here: int
    steps: int = 0
    run: int = 0
    jumps: int = 0
    unclaimed: int = 0
    doubtful: tuple[int, int] | None = None
    """The missing range of a first jump, until what follows tells whether it was one."""
    has_restarted: bool = False
    received: IntervalSet = field(default_factory=lambda: IntervalSet(MAX_RANGES))
    missing: IntervalSet = field(default_factory=lambda: IntervalSet(MAX_RANGES))
    gaps: list[MissingRange] = field(default_factory=list)

    @property
    def is_contiguous(self) -> bool:
        if self.jumps > FEW_JUMPS and self.jumps > self.steps:
            return False
        return self.run >= STEADY or (self.steps > 0 and self.unclaimed == 0)

    @property
    def ranges(self) -> int:
        return len(self.gaps) + self.received.ranges + self.missing.ranges

    def fill(self, prefix: str, number: int) -> MissingRange:
        """Take a number out of what is missing; returns the gap it belonged to."""
        self.missing.remove(number)
        index = bisect_right(self.gaps, number, key=lambda gap: gap.first) - 1
        if index < 0 or number > self.gaps[index].last:
            return MissingRange(prefix, number, number, 0, "")
        gap = self.gaps[index]
        gap.remaining -= 1
        if not gap.remaining:
            del self.gaps[index]
        return gap


class EventIds:
    """All IDs of a session, in bounded memory; the last 65,536 IDs (at least) are remembered one by one."""

    def __init__(self, scheme: IdScheme) -> None:
        self._scheme = scheme
        self._sequences: OrderedDict[str, _Sequence] = OrderedDict()
        self._ranges = 0
        self._history: dict[str, int] = {}
        self.remembered = REMEMBERED
        """IDs that are remembered one by one, at least: fewer where many sessions share the memory."""
        self._young = Memory()
        self._old = Memory()
        # The sequence of the ID that was remembered last, in spans, if nothing about it is in doubt.
        self._stepping: _Sequence | None = None
        # Whether a sequence may go on with a number that it had before: it was forgotten, or began again.
        self._lost_count = False
        self._is_constant = True
        self._odd_id: str | None = None
        self._was_odd = False
        self._lost_sight = False
        self._settled: MissingRange | None = None
        self._connection = 0
        self._reconnected = False
        self.any_seen = False
        """Whether any ID was seen at all."""
        self.received = 0
        """Distinct IDs received."""
        self.missing = 0
        """IDs noticed missing and never received."""

    @property
    def gaps_known(self) -> bool:
        """Whether a missing ID would be noticed: else completion is not known."""
        if self._scheme == "integer":
            return bool(self._sequences)
        if self._scheme == "opaque" or self._was_odd or self._lost_sight:
            return False
        judged = [sequence for sequence in self._sequences.values() if sequence.steps or sequence.jumps]
        return bool(judged) and all(sequence.is_contiguous for sequence in judged)

    @property
    def description(self) -> str:
        """What is known about the IDs, in words."""
        if not self.any_seen:
            return "no IDs: loss cannot be known"
        if self._scheme == "opaque":
            return "opaque as asked for: only duplicates are seen"
        if self._odd_id is not None:
            return f"opaque ({_quoted(self._odd_id)} is no number): only duplicates are seen"
        if self.gaps_known:
            return (
                "integers as asked for: gaps are counted"
                if self._scheme == "integer"
                else "contiguous: gaps are counted"
            )
        if self._was_odd:
            return "were no numbers on an earlier connection: what was lost then cannot be known"
        if self._lost_sight:
            return "pairs that count anew: what was lost in an outage cannot be known"
        if any(sequence.jumps for sequence in self._sequences.values()):
            return "numbers with holes of their own: gaps cannot be known"
        return "not yet seen to step by 1"

    def begin_connection(self, *, reconnected: bool) -> None:
        """A connection opened; `reconnected` unless it is the first of the session."""
        self._connection += 1
        self._reconnected = reconnected
        self._odd_id = None

    def presume(self, event_id: str) -> None:
        """Count an ID as received without its event: the one given with `--last-event-id`."""
        key = _key(event_id)
        usual = numbered(event_id)
        self._remember(key, usual, "any data")
        number = self._number(key, usual)
        if number is not None:
            self._begin(*number)

    def observe(self, event_id: str, digest: Digest) -> Observed:
        """Take in the ID of a received block; equal data must have equal digests."""
        self.any_seen = True
        sequence = self._stepping
        if sequence is not None and len(self._young) < self.remembered and self._young.step(event_id, digest):
            self._advance(sequence, 1)
            self.received += 1
            return AS_EXPECTED
        self._stepping = None
        key = _key(event_id)
        usual = numbered(event_id)
        number = None if self._odd_id is not None else self._number(key, usual)
        if number and not (self._lost_count and self._is_remembered(key, usual)) and self._step(*number):
            self._remember(key, usual, digest, steps=True)
            self.received += 1
            return AS_EXPECTED if self._settled is None else Observed(gap=self._taken())
        result = Observed()
        seen = self._young.get(key, usual)
        if seen is None:
            seen = self._old.get(key, usual)
        if isinstance(seen, int) and isinstance(digest, int) and seen != digest:
            seen = None
            if not (number and self._is_restart_known(*number)):
                self._is_constant &= len(self._young) + len(self._old) == 1
                if self._is_constant:
                    result.constant = f"ID {_quoted(event_id)} came again with other data, and no other ID came."
                else:
                    result.restart = f"ID {_quoted(event_id)} came again with other data."
                self._young, self._old = Memory(), Memory()
                self._forget_positions()
        if seen is None or (isinstance(digest, int) and not isinstance(seen, int)):
            self._remember(key, usual, digest)
        elif self._young.get(key, usual) is None:
            self._remember(key, usual, seen)
        result.duplicate = seen is not None and seen != "no data"
        if number is not None:
            self._count(*number, result, known=seen is not None)
        elif self._odd_id is None and self._scheme != "opaque":
            self._odd(event_id, result)
        if result.duplicate:
            result.replayed = self._reconnected
        elif seen is None:
            self.received += 1
        return result

    def take_run(self, event_ids: Sequence[str], data: Sequence[str], numbered: Numbered | None) -> bool:
        """Take in the IDs of blocks in a row if none of them is worth a word; else nothing changes.

        `numbered` is the first of them if they step by 1. The same as to observe each with the hash of its data, where
        nothing would be told of any.
        """
        if self._scheme == "opaque" or self._odd_id is not None:
            if numbered is None and (len(set(event_ids)) < len(event_ids) or max(map(len, event_ids)) > LONGEST_ID):
                return False
            if self._are_remembered(event_ids, numbered):
                return False
        else:
            may_be_known = self._lost_count and self._are_remembered(event_ids, numbered)
            if numbered is None or may_be_known or not self._step_on(numbered, len(event_ids)):
                return False
        self.any_seen = True
        self._make_room()
        self._stepping = None
        if self._young.take_run(event_ids, data, numbered):
            self._follow(numbered)
        self.received += len(event_ids)
        return True

    def _are_remembered(self, event_ids: Sequence[str], numbered: Numbered | None) -> bool:
        return self._young.has_any(event_ids, numbered) or self._old.has_any(event_ids, numbered)

    def _step_on(self, numbered: Numbered, count: int) -> bool:
        """Take the numbers if they go on one sequence about which nothing is in doubt."""
        prefix, first = numbered
        sequence = self._sequences.get(prefix)
        if sequence is None or sequence.doubtful is not None or first != sequence.highest + 1:
            return False
        self._sequences.move_to_end(prefix)
        self._advance(sequence, count)
        return True

    def _is_remembered(self, key: str | int, usual: Numbered | None) -> bool:
        return self._young.get(key, usual) is not None or self._old.get(key, usual) is not None

    def _is_restart_known(self, prefix: str, number: int) -> bool:
        """Whether a number was remembered from before a restart that has been told."""
        sequence = self._sequences.get(prefix)
        return sequence is not None and sequence.has_restarted and number not in sequence.received

    def _remember(self, key: str | int, usual: Numbered | None, digest: Digest, *, steps: bool = False) -> None:
        self._make_room()
        if self._young.take(key, usual, digest, steps=steps) and steps:
            self._follow(usual)

    def _follow(self, usual: Numbered | None) -> None:
        """The next ID may be that of the same sequence, of which it is beyond doubt that it is new."""
        sequence = None if usual is None or self._lost_count else self._sequences.get(usual[0])
        self._stepping = None if sequence is None or sequence.doubtful is not None else sequence

    def _make_room(self) -> None:
        if len(self._young) >= self.remembered:
            self._old, self._young = self._young, Memory()

    def _number(self, key: str | int, usual: Numbered | None) -> Numbered | None:
        """What is counted of an ID: also a number that is not spelled as usual."""
        if self._scheme == "opaque" or isinstance(key, int):
            return None
        if usual is not None:
            return usual
        match = _NUMBERED.fullmatch(key)
        return (match[1], int(match[2])) if match else None

    def _odd(self, event_id: str, result: Observed) -> None:
        """Nothing is counted with an ID that does not fit; `auto` counts nothing more on this connection."""
        result.uncountable = f"The ID {_quoted(event_id)} is no number, so that nothing can be counted with it."
        if self._scheme == "auto":
            self._odd_id = event_id
            self._was_odd = True
            self._forget_positions()
            self._history.clear()

    def _count(self, prefix: str, number: int, result: Observed, *, known: bool) -> None:
        if self._step(prefix, number):
            result.gap = self._taken()
            return
        sequence = self._sequences.get(prefix)
        if sequence is None:
            self._watch_out(prefix, number, result)
            sequence = self._begin(prefix, number)
        else:
            self._sequences.move_to_end(prefix)
            sequence = self._odd_step(sequence, prefix, number, result, known=known)
        if sequence.connection != self._connection:
            sequence.connection = self._connection
            sequence.highest_here = number
        elif number > sequence.highest_here:
            sequence.highest_here = number
        elif number < sequence.highest_here:
            result.out_of_order = not result.duplicate

    def _watch_out(self, prefix: str, number: int, result: Observed) -> None:
        """A new pair that is the first to be counted on a new connection: `auto` cannot say what lies before it."""
        if self._scheme != "auto" or not self._reconnected or _PAIRED.fullmatch(prefix) is None:
            return
        before, sequence = next(reversed(self._sequences.items()), ("", None))
        if sequence is not None and sequence.connection != self._connection and _PAIRED.fullmatch(before):
            self._lost_sight = True
            result.uncountable = (
                f"After an outage the event with ID {prefix}{number} followed that with ID {before}{sequence.highest}: "
                f"what was lost between two pairs cannot be counted."
            )

    def _step(self, prefix: str, number: int) -> bool:
        """Take the number if it is the next of its sequence."""
        sequence = self._sequences.get(prefix)
        if sequence is None or number != sequence.highest + 1:
            return False
        self._sequences.move_to_end(prefix)
        self._advance(sequence, 1)
        if sequence.doubtful is not None and sequence.run >= SETTLED:
            self._settle(sequence, prefix, sequence.doubtful)
        return True

    def _advance(self, sequence: _Sequence, count: int) -> None:
        """So many steps by 1."""
        first = sequence.highest + 1
        sequence.highest = sequence.highest_here = last = sequence.highest + count
        sequence.connection = self._connection
        sequence.steps += count
        sequence.run += count
        sequence.received.add(first, last)

    def _settle(self, sequence: _Sequence, prefix: str, doubtful: tuple[int, int]) -> None:
        """What followed the first jump tells that it was a gap."""
        sequence.doubtful = None
        sequence.unclaimed = 0
        basis = f"the IDs have stepped by 1 {sequence.run:,} times since"
        ranges = sequence.ranges
        self._settled = self._claim(sequence, MissingRange(prefix, *doubtful, doubtful[1] - doubtful[0] + 1, basis))
        self._ranges += sequence.ranges - ranges

    def _claim(self, sequence: _Sequence, gap: MissingRange) -> MissingRange:
        self.missing += gap.remaining
        sequence.missing.add(gap.first, gap.last)
        sequence.gaps.append(gap)
        if len(sequence.gaps) > MAX_RANGES:
            del sequence.gaps[0]
        return gap

    def _taken(self) -> MissingRange | None:
        """The gap that the last step settled, once."""
        settled, self._settled = self._settled, None
        return settled

    def _odd_step(self, sequence: _Sequence, prefix: str, number: int, result: Observed, *, known: bool) -> _Sequence:
        """A number that is not the next: forward, back, or the first after a restart."""
        ranges = sequence.ranges
        if number > sequence.highest:
            if not known:
                self._jump(sequence, prefix, number, result)
            sequence.highest = number
        elif number in sequence.missing:
            result.filled, result.number = sequence.fill(prefix, number), number
            result.replayed = self._reconnected
            self.missing -= 1
        elif not known:
            sequence.doubtful = None
            if number in sequence.received:
                result.duplicate = True
            elif self._begins_again(sequence, number):
                result.restart = f"ID {prefix}{number} came after {prefix}{sequence.highest}, as if counted anew."
                return self._begin_again(sequence, prefix, number)
            sequence.lowest = min(sequence.lowest, number)
        sequence.received.add(number, number)
        self._ranges += sequence.ranges - ranges
        while self._ranges > MAX_RANGES and len(self._sequences) > 1:
            self._give_one_up()
        return sequence

    def _jump(self, sequence: _Sequence, prefix: str, number: int, result: Observed) -> None:
        first, last = sequence.highest + 1, number - 1
        asked = self._scheme == "integer"
        if asked or (sequence.is_contiguous and number - first <= PLAUSIBLE_GAP):
            basis = "counted as asked for" if asked else f"the IDs had stepped by 1 {sequence.steps:,} times"
            result.gap = self._claim(sequence, MissingRange(prefix, first, last, number - first, basis))
        else:
            result.uncountable = (
                f"The event with ID {prefix}{number} followed that with ID {prefix}{sequence.highest}, and nothing "
                f"tells whether IDs between them are missing."
            )
            is_first = not sequence.jumps and number - first <= PLAUSIBLE_GAP
            sequence.doubtful = (first, last) if is_first else None
            sequence.unclaimed += 1
            sequence.run = 0
        sequence.jumps += 1

    def _begins_again(self, sequence: _Sequence, number: int) -> bool:
        if sequence.unclaimed and not sequence.is_contiguous:
            return False
        begins_connection = self._reconnected and sequence.connection != self._connection
        return begins_connection + (number < sequence.lowest - FAR_BACK) + (number <= 1) >= 2

    def _begin_again(self, before: _Sequence, prefix: str, number: int) -> _Sequence:
        del self._sequences[prefix]
        self._lost_count = True
        self._ranges -= before.ranges
        if before.is_contiguous:
            self._history[prefix] = before.steps
        sequence = self._begin(prefix, number)
        sequence.has_restarted = True
        return sequence

    def _begin(self, prefix: str, number: int) -> _Sequence:
        sequence = _Sequence(number, number, self._connection, number, steps=self._history.pop(prefix, 0))
        sequence.received.add(number, number)
        self._sequences[prefix] = sequence
        self._ranges += sequence.ranges
        if len(self._sequences) > MAX_SEQUENCES:
            self._give_one_up()
        return sequence

    def _give_one_up(self) -> None:
        """Forget the sequence that was not seen for longest; what it misses stays missing."""
        self._lost_count = True
        _, sequence = self._sequences.popitem(last=False)
        self._ranges -= sequence.ranges

    def _forget_positions(self) -> None:
        """Begin again: what was missing stays missing, and a contiguous history keeps its worth."""
        self._lost_count = True
        self._history = {prefix: item.steps for prefix, item in self._sequences.items() if item.is_contiguous}
        self._sequences.clear()
        self._ranges = 0


def _key(event_id: str) -> str | int:
    return event_id if len(event_id) <= LONGEST_ID else hash(event_id)


def _quoted(event_id: str) -> str:
    return repr(event_id if len(event_id) <= 60 else event_id[:57] + "...")
