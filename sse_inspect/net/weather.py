"""The weather on the way to this client: what injected faults make of the bytes of a connection.

Bytes are bent below their arrival stamps, so that everything above sees what a bad network would show. The models are
of the bytes that TCP hands on, TLS already taken off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from sse_inspect.faults import Fault
from sse_inspect.net.failures import InjectedError

SEGMENT = 1460
"""Bytes of one TCP segment on Ethernet."""
RETRANSMISSION = 0.2
"""Seconds before a lost segment is sent again, doubled while it is lost again (RFC 6298, with the minimum of Linux)."""
FIRST_RETRANSMISSION = 1.0
"""The same for the segment that opens a connection (RFC 6298, 2.1)."""
LONGEST_RETRANSMISSION = 60.0
SMOOTHNESS = 0.02
"""Seconds of a slow link that are handed on at once."""
LARGEST_PIECE = 1 << 14
SLOW_3G = (12_500.0, 0.4)
"""Bytes a second, and seconds each way."""
_BYTES_PER_KBIT = 125.0

Random = Callable[[], float]
"""Gives numbers in [0, 1)."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What all faults under way make together: bytes a second, seconds, chances, one in so many bytes."""

    held: bool = False
    dead: bool = False
    halves: bool = False
    torn: bool = False
    reluctant: bool = False
    late: float = 0.0
    rate: float | None = None
    latency: float = 0.0
    loss: float = 0.0
    corrupt: int | None = None

    def under(self, fault: Fault) -> Conditions:
        """These, and that fault as well."""
        number = fault.number or 0.0
        match fault.kind.name:
            case "stall":
                return replace(self, held=True)
            case "handoff":
                return replace(self, dead=True)
            case "half":
                return replace(self, halves=True)
            case "torn":
                return replace(self, torn=True)
            case "slow-start":
                return replace(self, late=max(self.late, number))
            case "slow-reading":
                return replace(self, rate=self._slower(number), reluctant=True)
            case "throttle":
                return replace(self, rate=self._slower(number * _BYTES_PER_KBIT))
            case "slow-3g":
                return replace(self, rate=self._slower(SLOW_3G[0]), latency=self.latency + SLOW_3G[1])
            case "loss":
                return replace(self, loss=1 - (1 - self.loss) * (1 - number / 100))
            case "corrupt":
                return replace(self, corrupt=min(int(number), self.corrupt or int(number)))
        return self

    def _slower(self, rate: float) -> float:
        return rate if self.rate is None else min(rate, self.rate)

    @property
    def round_trip(self) -> float:
        """Seconds there and back."""
        return 2 * self.latency

    @property
    def piece(self) -> int | None:
        """Bytes that travel together; None where it makes no difference."""
        pieces = [SEGMENT] if self.loss else []
        if self.rate is not None:
            pieces.append(max(1, min(LARGEST_PIECE, int(self.rate * SMOOTHNESS))))
        return min(pieces, default=None)


CALM = Conditions()


def retransmissions(chance: float, first: float, random: Random) -> float:
    """Seconds until a segment that is lost with that chance comes through, `first` being the first wait."""
    waited, wait = 0.0, first
    while random() < chance:
        waited += wait
        wait = min(2 * wait, LONGEST_RETRANSMISSION)
    return waited


def _inside(data: bytes) -> int:
    """Where to cut to hit an event: in the middle, or at the first place behind it that is no end of a line."""
    middle = len(data) // 2
    return next((at for at in range(middle, len(data)) if not {*data[at - 1 : at + 1]} & {*b"\r\n"}), middle)


class Weather:
    """The conditions of a session now, for all its connections; `begun` is called when late bytes are there."""

    def __init__(self, random: Random, begun: Callable[[], None] = lambda: None) -> None:
        self.conditions = CALM
        self.random = random
        self.begun = begun

    def opening(self) -> float:
        """Seconds that opening a TCP connection takes longer."""
        lost = retransmissions(self.conditions.loss, FIRST_RETRANSMISSION, self.random)
        return self.conditions.round_trip + lost


class Out(Protocol):
    """Where bytes go that have come through."""

    def deliver(self, t: float, data: bytes) -> None:
        """They came at `t`."""

    def finish(self, failure: Exception | None) -> None:
        """No more will come."""

    def drop(self, size: int) -> None:
        """So many bytes will not come."""

    def calmed(self) -> None:
        """Nothing is held back any more, and nothing will be."""


class Timer(Protocol):
    """What an event loop gives for a call that is to come."""

    def cancel(self) -> None:
        """It is not to come."""


