"""The same bytes through the decoder of httpx-sse: what an ordinary client would have seen, and where it differs.

Pure: bytes and our records go in, differences come out. Events are paired in the order of the wire; what has no partner
was lost there, or is a phantom.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from httpx_sse import ServerSentEvent

from sse_inspect.records import Comment, Event, Record, Retry
from sse_inspect.second_opinion.client import Client, Theirs

EXAMINED_BYTES = 4 << 20
"""Bytes of a session that are decoded twice, the first ones."""
LOOK_AHEAD = 8
"""Events that are looked at for a partner before one is said to have none."""
UNPAIRED = 512
"""Events that may wait for a partner."""
HELD_BACK = 0.05
"""Seconds from which on an event that came later than it could is worth a word."""

WHOLE = frozenset(("eof", "forced", "unknown"))
"""How a body ends without an error for who reads it, or because who reads it leaves; or nobody tells how."""

EFFECTS: dict[str, str] = {
    "phantom": "an httpx-sse client gets an empty event here",
    "lost": "an httpx-sse client never gets this event",
    "misread": "an httpx-sse client gets this event with other data, or another type or ID",
    "held-back": "an httpx-sse client gets this event only when the next bytes come",
    "retry-misread": "an httpx-sse client takes another reconnection time than the standard does",
}
"""What each kind of difference does to whoever uses such a client."""

_BOM_IN_FRONT = "the byte order mark in front of it"


@dataclass(slots=True)
class Difference:
    """One kind of difference, how often and where first: an offset in that body, and the event `n` it befell.

    Of what befell no event, `n` is the one before it; 0 where there was none.
    """

    kind: str
    cause: str
    count: int
    connection: int
    offset: int
    n: int = 0
    example: str = ""

    @property
    def effect(self) -> str:
        """What it does."""
        return EFFECTS[self.kind]


class SecondOpinion:
    """Decodes the bodies of a session once more; `events` counts what the ordinary decoder delivered.

    `comments` are the comments it has no way to tell of.
    """

    def __init__(self) -> None:
        self.examined = 0
        self.events = 0
        self.ours = 0
        self.comments = 0
        self._connection = 0
        self._differences: dict[tuple[str, str], Difference] = {}
        self._begin("")

    @property
    def is_complete(self) -> bool:
        """Whether everything that came was decoded twice."""
        return self.examined < EXAMINED_BYTES

    def differences(self) -> tuple[Difference, ...]:
        """What an ordinary client would have seen otherwise."""
        return tuple(self._differences.values())

    def open(self, content_type: str, connection: int | None = None) -> None:
        """The next body begins, of that connection; httpx takes its charset from the Content-Type."""
        self._connection = self._connection + 1 if connection is None else connection
        self._begin(content_type)

    def _begin(self, content_type: str) -> None:
        self._client = Client(content_type)
        self._ours_waiting: deque[Event] = deque()
        self._theirs_waiting: deque[Theirs] = deque()
        self._retries: deque[int] = deque()
        self._last_n = 0

    def feed(self, t: float, data: bytes, records: Sequence[Record]) -> None:
        """Take the bytes that came at `t`, and what we made of them."""
        if not self.is_complete:
            return
        for record in records:
            match record:
                case Event():
                    self.ours += 1
                    self._ours_waiting.append(record)
                case Comment():
                    self.comments += 1
                case Retry(reconnection_time=milliseconds):
                    self._retries.append(milliseconds)
        self._take(self._client.feed(t, data))
        self.examined += len(data)
        self._pair()

    def close(self, t: float | None = None, *, cut: bool = False) -> None:
        """The body ended, at `t` if that is known; where it was `cut`, its client fails and gives out nothing more."""
        if not cut:
            self._take(self._client.end(t))
        self._pair()
        while self._theirs_waiting:
            self._unpaired(self._next_of_theirs())
        for ours in self._ours_waiting:
            self._lost(ours)
        self._begin("")

    def _take(self, events: Iterable[Theirs]) -> None:
        for each in events:
            self.events += 1
            each.odd_retry = self._odd_retry(each.event)
            self._theirs_waiting.append(each)
        if self._client.missed_retry:
            self._client.missed_retry = False
            if self._retries:
                self._note("retry-misread", _BOM_IN_FRONT, 0, self._last_n, str(self._retries.popleft()))

    def _odd_retry(self, event: ServerSentEvent) -> int | None:
        """The reconnection time that it took with an event, if we took none such."""
        while len(self._retries) > UNPAIRED:
            self._retries.popleft()
        if event.retry is None or event.retry not in self._retries:
            return event.retry
        self._retries.remove(event.retry)
        return None

    def _next_of_theirs(self) -> Theirs:
        other = self._theirs_waiting.popleft()
        if other.odd_retry is not None:
            cause = "a retry field that is no row of digits"
            self._note("retry-misread", cause, other.offset, self._last_n, str(other.odd_retry))
        return other

    def _pair(self) -> None:
        ours, theirs = self._ours_waiting, self._theirs_waiting
        while ours and theirs:
            mine, other = ours[0], theirs[0]
            if _same(mine, other.event) or mine.truncated:
                self._paired(mine, other)
            elif _has_partner(other, ours):
                self._lost(ours.popleft())
            elif other.is_empty or _has_partner_there(mine, theirs):
                self._unpaired(self._next_of_theirs())
            else:
                self._misread(mine, other)
                self._next_of_theirs()
                self._last_n = ours.popleft().n
        while theirs and not ours and theirs[0].is_empty:
            self._unpaired(self._next_of_theirs())
        while len(ours) > UNPAIRED:
            self._lost(ours.popleft())
        while len(theirs) > UNPAIRED:
            self._unpaired(self._next_of_theirs())

    def _paired(self, mine: Event, other: Theirs) -> None:
        if mine.id and other.event.id != mine.id:
            self._misread(mine, other)
        if other.t - mine.t > HELD_BACK:
            self._note("held-back", "lines that end with CR", mine.offset, mine.n, mine.data)
        self._next_of_theirs()
        self._last_n = self._ours_waiting.popleft().n

    def _lost_to_bom(self, mine: Event) -> bool:
        return self._client.begins_with_bom and mine.offset <= len(codecs.BOM_UTF8)

    def _lost(self, mine: Event) -> None:
        self._last_n = mine.n
        if self._client.refusal:
            cause = self._client.refusal
        elif self._lost_to_bom(mine):
            cause = _BOM_IN_FRONT
        elif self._client.holds_back:
            cause = "lines that end with CR, and a connection that was cut behind one"
        else:
            cause = "its decoder"
        self._note("lost", cause, mine.offset, mine.n, mine.data)

    def _unpaired(self, other: Theirs) -> None:
        event = other.event
        if event.retry is not None:
            cause = "a block with nothing but a retry field"
        elif other.after_comment:
            cause = "a comment with a blank line after it, once an ID was seen"
        elif event.event != "message":
            cause = "a block with an event type but no data"
        else:
            cause = "a block without data"
        self._note("phantom", cause, other.offset, self._last_n, event.data)

    def _misread(self, mine: Event, other: Theirs) -> None:
        theirs = other.event
        if self._lost_to_bom(mine):
            cause = _BOM_IN_FRONT
        elif self._client.charset not in ("utf-8", "utf_8"):
            cause = f"the charset {self._client.charset} in Content-Type, though event streams are always UTF-8"
        elif theirs.data != mine.data:
            cause = "its data"
        elif theirs.event != mine.event:
            cause = "its event type"
        else:
            cause = "its ID"
        self._note("misread", cause, mine.offset, mine.n, mine.data)

    def _note(self, kind: str, cause: str, offset: int, n: int, example: str) -> None:
        known = self._differences.get((kind, cause))
        if known is None:
            self._differences[kind, cause] = Difference(kind, cause, 1, self._connection, offset, n, example[:80])
        else:
            known.count += 1


def _same(mine: Event, theirs: ServerSentEvent) -> bool:
    return mine.data == theirs.data and mine.event == theirs.event


def _has_partner(other: Theirs, ours: deque[Event]) -> bool:
    """Whether one of our next events, but not the first, is this one."""
    return not other.is_empty and any(_same(ours[place], other.event) for place in range(1, min(LOOK_AHEAD, len(ours))))


def _has_partner_there(mine: Event, theirs: deque[Theirs]) -> bool:
    return any(_same(mine, theirs[place].event) for place in range(1, min(LOOK_AHEAD, len(theirs))))
