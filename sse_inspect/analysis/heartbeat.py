"""The heartbeat, learned: how often the server says that it is there when it has nothing to say."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from sse_inspect.analysis.snapshot import Heartbeat

BEATS = 32
"""Beats that are learned from, the latest ones."""
BURST = 0.01
"""Seconds within which comments are one beat, and a comment and an event come together."""
STEADY = 0.5
"""Part of the period that its spread may be: comments without a rhythm are no heartbeat."""
HICCUP = 1.1
"""Periods that silence may usually last: a server that is silent for longer has no such heartbeat."""
PAUSE = 0.25
"""Seconds without anything before an event, from which on its data is looked at: in a flow it tells nothing more."""

_LONGEST_NAME = 16
_NAMES = frozenset({"ping", "heartbeat", "keepalive", "hb", "beat", "noop", "stillalive"})
_LONGEST_DATA = 160
_NAME = r'"([A-Za-z][\w. -]{1,15})"'
_KEY = r'"(?:type|event|kind|op|action)"'
_PLAIN = r"[^{}\[\]]"
_SIGN = re.compile(rf"\{{{_PLAIN}*?{_KEY}\s*:\s*{_NAME}{_PLAIN}*\}}|\{{\s*{_NAME}\s*:[^{{}}\[\],]*\}}|{_NAME}")


def is_heartbeat(event_type: str) -> bool:
    """Whether an event of this type is only a sign of life: `ping`, `heartbeat`, `keep-alive` and the like."""
    return len(event_type) <= _LONGEST_NAME and _is_name(event_type)


@lru_cache(maxsize=256)
def _is_name(event_type: str) -> bool:
    return re.sub(r"[-_. ]", "", event_type).lower() in _NAMES


def is_sign_of_life(event_type: str, data: str) -> bool:
    """Whether an event says nothing but that the server is there, by its type or, where it has none, by its data.

    Such data is `ping`, `"heartbeat"`, `{"type": "ping"}` with or without a time in it, `{"keepalive": 1}`.
    """
    if event_type != "message":
        return is_heartbeat(event_type)
    if not 2 <= len(data) <= _LONGEST_DATA:
        return False
    match = _SIGN.fullmatch(data.strip())
    return is_heartbeat(data.strip() if match is None else next(name for name in match.groups() if name))


@dataclass(slots=True)
class _Beat:
    """A beat, and the seconds to it: from the one before, and from whatever came last; what else came between."""

    interval: float
    pause: float
    longest_pause: float
    events: int
    is_joint: bool


class HeartbeatClock:
    """Learns the period from the last 32 beats: comments, and events whose type says that they are nothing else.

    A server sends it by the clock, or when it has been silent for so long: what is steadier of the two is the period.
    Comments that come with the events, or without a rhythm, or after longer silences than theirs, are no heartbeat.
    """

    def __init__(self) -> None:
        self._beats: deque[_Beat] = deque(maxlen=BEATS)
        self._last: float | None = None
        self._heard: float | None = None
        self._longest_pause = 0.0
        self._events = 0
        self._count = 0
        self._late_until = -1.0

    def held_up(self, until: float) -> None:
        """This program was held up: a beat that is read until then may have come earlier."""
        self._late_until = until

    def beat(self, t: float) -> None:
        """A comment came, or an event that is a heartbeat; those of one burst count once."""
        if t <= self._late_until:
            self.interrupt()
            return
        if self._last is not None and t - self._last <= BURST:
            return
        pause = 0.0 if self._heard is None else t - self._heard
        self._count += 1
        if self._last is not None:
            is_joint = self._events > 0 and pause <= BURST
            longest = max(self._longest_pause, pause)
            self._beats.append(_Beat(t - self._last, pause, longest, self._events, is_joint))
        self._last = self._heard = t
        self._longest_pause = 0.0
        self._events = 0

    def event(self, t: float, count: int = 1) -> None:
        """Any other event came, or so many at once."""
        if self._heard is not None and t - self._heard > self._longest_pause:
            self._longest_pause = t - self._heard
        if self._last is not None and t - self._last <= BURST and self._beats:
            self._beats[-1].is_joint = True
        self._heard = t
        self._events += count

    def interrupt(self) -> None:
        """The connection ended: the next interval would span the outage."""
        self._last = self._heard = None
        self._longest_pause = 0.0
        self._events = 0

    def has_paused(self, t: float) -> bool:
        """Whether neither a beat nor an event came on this connection in the last `PAUSE` seconds before `t`."""
        return self._heard is None or t - self._heard > PAUSE

    @property
    def learned(self) -> Heartbeat | None:
        """Median period and half the range of the middle of the intervals, or None before two intervals."""
        beats = self._beats
        if len(beats) < 2 or self._comes_with_events():
            return None
        rhythms = [_rhythm([beat.interval for beat in beats])]
        if not self._is_joint():
            rhythms.append(_rhythm([beat.pause for beat in beats]))
        longest = sorted(beat.longest_pause for beat in beats)
        usual = longest[len(longest) - len(longest) // 4 - 1]
        fit = [
            (jitter / period, period, jitter)
            for period, jitter in rhythms
            if period > BURST and jitter <= STEADY * period and usual <= period * HICCUP + jitter
        ]
        if not fit:
            return None
        _, period, jitter = min(fit, key=lambda each: each[0])
        return Heartbeat(period, jitter, self._count)

    def _comes_with_events(self) -> bool:
        """Whether most events have a comment beside them: then that tells nothing more than they do."""
        joint = sum(beat.is_joint for beat in self._beats)
        return self._is_joint() and joint * 2 > sum(beat.events for beat in self._beats)

    def _is_joint(self) -> bool:
        """Whether most comments stand beside an event: no silence has led to them."""
        return sum(beat.is_joint for beat in self._beats) * 2 > len(self._beats)


def _rhythm(seconds: list[float]) -> tuple[float, float]:
    """The median, and half the range of the middle half."""
    ordered = sorted(seconds)
    quarter = len(ordered) // 4
    middle = ordered[quarter : len(ordered) - quarter]
    return median(ordered), (middle[-1] - middle[0]) / 2
