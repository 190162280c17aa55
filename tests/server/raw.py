"""A client that sees everything: heads, chunks as they were framed, how a connection ended. And a runner."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

LIMIT = 5.0


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Runs an async test; what the loop would only have logged fails it."""

    async def bounded() -> list[dict[str, object]]:
        told: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with asyncio.timeout(LIMIT):
            await test()
        return told

    @functools.wraps(test)
    def wrapper() -> None:
        assert asyncio.run(bounded()) == []

    del wrapper.__wrapped__  # pytest would take it for a coroutine function
    return wrapper


class Response:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def read_head(self) -> Response:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return self

    async def chunk(self) -> bytes:
        """The next chunk, empty for the last one; raises IncompleteReadError or ConnectionResetError without it."""
        size = int((await self.reader.readuntil(b"\r\n"))[:-2], 16)
        data = await self.reader.readexactly(size)
        assert await self.reader.readexactly(2) == b"\r\n"
        self.body += data
        return data

    async def until(self, part: bytes) -> bytes:
        while part not in self.body:
            assert await self.chunk(), f"ended with {self.body!r}"
        return self.body

    async def rest(self) -> bytes:
        if "content-length" in self.headers:
            self.body += await self.reader.readexactly(int(self.headers["content-length"]))
        elif self.headers.get("transfer-encoding") == "chunked":
            while await self.chunk():
                pass
        elif self.status != 204:
            self.body += await self.reader.read()
        return self.body

    def close(self) -> None:
        self.writer.transport.abort()

    async def __aenter__(self) -> Response:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def send(url: str, request: bytes) -> Response:
    """Any bytes at all to the server at `url`."""
    reader, writer = await connect(url)
    writer.write(request)
    try:
        return await Response(reader, writer).read_head()
    except BaseException:
        writer.transport.abort()
        raise


async def get(url: str, *headers: str, method: str = "GET", version: str = "1.1") -> Response:
    parts = urlsplit(url)
    lines = [f"{method} {parts.path}?{parts.query} HTTP/{version}", f"Host: {parts.netloc}", *headers, "", ""]
    return await send(url, "\r\n".join(lines).encode())


async def body_of(url: str, *headers: str) -> bytes:
    async with await get(url, *headers) as response:
        return await response.rest()


def ids(body: bytes, end: bytes = b"\n") -> list[str]:
    return [line[4:].decode() for line in body.split(end) if line.startswith(b"id: ")]
