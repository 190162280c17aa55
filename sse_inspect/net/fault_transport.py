"""An httpx transport that wraps another and misbehaves, on this client's side only.

It lets no request through while offline, holds the body back while frozen, and says when the present connection
has to be cut. Faults are timed by the event loop that runs the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx

from sse_inspect.faults import OFF_ON_PERIOD, Fault


class InjectedError(Exception):
    """A failure that is this program's own doing."""


@dataclass(slots=True)
class _Running:
    fault: Fault
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    offline: bool = False
    frozen: bool = False


class FaultTransport(httpx.AsyncBaseTransport):
    """Wraps `inner`; calls `cut(detail, reset)` to end the present connection and `over(fault)` when a fault ends."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, cut: Callable[[str, bool], None], over: Callable[[Fault], None]
    ) -> None:
        self._inner = inner
        self._cut = cut
        self._over = over
        self._running: dict[str, _Running] = {}
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, unless offline."""
        for running in self._running.values():
            if running.offline:
                raise InjectedError(f"offline on purpose ({running.fault.kind.title})")
        response = await self._inner.handle_async_request(request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Held(response.stream, self._flowing)
        return response

    async def aclose(self) -> None:
        """Lift every fault and close."""
        self.lift()
        await self._inner.aclose()

    def begin(self, fault: Fault) -> None:
        """Let a fault begin; the same one begun again starts anew."""
        self._end(str(fault), tell=False)
        running = _Running(fault)
        match fault.kind.name:
            case "disconnect":
                self._cut("closed on purpose", False)
                return
            case "reset":
                self._cut("reset on purpose", True)
                return
            case "offline":
                self._running[str(fault)] = running
                self._go_offline(running)
                self._later(running, fault.length or 0.0, self._end, str(fault))
            case "off-on":
                self._running[str(fault)] = running
                self._go_offline(running)
                for time in range(1, int(fault.number or 1)):
                    self._later(running, (2 * time - 1) * OFF_ON_PERIOD, self._go_online, running)
                    self._later(running, 2 * time * OFF_ON_PERIOD, self._go_offline, running)
                self._later(running, fault.length or 0.0, self._end, str(fault))
            case "stall":
                running.frozen = True
                self._running[str(fault)] = running
                self._flowing.clear()

    def lift(self) -> None:
        """End every fault under way."""
        for name in list(self._running):
            self._end(name)

    def connection_over(self) -> None:
        """The present connection ended: what acted on it alone is over."""
        for name, running in list(self._running.items()):
            if running.frozen:
                self._end(name)

    def _later(self, running: _Running, delay: float, call: Callable[..., None], *arguments: object) -> None:
        running.timers.append(asyncio.get_running_loop().call_later(delay, call, *arguments))

    def _go_offline(self, running: _Running) -> None:
        running.offline = True
        self._cut(f"cut on purpose ({running.fault.kind.title})", True)

    def _go_online(self, running: _Running) -> None:
        running.offline = False

    def _end(self, name: str, *, tell: bool = True) -> None:
        running = self._running.pop(name, None)
        if running is None:
            return
        for timer in running.timers:
            timer.cancel()
        if not any(other.frozen for other in self._running.values()):
            self._flowing.set()
        if tell:
            self._over(running.fault)


class _Held(httpx.AsyncByteStream):
    """A body that is handed on only while bytes may flow: what has come, its end included, waits and comes then."""

    def __init__(self, stream: httpx.AsyncByteStream, flowing: asyncio.Event) -> None:
        self._stream = stream
        self._flowing = flowing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                await self._flowing.wait()
                yield part
        except Exception:
            await self._flowing.wait()
            raise
        await self._flowing.wait()

    async def aclose(self) -> None:
        await self._stream.aclose()
