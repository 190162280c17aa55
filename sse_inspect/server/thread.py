"""A server beside a program that has its own loop: in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Self, TypeVar

from sse_inspect.errors import BugError
from sse_inspect.server.listener import Listener
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.reference import ReferenceServer
from sse_inspect.server.script import Action

S = TypeVar("S", bound=Listener)


class ListenerThread(Generic[S]):
    """Listens between `start` and `stop`, which may be spelled `with`; methods may be called from any thread."""

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._running: S | None = None

    @property
    def server(self) -> S:
        """The server, for its address and counters; raises BugError before `start`."""
        if self._running is None:
            raise BugError("The server has not been started.")
        return self._running

    def start(self) -> Self:
        """Return once the server listens; raises UsageError where it cannot."""
        listening: Future[S] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(listening)), name="server", daemon=True)
        self._thread.start()
        self._running = listening.result()
        return self

    def stop(self) -> None:
        """Close all connections and return when the thread has ended; again does nothing."""
        if self._thread is None:
            return
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _run(self, listening: Future[S]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._make() as server:
                listening.set_result(server)
                await self._stopping.wait()
        except BaseException as error:
            if listening.done():
                raise
            listening.set_exception(error)


class ServerThread(ListenerThread[ReferenceServer]):
    """The reference server on a thread."""

    def __init__(self, options: ServerOptions | None = None) -> None:
        super().__init__(lambda: ReferenceServer(options))

    def url(self, path: str = "/", **parameters: Any) -> str:
        """See `ReferenceServer.url`."""
        return self.server.url(path, **parameters)

    def act(self, path: str, action: Action) -> None:
        """See `ReferenceServer.act`; takes effect a moment later."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.server.act, path, action)
