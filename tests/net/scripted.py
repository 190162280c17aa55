"""A server that does to every connection what its script says, byte by byte; and a session against it.

A script is a coroutine function of a `Peer`. The n-th connection gets the n-th script, the last one serves all that
follow. What a script raises fails the test.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sse_inspect.config import Policy, Target
from sse_inspect.faults import Plan
from sse_inspect.live import Live
from sse_inspect.records import Record

LIMIT = 5.0
CHUNKED = "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked"
UNFRAMED = "Content-Type: text/event-stream"


def head(fields: str = CHUNKED, status: str = "200 OK", version: str = "1.1") -> bytes:
    lines = f"{fields}\r\n" if fields else ""
    return f"HTTP/{version} {status}\r\n{lines}\r\n".encode()


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


LAST = b"0\r\n\r\n"


def event(number: int, data: str = "x") -> bytes:
    return f"id: {number}\ndata: {data}\n\n".encode()


@dataclass
class Request:
    line: str
    fields: list[tuple[str, str]]
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def path(self) -> str:
        return self.line.split(" ")[1]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) < 2, f"{name} was sent twice: {values}"
        return values[0] if values else None


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Scripted) -> None:
        self.reader, self.writer, self.server = reader, writer, server

    @property
    def socket(self) -> Any:
        return self.writer.get_extra_info("socket")

    async def request(self) -> Request:
        """Read and record a request."""
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = raw[:-4].split("\r\n")
        fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        request = Request(first, fields)
        if length := request.get("content-length"):
            request.body = await self.reader.readexactly(int(length))
        self.server.take(request)
        return request

    async def send(self, *parts: bytes) -> None:
        """Send parts, each in a segment of its own where the network lets it."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def open(self, fields: str = CHUNKED, status: str = "200 OK", version: str = "1.1") -> Request:
        """Read a request and send a head."""
        request = await self.request()
        await self.send(head(fields, status, version))
        return request

    async def events(self, *numbers: int) -> None:
        for number in numbers:
            await self.send(chunk(event(number)))

    def half_close(self) -> None:
        """FIN; what comes is still read."""
        self.writer.write_eof()

    def reset(self) -> None:
        """RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> str:
        """Wait until the client has closed; how it did: FIN or RST."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionResetError:
            return "RST"
        return "FIN"


Script = Callable[[Peer], Awaitable[None]]


class Scripted:
    """Listens while its `async with` block runs."""

    def __init__(self, *scripts: Script, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None):
        self.scripts = scripts
        self.host, self.port = host, port
        self.requests: list[Request] = []
        self.connections = 0
        self._news = asyncio.Event()
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Scripted:
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, ssl=self._tls, backlog=1024, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await settled()
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        gone = asyncio.CancelledError | asyncio.IncompleteReadError | OSError  # the client went while it was talked to
        failures = [result for result in results if isinstance(result, BaseException) and not isinstance(result, gone)]
        if kind is None and failures:
            raise failures[0]

    def take(self, request: Request) -> None:
        self.requests.append(request)
        self._news.set()

    async def asked(self, count: int = 1) -> None:
        """Wait for so many requests."""
        while len(self.requests) < count:
            self._news.clear()
            await self._news.wait()

    def url(self, path: str = "/", host: str | None = None) -> str:
        host = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        self._tasks.add(asyncio.create_task(self._serve(script, Peer(reader, writer, self))))

    async def _serve(self, script: Script, peer: Peer) -> None:
        try:
            await script(peer)
            with suppress(OSError):
                await peer.writer.drain()
        finally:
            with suppress(OSError, RuntimeError):
                if peer.writer.can_write_eof():
                    peer.writer.write_eof()
            peer.writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await peer.writer.wait_closed()


