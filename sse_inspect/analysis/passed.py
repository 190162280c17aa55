"""Events that were passed on as new, by their IDs and data: what tells that one of them comes again."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sse_inspect.stepping import Numbered, Spans, numbered


class Passed:
    """So many of these events: in spans those whose IDs step by 1, all others one by one, by hash."""

    __slots__ = ("_is_free", "_next", "_others", "_others_end", "_spans")

    def __init__(self) -> None:
        self._spans = Spans()
        self._others: set[int] = set()
        self._others_end: float = 0
        self._next: Numbered | None = None
        # Whether the ID behind the latest, and all higher ones of its prefix, are new for sure.
        self._is_free = False

    def __len__(self) -> int:
        return self._spans.count + len(self._others)

    def clear(self) -> None:
        """Forget them all."""
        self._spans.clear()
        self._others.clear()
        self._others_end = 0
        self._is_free = False

    def has(self, event_id: str, usual: Numbered | None, data: str) -> bool:
        """Whether the event is one of them; `usual` is the number of its ID if it has one."""
        if usual is not None and self._spans.get(*usual) == hash(data):
            return True
        return bool(self._others) and hash((event_id, data)) in self._others

    def step(self, event_id: str, data: str) -> bool:
        """Add an event if it steps on from the latest and is new for sure; else return False."""
        return self._is_free and self._spans.step(event_id, hash(data))

    def take(self, event_id: str, usual: Numbered | None, data: str, before: Passed) -> None:
        """Add an event that is none of them; it may be one of those before."""
        self._is_free = False
        if usual is not None:
            prefix, number = usual
            steps = usual == self._next
            self._next = prefix, number + 1
            is_free = self._is_below(usual) and before._is_below(usual)
            if self._spans.append(prefix, number, hash(data)) or (
                steps and self._spans.extend(prefix, number, (hash(data),))
            ):
                self._is_free = is_free
                return
            self._others_end = max(self._others_end, number + 1)
        self._others.add(hash((event_id, data)))

    def take_run(self, begin: Numbered | None, event_ids: Sequence[str], data: Sequence[str], before: Passed) -> int:
        """Add those events that are neither among them nor among those before; returns how many.

        The IDs step by 1 from `begin` on if it is given.
        """
        if begin is not None and self._is_below(begin) and before._is_below(begin):
            if self._spans.extend(*begin, tuple(map(hash, data))):
                self._is_free = True
                return len(data)
        elif not (self._spans.count or before._spans.count):
            self._is_free = False
            count = len(self._others)
            self._others |= set(map(hash, zip(event_ids, data, strict=True))) - before._others
            self._others_end = inf
            return len(self._others) - count
        count = len(self)
        for event_id, each in zip(event_ids, data, strict=True):
            usual = numbered(event_id)
            if not before.has(event_id, usual, each) and not self.has(event_id, usual, each):
                self.take(event_id, usual, each, before)
        return len(self) - count

    def _is_below(self, begin: Numbered) -> bool:
        """Whether none of them has as high a number."""
        prefix, first = begin
        return self._others_end <= first and self._spans.end(prefix) <= first
