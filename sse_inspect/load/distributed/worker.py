"""What runs the clients of a process: each user of Locust is one of them, and all are on one native thread."""

from __future__ import annotations

import logging
from typing import Any

import gevent
from gevent.event import Event
from locust.exception import RPCError

from sse_inspect import __version__
from sse_inspect.errors import UsageError
from sse_inspect.load.crowd import Crowd
from sse_inspect.load.distributed.native import NativeLoop
from sse_inspect.load.distributed.parcel import packed
from sse_inspect.load.distributed.pulse import Beat, Pulse
from sse_inspect.load.distributed.statistics import feed
from sse_inspect.load.distributed.swarm import FINISH, RESULT, STATE, Settings, State
from sse_inspect.load.files import room_for_clients
from sse_inspect.load.plan import LONGEST, MOST_CLIENTS

BEAT = 1.0
"""Seconds between two words to Locust's statistics and to the master."""
_LOG = logging.getLogger(__name__)


class Run:
    """One test: from its start to the result of its clients."""

    def __init__(self, settings: Settings) -> None:
        self.native = NativeLoop()
        self.begun = 0
        self.gaps = 0
        self.hindered = ""
        self.ending = Event()
        self.is_quiet = Event()
        self.over = Event()
        self.crowd, self.pulse = self.native.run(lambda: _opened(settings))

    def begin(self) -> int:
        """A client more; its number."""
        number = self.begun
        if not self.hindered:
            try:
                if number >= MOST_CLIENTS:
                    raise UsageError("--users", f"a worker takes {MOST_CLIENTS:,} at most; give more workers.")
                room_for_clients(number + 1)
            except UsageError as error:
                self.hindered = str(error)
            else:
                self.begun += 1
                self.native.call(self.crowd.begin, number)
        return number

    def end(self, number: int) -> None:
        """Let that client go."""
        if number < self.begun and not self.ending.is_set():
            self.native.call(self.crowd.end, number)

    def beat(self) -> Beat:
        """What is new."""

        async def taken() -> Beat:
            return self.pulse.beat()

        beat = self.native.run(taken)
        self.gaps += beat.gaps
        return beat

    def state(self, beat: Beat) -> State:
        """How it stands."""
        now, failure = beat.now, self.crowd.failure
        why = self.hindered or self.crowd.hindered or (repr(failure) if failure else "")
        if now.t > LONGEST:
            why = "an hour is over"
        return State(now.t, now.begun, now.open, now.events, self.gaps, now.lost, now.duplicates, now.disconnects, why)


class Worker:
    """Runs the clients of this process, one test at a time, and tells the master of them."""

    def __init__(self, environment: Any, settings: Any) -> None:
        self._environment = environment
        self._settings = settings
        self.run: Run | None = None
        events = environment.events
        events.test_start.add_listener(self._start)
        events.test_stopping.add_listener(self.finish)
        events.quitting.add_listener(self.finish)
        environment.runner.register_message(FINISH, self._asked, concurrent=True)

    def _start(self, **_: Any) -> None:
        try:
            run = self.run = Run(self._settings(self._environment))
        except UsageError as error:
            self._tell(STATE, State(hindered=str(error)).told())
            return
        gevent.spawn(self._go_on, run)

    def _go_on(self, run: Run) -> None:
        while not run.ending.wait(BEAT):
            beat = run.beat()
            feed(self._environment, beat)
            self._tell(STATE, run.state(beat).told())
        run.is_quiet.set()

    def _asked(self, **_: Any) -> None:
        if self.run is None:  # it came too late to get any clients
            self._tell(RESULT, {})
        self.finish()

    def finish(self, **_: Any) -> None:
        """End all clients and send what they saw; whoever comes second waits for that too."""
        run = self.run
        if run is None:
            return
        if run.ending.is_set():
            run.over.wait()
            return
        run.ending.set()
        run.is_quiet.wait()
        self._tell(RESULT, {"seen": self._seen(run), "statistics": self._statistics()})
        run.native.close()
        self.run = None
        run.over.set()

    def _seen(self, run: Run) -> bytes | None:
        """What its clients saw, or nothing if this program itself failed."""
        try:
            result = run.native.run(run.crowd.close)
        except Exception as error:  # noqa: BLE001 it is told where somebody can hear of it
            self._tell(STATE, State(hindered=f"{type(error).__name__}: {error}").told())
            return None
        feed(self._environment, run.beat())
        result.hindered = result.hindered or run.hindered
        return packed(result)

    def _statistics(self) -> dict[str, Any]:
        """Locust's own since its last report: for its last one it gives its workers half a second."""
        data: dict[str, Any] = {}
        client_id = self._environment.runner.client_id
        self._environment.events.report_to_master.fire(client_id=client_id, data=data)
        return data

    def _tell(self, kind: str, data: Any) -> None:
        try:
            self._environment.runner.send_message(kind, data)
        except RPCError as error:
            _LOG.error("sse-inspect: the master cannot be told (%s): what these clients saw may be missing", error)


async def _opened(settings: Settings) -> tuple[Crowd, Pulse]:
    crowd = Crowd(*settings, version=__version__, changed=lambda: crowd.end_all())
    crowd.open()
    return crowd, Pulse(crowd)
