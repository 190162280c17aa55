"""The server's end of an HTTP/2 connection, in a script of `scripted.Scripted`, on the h2 package."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, PingAckReceived, RequestReceived, SettingsAcknowledged, WindowUpdated

from tests.net.scripted import Peer, Request, Run, Script, Scripted, session
from tests.net.test_tls import TRUSTED, server_side

STREAM = 1
HEAD = ((":status", "200"), ("content-type", "text/event-stream"))
OFFERED = {**TRUSTED, "http2": True}


def negotiating(*protocols: str) -> ssl.SSLContext:
    context = server_side()
    context.set_alpn_protocols(list(protocols))
    return context


class ClosedError(Exception):
    """The client closed the connection."""


class H2Peer:
    """Wraps the peer of a script: what the client sends is read where something is waited for."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.state = H2Connection(H2Configuration(client_side=False, validate_outbound_headers=False))
        self.state.local_settings.acknowledge()
        self.events: list[Event] = []

    async def flush(self) -> None:
        await self.peer.send(self.state.data_to_send())

    async def frame(self, kind: int, payload: bytes, *, flags: int = 0, stream: int = 0) -> None:
        """Send a frame as it is written here."""
        await self.flush()
        await self.peer.send(
            len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
        )

    async def until(self, kind: type[Any]) -> Any:
        """The first event of a kind, among those not yet waited for."""
        while True:
            for place, happened in enumerate(self.events):
                if isinstance(happened, kind):
                    return self.events.pop(place)
            data = await self.peer.reader.read(65536)
            if not data:
                raise ClosedError(f"the client closed while {kind.__name__} was waited for")
            self.events += self.state.receive_data(data)
            await self.flush()

    async def request(self) -> Request:
        self.state.initiate_connection()
        await self.flush()
        fields = [(name.decode(), value.decode()) for name, value in (await self.until(RequestReceived)).headers]
        named = dict(fields)
        request = Request(f"{named[':method']} {named[':path']} HTTP/2", fields)
        self.peer.server.take(request)
        return request

    async def open(self, *fields: tuple[str, str]) -> Request:
        """Read a request and send a head."""
        request = await self.request()
        self.state.send_headers(STREAM, [*HEAD, *fields])
        await self.flush()
        return request

    async def send(self, data: bytes, *, last: bool = False) -> None:
        """Send data in frames, as far and as fast as the client's windows let it."""
        while data:
            room = min(self.state.local_flow_control_window(STREAM), self.state.max_outbound_frame_size)
            if not room:
                await self.until(WindowUpdated)
                continue
            self.state.send_data(STREAM, data[:room])
            data = data[room:]
            await self.flush()
        if last:
            self.state.end_stream(STREAM)
            await self.flush()

    async def ping(self) -> None:
        """Send a PING and wait for its answer."""
        self.state.ping(b"are you?")
        await self.flush()
        await self.until(PingAckReceived)

    async def settings(self) -> None:
        """Change the settings and wait until that was acknowledged."""
        self.events = [event for event in self.events if not isinstance(event, SettingsAcknowledged)]
        self.state.update_settings({4: 1000})
        await self.flush()
        await self.until(SettingsAcknowledged)


def http2(script: Any) -> Script:
    """A script of an `H2Peer` as one of a `Peer`."""

    async def wrapped(peer: Peer) -> None:
        await script(H2Peer(peer))

    return wrapped


@asynccontextmanager
async def http2_session(*scripts: Any, **changes: Any) -> AsyncIterator[Run]:
    """A session that offers HTTP/2 to a server that speaks it."""
    async with (
        Scripted(*map(http2, scripts), tls=negotiating("h2", "http/1.1")) as server,
        session(server.url(), target=OFFERED, **{"max_retries": 0, **changes}) as run,
    ):
        yield run
