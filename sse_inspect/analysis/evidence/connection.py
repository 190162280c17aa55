"""The facts of one connection attempt; times are seconds since the session began, sizes bytes."""

from __future__ import annotations

import builtins
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from sse_inspect.inputs import ResponseHead
from sse_inspect.records import DisconnectReason, Verdict

LAST_EVENTS = 6
"""Events of a connection that are remembered, the latest ones."""

Boundary = Literal["line", "whole", "open"]
"""Where a run stops: inside a line, between blocks, or behind a line of a block that is not complete."""


@dataclass(slots=True)
class Run:
    """Bytes that came together, after a silence; `wire` counts them with the content coding still applied.

    `made` is when the first and the last of several events were made, by the times in their data, None where they tell
    none.
    """

    connection: int
    t: float
    silence: float
    size: int
    wire: int
    events: int
    boundary: Boundary
    made: tuple[float, float] | None

    @property
    def held(self) -> float | None:
        """By how many seconds the times in the data of its events lie apart."""
        return None if self.made is None else self.made[1] - self.made[0]


@dataclass(slots=True)
class Connection:
    """One attempt, from its begin to its end; None where something did not happen, or not yet."""

    ordinal: int
    started: float
    sent_id: str | None = None
    connected: float | None = None
    round_trip: float = 0.0
    """How long TCP took to connect; 0 where it is not known."""
    head: ResponseHead | None = None
    answered: float | None = None
    """When the response head came, whatever it was."""
    opened: float | None = None
    """When it came, if it was accepted."""
    last_byte: float = 0.0
    """The last sign of the server: the head, or bytes of the body, comments included."""
    first_wire: float | None = None
    """When the first bytes of the content came, still coded."""
    first_byte: float | None = None
    """When the first bytes that can be read came."""
    early_wire: int = 0
    """Coded bytes that came before anything could be read."""
    events: int = 0
    signs: int = 0
    """Heartbeats: comments, and events that say nothing else."""
    bytes: int = 0
    at_once: int = 0
    """Events that came together with the first byte."""
    early_events: int = 0
    """Events within `EARLY` seconds of the first byte."""
    data_lines: int = 0
    """Lines of data while no event was complete."""
    longest_silence: float = 0.0
    """The longest one that ended with a byte."""
    last_news: float | None = None
    """When the last event came that is no heartbeat."""
    longest_pause: float = 0.0
    """The longest time between two such events."""
    begun: list[int] = field(default_factory=list)
    """Checksums of the first events, in order."""
    first_id: str | None = None
    last_id: str = ""
    stalled: float = 0.0
    """The silence a stall was told for."""
    replayed: int = 0
    duplicates: int = 0
    """Events received before, until the first that was not."""
    lost: int = 0
    """IDs that were missing when the first new event came."""
    recovered: bool = False
    """Whether what the outage cost is known."""
    held_up: float = 0.0
    """Seconds before the first readable byte for which this program itself was held up."""
    spoiled: bool = False
    """Whether an injected fault had to do with it: what it shows is not the server's doing."""
    profile: str = ""
    told: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=LAST_EVENTS))
    """Type and data of the last events; what is in the middle of long data is left out."""
    ended: float | None = None
    end_waited: float = 0.0
    """Seconds for which the end may have waited for this program, which was held up."""
    reason: DisconnectReason | None = None
    detail: str = ""
    partial: int = 0
    lacks_blank: bool = False
    """Whether the last event is whole but for its blank line, as far as its text was looked at."""
    verdict: Verdict = ""
    _tail: builtins.bytes = b"\n"

    def take_lines(self, data: builtins.bytes) -> None:
        """Count the lines of data in bytes that completed no event."""
        window = self._tail + data
        self.data_lines += window.count(b"\ndata") + window.count(b"\rdata")
        self._tail = window[-4:]

    @property
    def headers(self) -> dict[str, str]:
        """The fields of the response head, none before it came."""
        return self.head.headers if self.head is not None else {}

    @property
    def coding(self) -> str:
        """The content coding, empty for none."""
        coding = self.headers.get("content-encoding", "").strip().lower()
        return "" if coding == "identity" else coding

    @property
    def is_framed(self) -> bool:
        """Whether the response has an end of its own (RFC 9112, 6.3): chunks, a length, an HTTP/2 stream."""
        head = self.head
        if head is None or head.http_version.startswith(("2", "3")):
            return True
        return "chunked" in self.headers.get("transfer-encoding", "").lower() or "content-length" in self.headers

    @property
    def asked(self) -> float:
        """When the request was sent, as far as it is known: later by the time in which no answer could be heard."""
        return (self.started if self.connected is None else self.connected) + self.held_up

    @property
    def idle(self) -> float:
        """Seconds from the last byte, comments included, to the end."""
        return 0.0 if self.ended is None else self.ended - self.last_byte

    @property
    def age(self) -> float:
        """Seconds from the response head to the end."""
        return 0.0 if self.ended is None or self.opened is None else self.ended - self.opened
