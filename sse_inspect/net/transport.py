"""An httpx transport over httpcore that uses this program's network backend.

httpx's own transport offers no way to hand httpcore a network backend; httpcore does, publicly. Exceptions are
httpcore's, as they come: `disconnects` reads their chain.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

import httpcore
import httpx

Pool = httpcore.AsyncConnectionPool


class HttpcoreTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through a pool of httpcore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of the response streams."""
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise TypeError("the request body is no asynchronous stream")
        response = await self._pool.handle_async_request(
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

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


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
