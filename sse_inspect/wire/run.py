"""Events in a row, kept in columns: what is done with each of many is done with all of them at once, in C."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, repeat, starmap

from sse_inspect.wire.shape import Columns, Shape
from sse_inspect.wire.tokens import EventToken, Token

new_token = tuple.__new__
"""Makes an `EventToken`, of the class and its fields, in a third of the time a call of the class takes."""


class EventRun:
    """Events of one shape that stand in a row, nothing between them: what most of a stream is made of.

    `text` is theirs, `size` its bytes, `offset` the place of the first one in the body, `before` the last event ID
    string in front of it. The columns can be let go with `fold`: they are made again of the text when they are asked
    for.
    """

    __slots__ = ("_before", "_columns", "_count", "_shape", "_sizes", "end", "offset", "text")

    def __init__(self, shape: Shape, text: str, size: int, columns: Columns, offset: int, before: str) -> None:
        self._shape = shape
        self._columns: Columns | None = columns
        self._sizes: list[int] | None = None
        self._count = len(columns.data)
        self._before = before
        self.text = text
        self.offset = offset
        self.end = offset + size
        """The place in the body behind the last event and its blank line."""

    def __len__(self) -> int:
        return self._count

    @property
    def columns(self) -> Columns:
        """The fields of the events."""
        columns = self._columns
        if columns is None:
            columns = self._columns = self._shape.columns(self.text)
            assert columns is not None  # noqa: S101 it was made of such
        return columns

    def columns_of(self, text: str) -> Columns | None:
        """The fields of the events of `text`, which are some of these; None where they cannot be told so quickly."""
        return self._shape.columns(text)

    @property
    def sizes(self) -> list[int]:
        """The bytes of each event."""
        sizes = self._sizes
        if sizes is None:
            sizes = self._sizes = self._shape.sizes(self.text, self.columns)
        return sizes

    def fold(self) -> None:
        """Let go of the columns."""
        self._columns = self._sizes = None

    @property
    def is_folded(self) -> bool:
        """Whether the columns were let go."""
        return self._columns is None

    @property
    def last_event_id(self) -> str:
        """The last event ID string behind the last event."""
        ids = self.columns.ids
        return self._before if ids is None else ids[-1]

    @property
    def beyond(self) -> int:
        """Bytes between two events that belong to none: the rest of a blank line's end."""
        return self._shape.beyond

    def offsets(self, start: int = 0, stop: int | None = None) -> list[int]:
        """The place in the body of each event from place `start` up to `stop`, and of what follows them."""
        steps = self._steps(start, stop)
        if start > self._count // 2:
            first = self.end - sum(self._steps(start, None))
        else:
            first = self.offset + sum(self._steps(0, start))
        return list(accumulate(steps, initial=first))

    def places(self) -> list[int]:
        """The same of all of them, counted from the first one."""
        return list(accumulate(self._steps(0, None), initial=0))

    def _steps(self, start: int, stop: int | None) -> list[int]:
        """The bytes from each event to the next."""
        beyond, sizes = self.beyond, self.sizes[start:stop]
        return [size + beyond for size in sizes] if beyond else sizes

    def __iter__(self) -> Iterator[EventToken]:
        """The events, one by one."""
        return self._tokens(*self.columns[:3], self.offsets(), self.sizes)

    def tokens(self, start: int, stop: int) -> Iterator[EventToken]:
        """The events from place `start` up to, not including, `stop`."""
        part = slice(start, stop)
        ids, events, data, _ = self.columns
        return self._tokens(
            ids and ids[part], events and events[part], data[part], self.offsets(start, stop), self.sizes[part]
        )

    def _tokens(
        self,
        ids: Sequence[str] | None,
        events: Sequence[str] | None,
        data: Sequence[str],
        offsets: Sequence[int],
        sizes: Sequence[int],
    ) -> Iterator[EventToken]:
        last_event_ids = repeat(self._before) if ids is None else ids
        own_ids = repeat(None) if ids is None else ids
        types = repeat("message") if events is None else events
        rows = zip(types, data, own_ids, last_event_ids, offsets, sizes, repeat(False), strict=False)
        return starmap(new_token, zip(repeat(EventToken), rows, strict=False))


Item = Token | EventRun


def each(items: Iterable[Item]) -> list[Token]:
    """The tokens, those in runs one by one."""
    tokens: list[Token] = []
    for item in items:
        if type(item) is EventRun:
            tokens += item
        else:
            tokens.append(item)  # type: ignore[arg-type]  # mypy does not narrow by `type(...) is`
    return tokens
