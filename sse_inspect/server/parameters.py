"""Kinds of values a query parameter takes: each parses a text, spells a value, and says in words what it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class After:
    """A moment in the life of a connection: after so many events, or so many seconds after it opened."""

    events: int | None = None
    seconds: float | None = None


class Kind(Protocol):
    """What a parameter's value may be."""

    @property
    def takes(self) -> str:
        """What is accepted, in words that continue "takes …"."""

    def parse(self, text: str) -> Any:
        """The value of `text`; raises ValueError where it is not accepted."""

    def spell(self, value: Any) -> str:
        """The text that `parse` makes `value` of."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int = 0
    most: int = 1_000_000_000

    @property
    def takes(self) -> str:
        """See `Kind`."""
        return f"a whole number from {self.least} to {self.most}"

    def parse(self, text: str) -> int:
        """See `Kind`."""
        if not (text.isascii() and text.isdecimal() and len(text) <= 18 and self.least <= int(text) <= self.most):
            raise ValueError
        return int(text)

    def spell(self, value: int) -> str:
        """See `Kind`."""
        return str(int(value))


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds, possibly with a fraction."""

    least: float = 0
    most: float = 86_400

    @property
    def takes(self) -> str:
        """See `Kind`."""
        return f"a number from {self.least:.12g} to {self.most:.12g}"

    def parse(self, text: str) -> float:
        """See `Kind`."""
        value = float(text)
        if not self.least <= value <= self.most:  # NaN fails every comparison
            raise ValueError
        return value

    def spell(self, value: float) -> str:
        """See `Kind`."""
        return f"{value:.12g}"


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    takes: str = "0 or 1"

    def parse(self, text: str) -> bool:
        """See `Kind`."""
        return {"0": False, "1": True, "false": False, "true": True}[text.lower()]

    def spell(self, value: bool) -> str:
        """See `Kind`."""
        return "1" if value else "0"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; the empty one is not spelled out but may stand for the default."""

    words: tuple[str, ...]

    @property
    def takes(self) -> str:
        """See `Kind`."""
        return "one of " + ", ".join(word for word in self.words if word)

    def parse(self, text: str) -> str:
        """See `Kind`."""
        if text not in self.words:
            raise ValueError
        return text

    def spell(self, value: str) -> str:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Text:
    """Printable text that fits a line; `ascii_only` for what goes into a header field."""

    longest: int = 100
    ascii_only: bool = False

    @property
    def takes(self) -> str:
        """See `Kind`."""
        return f"up to {self.longest} printable {'ASCII ' if self.ascii_only else ''}characters"

    def parse(self, text: str) -> str:
        """See `Kind`."""
        # A header field must neither leave ASCII nor begin or end with a space (RFC 9110, 5.5).
        unfit = self.ascii_only and not (text.isascii() and text == text.strip())
        if len(text) > self.longest or not text.isprintable() or unfit:
            raise ValueError
        return text

    def spell(self, value: str) -> str:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Anything:
    """Any text at all: an ID that a client made up must be answered, not refused."""

    takes: str = "an ID as the server sent it"

    def parse(self, text: str) -> str:
        """See `Kind`."""
        return text

    def spell(self, value: str) -> str:
        """See `Kind`."""
        return value


@dataclass(frozen=True, slots=True)
class Ids:
    """Whole numbers and ranges, such as `5,8-12`, as pairs of first and last."""

    most: int = 64
    _number: Whole = Whole()

    @property
    def takes(self) -> str:
        """See `Kind`."""
        return f"up to {self.most} numbers or ranges, such as 5,8-12"

    def parse(self, text: str) -> tuple[tuple[int, int], ...]:
        """See `Kind`."""
        pairs = []
        for part in text.split(","):
            first, _, last = part.partition("-")
            pairs.append((self._number.parse(first), self._number.parse(last or first)))
        if len(pairs) > self.most or any(first > last for first, last in pairs):
            raise ValueError
        return tuple(pairs)

    def spell(self, value: int | Iterable[int | tuple[int, int]]) -> str:
        """See `Kind`; single numbers may stand for themselves."""
        parts = (value,) if isinstance(value, int) else value
        return ",".join(str(part) if isinstance(part, int) else f"{part[0]}-{part[1]}" for part in parts)


@dataclass(frozen=True, slots=True)
class Moment:
    """`20` is after 20 events, `5s` is 5 seconds after the connection opened."""

    takes: str = "a number of events, such as 20, or of seconds, such as 5s"
    _events: Whole = Whole()
    _seconds: Number = Number()

    def parse(self, text: str) -> After:
        """See `Kind`."""
        if text.endswith("s"):
            return After(seconds=self._seconds.parse(text[:-1]))
        return After(events=self._events.parse(text))

    def spell(self, value: After | int) -> str:
        """See `Kind`; a bare number is one of events."""
        if isinstance(value, int):
            return str(value)
        return f"{self._seconds.spell(value.seconds)}s" if value.seconds is not None else str(value.events)
