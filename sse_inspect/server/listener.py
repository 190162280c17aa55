"""Real sockets: accepts connections, takes requests off them and hands each to whoever knows what to answer."""

from __future__ import annotations

import asyncio
import errno
import socket
from abc import ABC, abstractmethod
from typing import Self

from sse_inspect.errors import UsageError
from sse_inspect.server.http import BadRequestError, HttpConnection, Request
from sse_inspect.server.options import ServerOptions

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound to


class Listener(ABC):
    """Serves while its `async with` block runs. Raises UsageError for an address that cannot be listened on."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.host = options.host
        self.port = options.port
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def respond(self, http: HttpConnection, request: Request) -> None:
        """Answer one request; raises OSError when the client is gone."""

    async def __aenter__(self) -> Self:
        listening = _listening(self.host, self.port)
        self.port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listening, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for client in self._clients:
                client.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    @property
    def address(self) -> str:
        """Scheme, host and port, as a client on this machine may write them."""
        host = _ANY_ADDRESS.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving() or len(self._clients) >= self.options.max_connections:
            writer.transport.abort()
            return
        client = asyncio.create_task(self._serve(HttpConnection(reader, writer, self.options)))
        self._clients.add(client)
        client.add_done_callback(self._gone)

    def _gone(self, client: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        if not client.cancelled() and (bug := client.exception()) is not None:
            client.get_loop().call_exception_handler({"message": "A connection failed.", "exception": bug})

    async def _serve(self, http: HttpConnection) -> None:
        in_order = False
        try:
            await self._converse(http)
            in_order = True
        except OSError:
            pass  # the client is gone, or takes nothing: nobody is left to tell
        finally:
            await http.close(flush=in_order)

    async def _converse(self, http: HttpConnection) -> None:
        try:
            while (request := await http.next_request()) is not None:
                await self.respond(http, request)
        except BadRequestError as error:
            await http.answer(error.answer)
            await http.part()


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise UsageError("--port", f"takes a number from 0 to 65535, not {port}.")
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except (OSError, UnicodeError) as error:
        listening.close()
        reason = getattr(error, "errno", None)
        if reason == errno.EADDRINUSE:
            raise UsageError("--port", f"{port} is taken by another program; 0 takes a free one.") from error
        if reason == errno.EACCES:
            raise UsageError("--port", f"{port} is not allowed for this user; 0 takes a free one.") from error
        raise UsageError("--host", f"{host!r} is no address of this machine.") from error
    return listening
