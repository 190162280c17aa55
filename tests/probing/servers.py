"""Servers that hold events back in a known way, a proxy that does, and reports of probes against them."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from sse_inspect.config import Policy, Target
from sse_inspect.probing.finding import Finding
from sse_inspect.probing.plan import Wishes
from sse_inspect.probing.report import Report
from sse_inspect.probing.runner import Probing
from tests.net.scripted import CHUNKED, Peer, Request, Script, Scripted, chunk, event, head

EVERY = 0.02
"""Seconds between two events."""


async def probed(url: str, *, target: dict[str, Any] | None = None, **wishes: Any) -> Report:
    """The report of the probes that are wanted."""
    asked = Target(url, **{"proxy": "", **(target or {})})
    return await Probing(asked, Policy(connect_timeout=2.0), Wishes(**{"seconds": 0.8, **wishes})).run()


def finding(report: Report, code: str) -> Finding:
    """The one with that code."""
    found = [each for each in report.findings if each.code == code]
    assert len(found) == 1, [(each.code, each.sentence) for each in report.findings]
    return found[0]


def codes(report: Report) -> set[str]:
    """The codes of all findings."""
    return {each.code for each in report.findings}


Body = Callable[[Peer, Request], AsyncIterator[bytes]]


async def numbered(*, size: int = 60) -> AsyncIterator[bytes]:
    """Events one by one, for ever."""
    number = 0
    while True:
        number += 1
        yield event(number, f"{number:0{size}}")
        await asyncio.sleep(EVERY)


def smooth(fields: str = CHUNKED, *, after: float = 0.0) -> Script:
    """Sends each event as it is made, to each connection its own, the first one so many seconds after the head."""

    async def script(peer: Peer) -> None:
        await peer.open(fields)
        await asyncio.sleep(after)
        async for block in numbered():
            await peer.send(chunk(block))

    return script


def compressing(*, flush_every: int | None) -> Script:
    """gzip for those who take it, flushed every so many events, or never; others get each event as it is made."""

    async def script(peer: Peer) -> None:
        request = await peer.request()
        takes = "gzip" in (request.get("accept-encoding") or "")
        fields = f"{CHUNKED}\r\nContent-Encoding: gzip" if takes else CHUNKED
        await peer.send(f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode())
        zipped = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
        number = 0
        async for block in numbered():
            number += 1
            part = zipped.compress(block) if takes else block
            if takes and flush_every and number % flush_every == 0:
                part += zipped.flush(zlib.Z_SYNC_FLUSH)
            if part:
                await peer.send(chunk(part))

    return script


def holding_the_compressed(seconds: float) -> Script:
    """gzip for those who take it: so many seconds' worth, the head with it and nothing behind; others wait for none."""

    async def script(peer: Peer) -> None:
        request = await peer.request()
        if "gzip" not in (request.get("accept-encoding") or ""):
            await peer.send(head())
            async for block in numbered():
                await peer.send(chunk(block))
        blocks = [event(number) for number in range(int(seconds / EVERY))]
        await asyncio.sleep(seconds)
        await peer.send(head(f"{CHUNKED}\r\nContent-Encoding: gzip"), chunk(gzip.compress(b"".join(blocks))))
        await peer.gone()

    return script


def buffering(size: int) -> Script:
    """Sends only what fills a buffer."""

    async def script(peer: Peer) -> None:
        await peer.open()
        held = b""
        async for block in numbered():
            held += block
            while len(held) >= size:
                await peer.send(chunk(held[:size]))
                held = held[size:]

    return script


class Shared:
    """One stream of events that all its connections see, as a broker has it."""

    def __init__(self, *, size: int = 60, ids: bool = True, events: int = 1_000_000) -> None:
        self._size, self._ids, self._events = size, ids, events
        self._listening: set[asyncio.Queue[bytes]] = set()

    async def make(self) -> None:
        """Make events until so many were made."""
        async for block in numbered(size=self._size):
            self._events -= 1
            if self._events < 0:
                return
            for queue in self._listening:
                queue.put_nowait(block if self._ids else block.partition(b"\n")[2])

    async def script(self, peer: Peer) -> None:
        """Serve a connection."""
        await peer.open()
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._listening.add(queue)
        try:
            while True:
                await peer.send(chunk(await queue.get()))
        finally:
            self._listening.discard(queue)


Relay = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand everything on at once."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def in_blocks(size: int) -> Relay:
    """Hand on the head of the response, then only full blocks of its body, chunked anew as proxies do."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        held = b""
        while True:
            length = int(await reader.readuntil(b"\r\n"), 16)
            held += (await reader.readexactly(length + 2))[:-2]
            while len(held) >= size:
                writer.write(chunk(held[:size]))
                await writer.drain()
                held = held[size:]

    return relay


def every(seconds: float) -> Relay:
    """Hand on what has come, every so many seconds."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readuntil(b"\r\n\r\n"))
        while True:
            await asyncio.sleep(seconds)
            writer.write(await reader.read(65536))
            await writer.drain()

    return relay


def later(seconds: float) -> Relay:
    """Hand everything on, each piece so many seconds later, as a long way does."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(seconds, writer.write, data)

    return relay


def cutting(idle: float) -> Relay:
    """Hand everything on, and hang up after so many seconds without a byte."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError):
            while data := await asyncio.wait_for(reader.read(65536), idle):
                writer.write(data)
        writer.close()
        await writer.wait_closed()

    return relay


async def on_the_next(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand each piece on when the next one comes."""
    writer.write(await reader.readuntil(b"\r\n\r\n"))
    held = b""
    while data := await reader.read(65536):
        writer.write(held)
        held = data


@asynccontextmanager
async def proxied(relay: Relay, **stream: Any) -> AsyncIterator[tuple[str, str]]:
    """One stream behind a relay of its bytes, and direct: the URLs of both."""
    shared = Shared(**stream)
    tasks: set[asyncio.Task[Any]] = {asyncio.create_task(shared.make())}

    async with Scripted(shared.script) as upstream:

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers, both = [writer], []
            connecting = asyncio.create_task(asyncio.open_connection("127.0.0.1", upstream.port))
            try:
                there, back = await asyncio.shield(connecting)
                both = [asyncio.create_task(through(reader, back)), asyncio.create_task(relay(there, writer))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in both:
                    task.cancel()
                with suppress(OSError):  # whoever is cancelled while it connects has a connection all the same
                    writers.append((await connecting)[1])
                for one in writers:  # at once, and not in turn: waiting for one may be cancelled
                    one.transport.abort()
                await asyncio.gather(*both, return_exceptions=True)

        came: list[asyncio.StreamWriter] = []

        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.append(writer)
            tasks.add(asyncio.create_task(accept(reader, writer)))

        proxy = await asyncio.start_server(accepted, "127.0.0.1", 0)
        try:
            port = proxy.sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/", upstream.url()
        finally:
            proxy.close()
            await asyncio.sleep(0.01)  # what was accepted by then is told in the loop's next turns
            for task in tasks:
                task.cancel()
            for writer in came:  # a task that is cancelled before its first step closes nothing
                writer.transport.abort()
            await asyncio.gather(*tasks, return_exceptions=True)
            await proxy.wait_closed()
            await asyncio.sleep(0)  # an aborted transport is closed in the loop's next turn
