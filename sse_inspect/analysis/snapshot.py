"""What is true now, of a fixed size: everything the screen shows beside the list of records.

All times are seconds since the session began; `now` is the moment the snapshot was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import Literal

from sse_inspect.analysis.limits import Learned
from sse_inspect.records import BackoffSource, Diagnosis, Disconnect, End, Origin, Recovered, Summary
from sse_inspect.unknown import unknown_of

StateName = Literal["idle", "connecting", "open", "waiting", "closed"]


class Link(IntEnum):
    """State of the link in a stretch of the timeline; where several fall into one, the highest is shown."""

    NONE = 0
    OPEN = 1
    CONNECTING = 2
    WAITING = 3
    STALLED = 4
    HALF_OPEN = 5
    """Open, and silent for more than twice the heartbeat that was learned."""


class Mark(IntFlag):
    """What happened in a stretch of the timeline."""

    GAP = 1
    FILLED = 2
    DUPLICATE = 4
    DISCONNECT = 8
    STALL = 16
    FAULT = 32
    OPEN = 64
    QUIET = 128
    """From here on only heartbeats came."""


@dataclass(slots=True)
class Bucket:
    """A stretch of the timeline; `marks` is a set of `Mark`."""

    link: Link = Link.NONE
    events: int = 0
    marks: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole session in equal stretches of `width` seconds, from 0 to now; the last one may be unfinished."""

    width: float
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The learned rhythm of the signs of life that say nothing else: median period and spread, in seconds."""

    period: float
    jitter: float
    count: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The events of the open connection, those that are heartbeats left out, and what is learned of their times.

    `news` is when the last one came, `pause` how many seconds usually lie between two at most, or None before that is
    known, `beats` the heartbeats since, and `outlived` the longest silence of the session that a connection survived.
    """

    news: float | None = None
    pause: float | None = None
    beats: int = 0
    outlived: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A backoff under way: the coming `attempt` starts at `until`."""

    started: float
    until: float
    delay: float
    attempt: int
    source: BackoffSource


@dataclass(slots=True)
class GapRow:
    """A gap, and how much of it is still missing; `prefix` is what stands before the number in the ID."""

    t: float
    first: int
    last: int
    remaining: int
    prefix: str


@dataclass(slots=True)
class ConnectionRow:
    """One attempt or connection; `reason` stays empty while it lives, `opened` is None if it never opened."""

    connection: int
    started: float
    opened: float | None = None
    ended: float | None = None
    reason: str = ""
    detail: str = ""
    status: int | None = None
    first_byte: float | None = None
    events: int = 0
    bytes: int = 0
    reopened_after: float | None = None


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert rule, its value and whether it fires."""

    name: str
    firing: bool
    value: float | None
    threshold: float


@dataclass(frozen=True, slots=True)
class FaultView:
    """A fault under way; `until` is None where nobody knows when it ends, and `ends` says what ends it."""

    fault: str
    title: str
    started: float
    until: float | None
    ends: str = ""


@dataclass(frozen=True, slots=True)
class FaultOver:
    """A fault that is over since `t`; `events` came while it lasted, `lost` of the IDs are missing since it began."""

    t: float
    title: str
    lasted: float
    events: int
    lost: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What was received, stamped when it came, and is not handled yet.

    The oldest of it came `seconds` ago; it is so many `bytes`. If it is `full` reading has paused: what the server
    sends waits at its side, and is stamped late.
    """

    seconds: float
    bytes: int
    full: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The session at `now`."""

    now: float
    unix_us: int
    url: str
    method: str
    state: StateName
    stalled: bool
    connection: int
    attempt: int
    status: int | None
    http_version: str | None
    peer: str
    attempt_started: float | None
    connected_at: float | None
    opened_at: float | None
    last_byte: float | None
    last_event: float | None
    last_event_id: str
    stall_after: float
    stall_at: float | None
    on_stall: str
    wait: Wait | None
    disconnect: Disconnect | None
    ended: End | None
    heartbeat: Heartbeat | None
    records: int
    events: int
    comments: int
    bytes: int
    ids: str
    summary: Summary
    alerts: tuple[AlertView, ...]
    gaps: tuple[GapRow, ...]
    duplicates: tuple[str, ...]
    connections: tuple[ConnectionRow, ...]
    timeline: Timeline
    findings: tuple[Diagnosis, ...]
    recovered: Recovered | None
    faults: tuple[FaultView, ...]
    notes: tuple[str, ...]
    head: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...] = ()
    fault_over: FaultOver | None = None
    rhythm: Rhythm = Rhythm()
    learned: tuple[Learned, ...] = ()
    """Limits that the ends of this session show."""

    backlog: Backlog | None = None

    @property
    def origin(self) -> Origin:
        """The wall clock at the session's begin, and what of the session is known."""
        return _origin(self.unix_us, self.unknown)


@lru_cache(4)
def _origin(unix_us: int, unknown: tuple[str, ...]) -> Origin:
    # Asked for in every corner of the screen, many times a second.
    return Origin(unix_us, unknown_of(unknown))
