"""Which event IDs were seen, and with what data: so many of them that they must not take an object each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sse_inspect.stepping import Numbered, Spans, numbered

Digest = int | Literal["no data", "any data"]
"""Stands for the data an ID was seen with: a hash, or that it had none, or that nobody knows it."""


class Memory:
    """IDs with the digest of the data they were seen with: in spans those that step by 1, all others one by one."""

    __slots__ = ("_others", "_spans")

    def __init__(self) -> None:
        self._spans = Spans()
        self._others: dict[str | int, Digest] = {}

    def __len__(self) -> int:
        return self._spans.count + len(self._others)

    def clear(self) -> None:
        """Forget them all."""
        self._spans.clear()
        self._others.clear()

    def get(self, key: str | int, usual: Numbered | None) -> Digest | None:
        """What an ID was seen with, None if it is not here; `usual` is its number if it has one."""
        digest = self._others.get(key)
        return digest if digest is not None or usual is None else self._spans.get(*usual)

    def has_any(self, event_ids: Sequence[str], begin: Numbered | None) -> bool:
        """Whether any of these is here; they step by 1 from `begin` on if it is given."""
        if not self._others.keys().isdisjoint(event_ids):
            return True
        if begin is not None:
            return self._spans.has_any(*begin, begin[1] + len(event_ids) - 1)
        return self._spans.count > 0 and any(self.get(each, numbered(each)) is not None for each in event_ids)

    def step(self, event_id: str, digest: Digest) -> bool:
        """Keep an ID if it is the next of the one that was kept last, in spans; else return False."""
        return isinstance(digest, int) and self._spans.step(event_id, digest)

    def take(self, key: str | int, usual: Numbered | None, digest: Digest, *, steps: bool) -> bool:
        """Keep an ID; `steps` if it is the next of its sequence. Returns whether it is the latest of the spans then."""
        if usual is not None and isinstance(digest, int) and key not in self._others:
            if self._spans.append(*usual, digest) or (steps and self._spans.extend(*usual, (digest,))):
                return True
            if self._spans.replace(*usual, digest):
                return False
        self._others[key] = digest
        return False

    def take_run(self, event_ids: Sequence[str], data: Sequence[str], begin: Numbered | None) -> bool:
        """Keep IDs that are not here yet; they step by 1 from `begin` on if it is given. Returns as `take` does."""
        hashes = tuple(map(hash, data))
        if begin is not None and self._spans.extend(*begin, hashes):
            return True
        self._others.update(zip(event_ids, hashes, strict=True))
        return False
