"""An inspection of the network, live: on the caller's event loop, or on a thread of its own beside a screen."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import RLock, Thread

from sse_inspect.config import Keep, Policy, Target
from sse_inspect.errors import CaptureError
from sse_inspect.faults import Plan
from sse_inspect.inputs import Asked, Input, Verb
from sse_inspect.inspected import Snapshot
from sse_inspect.inspection import Inspection
from sse_inspect.net.driver import Driver
from sse_inspect.recorder import Recorder
from sse_inspect.records import End
from sse_inspect.store.capture.facts import Facts, redacted_record, redacted_text, redacted_value
from sse_inspect.store.capture.spelling import spelled
from sse_inspect.store.capture.temporary import TemporaryFolder
from sse_inspect.store.record_log import RecordLog


class Live:
    """A live session; `run` runs it to its end, `close` completes what is kept of it.

    With `look_back` what was seen can be looked at again: the newest in memory, and all that `keep` has room for.
    Without it only the taps see it, and a capture if one is named. Raises UsageError for what the network layer
    cannot use. That a recording failed is said by `not_recorded`, by a remark, and to `on_not_recorded` on any thread;
    the session goes on. `plans` are faults that begin by themselves; what is left to chance follows from the `seed`.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        *,
        version: str = "",
        look_back: bool = True,
        keep: Keep | None = None,
        on_not_recorded: Callable[[str], object] = lambda why: None,
        plans: Iterable[Plan] = (),
        seed: int | None = None,
    ) -> None:
        self._began = time.monotonic()
        self.not_recorded = ""
        self._on_not_recorded = on_not_recorded
        seed = random.getrandbits(63) if seed is None else seed
        self.inspection = Inspection(
            target,
            policy,
            clock=self._clock,
            random=random.Random(seed).random,  # noqa: S311 jitter is no secret
            version=version,
            control=self,
            log=RecordLog(locks=RLock),
            lock=RLock(),
            keep=look_back,
        )
        self._driver = Driver(
            target,
            self.inspection.session,
            self.inspection.take,
            clock=self._clock,
            random=random.Random(~seed).random,  # noqa: S311 nor is what bad weather spoils
            version=version,
            plans=plans,
            ready=self._is_ready,
        )
        self.inspection.backlog = self._driver.backlog
        self._keep_secrets = keep is not None and keep.keep_secrets
        self._folder: TemporaryFolder | None = None
        self._recorder: Recorder | None = None
        if keep is not None:
            facts = Facts(target, policy, version, seed, keep.keep_secrets)
            self._recorder = self._recorded(facts, keep) or (self._kept_for_now(facts, keep) if look_back else None)
        if self._recorder is not None:
            self.inspection.tap_input_batches(self._recorder.take)
            if look_back:
                self.inspection.look_back_in(self._recorder)

    def _recorded(self, facts: Facts, keep: Keep) -> Recorder | None:
        """Begin the capture that was asked for."""
        if keep.record is None:
            return None
        try:
            recorder = Recorder(keep.record, facts, on_failure=self._failed)
        except CaptureError as error:
            self._failed(str(error))
            return None
        self.inspection.remark(f"recording{' with secrets' if keep.keep_secrets else ''}: {keep.record.name}")
        return recorder

    def _kept_for_now(self, facts: Facts, keep: Keep) -> Recorder | None:
        """Begin a capture that is gone with the session."""
        try:
            self._folder = TemporaryFolder()
            path = self._folder.path / "session.sse"
            return Recorder(path, facts, limit=keep.history, on_failure=self._failed)
        except CaptureError as error:
            self.inspection.remark(f"older records are not kept: {error}")
            return None

    def _failed(self, why: str) -> None:
        if self._folder is None:
            self.not_recorded = why
            self._on_not_recorded(why)
            self.inspection.remark(f"NOT recording: {why}")
        else:
            self.inspection.remark(f"older records are not kept: {why}")

    def close(self) -> None:
        """Complete the capture, or remove the temporary file."""
        if self._recorder is not None:
            snapshot = self.inspection.snapshot()
            if not self._keep_secrets:
                snapshot = _without_secrets(snapshot)
            self._recorder.close({"completed": "1", "snapshot": spelled(snapshot)})
        if self._folder is not None:
            self._folder.remove()

    @property
    def end(self) -> End | None:
        """How the session ended, or None while it lives."""
        return self.inspection.snapshot().ended

    @property
    def recorded_until(self) -> float | None:
        """The time of the last that is in the capture, in seconds since the session began; None if nothing is."""
        return self._recorder.written_until if self._recorder is not None and self._folder is None else None

    @property
    def responded(self) -> bool:
        """Whether any attempt got a byte of a response."""
        return self.inspection.session.responded

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Hand a wish of the user's to the session, from any thread; raises UsageError for an unknown fault."""
        self._driver.ask(verb, argument)

    def tell(self, happened: Input) -> None:
        """Hand the session something that happened, from any thread; once it is over it is without effect."""
        self._driver.tell(happened)

    async def run(self) -> None:
        """Run until the session is over; a failure of this program's own ends it too, and is raised."""
        self._began = time.monotonic()
        try:
            await self._driver.run()
        except Exception as error:
            self.inspection.handle(Asked(self._clock(), "stop", f"internal error: {error!r}"))
            raise

    def stop(self) -> None:
        """Ask for the end, from any thread."""
        self.ask("stop")

    def _clock(self) -> float:
        return time.monotonic() - self._began

    def _is_ready(self) -> bool:
        return self._recorder is None or not self._recorder.is_crowded


def _without_secrets(snapshot: Snapshot) -> Snapshot:
    """The snapshot as it may be kept."""
    return replace(
        snapshot,
        head=tuple((name, redacted_value(name, value)) for name, value in snapshot.head),
        disconnect=snapshot.disconnect and redacted_record(snapshot.disconnect),
        ended=snapshot.ended and redacted_record(snapshot.ended),
        findings=tuple(redacted_record(finding) for finding in snapshot.findings),
        connections=tuple(replace(row, detail=redacted_text(row.detail)) for row in snapshot.connections),
    )


class LiveThread:
    """A live session on a thread of its own, so that no screen delays an arrival stamp."""

    def __init__(
        self,
        target: Target,
        policy: Policy,
        *,
        version: str = "",
        keep: Keep | None = None,
        plans: Iterable[Plan] = (),
    ) -> None:
        self.live = Live(target, policy, version=version, keep=keep, plans=plans)
        self.failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="sse-inspect network", daemon=True)

    @property
    def inspection(self) -> Inspection:
        """The inspection to look at."""
        return self.live.inspection

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end."""
        self.live.stop()

    def wait(self, timeout: float | None = 5.0) -> None:
        """Wait for the end, if there was a beginning."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def join(self, timeout: float | None = 5.0) -> None:
        """Wait for the end, and close; raises what the thread died of."""
        self.wait(timeout)
        self.live.close()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            asyncio.run(self.live.run())
        except BaseException as error:  # noqa: BLE001 it is raised again where somebody waits
            self.failure = error
