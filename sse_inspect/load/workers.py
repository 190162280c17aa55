"""Makes a load in several processes, each with its part of the clients, and puts together what they saw."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.errors import SseInspectError
from sse_inspect.load.plan import Plan
from sse_inspect.load.result import Now, Result, together
from sse_inspect.load.runner import Load, Progress

READY, BEGIN, STOP = "ready", "begin", "stop"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 5.0
"""Seconds in which a process has to end that has told all it had to tell."""
START, FINISH = 120.0, 10.0
"""Seconds in which workers have to be there, and after the load's end to have told what they saw: else they hang."""


@dataclass(frozen=True, slots=True)
class _Failed:
    why: str


@dataclass(slots=True)
class _Worker:
    number: int
    process: SpawnProcess
    pipe: Connection
    now: Now
    reader: threading.Thread | None = None
    result: Result | None = None
    failed: str = ""
    is_ready: bool = False
    is_gone: bool = False
    is_given_up: bool = False


class Workers:
    """Runs `plan` in its `workers` processes, as `Load` does in this one.

    A worker that dies takes with it what its clients saw, which the result says; one that hangs is ended. Latencies
    between clients are measured within each. Raises UsageError, and SseInspectError for what a worker fails of.
    """

    def __init__(
        self, target: Target, policy: Policy, plan: Plan, *, version: str = "", progress: Progress = lambda now: None
    ) -> None:
        Load(target, policy, plan, version=version)  # what cannot be used is told at once
        self._target = target
        self._policy = policy
        self._plan = plan
        self._version = version
        self._progress = progress
        self._workers: list[_Worker] = []
        self._stopped = False
        self._begun = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """End early, from any thread: what was seen by now stands."""
        self._stopped = True
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it is over meanwhile
                loop.call_soon_threadsafe(self._stop_all)

    async def run(self) -> Result:
        """Make it."""
        loop = self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._began_us = time.time_ns() // 1000
        try:
            with _signals_held():
                for number, share in enumerate(self._plan.shares()):
                    self._workers.append(self._started(number, share))
            for worker in self._workers:
                worker.reader = threading.Thread(target=self._read, args=(worker, loop))
                worker.reader.start()
            self._wait_for(START)
            await self._over.wait()
        finally:
            self._loop = None
            if self._timer is not None:
                self._timer.cancel()
            for worker in self._workers:
                self._close(worker)
        return self._result()

    def _started(self, number: int, share: Plan) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work,
            args=(theirs, self._target, self._policy, share, self._version),
            name=f"sse-inspect load {number + 1}",
            daemon=True,
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours, Now(0.0))

    def _read(self, worker: _Worker, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: one that hangs within a word must not hold up those who wait for the others."""
        with suppress(RuntimeError):  # the loop is over meanwhile
            try:
                while True:
                    loop.call_soon_threadsafe(self._told, worker, worker.pipe.recv())
            except (EOFError, OSError):
                loop.call_soon_threadsafe(self._gone, worker)

    def _told(self, worker: _Worker, told: object) -> None:
        match told:
            case Now():
                worker.now = told
                self._progress(together(each.now for each in self._workers))
            case Result():
                worker.result = told
            case _Failed():
                worker.failed = told.why
            case _:
                worker.is_ready = True
        self._begin_together()

    def _begin_together(self) -> None:
        """All at one time, once each is there."""
        if not self._begun and all(worker.is_ready or worker.is_gone for worker in self._workers):
            self._begun = True
            self._wait_for(self._plan.seconds + FINISH)
            self._tell((BEGIN, time.monotonic()))
            self._began_us = time.time_ns() // 1000
            if self._stopped:
                self._stop_all()

    def _gone(self, worker: _Worker) -> None:
        worker.is_gone = True
        if all(each.is_gone for each in self._workers):
            self._over.set()
        else:
            self._begin_together()

    def _stop_all(self) -> None:
        self._wait_for(FINISH)
        if self._begun:
            self._tell((STOP, 0.0))

    def _wait_for(self, seconds: float) -> None:
        """Who is awaited now, and has not come by then, is ended."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        for worker in self._workers:
            if not worker.is_gone and (self._begun or not worker.is_ready):
                worker.is_given_up = True
                worker.process.kill()  # so that its pipe ends, as that of any that died

    def _tell(self, what: tuple[str, float]) -> None:
        for worker in self._workers:
            if not worker.is_gone:
                with suppress(OSError):  # it is gone, which is told where it is read
                    worker.pipe.send(what)

    def _close(self, worker: _Worker) -> None:
        if not worker.is_gone:
            worker.process.kill()
        worker.process.join(_PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        if worker.reader is not None:
            worker.reader.join()
        worker.pipe.close()

    def _result(self) -> Result:
        whole = Result(self._plan, shown_url(self._target.url), self._version, self._began_us)
        whole.interrupted, whole.stall_after = self._stopped, self._policy.stall_after
        for worker in self._workers:
            if worker.failed:
                raise SseInspectError(f"worker {worker.number + 1} failed: {worker.failed}")
            if worker.result is not None:
                whole.include(worker.result)
                continue
            clients = len(self._plan.shares()[worker.number].numbers)
            how = "hung and was ended" if worker.is_given_up else f"died (exit status {worker.process.exitcode})"
            cause = f"worker {worker.number + 1} {how}"
            whole.causes.append(cause)
            whole.notes.append(f"W{cause[1:]}: what its {clients:,} clients saw is missing here.")
        whole.spread.across = max(1, len(whole.costs))
        return whole


@contextmanager
def _signals_held() -> Iterator[None]:
    """What is started meanwhile never gets the terminal's signals: whoever started it tells it to end."""
    resource_tracker.ensure_running()  # multiprocessing's own, which lets signals through once it has been started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, target: Target, policy: Policy, plan: Plan, version: str) -> None:
    """What a worker does, in a process of its own."""
    try:
        pipe.send(READY)
        _, epoch = pipe.recv()
        pipe.send(asyncio.run(_made(pipe, target, policy, plan, version, epoch)))
    except (EOFError, ConnectionError):
        return  # nobody waits for it any more
    except Exception as error:  # noqa: BLE001 it is told where somebody can hear of it, and raised there
        with suppress(OSError):
            pipe.send(_Failed(f"{type(error).__name__}: {error}"))


async def _made(pipe: Connection, target: Target, policy: Policy, plan: Plan, version: str, epoch: float) -> Result:
    load = Load(target, policy, plan, version=version, progress=pipe.send, epoch=epoch)
    loop = asyncio.get_running_loop()

    def hear() -> None:
        loop.remove_reader(pipe.fileno())
        load.stop()

    loop.add_reader(pipe.fileno(), hear)
    try:
        return await load.run()
    finally:
        loop.remove_reader(pipe.fileno())
