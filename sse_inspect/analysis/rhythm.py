"""The rhythm of what comes: how long the pauses between events usually are, and what came since the last one."""

from __future__ import annotations

from collections import deque

from sse_inspect.analysis.heartbeat import HeartbeatClock, is_heartbeat
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
        self._heard: float | None = None
        self.beats = 0
        """Heartbeats since the last event, or since the connection opened."""
        self._outlived = 0.0

    def opened(self, t: float) -> None:
        """A connection is open: what was learned of earlier ones holds; the silence that ended one was not outlived."""
        self._news, self._heard, self.beats = None, t, 0

    def over(self) -> None:
        """The connection ended: no interval spans what comes until the next one opens."""
        self._clock.interrupt()

    def comment(self, t: float) -> None:
        """A comment came."""
        if self._heard is not None and t - self._heard > self._outlived:
            self._outlived = t - self._heard
        self._heard = t
        self._clock.beat(t)
        self.beats += 1

    def event(self, t: float, event_type: str) -> None:
        """An event came."""
        if is_heartbeat(event_type):
            self.comment(t)
            return
        if self._heard is not None and t - self._heard > self._outlived:
            self._outlived = t - self._heard
        self._heard = t
        self._clock.event(t)
        if self._news is not None and t - self._news > BURST:
            self._pauses.append(t - self._news)
        self._events += 1
        self._news = t
        self.beats = 0

    @property
    def heartbeat(self) -> Heartbeat | None:
        """What is learned of the heartbeat."""
        return self._clock.learned

    @property
    def learned(self) -> Rhythm:
        """What is known of it now."""
        return Rhythm(self._news, self._pause(), self.beats, self._outlived)

    def _pause(self) -> float | None:
        """The longest of the pauses but one: a single one that is out of the way is not the rhythm."""
        if self._events < LEAST_EVENTS:
            return None
        return sorted(self._pauses)[-2] if len(self._pauses) > 1 else BURST
