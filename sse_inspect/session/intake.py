"""The body of the stream: bytes in, what they tell out, over all connections of a session."""

from __future__ import annotations

from sse_inspect.batch import Events, Item
from sse_inspect.config import Policy
from sse_inspect.findings import diagnosis
from sse_inspect.records import Comment, Event, Gap, GapFilled, Record, Retry
from sse_inspect.session.event_ids import AS_EXPECTED, EventIds, Observed
from sse_inspect.session.outage import Outage
from sse_inspect.stepping import Numbered, stepping
from sse_inspect.wire import CommentToken, CutToken, EventRun, EventToken, IdToken, Parser, RetryToken

EVENTS_WITHOUT_ID = 3
"""Events without any ID after which it is said that loss cannot be known."""


class Intake:
    """Parses the bodies and judges the IDs of a session.

    Counts are over the session but for those named `here_…`, which are the present connection's; `wire_bytes` are those
    transferred, content coding still applied.
    `id_is_set` is whether the stream ever set the last event ID string, be it to nothing.
    `limit` says why the session should stop, once `--count` or `--until` is reached; nothing is taken in after that.
    """

    def __init__(self, policy: Policy, last_event_id: str) -> None:
        self._policy = policy
        self._is_limited = policy.count is not None or policy.until is not None
        self._parser = Parser(max_event_bytes=policy.max_event_bytes, last_event_id=last_event_id)
        self._connection = 0
        self._out: list[Item] = []
        self._said: set[str] = set()
        self._said_here: set[str] = set()
        self.ids = EventIds(policy.ids)
        if last_event_id:
            self.ids.presume(last_event_id)
        self.outage: Outage | None = None
        self.last_event_id = last_event_id
        self.id_is_set = False
        self.reconnection_time: float | None = None
        self.events = 0
        self.bytes = 0
        self.here_events = 0
        self.wire_bytes = 0
        self.here_bytes = 0
        self.here_wire_bytes = 0
        self.last_event: float | None = None
        self.limit: str | None = None

    @property
    def findings_now(self) -> dict[str, str]:
        """The evidence of now for what is told only once."""
        if self.ids.any_seen:
            return {"no-ids": "The first events came without an ID; later ones have one."}
        return {"no-ids": f"{self.events:,} events came, none with an ID."}

    def open(self, connection: int) -> None:
        """A connection opened: its body begins; the last event ID string outlives the one before."""
        self._connection = connection
        self._parser = Parser(max_event_bytes=self._policy.max_event_bytes, last_event_id=self.last_event_id)
        self._said_here.clear()
        self.here_events = self.here_bytes = self.here_wire_bytes = 0
        self.ids.begin_connection(reconnected=self.outage is not None)

    def feed(self, t: float, data: bytes, wire_size: int) -> list[Item]:
        """Take in the next bytes of the body; returns what they tell, in order."""
        self._out = []
        self.bytes += len(data)
        self.here_bytes += len(data)
        self.wire_bytes += wire_size
        self.here_wire_bytes += wire_size
        for token in self._parser.take(data):
            match token:
                case EventRun():
                    self._run(t, token)
                    if self.limit is not None:
                        return self._out
                case EventToken():
                    self._event(t, token)
                    if self.limit is not None:
                        return self._out
                case CommentToken(text):
                    self._say(Comment(t, self._connection, text))
                case RetryToken(reconnection_time):
                    self.reconnection_time = reconnection_time / 1000
                    self._say(Retry(t, self._connection, reconnection_time))
                case IdToken(event_id):
                    self.id_is_set = True
                    if event_id:
                        self._tell(t, self.ids.observe(event_id, "no data"))
                case CutToken(what):
                    self._say_once("field-too-long", f"One {what} was longer than the limit.", t, self._said_here)
        self.last_event_id = self._parser.last_event_id
        return self._out

    def close(self) -> int:
        """The body ended: the bytes of an unfinished event that are thrown away."""
        return self._parser.close()

    def _run(self, t: float, run: EventRun) -> None:
        """Events in a row: all at once where nothing is to be said of any of them."""
        ids = run.columns.ids
        numbered = None if ids is None else stepping(ids)
        if self._is_limited or self.outage is not None or not self._is_ordinary(run, numbered):
            for token in run:
                self._event(t, token)
                if self.limit is not None:
                    return
            return
        count = len(run)
        self._out.append(Events(t, self._connection, self.events + 1, run, numbered))
        self.events += count
        self.here_events += count
        self.last_event = t
        self.last_event_id = run.last_event_id

    def _is_ordinary(self, run: EventRun, numbered: Numbered | None) -> bool:
        """Whether there is nothing to say of its IDs, which are taken in then."""
        ids = run.columns.ids
        if ids is None:
            return self.ids.any_seen or "no-ids" in self._said
        if "" in ids or not self.ids.take_run(ids, run.columns.data, numbered):
            return False
        self.id_is_set = True
        return True

    def _event(self, t: float, token: EventToken) -> None:
        self.events += 1
        self.here_events += 1
        self.last_event = t
        self.last_event_id = token.last_event_id
        seen = AS_EXPECTED
        if token.id is not None:
            self.id_is_set = True
        if token.id:
            seen = self.ids.observe(token.id, hash(token.data))
            if seen is not AS_EXPECTED:
                self._tell(t, seen)
        elif self.events >= EVENTS_WITHOUT_ID and not self.ids.any_seen:
            self._say_once("no-ids", f"{self.events} events came, none with an ID.", t, self._said)
        self._out.append(
            Event(
                t,
                self._connection,
                self.events,
                token.event,
                token.data,
                token.id,
                token.last_event_id,
                token.offset,
                token.size,
                seen.duplicate,
                seen.replayed,
                seen.out_of_order,
                token.truncated,
            )
        )
        if token.truncated:
            evidence = f"Event {self.events} was cut to {self._policy.max_event_bytes:,} bytes of data."
            self._say_once("event-too-long", evidence, t, self._said_here)
        if self.outage is not None:
            self._recovering(t, self.outage, seen)
        if self._is_limited:
            self._check_limits(token.data)

    def _recovering(self, t: float, outage: Outage, seen: Observed) -> None:
        outage.duplicates += seen.duplicate
        outage.replayed += seen.replayed
        if not seen.duplicate:
            self._say(outage.over(t, self._connection))
            self.outage = None

    def _tell(self, t: float, seen: Observed) -> None:
        """What an ID told."""
        if seen.restart is not None:
            self._say(diagnosis("id-restart", seen.restart, t, self._connection))
        if seen.constant is not None:
            self._say_once("id-constant", seen.constant, t, self._said)
        if seen.gap is not None:
            gap = seen.gap
            self._say(Gap(t, self._connection, gap.first, gap.last, gap.remaining, gap.prefix, gap.basis))
            if self.outage is not None:
                self.outage.gaps.append(gap)
        elif seen.filled is not None:
            gap = seen.filled
            self._say(GapFilled(t, self._connection, seen.number, seen.number, gap.remaining, gap.prefix))
        if seen.uncountable is not None:
            self._say_once("ids-not-countable", seen.uncountable, t, self._said)

    def _check_limits(self, data: str) -> None:
        policy = self._policy
        if policy.until is not None and policy.until.search(data):
            self.limit = f"event {self.events} matches --until"
        elif policy.count is not None and self.events >= policy.count:
            self.limit = f"--count {policy.count} reached"

    def _say(self, record: Record) -> None:
        self._out.append(record)

    def _say_once(self, code: str, evidence: str, t: float, said: set[str]) -> None:
        if code not in said:
            said.add(code)
            self._say(diagnosis(code, evidence, t, self._connection))
