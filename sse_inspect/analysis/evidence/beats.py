"""The heartbeats of a session: their rhythm, their place among the events, and those in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sse_inspect.analysis.heartbeat import HeartbeatClock, is_sign_of_life
from sse_inspect.records import Comment, Event, Record, Retry

TEXTS = 4
"""Comment texts that are remembered."""
LONGEST_TEXT = 64
LONGEST_SIGN = 160
"""Characters at the end of data in which a heartbeat is looked for: a comment, or an event of its own."""
_NAME = r"(?:ping|pong|heart-?beat|keep-?alive|hb)"
_USUAL = re.compile(
    rf':\s?{_NAME}(?:\b[^"{{}}\n]*)?(?:\n[^\n]*)?$|data:\s?\{{[^{{}}\n]*"{_NAME}"[^{{}}\n]*\}}$', re.IGNORECASE
)


class Beats:
    """`take` the records of chunks with comments, `follow` the events of all others."""

    def __init__(self) -> None:
        self.clock = HeartbeatClock()
        self.count = 0
        """Heartbeats: comments, and events that say nothing else."""
        self.own_blocks = 0
        """Comments that had a blank line of their own, between events, once an ID had come on their connection."""
        self.texts: list[str] = []
        self._end: int | None = 0
        self._has_id = False
        self._waiting = 0
        self._waiting_bytes = 0

    def begin(self) -> None:
        """A connection opened."""
        self._end = self._waiting = self._waiting_bytes = 0
        self._has_id = False

    def interrupt(self) -> None:
        """A connection ended."""
        self.clock.interrupt()

    def take(self, records: Sequence[Record]) -> None:
        """The records of a chunk, in order, where not all are events."""
        for record in records:
            if type(record) is Comment:
                self._comment(record)
            elif type(record) is Retry:
                self._end = None
            elif type(record) is Event:
                self.follow(record, record)

    def follow(self, first: Event, latest: Event) -> bool:
        """Events came, and nothing between them; whether the first, after a pause, is only a heartbeat.

        Where it stands tells whether a comment was its own block.
        """
        if self._waiting:
            if self._end is not None and self._has_id:
                beyond = first.offset - self._end - self._waiting_bytes
                if 3 * self._waiting <= beyond <= 7 * self._waiting:
                    self.own_blocks += self._waiting
            self._waiting = self._waiting_bytes = 0
        self._end = latest.offset + latest.size
        self._has_id = self._has_id or bool(first.id or latest.id)
        is_sign = self.clock.has_paused(first.t) and is_sign_of_life(first.event, first.data)
        if is_sign:
            self.count += 1
            self.clock.beat(first.t)
        if not is_sign or first is not latest:
            self.clock.event(latest.t)
        return is_sign

    def _comment(self, record: Comment) -> None:
        self.count += 1
        self.clock.beat(record.t)
        self._waiting += 1
        self._waiting_bytes += len(record.text.encode("utf-8", "replace"))
        text = record.text.strip()
        if text and len(text) <= LONGEST_TEXT and len(self.texts) < TEXTS and text not in self.texts:
            self.texts.append(text)

    def in_data(self, data: str) -> bool:
        """Whether this data ends with what looks like a heartbeat of this stream."""
        end = data[-LONGEST_SIGN:].rstrip()
        if _USUAL.search(end):
            return True
        return any(end.endswith((f": {text}", f":{text}")) for text in self.texts if not text.isdigit())
