"""What happened when, in columns: the attempts, the ends and the reconnects that come in herds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sse_inspect.load.result import Result
from sse_inspect.load.tally import CONNECTING, LOST, OPENED, RECONNECTING

LANES = {
    CONNECTING: "first attempts",
    OPENED: "streams opened",
    LOST: "streams ended",
    RECONNECTING: "attempts to reconnect",
}
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Chart:
    """`lanes` of counts, each as long as the others; a column is `width` seconds."""

    width: float
    lanes: dict[str, list[int]]


def chart(result: Result, most: int | None = None) -> Chart:
    """The chart of a result, in at most so many columns."""
    width = result.plan.width
    columns = max(1, math.ceil(result.duration / width))
    step = 1 if most is None else -(-columns // most)
    lanes = {}
    for sort in LANES:
        counts = result.totals.herd[sort]
        fine = [counts[column] for column in range(columns)]
        fine[-1] += sum(number for column, number in counts.items() if column >= columns)
        lanes[sort] = [sum(fine[start : start + step]) for start in range(0, columns, step)]
    return Chart(width * step, lanes)


def bars(counts: list[int], peak: int) -> str:
    """A lane as a line of text; nothing is a space."""
    return "".join(_BARS[max(0, math.ceil(8 * number / peak) - 1)] if number else " " for number in counts)
