"""A walk through the inputs of a capture: what was true at a moment is what handling them up to it gives."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from math import inf

from sse_inspect.batch import size_of
from sse_inspect.conversion import Moment, inspection_of
from sse_inspect.inputs import Input
from sse_inspect.inspected import Snapshot
from sse_inspect.inspection import Inspection
from sse_inspect.store.capture.reader import CaptureReader


class Walk:
    """An inspection on its way through the inputs; `t` is how far it has come.

    `row` is the row of the last input that was handled, `done` how many of that row were. What came later than `end`
    is left out. Who goes on raises CaptureError where the capture is damaged.
    """

    def __init__(
        self,
        inspection: Inspection,
        moment: Moment,
        inputs: Iterator[tuple[int, Input]],
        end: float,
        *,
        row: int = 0,
        done: int = 0,
        t: float = 0.0,
    ) -> None:
        self.inspection = inspection
        self.moment = moment
        self.row = row
        self.done = done
        self.t = t
        self.handled = 0
        self.put_aside = 0
        """How much it had handled when its state was last put aside."""
        self._inputs = inputs
        self._end = end
        for _ in range(done):
            next(inputs, None)
        self._next = next(inputs, None)

    @classmethod
    def from_the_start(cls, reader: CaptureReader, end: float = inf) -> Walk:
        """One that has not handled anything."""
        moment = Moment()
        return cls(inspection_of(reader.facts, moment), moment, reader.inputs(), end)

    @classmethod
    def unpacked(cls, reader: CaptureReader, end: float, packed: bytes) -> Walk:
        """One that goes on where another was packed, in this process."""
        inspection, moment, row, done, t = pickle.loads(packed)  # noqa: S301 this process wrote it
        return cls(inspection, moment, reader.inputs(row - 1), end, row=row, done=done, t=t)

    def packed(self) -> bytes:
        """All that is needed to go on from here, later."""
        return pickle.dumps((self.inspection, self.moment, self.row, self.done, self.t), pickle.HIGHEST_PROTOCOL)

    def snapshot(self, t: float) -> Snapshot:
        """What was true at `t`, if all until then was handled."""
        self.moment.t = max(t, self.t)
        return self.inspection.snapshot()

    @property
    def reached(self) -> float:
        """The latest moment it was asked about: there is no way back, not even over a time in which nothing came."""
        return max(self.t, self.moment.t)

    @property
    def is_over(self) -> bool:
        """Whether all inputs were handled."""
        return self._next is None or self._next[1].t > self._end

    def stands_at(self, t: float) -> bool:
        """Whether all that happened until `t` was handled, and nothing that happened later."""
        return self.t <= t and (self._next is None or self._next[1].t > t)

    def go(self, until: float, seconds: float, give_way: Callable[[], None]) -> None:
        """Handle more inputs for about so long, none later than `until`; `give_way` is called between any two."""
        stop = time.monotonic() + seconds
        until = min(until, self._end)
        while self._next is not None and self._next[1].t <= until:
            give_way()
            row, happened = self._next
            self.row, self.done = row, self.done + 1 if row == self.row else 1
            self.t = max(self.t, happened.t)
            self.handled += 1 + size_of(self.inspection.take(happened))
            self._next = next(self._inputs, None)
            if time.monotonic() >= stop:
                break
