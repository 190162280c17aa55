"""The streams of a server by path: what they count, what a client may resume from, when they are forgotten.

Time is an argument: `now` is the server's monotonic clock, `t` seconds since the stream was created.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.feed import Feed
from sse_inspect.server.script import Drop, Refuse, Rewind, Script, Step


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a connection begins, and what a client that named an ID is told in `X-Replay`.

    `complete`: everything after that ID follows. `incomplete`: the ID has left the buffer, what is held follows.
    `none`: this stream has not used that ID, only new events follow. Empty: no ID was named.
    """

    position: int
    replay: Literal["", "complete", "incomplete", "none"]


@dataclass(slots=True)
class _Claim:
    """What is left of an action that requests use up."""

    at: float
    action: Refuse | Rewind
    left: int


@dataclass(slots=True)
class Counts:
    """What happened on a stream: requests, connections that opened, events and heartbeats sent, …"""

    requests: int = 0
    connections: int = 0
    open: int = 0
    sent: int = 0
    heartbeats: int = 0
    refused: int = 0
    too_slow: int = 0


@dataclass(slots=True)
class Stream:
    """One path: a feed that runs from `created` on whether or not anybody listens, and its steps by time."""

    path: str
    behaviour: Behaviour
    feed: Feed
    created: float
    counts: Counts = field(default_factory=Counts)
    last_used: float = 0.0
    steps: list[Step] = field(default_factory=list)
    wakers: set[Callable[[], object]] = field(default_factory=set)
    _claims: list[_Claim] = field(default_factory=list)
    _dropped: list[tuple[range, bool]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Events sent on all connections together."""
        return self.counts.sent

    def schedule(self, step: Step) -> None:
        """Add a step, and call all `wakers`; its time may be now, never earlier than one that was already due."""
        match step.action:
            case Drop(count=count, forever=forever):
                first = self.feed.passed(step.at)
                self._dropped.append((range(first, first + count), forever))
            case Refuse(attempts=uses) as action:
                self._claims.append(_Claim(step.at, action, uses))
            case Rewind() as action:
                self._claims.append(_Claim(step.at, action, 1))
            case _:
                insort(self.steps, step, key=lambda other: other.at)
        for wake in self.wakers:
            wake()

    def refusal(self, t: float) -> Refuse | None:
        """The refusal that meets a request at `t`, used up by one; None to let it in."""
        for claim in self._claims:
            if claim.at <= t and claim.left and isinstance(claim.action, Refuse):
                claim.left -= 1
                return claim.action
        return None

    def rewind(self, t: float) -> int:
        """How many events the replay of a request at `t` is to begin early, used up by it."""
        count = 0
        for claim in self._claims:
            if claim.at <= t and claim.left and isinstance(claim.action, Rewind):
                claim.left -= 1
                count = max(count, claim.action.count)
        return count

    def dropped(self, position: int, *, live: bool) -> bool:
        """Whether a script keeps this event back; `live` when it is not replayed."""
        return any(position in positions and (live or forever) for positions, forever in self._dropped)

    def resume(self, last_event_id: str, behaviour: Behaviour, t: float) -> Resume:
        """Where a connection begins that opens at `t`.

        Without an ID that is with the next event; on a stream that has an end, with the oldest event held, so
        that everybody gets all of it.
        """
        passed = self.feed.passed(t)
        held = max(0, passed - behaviour.buffer)
        if not last_event_id:
            return Resume(held if self.feed.count else passed, "")
        digits = last_event_id.removeprefix(behaviour.id_prefix)
        known = last_event_id.startswith(behaviour.id_prefix) and digits.isascii() and digits.isdecimal()
        position = self.feed.position_of(int(digits), t) if known and len(digits) <= 18 else None
        if position is None:
            return Resume(passed, "none")
        if position + 1 < held:
            return Resume(held, "incomplete")
        overlap = max(behaviour.replay_overlap, self.rewind(t))
        return Resume(max(held, position + 1 - overlap), "complete")

    def exhausted(self, last_event_id: str, behaviour: Behaviour, t: float) -> bool:
        """Whether a client that names this ID already has the last event of a stream that has ended."""
        if not (last_event_id and self.feed.ended(self.feed.passed(t))):
            return False
        return last_event_id == f"{behaviour.id_prefix}{self.feed.number_of(self.feed.count - 1)}"


class Streams(Mapping[str, Stream]):
    """All streams, at most `most`; one that nobody has listened to for `linger` seconds is forgotten."""

    def __init__(self, *, seed: int, most: int, linger: float, scripts: Mapping[str, Script]) -> None:
        self._seed = seed
        self._most = most
        self._linger = linger
        self._scripts = scripts
        self._streams: dict[str, Stream] = {}

    def __getitem__(self, path: str) -> Stream:
        return self._streams[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    def request(self, path: str, behaviour: Behaviour, now: float) -> Stream | None:
        """The stream at `path`, created if it is not there; None if there is room for no more."""
        self.forget(now)
        stream = self._streams.get(path)
        if stream is None:
            if len(self._streams) >= self._most:
                return None
            stream = Stream(path, behaviour, Feed.of(behaviour, self._seed), now)
            for step in self._scripts.get(path, Script()).steps:
                stream.schedule(step)
            self._streams[path] = stream
        stream.last_used = now
        return stream

    def forget(self, now: float) -> None:
        """Free what nobody has listened to for long enough."""
        for path, stream in list(self._streams.items()):
            if not stream.counts.open and now - stream.last_used >= self._linger:
                del self._streams[path]
