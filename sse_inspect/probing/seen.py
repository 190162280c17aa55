"""What one session showed, in bounded columns; times are seconds since it began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from sse_inspect.inputs import Chunk, Connected, Input, Opened, ResponseHead
from sse_inspect.probing.pacing import Pace, Piece, pace
from sse_inspect.records import Disconnect, End, Event, Open, Record

MOST = 20_000
"""Events and pieces that are kept: the first ones."""
LONGEST_ID = 1024
LONGEST_WORD = 60
"""Characters of a type or a coding."""
NOTHING = "nothing came"


class Came(NamedTuple):
    """An event; `digest` stands for its type and data."""

    t: float
    id: str
    digest: int


@dataclass(slots=True)
class Seen:
    """A session as it was; `take` is handed every input and what it led to.

    `began` is its time 0 on the clock that all sessions of a run share. `connected`: the first connection stood;
    `head`: that of the final response, whatever its status, at `answered`; `opened`: it was an event stream.
    """

    name: str
    began: float = 0.0
    connected: float | None = None
    head: ResponseHead | None = None
    answered: float | None = None
    opened: bool = False
    first_byte: float | None = None
    last_byte: float | None = None
    events: list[Came] = field(default_factory=list)
    count: int = 0
    bytes: int = 0
    wire_bytes: int = 0
    disconnect: Disconnect | None = None
    ended: End | None = None
    responded: bool = False
    pieces: list[Piece] = field(default_factory=list)

    def take(self, happened: Input, _connection: int, records: Sequence[Record]) -> None:
        """Take in an input and the records it led to."""
        match happened:
            case Connected() if self.connected is None:
                self.connected = happened.t
            case Opened():
                self.head, self.answered = happened.head, happened.t
            case Chunk():
                self._chunk(happened)
        for record in records:
            match record:
                case Event():
                    self._event(record)
                case Open():
                    self.opened = True
                case Disconnect():
                    self.disconnect = record
                case End():
                    self.ended = record

    def _chunk(self, chunk: Chunk) -> None:
        if self.first_byte is None:
            self.first_byte = chunk.t
        self.last_byte = chunk.t
        self.bytes += len(chunk.data)
        self.wire_bytes += chunk.wire_size
        if len(self.pieces) < MOST:
            self.pieces.append(Piece(chunk.t, chunk.wire_size))

    def _event(self, record: Event) -> None:
        self.count += 1
        if len(self.events) < MOST:
            self.events.append(Came(record.t, (record.id or "")[:LONGEST_ID], hash((record.event, record.data))))

    @property
    def pace(self) -> Pace:
        """How its events came: the wait for the head is one for the first of them, too."""
        return pace([event.t for event in self.events], self.pieces, self.connected, self.watched_until)

    def part(self, since: float, until: float) -> Seen:
        """The same session with what came from `since` on, as if it had been left at `until`, if it stood so long."""
        if since <= 0.0 and until >= self.watched_until:
            return self
        events = [came for came in self.events if since <= came.t <= until]
        pieces = [piece for piece in self.pieces if since <= piece.t <= until]
        ended = End(min(until, self.watched_until), 0, "limit", "")
        return replace(self, events=events, count=len(events), pieces=pieces, ended=ended)

    @property
    def watched_until(self) -> float:
        """When it ended."""
        return self.ended.t if self.ended is not None else 0.0

    @property
    def watched(self) -> float:
        """Seconds from the connection to the end."""
        return max(0.0, self.watched_until - (self.connected or 0.0))

    @property
    def quiet(self) -> float:
        """Seconds without a byte before the end."""
        return max(0.0, self.watched_until - (self.last_byte or self.answered or self.connected or 0.0))

    @property
    def longest_silence(self) -> float:
        """The longest time without a byte since the head came."""
        times = [piece.t for piece in self.pieces]
        between = (later - earlier for earlier, later in pairwise([self.answered or 0.0, *times]))
        return max((*between, self.quiet))

    @property
    def stands(self) -> bool:
        """Whether it stood as long as it was watched."""
        return self.end in ("open", "interrupted", NOTHING)

    @property
    def ids(self) -> list[str]:
        """The IDs of events that had one, in order."""
        return [event.id for event in self.events if event.id]

    def since_connected(self, t: float | None) -> float | None:
        """Seconds from the connection to `t`."""
        return None if t is None or self.connected is None else max(0.0, t - self.connected)

    @property
    def first_event(self) -> float | None:
        """When the first event came."""
        return self.events[0].t if self.events else None

    @property
    def status(self) -> int | None:
        """The status of the response, or None if there was none."""
        return self.head.status if self.head is not None else None

    def field(self, name: str) -> str:
        """The value of a field of the response, or ""."""
        return self.head.headers.get(name, "") if self.head is not None else ""

    @property
    def coding(self) -> str:
        """The content coding, or "" for none."""
        coding = self.field("content-encoding").strip().lower()[:LONGEST_WORD]
        return "" if coding == "identity" else coding

    @property
    def unanswered(self) -> bool:
        """Whether the connection stood to the end, and not even a head came."""
        return self.connected is not None and self.head is None and self.end == NOTHING

    @property
    def answer(self) -> str:
        """The answer in a few words: `200 text/event-stream`, `404`, `no answer (refused)`."""
        if self.head is None:
            return f"no answer ({self.end})"
        kind = self.field("content-type").split(";")[0].strip().lower()[:LONGEST_WORD]
        return f"{self.head.status} {kind}".rstrip()

    @property
    def end(self) -> str:
        """How it ended, in a word: the reason of its end by the network, or `open` if it stood until the last."""
        if self.ended is not None and self.ended.reason == "interrupted":
            return "interrupted"
        if self.disconnect is not None and self.disconnect.reason != "forced":
            return self.disconnect.reason
        if self.ended is not None and self.ended.reason == "no-content":
            return "no-content"
        return "open" if self.head is not None else NOTHING
