"""An event loop of asyncio on a native thread of a process that gevent has patched.

Importing Locust replaces threads by greenlets, and sockets, selectors and `threading.Thread` by what waits in gevent's
hub. On a native thread nothing ever runs such a hub, so that asyncio, and what connects for us, get the real ones back;
the rest of the process keeps the patched ones. `ssl` stays patched: asyncio uses of it only what never waits, and the
setters of the original class find the patched one by its name and recur without end.
"""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import gevent
from gevent import monkey

T = TypeVar("T")

REAL = ("select", "selectors", "socket")
"""Modules of which the loop gets the real ones."""
HOLDERS = ("asyncio", "sse_inspect.net")
"""Packages in whose modules they are replaced: gevent's side of the process uses neither."""
LOOK_EVERY = 0.01
"""Seconds between two looks whether the loop is done with something, while the greenlets go on."""


class NativeThread:
    """A thread as `threading.Thread`, in what is used of it: one that nobody waits for."""

    def __init__(
        self, target: Callable[..., object], args: tuple[Any, ...] = (), *, name: str = "", daemon: bool = True
    ) -> None:
        self._target = target
        self._args = args

    def start(self) -> None:
        """Run it."""
        monkey.get_original("_thread", "start_new_thread")(self._target, self._args)


class NativeLoop:
    """Runs a loop on a thread of its own from when it is made until `close`; raises what the loop itself fails of."""

    def __init__(self) -> None:
        _restore()
        self._loop = asyncio.SelectorEventLoop(monkey.get_original("selectors", "DefaultSelector")())
        self._is_over = False
        NativeThread(self._main).start()

    def call(self, function: Callable[..., object], *args: Any) -> None:
        """Let the loop call it, soon; from any thread or greenlet."""
        self._loop.call_soon_threadsafe(function, *args)

    def run(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the coroutine returns or raises that `make` makes on the loop; other greenlets go on meanwhile."""
        made: list[asyncio.Task[T]] = []
        self.call(lambda: made.append(self._loop.create_task(make())))
        while not (made and made[0].done()):
            gevent.sleep(LOOK_EVERY)
        return made[0].result()

    def close(self) -> None:
        """End the loop and its thread."""
        self.call(self._loop.stop)
        while not self._is_over:
            gevent.sleep(LOOK_EVERY)

    def _main(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
            self._is_over = True


def _restore() -> None:
    """Put the real modules, and threads, where the loop and what connects on it look for them."""
    from sse_inspect.net import network

    twins = {name: _twin(name) for name in REAL}
    for name, module in list(sys.modules.items()):
        if name.startswith(tuple(f"{holder}." for holder in HOLDERS)):
            for real, twin in twins.items():
                if vars(module).get(real) is sys.modules[real]:
                    setattr(module, real, twin)
    vars(network)["Thread"] = NativeThread


def _twin(name: str) -> types.ModuleType:
    """The module as it was before it was patched."""
    patched = sys.modules[name]
    twin = types.ModuleType(name, patched.__doc__)
    vars(twin).update(vars(patched))
    vars(twin).update(monkey.saved.get(name, {}))
    if name == "socket":
        vars(twin)["socketpair"] = _socketpair
    return twin


def _socketpair() -> tuple[Any, ...]:
    """A pair of real sockets: the standard library's function makes patched ones, whose class it looks up by name."""
    import _socket

    real = monkey.get_original("socket", "socket")
    return tuple(real(each.family, each.type, each.proto, each.detach()) for each in _socket.socketpair())
