"""One attempt as the network sees it: what each step took, and when bytes came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sse_inspect.inputs import Timings
from sse_inspect.net.weather import Weather

STAMPED_AHEAD = 1 << 23
"""Bytes that may wait, stamped, on each of many connections before the sender is slowed down."""


class Connection(Protocol):
    """A connection that can be closed without waiting."""

    @property
    def waiting(self) -> int:
        """Bytes that came, and have not been taken up."""

    @property
    def paused(self) -> bool:
        """Whether so many wait that none are read."""

    def bend(self) -> None:
        """Let what comes pass through the weather of the line."""

    def close(self) -> None:
        """Close at once."""


@dataclass(slots=True)
class Line:
    """Times are seconds by `clock`; `on_connected(t, peer)` is called for every connection that stands, TLS included.

    `on_heard(t)` is called for the first bytes of a response on one of them, and, while `awaited()`, for all that
    follow. A redirect starts the steps again: the last hop is what remains.
    """

    clock: Callable[[], float]
    on_connected: Callable[[float, str], None]
    on_heard: Callable[[float], None]
    awaited: Callable[[], bool]
    ahead: int = STAMPED_AHEAD
    """Bytes that may wait to be taken up."""
    dns: float | None = None
    tcp: float | None = None
    tls: float | None = None
    connected_at: float | None = None
    first_byte_at: float | None = None
    last_read_at: float = 0.0
    peer: str = ""
    responded: bool = False
    """Whether a byte of a response came."""
    resets: bool = False
    """Whether closing is to be a reset (RST) instead of a clean end (FIN)."""
    connections: list[Connection] = field(default_factory=list)
    weather: Weather | None = None
    """What injected faults make of the bytes."""
    spoiled: bool = False
    """Whether they spoiled any on purpose."""
    stands: bool = False
    """Whether the connection stands, TLS included."""
    _responded_earlier: bool = False
    _handshakes: int = 0
    _heard: bool = False

    def timings(self) -> Timings:
        """What each step took; `first_byte` from the connection made to the first byte of the response."""
        first_byte = None
        if self.first_byte_at is not None and self.connected_at is not None:
            first_byte = self.first_byte_at - self.connected_at
        return Timings(self.dns, self.tcp, self.tls, first_byte)

    def connecting(self, *, handshakes: int) -> None:
        """A connection is being made, to be followed by so many TLS handshakes: with a proxy, with the server."""
        self.dns = self.tcp = self.tls = self.connected_at = self.first_byte_at = None
        self._responded_earlier = self.responded
        self._handshakes = handshakes
        self.stands = self._heard = False

    def securing(self) -> None:
        """TLS begins: whatever came before it on this connection was a proxy's word."""
        self.responded = self._responded_earlier

    def connected(self) -> None:
        """TCP or a TLS handshake succeeded; the connection stands once none is to come."""
        self.connected_at = self.clock()
        self.first_byte_at = None
        self.stands = not self._handshakes
        self._handshakes -= 1
        if self.stands:
            self.on_connected(self.connected_at, self.peer)

    def read(self, t: float) -> None:
        """Bytes that came at `t` are taken up."""
        self.last_read_at = max(self.last_read_at, t)
        self.responded = True
        if self.first_byte_at is None:
            self.first_byte_at = t
        if self.stands and (not self._heard or self.awaited()):  # before that it is a proxy's word
            self._heard = True
            self.on_heard(t)

    def bend(self) -> None:
        """The weather is another."""
        if self.weather is not None and self.weather.conditions.corrupt is not None:
            self.spoiled = True
        for connection in self.connections:
            connection.bend()

    def close(self) -> None:
        """Close whatever was connected: nothing outlives the attempt, wherever it was cancelled."""
        for connection in self.connections:
            connection.close()
