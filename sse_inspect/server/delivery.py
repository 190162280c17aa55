"""One connection to a stream: what to send next and when to be asked again. No clock, no socket.

`poll(t)` gives what is due by `t`, in the order in which it fell due however late it is asked; `deadline()` says
when to ask again. `t` is seconds since the stream was created.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Literal

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.parameters import After
from sse_inspect.server.script import Close, ConnectionAction, Repeat, Reset, Silence, Tear
from sse_inspect.server.streams import Stream
from sse_inspect.wire.encoder import encode_comment, encode_event

_NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_MOST_AT_ONCE = 256
_BOM = b"\xef\xbb\xbf"
# Stands in the data where invalid bytes go: a private character nothing else here writes.
_MARK, _INVALID = "\ue000", b"\xff\xc3\x28"


@dataclass(slots=True)
class Write:
    """One chunk of the body."""

    data: bytes


@dataclass(slots=True)
class Finish:
    """The connection ends: its body complete, without its last chunk, or by a reset."""

    how: Literal["complete", "truncated", "reset"]


class Delivery:
    """Sends a stream's events to one client as `behaviour` asks, from where `last_event_id` left off."""

    def __init__(self, stream: Stream, behaviour: Behaviour, last_event_id: str, t: float) -> None:
        self._stream, self._feed, self._counts = stream, stream.feed, stream.counts
        self._behaviour = behaviour
        self._newline = _NEWLINES[behaviour.newline]
        self.resume = stream.resume(last_event_id, behaviour, t)
        self._cursor = self.resume.position
        self._live_from = self._feed.passed(t)
        self._step = sum(step.at < t for step in stream.steps)
        self._next_heartbeat = t + behaviour.heartbeat if behaviour.heartbeat else inf
        self._silent_until = -inf
        self._silent_heartbeats = True
        self._by_count: list[tuple[int, ConnectionAction]] = []
        self._by_time: list[tuple[float, ConnectionAction]] = []
        self._set_triggers(behaviour.triggers(), t)
        self._sent = 0
        self._held: int | None = None  # a position whose successor goes first
        self._gathered: list[bytes] = []
        self._finished = False
        self._out: list[Write | Finish] = [Write(self._preamble(last_event_id))]
        self._fire_by_count(t)

    def poll(self, t: float) -> list[Write | Finish]:
        """What is due by `t`, a few hundred chunks at most; nothing after a `Finish`."""
        while not self._finished and len(self._out) < _MOST_AT_ONCE:
            at, act = self._next()
            if at > t:
                break
            act(at)
            self._fire_by_count(at)
        out, self._out = self._out, []
        return out

    def deadline(self) -> float:
        """When the next thing falls due, possibly in the past; infinity if nothing will."""
        return self._next()[0]

    def _next(self) -> tuple[float, Callable[[float], None]]:
        due = [
            (self._stream.steps[self._step].at, self._do_step) if self._step < len(self._stream.steps) else _NEVER,
            (self._by_time[0][0], self._do_trigger) if self._by_time else _NEVER,
            (self._heartbeat_time(), self._do_heartbeat),
            (self._event_time(), self._do_event),
        ]
        return min(due, key=lambda one: one[0])

    def _set_triggers(self, triggers: list[tuple[After, ConnectionAction]], t: float) -> None:
        for after, action in triggers:
            if after.seconds is not None:
                self._by_time.append((t + after.seconds, action))
            else:
                self._by_count.append((after.events or 0, action))
        self._by_time.sort(key=lambda one: one[0])
        self._by_count.sort(key=lambda one: one[0])

    def _fire_by_count(self, t: float) -> None:
        while self._by_count and self._by_count[0][0] <= self._sent and not self._finished:
            self._act(self._by_count.pop(0)[1], t)

    def _do_step(self, t: float) -> None:
        action = self._stream.steps[self._step].action
        self._step += 1
        if isinstance(action, ConnectionAction):
            self._act(action, t)

    def _do_trigger(self, t: float) -> None:
        self._act(self._by_time.pop(0)[1], t)

    def _act(self, action: ConnectionAction, t: float) -> None:
        match action:
            case Close():
                self._finish("complete")
            case Reset():
                self._finish("reset")
            case Tear(truncated=truncated):
                self._flush()
                block = self._encode(self._cursor)
                self._out.append(Write(block[: len(block) // 2]))
                self._finish("truncated" if truncated else "complete")
            case Silence(seconds=seconds, heartbeats=heartbeats):
                self._silent_until, self._silent_heartbeats = t + seconds, heartbeats
            case Repeat(count=count):
                for position in range(max(0, self._cursor - count), self._cursor):
                    if not self._is_dropped(position):
                        self._emit(position)

    def _finish(self, how: Literal["complete", "truncated", "reset"]) -> None:
        self._flush()
        self._out.append(Finish(how))
        self._finished = True

    def _heartbeat_time(self) -> float:
        if self._silent_heartbeats:
            return self._next_heartbeat
        return max(self._next_heartbeat, self._silent_until)

    def _do_heartbeat(self, t: float) -> None:
        interval = self._behaviour.heartbeat
        # Those that a silence swallowed are not made up for, and the rhythm stays that of the connection.
        self._next_heartbeat += interval * max(1, (t - self._next_heartbeat) // interval + 1)
        self._counts.heartbeats += 1
        self._out.append(Write(self._comment("heartbeat")))

    def _event_time(self) -> float:
        if self._feed.ended(self._cursor):
            return max(self._feed.time_of(self._cursor - 1), self._silent_until)
        return max(self._feed.time_of(self._cursor), self._silent_until)

    def _do_event(self, t: float) -> None:
        if self._feed.ended(self._cursor):
            self._release()
            self._finish("complete")
            return
        position = self._cursor
        self._cursor += 1
        if self._is_dropped(position):
            return
        number = self._feed.number_of(position)
        if self._held is None and _every(self._behaviour.reorder_every, number):
            self._held = position
            return
        self._emit(position)
        if _every(self._behaviour.repeat_every, number):
            self._emit(position)
        self._release()

    def _release(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._emit(held)

    def _is_dropped(self, position: int) -> bool:
        live = position >= self._live_from
        asked, number = self._behaviour, self._feed.number_of(position)
        named = _every(asked.drop_every, number) or any(first <= number <= last for first, last in asked.drop)
        if named and (live or asked.drop_mode == "forever"):
            return True
        return self._stream.dropped(position, live=live)

    def _emit(self, position: int) -> None:
        self._sent += 1
        self._counts.sent += 1
        self._gathered.append(self._encode(position))
        if len(self._gathered) >= self._behaviour.events_per_chunk:
            self._flush()

    def _flush(self) -> None:
        if not self._gathered:
            return
        data = b"".join(self._gathered)
        self._gathered.clear()
        pieces = min(self._behaviour.chunks_per_event, len(data))
        cuts = [len(data) * index // pieces for index in range(pieces + 1)]
        self._out += [Write(data[start:end]) for start, end in pairwise(cuts)]

    def _encode(self, position: int) -> bytes:
        asked, number = self._behaviour, self._feed.number_of(position)
        payload = self._feed.payload(position, asked)
        spoilt = _every(asked.invalid_utf8_every, number)
        block = encode_event(
            payload.data + _MARK if spoilt else payload.data,
            event=payload.type or None,
            id=f"{asked.id_prefix}{number}" if asked.ids else None,
            newline=self._newline,
        )
        return block.replace(_MARK.encode(), _INVALID) if spoilt else block

    def _preamble(self, last_event_id: str) -> bytes:
        asked, end = self._behaviour, self._newline
        parts = [_BOM if asked.bom else b"", self._comment("connected")]
        if asked.retry is not None:
            parts.append(f"retry: {asked.retry}{end}{end}".encode())
        if self.resume.replay in ("incomplete", "none"):
            parts.append(self._notice(last_event_id))
        return b"".join(parts)

    def _notice(self, last_event_id: str) -> bytes:
        """Says that events are missing: as a comment, and as an event without an ID for programs."""
        first = f"{self._behaviour.id_prefix}{self._feed.number_of(self.resume.position)}"
        why = "is no longer held" if self.resume.replay == "incomplete" else "is not known here"
        told = json.dumps({"last_event_id": last_event_id, "reason": why, "first_id": first})
        comment = f"replay incomplete: {json.dumps(last_event_id)} {why}, events begin with {json.dumps(first)}"
        return self._comment(comment) + encode_event(told, event="replay-incomplete", newline=self._newline)

    def _comment(self, text: str) -> bytes:
        # The blank line keeps it out of the next event's block, as most servers do.
        return encode_comment(text, newline=self._newline) + self._newline.encode()


def _every(interval: int, number: int) -> bool:
    return bool(interval) and number % interval == 0


def _never(t: float) -> None:
    raise AssertionError(f"Infinity is never reached, least of all at {t}.")


_NEVER: tuple[float, Callable[[float], None]] = (inf, _never)
