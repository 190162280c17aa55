"""The rhythm of what comes: how long the pauses between events usually are, and what came since the last one."""

from __future__ import annotations

from collections import deque

from sse_inspect.analysis.heartbeat import HeartbeatClock, is_heartbeat, is_sign_of_life
from sse_inspect.analysis.snapshot import Heartbeat, Rhythm

PAUSES = 32
"""Pauses that are learned from, the latest ones."""
BURST = 0.25
"""Seconds within which events are of one burst: what lies between them is no pause."""
LEAST_EVENTS = 3
"""Events from which on a rhythm is known."""


class RhythmFold:
    """Both clocks over the session: events that say something, and beats, which are comments or heartbeat events."""

    def __init__(self) -> None:
        self._clock = HeartbeatClock()
        self._pauses: deque[float] = deque(maxlen=PAUSES)
        self._events = 0
        self._news: float | None = None
        self.beats = 0
        """Heartbeats since the last event, or since the connection opened."""
        self._late_until = -1.0

    def opened(self) -> None:
        """A connection is open: what was learned of earlier ones holds."""
        self._news, self.beats = None, 0

    def over(self) -> None:
        """The connection ended: no interval spans what comes until the next one opens."""
        self._clock.interrupt()

    def held_up(self, until: float) -> None:
        """This program was held up: what is read until then may have come earlier."""
        self._late_until = until
        self._clock.held_up(until)

    def comment(self, t: float) -> None:
        """A comment came."""
        self._clock.beat(t)
        self.beats += 1

    def event(self, t: float, event_type: str, data: str) -> None:
        """An event came."""
        if self._is_beat(t, event_type, data):
            self.comment(t)
        else:
            self.events(t, 1)

    def events(self, t: float, count: int) -> None:
        """So many events came at once, none of them a heartbeat."""
        self._clock.event(t, count)
        if self._news is not None and t - self._news > BURST and t > self._late_until:
            self._pauses.append(t - self._news)
        self._events += count
        self._news = t
        self.beats = 0

    def is_paused(self, t: float) -> bool:
        """Whether an event at `t` may be taken for a heartbeat, or ends a time in which only heartbeats came."""
        return self.beats > 0 or self._clock.has_paused(t)

    def _is_beat(self, t: float, event_type: str, data: str) -> bool:
        if event_type != "message":
            return is_heartbeat(event_type)
        return self._clock.has_paused(t) and is_sign_of_life(event_type, data)

    @property
    def heartbeat(self) -> Heartbeat | None:
        """What is learned of the heartbeat."""
        return self._clock.learned

    def learned(self, outlived: float = 0.0) -> Rhythm:
        """What is known of it now; the silence that was outlived is told by the bytes, not by what they said."""
        return Rhythm(self._news, self._pause(), self.beats, outlived)

    def _pause(self) -> float | None:
        """The longest of the pauses but one: a single one that is out of the way is not the rhythm."""
        if self._events < LEAST_EVENTS:
            return None
        return sorted(self._pauses)[-2] if len(self._pauses) > 1 else BURST
