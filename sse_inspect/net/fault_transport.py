"""An httpx transport that wraps another and misbehaves, on this client's side only.

It lets no request through while offline, answers one itself, gives the connections of the others their weather, and
says when the present connection has to be cut. Faults are timed by the event loop that runs the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from sse_inspect.faults import OFF_ON_PERIOD, Fault
from sse_inspect.net.exchange import Head
from sse_inspect.net.failures import InjectedError
from sse_inspect.net.line import Line
from sse_inspect.net.transport import HEAD, INJECTED, line_of
from sse_inspect.net.weather import CALM, Random, Weather


@dataclass(slots=True)
class _Running:
    """A fault under way; `refuses` says why no attempt gets through, `acts` whether it has a connection to act on."""

    fault: Fault
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    refuses: str = ""
    acts: bool = True


class FaultTransport(httpx.AsyncBaseTransport):
    """Wraps `inner`; calls `cut(detail, reset)` to end the present connection and `over(fault)` when a fault ends."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *,
        cut: Callable[[str, bool], None],
        over: Callable[[Fault], None],
        random: Random,
    ) -> None:
        self._inner = inner
        self._cut = cut
        self._over = over
        self._running: dict[str, _Running] = {}
        self._weather = Weather(random, begun=lambda: self._end_all("slow-start"))
        self._line: Line | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, unless a fault forbids it; raises InjectedError then."""
        for running in self._running.values():
            if running.refuses:
                raise InjectedError(running.refuses)
        for name, running in self._running.items():
            if running.fault.kind.name == "status":
                self._end(name)
                return _answer(int(running.fault.number or 0))
        for running in self._running.values():
            running.acts = True
        self._line = line_of(request)
        self._line.weather = self._weather
        self._bend()
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Lift every fault and close."""
        self.lift()
        await self._inner.aclose()

    def begin(self, fault: Fault) -> None:
        """Let a fault begin; the same one begun again starts anew."""
        name = str(fault)
        self._forget(name)
        running = _Running(fault)
        if fault.kind.lasts != "blow":
            self._running[name] = running
        match fault.kind.name:
            case "disconnect":
                self._cut("closed on purpose", False)
            case "reset":
                self._cut("reset on purpose", True)
            case "offline":
                self._go_offline(running)
            case "dns":
                running.refuses = f"no name is resolved on purpose ({fault.kind.title})"
                self._cut_for(running)
            case "off-on":
                self._go_offline(running)
                for time in range(1, int(fault.number or 1)):
                    self._later(running, (2 * time - 1) * OFF_ON_PERIOD, self._go_online, running)
                    self._later(running, 2 * time * OFF_ON_PERIOD, self._go_offline, running)
            case "status" | "slow-start":
                running.acts = False
                self._cut_for(running)
        if fault.length:
            self._later(running, fault.length, self._end, name)
        self._bend()

    def lift(self) -> None:
        """End every fault under way."""
        for name in list(self._running):
            self._end(name)

    def connection_over(self) -> None:
        """The present connection ended: what acted on it alone is over."""
        for name, running in list(self._running.items()):
            kind = running.fault.kind
            if kind.lasts in ("connection", "here") or (kind.name == "slow-start" and running.acts):
                self._end(name)

    def _later(self, running: _Running, delay: float, call: Callable[..., None], *arguments: object) -> None:
        running.timers.append(asyncio.get_running_loop().call_later(delay, call, *arguments))

    def _cut_for(self, running: _Running) -> None:
        self._cut(f"cut on purpose ({running.fault.kind.title})", True)

    def _go_offline(self, running: _Running) -> None:
        running.refuses = f"offline on purpose ({running.fault.kind.title})"
        self._cut_for(running)

    def _go_online(self, running: _Running) -> None:
        running.refuses = ""

    def _bend(self) -> None:
        """Make the weather that of the faults under way now."""
        conditions = CALM
        for running in self._running.values():
            if running.acts:
                conditions = conditions.under(running.fault)
        self._weather.conditions = conditions
        if self._line is not None:
            self._line.bend()

    def _end_all(self, kind: str) -> None:
        for name, running in list(self._running.items()):
            if running.fault.kind.name == kind:
                self._end(name)

    def _end(self, name: str) -> None:
        running = self._forget(name)
        if running is not None:
            self._bend()
            self._over(running.fault)

    def _forget(self, name: str) -> _Running | None:
        running = self._running.pop(name, None)
        for timer in running.timers if running is not None else ():
            timer.cancel()
        return running


def _answer(status: int) -> httpx.Response:
    """The head of a response that no server gave, of no version of HTTP."""
    reason = next((each.phrase for each in HTTPStatus if each == status), "")
    return httpx.Response(status, extensions={HEAD: Head("", status, reason, []), INJECTED: True})
