"""A capture to look at: the state of every moment comes from handling its inputs again.

Records are read from the capture's own index, so that any of them is there at once. What was true at a moment is
found by handling the inputs up to it, on a thread of its own, which publishes what it finds: who looks never waits for
it. On the way states are put aside, so that a later look begins near the moment it is about. Nothing of the file is
changed.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from threading import Condition, RLock, Thread
from typing import TypeVar

from sse_inspect.conversion import Moment, inspection_of
from sse_inspect.errors import CaptureError
from sse_inspect.faults import Fault
from sse_inspect.inputs import Input
from sse_inspect.inspection import Inspection, Player, Snapshot, Timeline
from sse_inspect.records import Diagnosis, Event, Open, Record
from sse_inspect.store.capture.reader import LONGEST, CaptureReader
from sse_inspect.store.capture.spelling import read_as

STRIDE = 131_072
"""Inputs and events between two states that are put aside: about a second of handling, and some megabytes each."""
NEAR = 8
"""How many are put aside within such a stride where one looks, in memory: going back by a row is the rule."""
SLICE_SECONDS = 0.01
"""How long the thread works before it looks whether something else has become more urgent."""
TICK = 0.04
"""Seconds between two looks at a cursor that moves, and between two things published on the way to it."""
RESTED = 0.05
"""How long nobody must have read or moved for what is not urgent to go on at full speed."""
OVERVIEW_SECONDS = 0.25
"""The same for the whole session at a glance."""
FASTEST = inf
LOOKING = "looking for this moment …"
"""Stands among the notes of a snapshot that is not yet that of the cursor's moment."""
PAGE = 32
PAGES = 64
PAGES_BYTES = 4 << 20
"""Records that are read at a time where single ones are asked for; how many such pages are kept, and their data."""

T = TypeVar("T")


class CapturedLog:
    """All records of a capture, by ordinal: what a `RecordLog` is for a live session. Any thread may ask.

    Where the file is damaged a diagnosis stands for each record that cannot be read, and `damage` says why.
    """

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._lock = RLock()
        self._length = len(reader)
        self._pages: OrderedDict[int, list[Record]] = OrderedDict()
        self._held = 0
        self._busy = False
        self.read_at = -inf
        """When it was last read, in seconds of `time.monotonic`."""
        self.damage = ""

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, ordinal: int) -> Record:
        if not 0 <= ordinal < self._length:
            raise IndexError(ordinal)
        with self._lock:
            number, place = divmod(ordinal, PAGE)
            page = self._pages.get(number)
            if page is None:
                page = self._pages[number] = self.slice(number * PAGE, (number + 1) * PAGE)
                self._held += _data_size(page)
                while len(self._pages) > 1 and (len(self._pages) > PAGES or self._held > PAGES_BYTES):
                    self._held -= _data_size(self._pages.popitem(last=False)[1])
            self._pages.move_to_end(number)
            return page[place]

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; what lies outside is left out.

        Without `data` that of the events is empty, which takes a third of the time.
        """
        start, stop = max(start, 0), min(stop, self._length)
        if start >= stop:
            return []
        unread: list[Record] = []
        records = self._read(lambda reader: reader.slice(start, stop, data=data), unread)
        if len(records) == stop - start:
            return records
        if stop - start == 1:
            why = self.damage or "It is not in the file."
            return [Diagnosis(0.0, 0, "capture-damaged", "error", "A record cannot be read", why, "")]
        middle = (start + stop) // 2
        return [*self.slice(start, middle, data=data), *self.slice(middle, stop, data=data)]

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        return self._read(lambda reader: reader.next_mark(after), None)

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        return self._read(lambda reader: reader.previous_mark(before), None)

    def count_until(self, t: float) -> int:
        """How many records there were at `t`."""
        return self._read(lambda reader: reader.count_until(t), self._length)

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        return self._read(lambda reader: reader.body(connection, offset, size), None)

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened."""
        return self._read(lambda reader: reader.opened(connection), None)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._reader.close()

    def _read(self, what: Callable[[CaptureReader], T], otherwise: T) -> T:
        with self._lock:
            self._busy = True
            try:
                return what(self._reader)
            except CaptureError as error:
                self.damage = self.damage or str(error)
                return otherwise
            finally:
                self._busy = False
                self.read_at = time.monotonic()

    def give_way(self) -> None:
        """Wait while somebody reads.

        Each row that SQLite gives lets go of the interpreter, and would have to win it back from a thread that counts.
        """
        if self._busy:
            with self._lock:
                pass


