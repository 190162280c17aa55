"""The fault vocabulary: what can be broken on purpose, as data, and how each is spelled.

A fault is spelled `name` or `name:number` (`offline:8`); `parse` reads it, `str` writes it. Faults act on this
client's side of the connection only; nothing reaches the server but what a real network would let through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sse_inspect.errors import UsageError


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One word of the vocabulary; `number` says what the number means, and `default` stands in for it."""

    name: str
    title: str
    sentence: str
    number: str = ""
    default: float | None = None


KINDS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind("disconnect", "Disconnect", "Closes the connection cleanly (FIN), as a client that leaves."),
        FaultKind("reset", "Reset", "Aborts the connection with a TCP reset (RST), as a crashing proxy does."),
        FaultKind(
            "offline",
            "Offline",
            "Cuts the connection and lets no attempt through for {0:g} s.",
            "seconds",
            8.0,
        ),
        FaultKind(
            "off-on",
            "OFF–ON",
            "Cuts the connection {0:g} times, 1 s off and 1 s on each time.",
            "times",
            3.0,
        ),
        FaultKind(
            "stall",
            "Network freeze",
            "Holds the bytes back while the connection stays open, until it is lifted or the connection ends.",
        ),
    )
}

OFF_ON_PERIOD = 1.0
"""Seconds off, and seconds on, of one OFF–ON."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its number, such as the seconds of `offline`."""

    kind: FaultKind
    number: float | None = None

    def __str__(self) -> str:
        return self.kind.name if self.number is None else f"{self.kind.name}:{self.number:.12g}"

    @property
    def sentence(self) -> str:
        """What it does, in one sentence."""
        return self.kind.sentence.format(self.number)

    @property
    def length(self) -> float | None:
        """Seconds it lasts: 0 for a single blow, None where only lifting it, or its connection's end, ends it."""
        match self.kind.name, self.number:
            case "offline", float(seconds):
                return seconds
            case "off-on", float(times):
                return (2 * times - 1) * OFF_ON_PERIOD
            case "stall", _:
                return None
        return 0.0


def parse(spelled: str) -> Fault:
    """Read `name` or `name:number`; raises UsageError naming the vocabulary."""
    name, colon, text = spelled.partition(":")
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError("fault", f"{spelled!r} is no fault; known are {', '.join(KINDS)}.")
    if not kind.number:
        if colon:
            raise UsageError("fault", f"{name} takes no number.")
        return Fault(kind)
    try:
        number = float(text) if colon else kind.default
    except ValueError:
        number = None
    if number is None or not math.isfinite(number) or number <= 0 or (kind.number == "times" and number % 1):
        raise UsageError("fault", f"{spelled!r}: expected {name}:N with N {kind.number} above 0.")
    return Fault(kind, number)
