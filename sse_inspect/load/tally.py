"""What the clients of a load saw: counted for each of them, and over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.batch import Events, Item
from sse_inspect.load.fan_out import FanOut
from sse_inspect.records import (
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Gap,
    GapFilled,
    Open,
    Recovered,
    Stall,
)

CONNECTING, OPENED, RECONNECTING, LOST = "connecting", "opened", "reconnecting", "disconnected"
"""What the chart counts: first attempts, responses, attempts after an end, ends of open connections."""

UNANSWERED = "unanswered: no response until the end"
"""Why an attempt led to no stream that was still waiting for its response."""

UNUSUAL = 3.0
"""Times the longest silence before: one in the end that is longer is none that this stream is known to make."""


@dataclass(slots=True)
class Seen:
    """What one client saw; times in seconds, `connect` and `first_event` of its first connection.

    `lost` are IDs missing in the end, `noticed` those that were missing at any time, `open_for` the time it had a
    stream, `without` the time that it had lost it for in the end, where that is too long. `ended` says why it gave up,
    `refused` why its latest attempt failed that led to no stream. Not a byte came on an open stream for
    `longest_silence`, and for `final_silence` when it was ended.
    """

    number: int
    connect: float | None = None
    first_event: float | None = None
    opens: int = 0
    failed_attempts: int = 0
    disconnects: Counter[str] = field(default_factory=Counter)
    events: int = 0
    size: int = 0
    gaps: int = 0
    noticed: int = 0
    filled: int = 0
    lost: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    stalls: int = 0
    longest_reconnect: float | None = None
    open_for: float = 0.0
    without: float | None = None
    counted: bool = False
    longest_silence: float | None = None
    final_silence: float | None = None
    ended: str = ""
    refused: str = ""
    finished: bool = False

    @property
    def failed(self) -> bool:
        """Whether it had no stream in the end: never, no more, or it gave up."""
        return not self.opens or self.without is not None or (self.ended != "" and not self.finished)

    @property
    def silence(self) -> float | None:
        """The longest of all its silences, the one in the end included."""
        return max((each for each in (self.longest_silence, self.final_silence) if each is not None), default=None)

    def fell_silent(self, least: float) -> bool:
        """Whether the silence in the end was longer than `least` seconds, and than silences of this stream are."""
        return (self.final_silence or 0.0) > max(least, UNUSUAL * (self.longest_silence or 0.0))

    @property
    def rate(self) -> float | None:
        """Events a second while it had a stream."""
        return self.events / self.open_for if self.open_for else None


@dataclass(slots=True)
class Totals:
    """Over the clients of one process, or of several; times in seconds."""

    connect: Distribution = field(default_factory=Distribution)
    first_byte: Distribution = field(default_factory=Distribution)
    first_event: Distribution = field(default_factory=Distribution)
    reconnect: Distribution = field(default_factory=Distribution)
    reasons: Counter[str] = field(default_factory=Counter)
    """Ends of connections that were open, by reason."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Attempts that led to no stream, by reason and detail."""
    diagnoses: Counter[str] = field(default_factory=Counter)
    """What the wire shows, by code: how many clients it was told."""
    herd: dict[str, Counter[int]] = field(
        default_factory=lambda: {sort: Counter() for sort in (CONNECTING, OPENED, RECONNECTING, LOST)}
    )
    """How often each happened, by the column of the chart."""

    def include(self, other: Totals) -> None:
        """Take in those of other clients."""
        for mine, theirs in (
            (self.connect, other.connect),
            (self.first_byte, other.first_byte),
            (self.first_event, other.first_event),
            (self.reconnect, other.reconnect),
        ):
            mine.include(theirs)
        for counted, more in (
            (self.reasons, other.reasons),
            (self.refusals, other.refusals),
            (self.diagnoses, other.diagnoses),
        ):
            counted.update(more)
        for sort, columns in other.herd.items():
            self.herd[sort].update(columns)


