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
_BLANK = "\n\n"
"""A blank line behind another line."""
_RARE = 0.25
"""Of events that many may be looked at one by one before it is quicker to look at them all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The columns of events that are looked at, and `words`, in lower case, without which no event is wanted.

    None of the words holds a line end: what stands in an event's data then stands in the text of the stream as well.
    """

    columns: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def lowered(self, text: str) -> str:
        """The text in lower case, or as it is where that is the same to the words: digits have no case."""
        return text.lower() if any(word.upper() != word or not word.isascii() for word in self.words) else text

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
    numbers: Sequence[int] = range(events.n + start, events.n + stop)
    blocks = rare_blocks(run.text, len(run), wish) if wish.words and "sizes" not in wish.columns else None
    if blocks is not None:
        rare = [place for place in blocks if start <= place < stop]
        if not rare:
            return None
        columns = run.columns_of("".join(map(blocks.__getitem__, rare)))
        if columns is not None and len(columns.data) == len(rare):
            ids, types, data, _ = columns
            return Stretch([events.n + place for place in rare], data, types, ids, flags=None)
    stretch = Stretch(numbers, flags=None)
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


def rare_blocks(text: str, count: int, wish: Wish) -> dict[int, str] | None:
    """The blocks of `text`, which holds so many events, that may be wanted, by their places in it.

    None where they are not rare, or it cannot be told which event is which: each has to be looked at then.
    """
    lowered = wish.lowered(text)
    found = wish.places_in(lowered)
    if not found:
        return {}
    # Each event ends with a blank line: where there are as many as events, each ends one, and they can be counted.
    # A lower case may be longer than the text: then nothing stands where it stood.
    if len(found) > count * _RARE or "\r" in text or not text.endswith(_BLANK) or len(lowered) != len(text):
        return None
    blocks: dict[int, str] = {}
    n = end = 0
    for place in found:
        if place < end:
            continue
        n += text.count(_BLANK, end, place)
        begin = text.rfind(_BLANK, end, place)
        begin = end if begin < 0 else begin + len(_BLANK)
        end = text.index(_BLANK, place) + len(_BLANK)
        if wish.is_in(lowered[begin:end]):
            blocks[n] = text[begin:end]
        n += 1
    return blocks if n + text.count(_BLANK, end) == count else None


def pieces(found: Iterable[tuple[int, Record]]) -> list[Piece]:
    """Records one by one, with their ordinals."""
    ordinals: list[int] = []
    records: list[Record] = []
    for ordinal, record in found:
        ordinals.append(ordinal)
        records.append(record)
    return [Piece(ordinals, records)] if records else []


def _places(word: str, text: str) -> list[int]:
    # `re` finds a word in two thirds of the time that `str.find` takes, and counts in a third of that of `str.count`.
    return [match.start() for match in re.finditer(re.escape(word), text)]
