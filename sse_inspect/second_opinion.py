"""The same bytes through the decoder of httpx-sse: what an ordinary client would have seen, and where it differs.

Pure: bytes and our records go in, differences come out. Events are paired in the order of the wire; what has no partner
was lost there, or is a phantom.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from sse_inspect.records import Comment, Event, Record, Retry

EXAMINED_BYTES = 4 << 20
"""Bytes of a session that are decoded twice, the first ones."""
LOOK_AHEAD = 8
"""Events that are looked at for a partner before one is said to have none."""
UNPAIRED = 512
"""Events that may wait for a partner."""
HELD_BACK = 0.05
"""Seconds from which on an event that came later than it could is worth a word."""

EFFECTS: dict[str, str] = {
    "phantom": "an event that is none, without data, is delivered",
    "lost": "an event is never delivered",
    "misread": "an event is delivered with other data, or another type or ID",
    "held-back": "an event is delivered only when the next bytes come",
    "retry-misread": "a reconnection time is taken that the standard does not allow",
}
"""What each kind of difference does to whoever uses such a client."""


@dataclass(slots=True)
class Difference:
    """One kind of difference: how often, where first (an offset in that body), and what to do about it."""

    kind: str
    cause: str
    count: int
    connection: int
    offset: int
    example: str = ""

    @property
    def effect(self) -> str:
        """What it does."""
        return EFFECTS[self.kind]


@dataclass(slots=True)
class _Theirs:
    t: float
    offset: int
    event: ServerSentEvent
    after_comment: bool


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

    def open(self, content_type: str) -> None:
        """The next body begins; httpx takes its charset from the Content-Type."""
        self._connection += 1
        self._begin(content_type)

    def _begin(self, content_type: str) -> None:
        self._charset = _charset(content_type)
        self._text = codecs.getincrementaldecoder(self._charset)("replace")
        self._lines = SSELineDecoder()
        self._decoder = SSEDecoder()
        self._ours_waiting: deque[Event] = deque()
        self._theirs_waiting: deque[_Theirs] = deque()
        self._retries: deque[int] = deque()
        self._offset = 0
        self._after_comment = False
        self._begins_with_bom = False

    def feed(self, t: float, data: bytes, records: Sequence[Record]) -> None:
        """Take the bytes that came at `t`, and what we made of them."""
        if not self.is_complete:
            return
        if not self._offset:
            self._begins_with_bom = data.startswith(codecs.BOM_UTF8)
        for record in records:
            match record:
                case Event():
                    self.ours += 1
                    self._ours_waiting.append(record)
                case Comment():
                    self.comments += 1
                case Retry(reconnection_time=milliseconds):
                    self._retries.append(milliseconds)
        self._decode(t, self._text.decode(data))
        self.examined += len(data)
        self._offset += len(data)
        self._pair()

    def close(self) -> None:
        """The body ended."""
        self._decode(0.0, "", ended=True)
        self._pair()
        for theirs in self._theirs_waiting:
            self._unpaired(theirs)
        for ours in self._ours_waiting:
            self._lost(ours)
        self._theirs_waiting.clear()
        self._ours_waiting.clear()

    def _decode(self, t: float, text: str, *, ended: bool = False) -> None:
        lines = self._lines.decode(text) if text else []
        if ended:
            lines = [*lines, *self._lines.flush()]
        for line in lines:
            if line.startswith(":"):
                self._after_comment = True
            event = self._decoder.decode(line)
            if event is not None:
                self.events += 1
                self._theirs_waiting.append(_Theirs(t, self._offset, event, self._after_comment))
                self._take_retry(event)
            if not line:
                self._after_comment = False

    def _take_retry(self, event: ServerSentEvent) -> None:
        taken = event.retry
        if taken is None:
            return
        if taken in self._retries:
            self._retries.remove(taken)
        else:
            self._note("retry-misread", "a retry field that is no row of digits", self._offset, str(taken))
        while len(self._retries) > UNPAIRED:
            self._retries.popleft()

    def _pair(self) -> None:
        ours, theirs = self._ours_waiting, self._theirs_waiting
        while ours and theirs:
            mine, other = ours[0], theirs[0]
            if _same(mine, other.event) or mine.truncated:
                self._paired(mine, other)
            elif _has_partner(other, ours):
                self._lost(ours.popleft())
            elif _is_empty(other.event) or _has_partner_there(mine, theirs):
                self._unpaired(theirs.popleft())
            else:
                self._misread(mine, other)
                ours.popleft()
                theirs.popleft()
        while theirs and not ours and _is_empty(theirs[0].event):
            self._unpaired(theirs.popleft())
        while len(ours) > UNPAIRED:
            self._lost(ours.popleft())
        while len(theirs) > UNPAIRED:
            self._unpaired(theirs.popleft())

    def _paired(self, mine: Event, other: _Theirs) -> None:
        if mine.id and other.event.id != mine.id:
            self._misread(mine, other)
        if other.t - mine.t > HELD_BACK:
            self._note("held-back", "lines that end with CR", mine.offset, mine.data)
        self._ours_waiting.popleft()
        self._theirs_waiting.popleft()

    def _lost_to_bom(self, mine: Event) -> bool:
        return self._begins_with_bom and mine.offset <= len(codecs.BOM_UTF8)

    def _lost(self, mine: Event) -> None:
        cause = "the byte order mark in front of it" if self._lost_to_bom(mine) else "its decoder"
        self._note("lost", cause, mine.offset, mine.data)

    def _unpaired(self, other: _Theirs) -> None:
        event = other.event
        if event.retry is not None:
            cause = "a block with nothing but a retry field"
        elif other.after_comment:
            cause = "a comment with a blank line after it, once an ID was seen"
        elif event.event != "message":
            cause = "a block with an event type but no data"
        else:
            cause = "a block without data"
        self._note("phantom", cause, other.offset, event.data)

    def _misread(self, mine: Event, other: _Theirs) -> None:
        theirs = other.event
        if self._lost_to_bom(mine):
            cause = "the byte order mark in front of it"
        elif self._charset not in ("utf-8", "utf_8"):
            cause = f"the charset {self._charset} in Content-Type, though event streams are always UTF-8"
        elif theirs.data != mine.data:
            cause = "its data"
        elif theirs.event != mine.event:
            cause = "its event type"
        else:
            cause = "its ID"
        self._note("misread", cause, mine.offset, mine.data)

    def _note(self, kind: str, cause: str, offset: int, example: str) -> None:
        known = self._differences.get((kind, cause))
        if known is None:
            self._differences[kind, cause] = Difference(kind, cause, 1, self._connection, offset, example[:80])
        else:
            known.count += 1


def _same(mine: Event, theirs: ServerSentEvent) -> bool:
    return mine.data == theirs.data and mine.event == theirs.event


def _is_empty(theirs: ServerSentEvent) -> bool:
    return not theirs.data


def _has_partner(other: _Theirs, ours: deque[Event]) -> bool:
    """Whether one of our next events, but not the first, is this one."""
    return not _is_empty(other.event) and any(
        _same(ours[place], other.event) for place in range(1, min(LOOK_AHEAD, len(ours)))
    )


def _has_partner_there(mine: Event, theirs: deque[_Theirs]) -> bool:
    return any(_same(mine, theirs[place].event) for place in range(1, min(LOOK_AHEAD, len(theirs))))


def _charset(content_type: str) -> str:
    """The charset httpx decodes with: that of the Content-Type where Python knows it, else UTF-8."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                return codecs.lookup(value.strip().strip('"')).name
            except LookupError:
                break
    return "utf-8"