class Tally:
    """Folds the records of one client into what it saw, into the totals and into the fan-out."""

    __slots__ = (
        "_began",
        "_fan_out",
        "_heard_at",
        "_is_asking",
        "_is_open",
        "_opened_at",
        "_shut_at",
        "_totals",
        "_width",
        "seen",
    )

    def __init__(self, number: int, totals: Totals, fan_out: FanOut, width: float) -> None:
        self.seen = Seen(number)
        self._totals = totals
        self._fan_out = fan_out
        self._width = width
        self._began = 0.0
        self._opened_at = 0.0
        self._heard_at = 0.0
        self._shut_at = 0.0
        self._is_open = self._is_asking = False

    def fold(self, t: float, items: Iterable[Item]) -> None:
        """Take in what an input led to that happened at `t`."""
        for item in items:
            if type(item) is Event:
                self._event(t, item)
            elif type(item) is Events:
                self._run(t, item)
            else:
                self._odd(item)

    def heard(self, t: float) -> None:
        """Bytes of an open stream came at `t`."""
        if self._is_open:
            silence, longest = t - self._heard_at, self.seen.longest_silence
            if longest is None or silence > longest:
                self.seen.longest_silence = max(silence, 0.0)
        self._heard_at = t

    def deaf(self, since: float, t: float) -> None:
        """This program did not run meanwhile: that is no silence of the server's."""
        self._heard_at += max(0.0, t - max(since, self._heard_at))

    def close(self, t: float, patience: float) -> None:
        """No more of it counts: what comes is this program's own end.

        A client that has lost its stream is waited for as long as `patience`, in seconds.
        """
        seen = self.seen
        if seen.opens and not (self._is_open or seen.ended) and t - self._shut_at > patience:
            seen.without = t - self._shut_at
        if self._is_asking and not seen.opens:
            self._refused(UNANSWERED)
        if self._is_open:
            seen.final_silence = max(0.0, t - self._heard_at)
        self._shut(t)

    def _event(self, t: float, event: Event) -> None:
        seen = self.seen
        seen.events += 1
        if seen.first_event is None:
            self._first(t)
        if event.duplicate:
            seen.duplicates += 1
            return
        seen.out_of_order += event.out_of_order
        self._fan_out.arrived(t, self._opened_at, event.id or "", event.data)

    def _run(self, t: float, events: Events) -> None:
        self.seen.events += len(events)
        if self.seen.first_event is None:
            self._first(t)
        ids, _, data, _ = events.run.columns
        for event_id, each in zip(ids or [""] * len(data), data, strict=True):
            self._fan_out.arrived(t, self._opened_at, event_id, each)

    def _first(self, t: float) -> None:
        self.seen.first_event = t - self._began
        self._totals.first_event.add(self.seen.first_event)

    def _odd(self, item: Item) -> None:
        seen, totals = self.seen, self._totals
        match item:
            case Gap():
                seen.gaps += 1
                seen.noticed += item.missing
            case GapFilled():
                seen.filled += 1
            case Connecting():
                if item.connection == 1:
                    self._began = item.t
                self._is_asking = True
                self._mark(CONNECTING if item.connection == 1 else RECONNECTING, item.t)
            case Open():
                self._open(item)
            case Disconnect():
                if self._is_open:
                    self.heard(item.t)
                    self._shut(item.t)
                    seen.disconnects[item.reason] += 1
                    totals.reasons[item.reason] += 1
                    self._mark(LOST, item.t)
                else:
                    self._refused(f"{item.reason}: {item.detail}"[:200])
            case Recovered() if item.reconnect is not None:
                seen.longest_reconnect = max(seen.longest_reconnect or 0.0, item.reconnect)
                totals.reconnect.add(item.reconnect)
            case Stall():
                seen.stalls += 1
            case Diagnosis():
                totals.diagnoses[item.code] += 1
            case End():
                self._is_asking = False
                seen.ended = f"{item.reason}: {item.detail}"[:200]
                seen.finished = item.reason in ("completed", "no-content", "limit")

    def _refused(self, why: str) -> None:
        self._is_asking = False
        self.seen.failed_attempts += 1
        self.seen.refused = why
        self._totals.refusals[why] += 1

    def _open(self, opened: Open) -> None:
        self._is_open, self._is_asking = True, False
        self._opened_at = self._heard_at = opened.t
        self.seen.opens += 1
        self._mark(OPENED, opened.t)
        steps = [took for name, took in opened.timings.items() if name != "first_byte" and took is not None]
        if steps:
            self._totals.connect.add(sum(steps))
            if self.seen.connect is None:
                self.seen.connect = sum(steps)
        first_byte = opened.timings.get("first_byte")
        if first_byte is not None:
            self._totals.first_byte.add(first_byte)

    def _shut(self, t: float) -> None:
        if self._is_open:
            self._shut_at = t
            self.seen.open_for += t - self._opened_at
        self._is_open = False

    def _mark(self, sort: str, t: float) -> None:
        self._totals.herd[sort][int(t / self._width)] += 1
