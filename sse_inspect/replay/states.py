"""States of walks that were put aside: in a temporary file, and in memory a few of where one looks."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

from sse_inspect.replay.walk import Walk

STRIDE = 131_072
"""Inputs and events between two states that are put aside: about a second of handling, and some megabytes each."""
NEAR = 8
"""How many are put aside within such a stride where one looks, in memory: going back by a row is the rule."""


@dataclass(frozen=True, slots=True)
class State:
    """A state that was put aside: where in the session, and where in the file, or `data` itself."""

    t: float
    offset: int
    size: int
    data: bytes = b""


class States:
    """The states of one capture, to go on from."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="sse-inspect-")  # noqa: SIM115 lives as long as the states
        self._states: list[State] = []
        self._near: deque[State] = deque(maxlen=NEAR)

    def put(self, walk: Walk) -> None:
        """Put the state of a walk aside if it has come a stride; a full disk only makes later looks slower."""
        if walk.handled - walk.put_aside < STRIDE:
            return
        walk.put_aside = walk.handled
        state = walk.packed()
        try:
            offset = self._file.seek(0, 2)
            self._file.write(state)
            self._file.flush()
        except OSError:
            return
        self._states.append(State(walk.t, offset, len(state)))

    def keep_near(self, walk: Walk) -> None:
        """Put the state of a walk aside for going back from where it leads, if it has come a part of a stride."""
        if walk.handled - walk.put_aside < STRIDE // NEAR:
            return
        walk.put_aside = walk.handled
        data = walk.packed()
        self._near.append(State(walk.t, 0, len(data), data))

    def before(self, t: float) -> State | None:
        """The last one that is not later than `t`."""
        index = bisect_right(self._states, t, key=lambda state: state.t)
        found = [*self._states[max(index - 1, 0) : index], *(state for state in self._near if state.t <= t)]
        return max(found, key=lambda state: state.t, default=None)

    def read(self, state: State) -> bytes:
        """What the walk packed."""
        if state.data:
            return state.data
        self._file.seek(state.offset)
        return self._file.read(state.size)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
