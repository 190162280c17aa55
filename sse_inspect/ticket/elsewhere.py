"""What others would make of a session: the decoder of httpx-sse on the same bytes, and a browser by rule.

`Listening` hears a session as it goes; `Following` reads one that is kept, and keeps up with it. Both stay small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from sse_inspect.analysis.browser import Browser, Remark
from sse_inspect.config import Target
from sse_inspect.inputs import Chunk, Input
from sse_inspect.inspected import Told
from sse_inspect.records import Connecting, Disconnect, End, Open, Origin, Record
from sse_inspect.second_opinion import WHOLE, Difference, SecondOpinion
from sse_inspect.ticket.reread import Reread
from sse_inspect.ticket.twice import Twice

SLICE = 512
"""Records that are looked at at a time."""
NOTHING = "nothing was looked at yet"
_NOBODY_ELSE = nullcontext()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What it came to until `t`: `events` were delivered by httpx-sse of the `examined` of `received` bytes.

    `ours` were there, besides `comments`, over `opened` responses; `why_not` says why there is no second opinion, and
    is empty else. `connection` is the one at hand, 0 before the first; `gave_up` that at which a browser gave up, or 0.
    `duplicates` are events that came again.
    """

    t: float
    why_not: str
    examined: int
    received: int
    events: int
    ours: int
    comments: int
    opened: int
    differences: tuple[Difference, ...]
    remarks: tuple[Remark, ...]
    connection: int
    gave_up: int
    duplicates: int


class _Browsing:
    """Folds records into what a browser would have done, and when it would have given up."""

    def __init__(self, target: Target) -> None:
        self._browser = Browser(target)
        self._twice = Twice()
        self.connection = self.opened = self.gave_up = 0

    def fold(self, record: Record) -> None:
        self._browser.fold(record)
        self._twice.fold(record)
        match record:
            case Connecting():
                self.connection = record.connection
            case Open():
                self.opened += 1
                self._look(record)
            case Disconnect() | End():
                self._look(record)

    def _look(self, record: Record) -> None:
        if not self.gave_up and any(each.outcome == "gives-up" for each in self._browser.remarks()):
            self.gave_up = record.connection

    def elsewhere(self, t: float, second: SecondOpinion, why_not: str, received: int) -> Elsewhere:
        return Elsewhere(
            t=t,
            why_not=why_not,
            examined=second.examined,
            received=received,
            events=second.events,
            ours=second.ours,
            comments=second.comments,
            opened=self.opened,
            differences=tuple(replace(each) for each in second.differences()),
            remarks=self._twice.among(self._browser.remarks()),
            connection=self.connection,
            gave_up=self.gave_up,
            duplicates=self._twice.count,
        )


class Listening:
    """Takes inputs and the records they led to, as they come."""

    def __init__(self, target: Target) -> None:
        self._browsing = _Browsing(target)
        self._second = SecondOpinion()
        self._t = 0.0
        self._received = 0

    def take(self, happened: Input, _connection: int, records: Sequence[Record]) -> None:
        """Take in what happened."""
        self._t = happened.t
        for record in records:
            self._browsing.fold(record)
            if isinstance(record, Open):
                self._second.open(record.headers.get("content-type", ""), record.connection)
        if isinstance(happened, Chunk):
            self._received += len(happened.data)
            self._second.feed(happened.t, happened.data, records)
        for record in records:
            if isinstance(record, Disconnect):
                self._second.close(record.t, cut=record.reason not in WHOLE)

    def elsewhere(self, origin: Origin) -> Elsewhere:
        """What it came to."""
        why_not = "" if origin.has_bytes else Reread(origin, _no_bytes).why_not
        return self._browsing.elsewhere(self._t, self._second, why_not, self._received)


class Following:
    """Reads what is kept of a session; `view` is what it came to, which any thread may ask for.

    `lock` is held while it is read: one is needed where several threads do so.
    """

    def __init__(self, told: Told, lock: AbstractContextManager[object] = _NOBODY_ELSE) -> None:
        self._told = told
        self._lock = lock
        self._begin()
        self.view = self._browsing.elsewhere(0.0, self._reread.second, NOTHING, 0)

    def _begin(self) -> None:
        self._folded = 0
        self._browsing = _Browsing(self._told.target)
        self._reread = Reread(self._told.origin, self._told.body)

    def follow(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Read on until now, or until the moment that is looked at; leave off early once it is not wanted.

        What is looked at may be earlier than before: then all is read anew. Made for a thread.
        """
        with self._lock:
            told = self._told
            snapshot = told.snapshot()
            stop = snapshot.records if told.player is None else told.player.ordinal_at(snapshot.now) + 1
            if stop < self._folded:
                self._begin()
            while self._folded < stop:
                if not is_wanted():
                    return
                end = min(self._folded + SLICE, stop)
                for record in told.log.slice(self._folded, end, data=not self._reread.is_done):
                    self._browsing.fold(record)
                    self._reread.fold(record)
                self._folded = end
                self._publish(snapshot.now, snapshot.bytes)
            if snapshot.connections and snapshot.connections[-1].ended is None:
                self._reread.end(snapshot.now, snapshot.connections[-1].bytes)
            self._publish(snapshot.now, snapshot.bytes)

    def _publish(self, t: float, received: int) -> None:
        reread = self._reread
        view = self._browsing.elsewhere(t, reread.second, reread.why_not, received)
        if view != replace(self.view, t=view.t):
            self.view = view


def _no_bytes(_connection: int, _offset: int, _size: int) -> None:
    return None