class Passage:
    """What the bytes of one connection go through, in order and whole unless the conditions say otherwise.

    `clock` gives the time, and `later(delay, call)` calls after that many seconds.
    """

    def __init__(
        self,
        out: Out,
        weather: Weather,
        clock: Callable[[], float],
        later: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self._out = out
        self._weather = weather
        self._clock = clock
        self._later = later
        self._conditions = CALM
        self._arrived: deque[tuple[float, memoryview]] = deque()
        self._ends: deque[tuple[float, Exception | None]] = deque()
        self._travelling: tuple[float, float, memoryview] | None = None
        self._link_free = 0.0
        self._latest = 0.0
        self._timer: Timer | None = None
        self._handing_on = self._dead = self._delivered = False
        self._passed = 0
        self._next_flip = -1

    @property
    def torn(self) -> bool:
        """Whether bytes are to be taken one by one."""
        return self._conditions.torn

    def arrive(self, t: float, data: bytes) -> None:
        """Bytes came to this side of the network at `t`."""
        if self._dead:
            self._out.drop(len(data))
        else:
            self._arrived.append((t, memoryview(data)))
            self._hand_on()

    def end(self, t: float, failure: Exception | None) -> None:
        """The connection ended at `t`, behind all that arrived."""
        if not self._dead:
            self._ends.append((t, failure))
            self._hand_on()

    def change(self, conditions: Conditions) -> None:
        """Go on under other conditions; once dead it stays so."""
        if conditions == self._conditions:
            return
        if self._travelling is not None:
            _, arrived, data = self._travelling
            self._arrived.appendleft((arrived, data))
            self._travelling = None
        if conditions.corrupt != self._conditions.corrupt:
            self._next_flip = -1
        self._conditions = conditions
        self._link_free = self._latest = self._clock()
        if conditions.dead:
            self._drop_all()
            self._dead = True
        self._hand_on()

    def close(self) -> None:
        """Nobody waits for anything any more."""
        self._dead = True
        self._drop_all()

    def _drop_all(self) -> None:
        size = sum(len(data) for _, data in self._arrived)
        if self._travelling is not None:
            size += len(self._travelling[2])
        self._arrived.clear()
        self._ends.clear()
        self._travelling = None
        self._stop()
        self._out.drop(size)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hand_on(self) -> None:
        """Hand on what is due, and wait for what is not; handing on may change the conditions."""
        if self._handing_on:
            return
        self._handing_on = True
        self._stop()
        try:
            while not self._conditions.held:
                due = self._due()
                if due is None:
                    break
                delay = due - self._clock()
                if delay > 0:
                    self._timer = self._later(delay, self._hand_on)
                    break
                self._pass_one()
        finally:
            self._handing_on = False
        if self._conditions == CALM and not (self._dead or self._arrived or self._travelling or self._ends):
            self._out.calmed()

    def _due(self) -> float | None:
        """When the next piece, or the end, comes through."""
        if self._travelling is None and self._arrived:
            self._send_off()
        if self._travelling is not None:
            return self._travelling[0]
        if self._ends:
            return max(self._latest, self._ends[0][0] + self._conditions.latency)
        return None

    def _send_off(self) -> None:
        """Let the first piece of what arrived travel: wait for the link, for its turn, for what it loses on the way."""
        conditions = self._conditions
        arrived, data = self._arrived.popleft()
        piece = conditions.piece
        if piece is not None and len(data) > piece:
            self._arrived.appendleft((arrived, data[piece:]))
            data = data[:piece]
        sent = max(self._link_free, arrived)
        if conditions.rate is not None:
            sent += len(data) / conditions.rate
        self._link_free = sent
        lost = retransmissions(conditions.loss, RETRANSMISSION, self._weather.random) if conditions.loss else 0.0
        late = 0.0 if self._delivered else conditions.late
        self._latest = max(self._latest, sent + conditions.latency + lost + late)
        self._travelling = (self._latest, arrived, data)

    def _pass_one(self) -> None:
        conditions = self._conditions
        if self._travelling is None:
            _, failure = self._ends.popleft()
            self._out.finish(failure)
            return
        data = bytes(self._travelling[2])
        self._travelling = None
        if conditions.corrupt is not None:
            data = self._corrupted(data, conditions.corrupt)
        if conditions.halves:
            half = _inside(data)
            self._out.drop(len(data) - half)
            data = data[:half]
        if data:
            self._out.deliver(self._clock(), data)
        if conditions.halves:
            self.close()
            self._out.finish(InjectedError("cut on purpose, within what was coming (Half an event)"))
        elif not self._delivered:
            self._delivered = True
            if conditions.late:
                self._weather.begun()

    def _corrupted(self, data: bytes, one_in: int) -> bytes:
        """The data with one bit flipped somewhere in each run of so many bytes, counted from when that began."""
        random, spoiled = self._weather.random, bytearray(data)
        if self._next_flip < 0:
            self._passed, self._next_flip = 0, int(random() * one_in)
        while self._next_flip < self._passed + len(data):
            spoiled[self._next_flip - self._passed] ^= 1 << int(random() * 8)
            self._next_flip = (self._next_flip // one_in + 1) * one_in + int(random() * one_in)
        self._passed += len(data)
        return bytes(spoiled)
