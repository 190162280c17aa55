"""Handles the inputs of a session again: to know what they meant, or to write them down as a capture."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

from sse_inspect.inputs import Input
from sse_inspect.inspection import Inspection
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.spelling import spelled
from sse_inspect.store.capture.writer import CaptureWriter

FLUSH_INPUTS = 4096
FLUSH_BYTES = 4 << 20
"""Inputs, and bytes of them, that are written in one transaction at most."""


class Moment:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.t = 0.0

    def __call__(self) -> float:
        """The time it was set to."""
        return self.t


class Draws:
    """The numbers that the jitter of a session drew: those that are known, then those of its seed."""

    def __init__(self, facts: Facts) -> None:
        self._known = facts.draws
        self._drawn = 0
        self._random = random.Random(facts.seed)  # noqa: S311 the jitter of then

    def __call__(self) -> float:
        """The next one."""
        self._drawn += 1
        return self._known[self._drawn - 1] if self._drawn <= len(self._known) else self._random.random()


def inspection_of(facts: Facts, clock: Callable[[], float]) -> Inspection:
    """An inspection that, given the inputs of that session, finds what was found then; it keeps no records itself."""
    inspection = Inspection(
        facts.target,
        facts.policy,
        clock=clock,
        random=Draws(facts),
        version=facts.version,
        keep=False,
        unknown=facts.unknown,
        told=facts.told,
    )
    if facts.note:
        inspection.remark(facts.note)
    if facts.hint:
        inspection.remark(facts.hint)
    return inspection


def convert(
    facts: Facts, inputs: Iterable[Input], path: Path, *, progress: Callable[[float], object] = lambda t: None
) -> None:
    """Write the inputs and what they led to as a new capture at `path`; raises CaptureError as its writer does.

    `progress` is called now and then with the time that was reached.
    """
    moment = Moment()
    inspection = inspection_of(facts, moment)
    writer = CaptureWriter(path, facts)
    inspection.tap_input_batches(writer.take)
    try:
        for number, happened in enumerate(inputs, 1):
            moment.t = max(moment.t, happened.t)
            inspection.take(happened)
            if number % FLUSH_INPUTS == 0 or writer.taken_bytes - writer.written_bytes > FLUSH_BYTES:
                writer.flush()
                progress(moment.t)
    except BaseException:
        writer.close()
        raise
    writer.finish({"completed": "1", "snapshot": spelled(inspection.snapshot())})
