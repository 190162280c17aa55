"""Probes on a thread of their own, beside a screen: no screen delays an arrival stamp."""

from __future__ import annotations

import asyncio
from threading import Thread

from sse_inspect.config import Policy, Target
from sse_inspect.probing.plan import Wishes
from sse_inspect.probing.runner import Probing
from sse_inspect.probing.telling import Line, lines

WIDTH = 75
"""Cells that a frame on a screen of 80 columns leaves for text."""


class Background:
    """Probes of `target` that may be made again and again, one run at a time."""

    def __init__(self, target: Target, policy: Policy, *, version: str = "", wishes: Wishes | None = None) -> None:
        self._target = target
        self._policy = policy
        self._version = version
        self._wishes = wishes or Wishes()
        self._probing: Probing | None = None
        self._thread: Thread | None = None
        self._report: list[Line] = []
        self._failure: BaseException | None = None
        self.progress = ""

    @property
    def why_not(self) -> str:
        """Why the probes are not made from a screen, in a sentence; empty where they may be."""
        if self._target.is_safe:
            return ""
        return f"Probes would send the {self._target.method} several times: sse-inspect probe does so."

    @property
    def longest(self) -> float:
        """Seconds that the run under way, or the last one, takes at most."""
        return 0.0 if self._probing is None else self._probing.longest

    @property
    def running(self) -> bool:
        """Whether they are being made."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def lines(self) -> list[Line]:
        """What the last run showed; nothing before there was one."""
        return self._report

    def start(self) -> None:
        """Begin, unless they are being made; raises UsageError."""
        if self.running:
            return
        self._probing = Probing(
            self._target, self._policy, self._wishes, version=self._version, progress=self._progress
        )
        self._report, self.progress = [], "the server"
        self._thread = Thread(target=self._run, args=(self._probing,), name="sse-inspect probes", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End what is under way soon; what was seen by then stands."""
        if self._probing is not None:
            self._probing.stop()

    def stop(self) -> None:
        """End what is under way, and wait for it; raises what the thread died of."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(5.0)
        if self._failure is not None:
            raise self._failure

    def _progress(self, line: str) -> None:
        self.progress = line

    def _run(self, probing: Probing) -> None:
        try:
            self._report = lines(asyncio.run(probing.run()), WIDTH)
        except BaseException as error:  # noqa: BLE001 it is raised again where somebody waits
            self._failure = error
            self._report = [[(f"The probes failed: {error!r}", "bad")]]
