"""An httpx transport whose every request has a connection of its own, which is watched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from sse_inspect.net.exchange import Exchange, Head, Question
from sse_inspect.net.line import Line
from sse_inspect.net.route import Route

LINE = "sse_inspect.line"
"""The extension of a request that holds its attempt's line."""
HEAD = "sse_inspect.head"
"""The extension of a response that holds its head as it came."""
INJECTED = "sse_inspect.injected"
"""The extension of a response that no server gave."""


def line_of(request: httpx.Request) -> Line:
    """The line of the attempt that a request is made for."""
    line = request.extensions[LINE]
    assert isinstance(line, Line)  # noqa: S101 for the type checker: extensions are untyped
    return line


def head_in(response: httpx.Response) -> Head:
    """The head of a response of this transport."""
    head = response.extensions[HEAD]
    assert isinstance(head, Head)  # noqa: S101 for the type checker: extensions are untyped
    return head


class Transport(httpx.AsyncBaseTransport):
    """Sends requests along `route`. A response that is closed has closed its connection."""

    def __init__(self, route: Route) -> None:
        self._route = route

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of the response streams. Raises what `Route.connect` and `Exchange.ask` do."""
        line, url = line_of(request), request.url
        exchange = await self._route.connect(line, url)
        question = Question(
            request.method.encode("ascii"), url.raw_scheme, url.raw_path, request.headers.raw, request.content
        )
        head = await exchange.ask(self._route.question(question, url))
        return httpx.Response(
            status_code=head.status,
            headers=head.fields,
            stream=_Body(exchange, line),
            extensions={HEAD: head},
        )


class _Body(httpx.AsyncByteStream):
    def __init__(self, exchange: Exchange, line: Line) -> None:
        self._parts = exchange.body()
        self._line = line

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._parts

    async def aclose(self) -> None:
        self._line.close()
