"""Connections through a SOCKS5 proxy (RFC 1928), with user and password where it asks for them (RFC 1929)."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

from sse_inspect.net.failures import AttemptError
from sse_inspect.net.line import Line
from sse_inspect.net.network import Guard, WatchedNetwork, everywhere, literal, resolve
from sse_inspect.net.stream import WatchedStream
from sse_inspect.records import DisconnectReason

_VERSION = b"\x05"
_OPEN, _PASSWORD, _NONE_ACCEPTABLE = 0, 2, 0xFF
_REPLIES: dict[int, tuple[DisconnectReason, str]] = {
    1: ("unreachable", "general failure"),
    2: ("unreachable", "not allowed by its rules"),
    3: ("unreachable", "network unreachable"),
    4: ("unreachable", "host unreachable"),
    5: ("refused", "connection refused"),
    6: ("unreachable", "the packets' time to live ran out"),
    7: ("protocol", "command not supported"),
    8: ("protocol", "kind of address not supported"),
}
_ADDRESS_SIZES = {1: 4, 4: 16}


class SocksError(AttemptError):
    """The proxy cannot or will not connect."""

    def __init__(self, detail: str, reason: DisconnectReason = "protocol") -> None:
        super().__init__(f"SOCKS proxy: {detail}", reason)


@dataclass(frozen=True, slots=True)
class SocksProxy:
    """Where the proxy is; `names` is whether it resolves names (`socks5h`), as in curl, or this program does."""

    host: str
    port: int
    auth: tuple[bytes, bytes] | None
    names: bool


class SocksNetwork(WatchedNetwork):
    """The network behind `proxy`; a connection stands once the proxy has made it."""

    def __init__(self, line: Line, proxy: SocksProxy, *, handshakes: int, guard: Guard = everywhere) -> None:
        super().__init__(line, handshakes=handshakes, guard=guard)
        self._proxy = proxy

    async def connect(self, host: str, port: int) -> WatchedStream:
        """Connect to the proxy, and through it. Raises SocksError and OSError."""
        line, proxy = self._line, self._proxy
        line.connecting(handshakes=self._handshakes)
        where = await self._address(host, port)
        stream = await self._tcp(proxy.host, proxy.port)
        await _authenticate(stream, proxy.auth)
        await stream.write(_VERSION + b"\x01\x00" + where + port.to_bytes(2, "big"))
        await _reply(stream)
        line.connected()
        return stream

    async def _address(self, host: str, port: int) -> bytes:
        addresses = literal(host, port)
        if addresses is None and self._proxy.names:
            name = host.encode("ascii")
            if len(name) > 255:
                raise SocksError("a name of more than 255 characters cannot be asked for", "dns")
            return bytes((3, len(name))) + name
        family, where = (addresses or await self._resolved(host, port))[0]
        return (b"\x04" if family == socket.AF_INET6 else b"\x01") + socket.inet_pton(
            family, where[0].partition("%")[0]
        )

    async def _resolved(self, host: str, port: int) -> list[Any]:
        began = self._line.clock()
        addresses = await resolve(host, port)
        self._line.dns = self._line.clock() - began
        return list(addresses)


async def _authenticate(stream: WatchedStream, auth: tuple[bytes, bytes] | None) -> None:
    methods = bytes((_OPEN,) if auth is None else (_OPEN, _PASSWORD))
    await stream.write(_VERSION + bytes((len(methods),)) + methods)
    version, method = await _exactly(stream, 2)
    if version != _VERSION[0]:
        raise SocksError("the answer is not SOCKS5")
    if method == _PASSWORD and auth is not None:
        name, password = auth
        await stream.write(b"\x01" + b"".join(bytes((len(text),)) + text for text in (name, password)))
        if (await _exactly(stream, 2))[1]:
            raise SocksError("user or password not accepted")
    elif method == _NONE_ACCEPTABLE:
        raise SocksError("it asks for a user and password" if auth is None else "it takes no user and password")
    elif method != _OPEN:
        raise SocksError(f"it asks for authentication method {method}")


async def _reply(stream: WatchedStream) -> None:
    version, code, _, kind = await _exactly(stream, 4)
    if version != _VERSION[0]:
        raise SocksError("the answer is not SOCKS5")
    if code:
        reason, detail = _REPLIES.get(code, ("protocol", f"unknown reply {code}"))
        raise SocksError(detail, reason)
    size = _ADDRESS_SIZES[kind] if kind in _ADDRESS_SIZES else (await _exactly(stream, 1))[0]
    await _exactly(stream, size + 2)


async def _exactly(stream: WatchedStream, size: int) -> bytes:
    """So many bytes, which are no sign of the server behind."""
    found = b""
    while len(found) < size:
        part = await stream.receive(size - len(found))
        if not part:
            raise SocksError("it closed the connection")
        found += part
    return found
