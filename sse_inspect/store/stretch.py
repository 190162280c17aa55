"""Events by the column, for who looks at a great many of them: what a filter asks a log for, and what it gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sse_inspect.batch import Events
from sse_inspect.records import Record

DUPLICATE, REPLAYED, OUT_OF_ORDER, TRUNCATED = 1, 2, 4, 8
"""What the bits of `Stretch.flags` mean."""
RARE = 0.25
"""Of events that many may be looked at one by one before it is quicker to look at them all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The columns of events that are looked at, and `words`, in lower case, without which no event is wanted.

    None of the words holds a line end: what stands in an event's data then stands in the text of the stream as well.
    """

    columns: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def is_in(self, lowered: str) -> bool:
        """Whether there may be a wanted event in this part of a stream, in lower case."""
        for word in self.words:  # noqa: SIM110 a third of the time that `all` takes, which tells over many short texts
            if word not in lowered:
                return False
        return True

    def places_in(self, lowered: str) -> list[int]:
        """Where in such a text there is the word that is in it most rarely: each wanted event is at one of them.

        Of a text without words to look for that is nowhere.
        """
        return min((_places(word, lowered) for word in self.words), key=len, default=[])


@dataclass(slots=True)
class Stretch:
    """Events with these numbers, ascending, by the column; columns not wished for are empty.

    `types` is None where all are "message", `ids` where none has one, `flags` where none has any.
    """

    numbers: Sequence[int]
    data: Sequence[str] = ()
    types: Sequence[str] | None = ()
    ids: Sequence[str | None] | None = ()
    sizes: Sequence[int] = ()
    flags: Sequence[int] | None = ()


class Piece(NamedTuple):
    """Part of a log: records one by one, or events by the column; `ordinals` ascend."""

    ordinals: Sequence[int]
    what: list[Record] | Stretch


def stretch_of(events: Events, start: int, stop: int, wish: Wish) -> Stretch | None:
    """Events from place `start` up to, not including, `stop`; None if none of them is wanted."""
    run = events.run
    if wish.words and not wish.is_in(run.text.lower()):
        return None
    stretch = Stretch(range(events.n + start, events.n + stop), flags=None)
    was_folded = run.is_folded
    part = slice(start, stop)
    if wish.columns & {"data", "types", "ids"}:
        ids, types, data, _ = run.columns
        stretch.data = data[part]
        stretch.types = None if types is None else types[part]
        stretch.ids = None if ids is None else ids[part]
    if "sizes" in wish.columns:
        stretch.sizes = run.sizes[part]
    if was_folded:
        run.fold()
    return stretch


def _places(word: str, text: str) -> list[int]:
    # `re` finds a word in two thirds of the time that `str.find` takes, and counts in a third of that of `str.count`.
    return [match.start() for match in re.finditer(re.escape(word), text)]


def pieces(found: Iterable[tuple[int, Record]]) -> list[Piece]:
    """Records one by one, with their ordinals."""
    ordinals: list[int] = []
    records: list[Record] = []
    for ordinal, record in found:
        ordinals.append(ordinal)
        records.append(record)
    return [Piece(ordinals, records)] if records else []
