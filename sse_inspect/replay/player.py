"""Plays a capture: the face of an inspection, over a thread that handles inputs until the state of the cursor is known.

What is most urgent comes first: the state where one looks, then the states on the way and the whole at a glance.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from threading import Condition, RLock, Thread

from sse_inspect.errors import CaptureError
from sse_inspect.faults import Fault
from sse_inspect.inspected import LOOKING, Player, Snapshot, Timeline
from sse_inspect.records import Open
from sse_inspect.replay.cursor import FASTEST, Cursor
from sse_inspect.replay.log import CapturedLog
from sse_inspect.replay.states import States
from sse_inspect.replay.walk import Walk
from sse_inspect.store.capture.reader import LONGEST, CaptureReader
from sse_inspect.store.capture.spelling import read_as

SLICE_SECONDS = 0.01
"""How long the thread works before it looks whether something else has become more urgent."""
TICK = 0.04
"""Seconds between two looks at a cursor that moves, and between two things published on the way to it."""
RESTED = 0.05
"""How long nobody must have read or moved for what is not urgent to go on at full speed."""
OVERVIEW_SECONDS = 0.25
"""The same for the whole session at a glance."""


class Replay:
    """The face of an inspection on a capture, at a cursor in its time that can be moved and played.

    The cursor begins at the end. `clock` gives seconds for playing; `name` is what the capture is called if not after
    its file. The thread begins with the first thing that was painted or asked for, so that it is not in the way of a
    screen that is being made. Raises CaptureError for a file that is no capture, or damaged where it is read first.
    """

    def __init__(self, path: Path, *, name: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name or path.name
        reader = CaptureReader(path)
        with reader.one_moment():
            self.is_complete = reader.is_complete
            self.log = CapturedLog(reader)
            end = reader.end
        # What is written meanwhile belongs to neither the log nor what is known at its end.
        self._end = inf if self.is_complete else end
        self.origin = reader.origin
        self.target = reader.facts.target
        self.player: Player | None = self
        self._cursor = Cursor(end, clock)
        self._changed = Condition(RLock())
        self._moved = self._closing = False
        self._failure: Exception | None = None
        self._damage = ""
        # From here on all that walks belongs to the thread; others see what it published.
        self._reader = CaptureReader(path)
        self._states = States()
        self._scan = Walk.from_the_start(self._reader, self._end)
        self._scan.go(0.0, SLICE_SECONDS, self.log.give_way)
        self._here: Walk | None = None
        first = self._scan.snapshot(0.0)
        self._notes = (*first.notes, *notes_of(reader))
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
        return self._cursor.end

    @property
    def cursor(self) -> float:
        """The moment that is looked at, in seconds since the session began."""
        return self._cursor.t

    @property
    def speed(self) -> float:
        """How fast the cursor moves: 0 stands still, 1 is as it was, `FASTEST` what the machine can do."""
        return self._cursor.speed

    def seek(self, t: float) -> None:
        """Move the cursor; it goes on from there if it is moving."""
        with self._changed:
            self._cursor.seek(t)
            self._sought_at = time.monotonic()
            self._wake()

    def play(self, speed: float) -> None:
        """Let the cursor move; from the beginning if it stands at the end."""
        with self._changed:
            self._cursor.play(speed)
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
        if self._final is not None and cursor >= self.end:
            return self._final
        shown, is_there = self._shown
        is_there = is_there and (shown.now == cursor or self._cursor.is_moving)
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
                self._changed.wait(TICK if self._cursor.is_moving else None)

    def _approach(self) -> bool:
        """Go on towards the cursor for a while; False once the state there is known."""
        goal = self.cursor
        if goal >= self.end and self._final is not None:
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
            walk = self._here = Walk.unpacked(self._reader, self._end, walk.packed())
        if self.speed == FASTEST:
            return self._run_on(walk, goal)
        self._publish(walk, goal, is_there=True)
        return False

    def _run_on(self, walk: Walk, start: float) -> bool:
        """Move the cursor itself as far as a slice reaches."""
        walk.go(inf, SLICE_SECONDS, self.log.give_way)
        self._cursor.carry(start, walk.t, is_over=walk.is_over)
        self._publish(walk, walk.t, is_there=True)
        return True

    def _nearest(self, goal: float) -> Walk:
        """The walk that has come nearest to `goal`, none of them beyond it."""
        here, scan = self._here, self._scan
        if here is not None and here.reached > goal:
            here = None
        state = self._states.before(goal)
        if state is not None and (here is None or state.t > here.t):
            here = Walk.unpacked(self._reader, self._end, self._states.read(state))
        if scan.reached <= goal and (here is None or scan.t > here.t):
            return scan
        self._here = here = here or Walk.from_the_start(self._reader, self._end)
        return here

    def _publish(self, walk: Walk, t: float, *, is_there: bool) -> None:
        """Let others see what was true at `t`; on the way only now and then."""
        now = time.monotonic()
        arrived = is_there and not self._cursor.is_moving and (self._shown[0].now != t or not self._shown[1])
        if arrived or now - self._shown_at >= TICK:
            self._shown_at = now
            self._shown = self._as_shown(walk.snapshot(t)), is_there

    def _as_shown(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, records=len(self.log), notes=self._notes)

    def _look_ahead(self) -> bool:
        """Handle some more for the states on the way and the whole picture; False once all is known."""
        if self._progress == 1.0:
            return False
        if time.monotonic() - self.log.read_at < RESTED:
            with self._changed:
                self._changed.wait(RESTED)
        self._go_on(self._scan, inf)
        return True

    def _go_on(self, walk: Walk, until: float) -> None:
        """A slice of a walk; that of the scan leaves states behind and publishes the whole as far as it has come."""
        walk.go(until, SLICE_SECONDS, self.log.give_way)
        if walk is not self._scan:
            self._states.keep_near(walk)
            return
        self._states.put(walk)
        now = time.monotonic()
        if walk.is_over:
            self._final = self._as_shown(walk.snapshot(self.end))
            self._whole = self._final.timeline
            self._progress = 1.0
        elif now - self._overview_at >= OVERVIEW_SECONDS:
            self._overview_at = now
            self._progress = min(walk.t / self.end, 0.999) if self.end else 0.0
            if self._final is None:
                self._whole = walk.snapshot(walk.t).timeline


def _final(reader: CaptureReader) -> Snapshot | None:
    """What was true in the end, as it was written down then."""
    text = reader.fact_rows.get("snapshot")
    with suppress(CaptureError):
        snapshot = read_as(Snapshot, text) if text else None
        if snapshot is not None and 0.0 < snapshot.timeline.width < LONGEST and 0.0 <= snapshot.now < LONGEST:
            return snapshot
    return None


def notes_of(reader: CaptureReader) -> list[str]:
    """What has to be known of the capture itself."""
    notes = ["secrets inside"] if reader.facts.keep_secrets else []
    return notes if reader.is_complete else [*notes, "cut off: the end of the session is not in it"]