class Run:
    """A session under way: `until` looks at the records as they come."""

    def __init__(self, target: Target, policy: Policy, *, plans: Iterable[Plan] = ()) -> None:
        self.live = Live(target, policy, plans=plans)
        self.records: list[Record] = []
        self._news = asyncio.Event()
        self.live.inspection.tap(self._take)
        self.task = asyncio.create_task(self.live.run())
        self.task.add_done_callback(lambda _: self._news.set())

    def _take(self, records: Iterable[Record]) -> None:
        self.records += records
        self._news.set()

    def of(self, kind: str) -> list[Any]:
        return [record for record in self.records if record.kind == kind]

    async def until(self, kind: str, count: int = 1) -> Any:
        """The `count`-th record of a kind."""
        while len(found := self.of(kind)) < count:
            assert not self.task.done(), f"over without {count} {kind}: {self.story}"
            self._news.clear()
            await self._news.wait()
        return found[count - 1]

    async def end(self) -> Any:
        """The `end` record, once the session is over."""
        await self.task
        return self.of("end")[0]

    async def stop(self) -> Any:
        self.live.stop()
        return await self.end()

    @property
    def story(self) -> list[str]:
        return [record.kind for record in self.records]

    @property
    def reasons(self) -> list[str]:
        return [record.reason for record in self.of("disconnect")]

    @property
    def details(self) -> list[str]:
        return [record.detail for record in self.of("disconnect")]

    @property
    def ids(self) -> list[str | None]:
        return [record.id for record in self.of("event")]

    @property
    def data(self) -> str:
        return "".join(record.data for record in self.of("event"))


QUICK: dict[str, Any] = {"backoff_initial": 0.0, "stall_after": 2.0, "connect_timeout": 2.0}


def policy(**changes: Any) -> Policy:
    return Policy(**{**QUICK, **changes})


@asynccontextmanager
async def session(url: str, *, target: dict[str, Any] | None = None, **changes: Any) -> AsyncIterator[Run]:
    """A session that is stopped at the end of the block; nothing of it may be left."""
    run = Run(Target(url, **{"proxy": "", **(target or {})}), policy(**changes))
    try:
        yield run
    finally:
        run.live.stop()
        await asyncio.wait([run.task])
    run.task.result()


async def once(script: Script, *, target: dict[str, Any] | None = None, **changes: Any) -> Run:
    """A session of one attempt against a script."""
    run: Run
    async with Scripted(script) as server, session(server.url(), target=target, max_retries=0, **changes) as run:
        await run.task
    return run


def descriptors() -> set[str]:
    """The stream sockets that are open in this process, by their inode; none where there is no /proc.

    Others are those of name look-ups, which go on in threads of their own when the test that asked has long ended.
    """
    found = set()
    with suppress(FileNotFoundError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                inode = os.readlink(f"/proc/self/fd/{name}")
                if inode.startswith("socket") and _is_stream(int(name)):
                    found.add(inode)
    return found


def _is_stream(descriptor: int) -> bool:
    with socket.socket(fileno=os.dup(descriptor)) as same:
        return same.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM


async def settled() -> None:
    """Some turns of the loop, in which what was closed is let go of."""
    for _ in range(10):
        await asyncio.sleep(0)


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs an async test; a task or a socket it leaves, or an error only the loop hears of, fails it."""

    async def bounded(*arguments: Any, **named: Any) -> tuple[list[Any], set[Any], set[str]]:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        before = descriptors()
        async with asyncio.timeout(LIMIT):
            await test(*arguments, **named)
        gc.collect(0)
        await settled()
        return told, asyncio.all_tasks() - {asyncio.current_task()}, descriptors() - before

    def wrapper(*arguments: Any, **named: Any) -> None:
        told, tasks, sockets = asyncio.run(bounded(*arguments, **named))
        assert told == []
        assert tasks == set()
        assert sockets == set()

    wrapper.__name__ = test.__name__
    wrapper.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]  # pytest reads it
    return wrapper


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port that answers no connection: somebody listens, nobody accepts, and the queue is full."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = []
    try:
        for _ in range(4):
            filler = socket.socket()
            fillers.append(filler)
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]
    finally:
        for one in (*fillers, listening):
            one.close()


def unused_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