def _data_size(records: list[Record]) -> int:
    return sum(len(record.data) for record in records if isinstance(record, Event))


class Replay:
    """The face of an inspection on a capture, at a cursor in its time that can be moved and played.

    The cursor begins at the end. `clock` gives seconds for playing; `name` is what the capture is called if not after
    its file. The thread begins with the first thing that was painted or asked for, so that it is not in the way of a
    screen that is being made. Raises CaptureError for a file that is no capture, or damaged where it is read first.
    """

    def __init__(self, path: Path, *, name: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name or path.name
        self._clock = clock
        reader = CaptureReader(path)
        self.log = CapturedLog(reader)
        self.origin = reader.origin
        self.target = reader.facts.target
        self.is_complete = reader.is_complete
        self.player: Player | None = self
        self._end = reader.end
        self._from, self._since, self._speed = self._end, 0.0, 0.0
        self._changed = Condition(RLock())
        self._moved = self._closing = False
        self._failure: Exception | None = None
        self._damage = ""
        # From here on all that walks belongs to the thread; others see what it published.
        self._reader = CaptureReader(path)
        self._states = _States()
        self._scan = self._from_the_start()
        self._scan.go(0.0, SLICE_SECONDS, self.log.give_way)
        self._here: _Walk | None = None
        first = self._scan.snapshot(0.0)
        self._notes = (*first.notes, *_notes(reader))
        final = _final(reader)
        self._final = None if final is None else self._as_shown(final)
        self._shown = self._as_shown(first), False
        self._shown_at = self._overview_at = self._sought_at = -inf
        self._whole = final.timeline if final else first.timeline
        self._progress = 0.0
        self._thread = Thread(target=self._run, name="replay", daemon=True)

    # Playing

    @property
    def end(self) -> float:
        """When the last input came."""
        return self._end

    @property
    def cursor(self) -> float:
        """The moment that is looked at, in seconds since the session began."""
        with self._changed:
            if self._speed in (0.0, FASTEST):
                return self._from
            return min(max(self._from + self._speed * (self._clock() - self._since), 0.0), self._end)

    @property
    def speed(self) -> float:
        """How fast the cursor moves: 0 stands still, 1 is as it was, `FASTEST` what the machine can do."""
        with self._changed:
            if self._speed and self.cursor >= self._end:
                self._from, self._speed = self._end, 0.0
            return self._speed

    def seek(self, t: float) -> None:
        """Move the cursor; it goes on from there if it is moving."""
        with self._changed:
            self._from, self._since = min(max(t, 0.0), self._end), self._clock()
            self._sought_at = time.monotonic()
            self._wake()

    def play(self, speed: float) -> None:
        """Let the cursor move; from the beginning if it stands at the end."""
        with self._changed:
            here = self.cursor
            self._from, self._since = 0.0 if speed and here >= self._end else here, self._clock()
            self._speed = speed
            self._wake()

    @property
    def progress(self) -> float:
        """The part of the capture that has been handled since it was opened, 0 to 1."""
        return self._progress

    @property
    def damage(self) -> str:
        """Why not all of the capture can be read, in a sentence; empty while it can."""
        return self._damage or self.log.damage

    @property
    def whole(self) -> Timeline:
        """The whole session at a glance, as far as it is known."""
        return self._whole

    def ordinal_at(self, t: float) -> int:
        """The ordinal of the last record known at `t`."""
        return max(self.log.count_until(t) - 1, 0)

    # The face of an inspection

    def now(self) -> float:
        """The cursor."""
        return self.cursor

    def snapshot(self) -> Snapshot:
        """What was true at the cursor, or the nearest that is known yet: a note says so."""
        if self._failure is not None:
            raise self._failure
        cursor = self.cursor
        if self._final is not None and cursor >= self._end:
            return self._final
        shown, is_there = self._shown
        is_there = is_there and (shown.now == cursor or self._speed != 0.0)
        return shown if is_there or self._damage else replace(shown, notes=(*shown.notes, LOOKING))

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        return self.log.body(connection, offset, size)

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened."""
        return self.log.opened(connection)

    def painted(self, t: float) -> None:
        """What is shown of the past is never too late; but now there is time to look at it all."""
        self._begin()

    def reconnect(self) -> None:
        """The past cannot be asked for anything."""

    def inject(self, fault: Fault) -> None:
        """Nor be broken."""

    def lift(self) -> None:
        """Nor mended."""

    def stop(self) -> None:
        """Nor ended: it has."""

    def close(self) -> None:
        """Let go of the file."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._reader.close()
        self.log.close()
        self._states.close()

    # The thread that handles

    def _begin(self) -> None:
        if self._thread.ident is None and not self._closing:
            self._thread.start()

    def _wake(self) -> None:
        self._moved = True
        self._changed.notify_all()
        self._begin()

    def _run(self) -> None:
        try:
            while not self._closing:
                self._moved = False
                if not (self._approach() or self._look_ahead()):
                    self._wait()
        except CaptureError as error:
            self._damage = str(error)
        except Exception as error:  # noqa: BLE001 it is raised again where somebody looks
            self._failure = error

    def _wait(self) -> None:
        with self._changed:
            if not (self._closing or self._moved):
                self._changed.wait(TICK if self._speed else None)

    def _approach(self) -> bool:
        """Go on towards the cursor for a while; False once the state there is known."""
        goal = self.cursor
        if goal >= self._end and self._final is not None:
            return False
        if self._here is not None and self._here.reached > goal and time.monotonic() - self._sought_at < RESTED:
            with self._changed:  # going back costs much: not for every row that a held key passes
                self._changed.wait(RESTED)
            return True
        walk = self._nearest(goal)
        if not walk.stands_at(goal):
            self._go_on(walk, goal)
        if not walk.stands_at(goal):
            self._publish(walk, walk.t, is_there=False)
            return True
        if walk is self._scan:
            walk = self._here = self._copy(walk)
        if self._speed == FASTEST:
            return self._run_on(walk, goal)
        self._publish(walk, goal, is_there=True)
        return False

    def _run_on(self, walk: _Walk, start: float) -> bool:
        """Move the cursor itself as far as a slice reaches."""
        walk.go(inf, SLICE_SECONDS, self.log.give_way)
        with self._changed:
            if self._speed == FASTEST and self._from == start:
                self._from = self._end if walk.is_over else walk.t
                self._speed = 0.0 if walk.is_over else FASTEST
        self._publish(walk, walk.t, is_there=True)
        return True

    def _nearest(self, goal: float) -> _Walk:
        """The walk that has come nearest to `goal`, none of them beyond it."""
        here, scan = self._here, self._scan
        if here is not None and here.reached > goal:
            here = None
        state = self._states.before(goal)
        if state is not None and (here is None or state.t > here.t):
            here = self._from_state(state)
        if scan.reached <= goal and (here is None or scan.t > here.t):
            return scan
        self._here = here = here or self._from_the_start()
        return here

    def _publish(self, walk: _Walk, t: float, *, is_there: bool) -> None:
        """Let others see what was true at `t`; on the way only now and then."""
        now = time.monotonic()
        arrived = is_there and self._speed == 0.0 and (self._shown[0].now != t or not self._shown[1])
        if arrived or now - self._shown_at >= TICK:
            self._shown_at = now
            self._shown = self._as_shown(walk.snapshot(t)), is_there

    def _as_shown(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, records=len(self.log), notes=self._notes)

    def _from_the_start(self) -> _Walk:
        moment = Moment()
        return _Walk(inspection_of(self._reader.facts, moment), moment, self._reader.inputs())

    def _from_state(self, state: _State) -> _Walk:
        return self._unpacked(self._states.read(state), state.t)

    def _copy(self, walk: _Walk) -> _Walk:
        return self._unpacked(walk.packed(), walk.t)

    def _unpacked(self, packed: bytes, t: float) -> _Walk:
        inspection, moment, row, done = pickle.loads(packed)  # noqa: S301 this process wrote it
        return _Walk(inspection, moment, self._reader.inputs(row - 1), row=row, done=done, t=t)

    def _look_ahead(self) -> bool:
        """Handle some more for the states on the way and the whole picture; False once all is known."""
        if self._progress == 1.0:
            return False
        if time.monotonic() - self.log.read_at < RESTED:
            with self._changed:
                self._changed.wait(RESTED)
        self._go_on(self._scan, inf)
        return True

    def _go_on(self, walk: _Walk, until: float) -> None:
        """A slice of a walk; that of the scan leaves states behind and publishes the whole as far as it has come."""
        walk.go(until, SLICE_SECONDS, self.log.give_way)
        if walk is not self._scan:
            if walk.handled - walk.put_aside >= STRIDE // NEAR:
                self._states.keep_near(walk)
            return
        if walk.handled - walk.put_aside >= STRIDE:
            self._states.put(walk)
        now = time.monotonic()
        if walk.is_over:
            self._final = self._as_shown(walk.snapshot(self._end))
            self._whole = self._final.timeline
            self._progress = 1.0
        elif now - self._overview_at >= OVERVIEW_SECONDS:
            self._overview_at = now
            self._progress = min(walk.t / self._end, 0.999) if self._end else 0.0
            if self._final is None:
                self._whole = walk.snapshot(walk.t).timeline


class _Walk:
    """An inspection on its way through the inputs; `t` is how far it has come.

    `row` is the row of the last input that was handled, `done` how many of that row were.
    """

    def __init__(
        self,
        inspection: Inspection,
        moment: Moment,
        inputs: Iterator[tuple[int, Input]],
        *,
        row: int = 0,
        done: int = 0,
        t: float = 0.0,
    ) -> None:
        self.inspection = inspection
        self.moment = moment
        self.row = row
        self.done = done
        self.t = t
        self.handled = 0
        self.put_aside = 0
        """How much it had handled when its state was last put aside."""
        self._inputs = inputs
        for _ in range(done):
            next(inputs, None)
        self._next = next(inputs, None)

    def snapshot(self, t: float) -> Snapshot:
        """What was true at `t`, if all until then was handled."""
        self.moment.t = max(t, self.t)
        return self.inspection.snapshot()

    @property
    def reached(self) -> float:
        """The latest moment it was asked about: there is no way back, not even over a time in which nothing came."""
        return max(self.t, self.moment.t)

    @property
    def is_over(self) -> bool:
        """Whether all inputs were handled."""
        return self._next is None

    def stands_at(self, t: float) -> bool:
        """Whether all that happened until `t` was handled, and nothing that happened later."""
        return self.t <= t and (self._next is None or self._next[1].t > t)

    def go(self, until: float, seconds: float, give_way: Callable[[], None]) -> None:
        """Handle more inputs for about so long, none later than `until`; `give_way` is called between any two."""
        stop = time.monotonic() + seconds
        while self._next is not None and self._next[1].t <= until:
            give_way()
            row, happened = self._next
            self.row, self.done = row, self.done + 1 if row == self.row else 1
            self.t = max(self.t, happened.t)
            self.handled += 1 + len(self.inspection.handle(happened))
            self._next = next(self._inputs, None)
            if time.monotonic() >= stop:
                break

    def packed(self) -> bytes:
        """All that is needed to go on from here, later."""
        return pickle.dumps((self.inspection, self.moment, self.row, self.done), pickle.HIGHEST_PROTOCOL)


@dataclass(frozen=True, slots=True)
class _State:
    """A state that was put aside: where in the session, and where in the file, or `data` itself."""

    t: float
    offset: int
    size: int
    data: bytes = b""


class _States:
    """States of an inspection that were put aside, in a temporary file; and in memory a few of where one looks."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="sse-inspect-")  # noqa: SIM115 lives as long as the states
        self._states: list[_State] = []
        self._near: deque[_State] = deque(maxlen=NEAR)

    def put(self, walk: _Walk) -> None:
        """Put the state of a walk aside; a full disk only makes later looks slower."""
        walk.put_aside = walk.handled
        state = walk.packed()
        try:
            offset = self._file.seek(0, 2)
            self._file.write(state)
            self._file.flush()
        except OSError:
            return
        self._states.append(_State(walk.t, offset, len(state)))

    def keep_near(self, walk: _Walk) -> None:
        """Put the state of a walk aside for going back from where it leads."""
        walk.put_aside = walk.handled
        data = walk.packed()
        self._near.append(_State(walk.t, 0, len(data), data))

    def before(self, t: float) -> _State | None:
        """The last one that is not later than `t`."""
        index = bisect_right(self._states, t, key=lambda state: state.t)
        found = [*self._states[max(index - 1, 0) : index], *(state for state in self._near if state.t <= t)]
        return max(found, key=lambda state: state.t, default=None)

    def read(self, state: _State) -> bytes:
        """Its bytes."""
        if state.data:
            return state.data
        self._file.seek(state.offset)
        return self._file.read(state.size)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _final(reader: CaptureReader) -> Snapshot | None:
    """What was true in the end, as it was written down then."""
    text = reader.fact_rows.get("snapshot")
    with suppress(CaptureError):
        snapshot = read_as(Snapshot, text) if text else None
        if snapshot is not None and 0.0 < snapshot.timeline.width < LONGEST and 0.0 <= snapshot.now < LONGEST:
            return snapshot
    return None


def _notes(reader: CaptureReader) -> list[str]:
    """What has to be known of the capture itself."""
    notes = ["secrets inside"] if reader.facts.keep_secrets else []
    return notes if reader.is_complete else [*notes, "cut off: the end of the session is not in it"]
