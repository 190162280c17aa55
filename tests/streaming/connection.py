"""One attempt and its connection in a virtual world: look-up, SYNs, request, response, body, loss and repetition."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from sse_inspect.inputs import Chunk, Connected, Ended, Input, Opened, ResponseHead, Timings
from sse_inspect.net.network import REDIAL_DELAY
from sse_inspect.records import DisconnectReason
from sse_inspect.server.delivery import Delivery, Finish, Write

if TYPE_CHECKING:
    from tests.streaming.virtual import World

FIRST_RTO = 1.0
"""Seconds after which a SYN is repeated, doubled each time (RFC 6298, 2.1 and 5.5)."""
RTO = 0.2
"""Seconds after which what was sent is repeated, doubled each time (Linux' least; RFC 6298 asks for 1 s)."""
ASK_NAME_AGAIN = 5.0
"""Seconds after which a resolver repeats its question (resolv.conf(5), `timeout`)."""
EVENT_STREAM = (("content-type", "text/event-stream"),)


class Connection:
    """`stands` once TCP does; `dead` if nothing arrives on it any more; `over` once the session has given it up."""

    def __init__(self, world: World, ordinal: int, last_event_id: str) -> None:
        self.ordinal = ordinal
        self.stands = self.dead = self.over = False
        self.heard_at = 0.0
        self._world = world
        self._last_event_id = last_event_id
        self._began = world.now
        self._delivery: Delivery | None = None
        self._sent: list[ResponseHead | bytes | Finish] = []
        self._next = self._received = 0
        self._is_repeating = self._is_resolved = False
        self._rto = RTO
        self._line_free = 0.0

    def begin(self) -> None:
        """Resolve the name, then dial; ask again beside it while nobody answers, as `net/network.py` does."""
        if not (self.over or self._is_resolved):
            self._ask_name()
            self._world.after(REDIAL_DELAY, self.begin)

    def _ask_name(self) -> None:
        fault = self._world.fault
        if self.over or self._is_resolved:
            return
        if fault is None or not fault.asks_names:
            self._is_resolved = True
            self._dial()
        else:
            self._world.after(ASK_NAME_AGAIN, self._ask_name)

    def _dial(self) -> None:
        """Dial, and again beside it while nobody answers, as `net/network.py` does."""
        if not (self.over or self.stands):
            self._syn(FIRST_RTO)
            self._world.after(REDIAL_DELAY, self._dial)

    def end(self, reason: DisconnectReason) -> None:
        """Let the client's system tell that it is over."""
        self._tell(Ended(self._world.now, reason, "so it was", self.stands))

    def _tell(self, happened: Input) -> None:
        if not self.over:
            self._world.give(happened)

    def _syn(self, rto: float) -> None:
        world, fault = self._world, self._world.fault
        if self.over or self.stands:
            return
        if fault is None and not world.loses():
            world.after(world.path.rtt, self._stand)
        elif fault is not None and fault.refuses == "status":
            world.after(world.path.rtt, self._turned_away)
            return
        elif fault is not None and fault.refuses is not None:
            reason = fault.refuses
            world.after(world.path.rtt if reason == "refused" else 0.001, lambda: self.end(reason))
            return
        world.after(rto, lambda: self._syn(2 * rto))

    def _turned_away(self) -> None:
        now = self._world.now
        self._tell(Connected(now, self._world.path.address))
        self._tell(Opened(now, ResponseHead(503, "1.1", ())))

    def _stand(self) -> None:
        world = self._world
        if self.over or self.stands or world.fault is not None:  # the SYN-ACK is lost with the network
            return
        self.stands = True
        self._tell(Connected(world.now, world.path.address))
        world.after(world.path.rtt / 2, self._request)

    def _request(self) -> None:
        """The request arrives at the server, or is repeated until it does."""
        world = self._world
        if self.over or self.dead:
            return
        if world.fault is not None or world.loses():
            self._rto, again = 2 * self._rto, self._rto
            world.after(again, self._request)
            return
        self._rto = RTO
        counts, behaviour = world.stream.counts, world.behaviour
        counts.connections += 1
        if behaviour.once and counts.connections > 1:
            behaviour = behaviour.without_faults()
        self._delivery = Delivery(world.stream, behaviour, self._last_event_id, world.now)
        self._sent.append(ResponseHead(200, "1.1", EVENT_STREAM))
        self._serve()

    def _serve(self) -> None:
        world, delivery = self._world, self._delivery
        if self.over or delivery is None:
            return
        finished = False
        while outputs := delivery.poll(world.now):
            for output in outputs:
                self._sent.append(output.data if isinstance(output, Write) else output)
                finished = isinstance(output, Finish)
        self._transmit()
        if not finished:
            world.after(max(0.0, min(delivery.deadline(), 1e9) - world.now), self._serve)

    def _transmit(self) -> None:
        """Send all that has not been sent, as one flight."""
        world, first, end = self._world, self._next, len(self._sent)
        if self._is_repeating or first == end:
            return
        self._next = end
        size = sum(len(part) for part in self._sent[first:end] if isinstance(part, bytes))
        self._line_free = max(world.now, self._line_free) + size / world.path.bandwidth
        lost = world.loses()
        arrival = self._line_free - world.now + world.path.rtt / 2
        world.after(arrival, lambda: self._arrive(first, end, lost))

    def _arrive(self, first: int, end: int, lost: bool) -> None:
        if self.over or self.dead:
            return
        if lost or self._world.fault is not None or first > self._received:
            self._next = min(self._next, first)
            if not self._is_repeating:
                self._is_repeating = True
                self._world.after(self._rto, self._repeat)
                self._rto *= 2
            return
        self._rto = RTO
        parts, self._received = self._sent[self._received : end], end
        self.heard_at = self._world.now
        while parts and not self.over:
            self._hand_over(parts)

    def _repeat(self) -> None:
        self._is_repeating = False
        self._transmit()

    def _hand_over(self, parts: list[ResponseHead | bytes | Finish]) -> None:
        """Tell the session of the first of the parts; of bytes, of all up to the next that are none."""
        now = self._world.now
        match parts[0]:
            case ResponseHead() as head:
                del parts[0]
                self._tell(Opened(now, head, Timings(first_byte=now - self._began), self._world.path.address))
            case Finish(how="complete"):
                self._tell(Ended(now, "eof", "the server closed the stream"))
            case Finish(how="reset"):
                self._tell(Ended(now, "reset", "reset by the peer"))
            case Finish():
                self._tell(Ended(now, "truncated", "cut short"))
            case bytes():
                pieces = [part for part in takewhile(_is_data, parts) if isinstance(part, bytes)]
                del parts[: len(pieces)]
                body = b"".join(pieces)
                self._tell(Chunk(now, body, len(body)))


def _is_data(part: ResponseHead | bytes | Finish) -> bool:
    return isinstance(part, bytes)
