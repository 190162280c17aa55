"""How a connection is made: name resolution, TCP, and the time each takes.

Names are resolved in a step of its own, the addresses race (RFC 8305), and TCP keep-alive finds a dead peer even where
silence is allowed.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from threading import Thread
from typing import Any

from sse_inspect.net.line import Line
from sse_inspect.net.stream import WatchedStream

KEEPALIVE_IDLE = 30
KEEPALIVE_INTERVAL = 10
KEEPALIVE_PROBES = 3
RACE_DELAY = 0.25
"""Seconds an address gets before the next one is tried beside it (RFC 8305, 5)."""

REDIAL_DELAY = 2.0
"""Seconds without any answer after which a name is asked for, or its addresses are dialled, once more besides."""
MOST_DIALS = 16
"""Questions, or dials, under way beyond which none is added."""

Address = tuple[int, tuple[Any, ...]]
"""Family and socket address."""
Guard = Callable[[str], None]
"""Gets every address before it is connected to, and every host before a proxy is asked for it; raises to refuse."""


def everywhere(host: str) -> None:
    """The guard that refuses nothing."""


class WatchedNetwork:
    """The network of one request, whose steps it notes on `line`; `handshakes` of TLS follow.

    A name is refused if `guard` refuses one of its addresses: what it raises goes through.
    """

    def __init__(self, line: Line, *, handshakes: int, guard: Guard = everywhere) -> None:
        self._line = line
        self._handshakes = handshakes
        self._guard = guard

    async def connect(self, host: str, port: int) -> WatchedStream:
        """Resolve and connect. Raises OSError."""
        self._line.connecting(handshakes=self._handshakes)
        stream = await self._tcp(host, port)
        self._line.connected()
        return stream

    async def _tcp(self, host: str, port: int) -> WatchedStream:
        line = self._line
        began = line.clock()
        addresses = literal(host, port)
        if addresses is None:
            addresses = await resolve(host, port)
            line.dns = line.clock() - began
            began = line.clock()
        for _, where in addresses:
            self._guard(where[0])
        if line.weather is not None and (delay := line.weather.opening()):
            await asyncio.sleep(delay)
        connected = await _race(_connect, addresses)
        line.tcp = line.clock() - began
        return await WatchedStream.over(connected, line)


def literal(host: str, port: int) -> list[Address] | None:
    """The address if `host` is one already."""
    with suppress(socket.gaierror, UnicodeError):
        return _addresses(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    return None


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name. Raises OSError.

    Threads of its own ask, that nobody waits for: an executor's would keep the program from ending for as long as a
    name server does not answer. While none does another asks: a resolver repeats what a network that was down has
    lost only after 5 seconds (resolv.conf(5)). The first answer counts, and the failure of the latest question.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()
    asked = 0

    def tell(number: int, addresses: list[Address], failure: OSError | None) -> None:
        if answer.done():
            return
        if failure is None:
            answer.set_result(addresses)
        elif number == asked:
            answer.set_exception(failure)

    def look_up(number: int) -> None:
        addresses: list[Address] = []
        failure: OSError | None = None
        try:
            addresses = _addresses(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            failure = error
        except UnicodeError:
            failure = socket.gaierror(socket.EAI_NONAME, f"{host!r} is no host name")
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, number, addresses, failure)

    while not answer.done() and asked < MOST_DIALS:
        asked += 1
        Thread(target=look_up, args=(asked,), name="sse-inspect dns", daemon=True).start()
        await asyncio.wait([answer], timeout=REDIAL_DELAY)
    return await answer


def _addresses(found: Iterable[tuple[Any, ...]]) -> list[Address]:
    return list(dict.fromkeys((info[0], info[4]) for info in found))


async def _connect(address: Address) -> socket.socket:
    family, where = address
    connecting = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        connecting.setblocking(False)
        for option in _KEEPALIVE:
            connecting.setsockopt(*option)
        await asyncio.get_running_loop().sock_connect(connecting, where)
    except BaseException:
        connecting.close()
        raise
    return connecting


async def _race(
    connect: Callable[[Address], Coroutine[Any, Any, socket.socket]], addresses: list[Address]
) -> socket.socket:
    """The first connection that stands; each address gets a head start of `RACE_DELAY` on the next.

    While all are silent they are dialled again: what was lost on a network that was down is repeated by TCP only after
    1, 2, 4 … seconds. The latest answer of an address speaks for its earlier dials too.
    """
    queue = list(addresses)
    racing: dict[asyncio.Task[socket.socket], Address] = {}
    failures: list[BaseException] = []
    try:
        while queue or racing:
            if queue:
                address = queue.pop(0)
                racing[asyncio.create_task(connect(address))] = address
            done, _ = await asyncio.wait(
                racing, timeout=RACE_DELAY if queue else REDIAL_DELAY, return_when=asyncio.FIRST_COMPLETED
            )
            if not (done or queue) and len(racing) < MOST_DIALS:
                queue = list(dict.fromkeys(racing.values()))
            for task in done:
                answered = racing.pop(task, None)
                failure = task.exception() if answered else None
                if answered and failure is None:
                    return task.result()
                if failure is not None:
                    failures.append(failure)
                    for earlier in [one for one, where in racing.items() if where == answered]:
                        del racing[earlier]
                        _call_off(earlier)
    finally:
        for task in racing:
            _call_off(task)
    raise min(failures, key=_is_no_route)


def _call_off(task: asyncio.Task[socket.socket]) -> None:
    task.add_done_callback(_too_late)
    task.cancel()


def _too_late(task: asyncio.Task[socket.socket]) -> None:
    """Close what a lost race connected; its failures do not matter any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _is_no_route(failure: BaseException) -> bool:
    """Whether an address could not be reached at all: with IPv6 missing, the failure over IPv4 tells more."""
    return isinstance(failure, OSError) and failure.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL)


def _keepalive() -> list[tuple[int, int, int]]:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = getattr(socket, "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE", None)
    for option, value in (
        (idle, KEEPALIVE_IDLE),
        (getattr(socket, "TCP_KEEPINTVL", None), KEEPALIVE_INTERVAL),
        (getattr(socket, "TCP_KEEPCNT", None), KEEPALIVE_PROBES),
    ):
        if option is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options


_KEEPALIVE = _keepalive()
