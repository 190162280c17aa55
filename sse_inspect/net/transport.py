"""An httpx transport over httpcore that uses this program's network backend.

httpx's own transport offers no way to hand httpcore a network backend; httpcore does, publicly. Exceptions are
httpcore's, as they come: `disconnects` reads their chain.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

import httpcore
import httpx

from sse_inspect.net.line import Line
from sse_inspect.net.route import Route

LINE = "sse_inspect.line"
"""The extension of a request that holds its attempt's line."""


def line_of(request: httpx.Request) -> Line:
    """The line of the attempt that a request is made for."""
    line = request.extensions[LINE]
    assert isinstance(line, Line)  # noqa: S101 for the type checker: extensions are untyped
    return line


class HttpcoreTransport(httpx.AsyncBaseTransport):
    """Sends every request through a pool of its own.

    httpcore's pool keeps a proxy's tunnel whose TLS handshake failed or was cancelled; this way nothing outlives its
    attempt, whose line closes what was connected.
    """

    def __init__(self, route: Route) -> None:
        self._route = route

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of the response streams."""
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise TypeError("the request body is no asynchronous stream")
        secure = request.url.scheme == "https"
        pool = self._route.pool(line_of(request), secure=secure)
        response = await pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        if isinstance(stream, AsyncIterable):
            async for part in stream:
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()
