"""What is known: one dataclass per record kind, and their only serialisation.

A record carries `t`, seconds since the session began on the monotonic clock, and `connection`, the ordinal of
the connection attempt (0 before the first). The order of the fields is the order of the keys in NDJSON; `kind`
comes first and `time`, the same instant as RFC 3339 UTC, stands after `t`. Wall-clock time is not kept in a
record: an `Origin` turns `t` into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, get_args

from sse_inspect.unknown import Unknown

SCHEMA = 1

PIECE = 1 << 16
"""Characters of a string that are written at once."""

DisconnectReason = Literal[
    "eof",
    "truncated",
    "reset",
    "timeout",
    "stall",
    "refused",
    "unreachable",
    "dns",
    "tls",
    "status",
    "content-type",
    "redirect",
    "protocol",
    "encoding",
    "forced",
    "unknown",
]
"""`unknown` only where a source does not tell how a connection ended: no session that is watched has it."""
EndReason = Literal["completed", "no-content", "limit", "interrupted", "max-retries", "fatal", "unknown"]
"""`unknown` is the end of what an imported source tells."""
Verdict = Literal[
    "",
    "finished",
    "failed",
    "ended",
    "cut-inside-event",
    "cut-between-events",
    "framing-broken",
    "reset",
    "unknowable",
    "left",
]
"""What the end of a connection was, as far as it can be known.

| verdict | meaning |
| --- | --- |
| "" | no response was open, or the source does not tell how it ended |
| `finished` | the terminal event of the profile came |
| `failed` | the server sent an error in the stream: the answer is not whole, and the meaning quotes it |
| `ended` | the server ended the response in order, between events; no profile says whether that was all |
| `cut-inside-event` | bytes of an event without its blank line were thrown away |
| `cut-between-events` | ended in order, but without the terminal event that the profile has |
| `framing-broken` | the chunks, the length, the HTTP/2 stream or the compression stop short |
| `reset` | TCP or HTTP/2 broke it off; the meaning says with which code |
| `unknowable` | the response has no framing, or passed a hop that has none: an end looks like a cut |
| `left` | this side ended it: asked for, by a limit, a stall or an injected fault |
"""
BackoffSource = Literal["exponential", "retry-field", "retry-after"]
Severity = Literal["info", "warning", "error"]
AlertState = Literal["firing", "resolved"]


@dataclass(slots=True)
class Session:
    """The session begins: always the first record. `unknown` says what its source does not tell (`Unknown`)."""

    kind: ClassVar[str] = "session"
    t: float
    connection: int
    schema: int
    version: str
    url: str
    method: str
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class Connecting:
    """An attempt starts; `last_event_id` is what is sent, or None."""

    kind: ClassVar[str] = "connecting"
    t: float
    connection: int
    attempt: int
    last_event_id: str | None


@dataclass(slots=True)
class Open:
    """A response was accepted as an event stream; `timings` are seconds, None where a step did not occur.

    `status` is None where the source does not tell it.
    """

    kind: ClassVar[str] = "open"
    t: float
    connection: int
    status: int | None
    http_version: str
    headers: dict[str, str]
    timings: dict[str, float | None]
    peer: str


@dataclass(slots=True)
class Event:
    """An event was dispatched (WHATWG 9.2.6); `offset` and `size` are bytes of the decoded body."""

    kind: ClassVar[str] = "event"
    t: float
    connection: int
    n: int
    event: str
    data: str
    id: str | None
    last_event_id: str
    offset: int
    size: int
    duplicate: bool
    replayed: bool
    out_of_order: bool
    truncated: bool


@dataclass(slots=True)
class Comment:
    """A comment line arrived: a sign of life."""

    kind: ClassVar[str] = "comment"
    t: float
    connection: int
    text: str


@dataclass(slots=True)
class Retry:
    """A valid `retry` field arrived; `reconnection_time` is in milliseconds."""

    kind: ClassVar[str] = "retry"
    t: float
    connection: int
    reconnection_time: int


@dataclass(slots=True)
class Gap:
    """IDs jumped forward: `first` to `last` are missing; `basis` says why these IDs may be counted at all."""

    kind: ClassVar[str] = "gap"
    t: float
    connection: int
    first: int
    last: int
    missing: int
    prefix: str
    basis: str


@dataclass(slots=True)
class GapFilled:
    """Missing IDs arrived after all; `remaining` of the gap they belong to are still missing."""

    kind: ClassVar[str] = "gap_filled"
    t: float
    connection: int
    first: int
    last: int
    remaining: int
    prefix: str


@dataclass(slots=True)
class Stall:
    """Not a byte arrived for as long as the limit allows; seconds."""

    kind: ClassVar[str] = "stall"
    t: float
    connection: int
    silence: float
    since_event: float | None


@dataclass(slots=True)
class Resumed:
    """Bytes arrive again on a connection that had stalled."""

    kind: ClassVar[str] = "resumed"
    t: float
    connection: int
    silence: float


@dataclass(slots=True)
class Disconnect:
    """A connection or an attempt ended; `partial` bytes of an unfinished event were thrown away.

    `bytes` counts the decoded body, `wire_bytes` what was transferred of it, content coding still applied; `duration`
    is None where the source does not tell it. `verdict` says what kind of end it was, `meaning` the same in a sentence.
    """

    kind: ClassVar[str] = "disconnect"
    t: float
    connection: int
    reason: DisconnectReason
    detail: str
    duration: float | None
    events: int
    bytes: int
    partial: int
    wire_bytes: int = 0
    verdict: Verdict = ""
    meaning: str = ""


@dataclass(slots=True)
class Backoff:
    """Waiting to reconnect begins; `attempt` is the coming one, `delay` in seconds."""

    kind: ClassVar[str] = "backoff"
    t: float
    connection: int
    delay: float
    attempt: int
    source: BackoffSource


@dataclass(slots=True)
class Recovered:
    """A reconnect delivered: what the outage cost; a time is None where the source does not tell it."""

    kind: ClassVar[str] = "recovered"
    t: float
    connection: int
    outage: float | None
    reconnect: float | None
    attempts: int
    replayed: int
    duplicates: int
    lost: int


@dataclass(slots=True)
class Diagnosis:
    """The wire shows a known fault; `code` is one of `findings.CODES`."""

    kind: ClassVar[str] = "diagnosis"
    t: float
    connection: int
    code: str
    severity: Severity
    title: str
    evidence: str
    fix: str


@dataclass(slots=True)
class Alert:
    """An alert rule changed its state; what is counted stays an integer, also where it is read again."""

    kind: ClassVar[str] = "alert"
    t: float
    connection: int
    name: str
    state: AlertState
    value: int | float | None
    threshold: int | float


@dataclass(slots=True)
class Fault:
    """A fault was injected on purpose, or lifted: what follows is not the server's doing."""

    kind: ClassVar[str] = "fault"
    t: float
    connection: int
    fault: str
    state: Literal["begun", "ended"]
    detail: str


@dataclass(slots=True)
class End:
    """The session is over."""

    kind: ClassVar[str] = "end"
    t: float
    connection: int
    reason: EndReason
    detail: str


@dataclass(slots=True)
class Summary:
    """The six metrics and the counts they rest on: always the last record; None is what cannot be known."""

    kind: ClassVar[str] = "summary"
    t: float
    connection: int
    completion_rate: float | None
    reconnect_seconds: dict[str, int | float | None]
    messages_lost: int
    duplicates: dict[str, int]
    stalls: dict[str, int | float | None]
    silent_failures: int | None
    events: int
    received: int
    comments: int | None
    connections: int
    disconnects: dict[str, int]
    bytes: int
    duration: float | None
    wire_bytes: int = 0


Record = (
    Session
    | Connecting
    | Open
    | Event
    | Comment
    | Retry
    | Gap
    | GapFilled
    | Stall
    | Resumed
    | Disconnect
    | Backoff
    | Recovered
    | Diagnosis
    | Alert
    | Fault
    | End
    | Summary
)

KINDS: dict[str, type[Record]] = {cls.kind: cls for cls in get_args(Record)}

_FIELDS = {cls: tuple(field.name for field in fields(cls))[2:] for cls in KINDS.values()}
_EXACT = frozenset({str, int, bool, type(None)})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINE_ENDS = [(char, f"\\u{ord(char):04x}") for char in "\x85\u2028\u2029"]
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


_RESTS_ON = {
    "session": Unknown.TIMES,
    "connecting": Unknown.TIMES,
    "open": Unknown.OPENING,
    "disconnect": Unknown.ENDING,
    "end": Unknown.ENDING,
    "summary": Unknown.ENDING,
}
"""By kind, what the time of a record rests on, beside there being times at all; that of all others on arrivals."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The wall clock at `t` = 0, in microseconds since the Unix epoch (0 where it is not known), and what is unknown.

    Whoever shows something of a session asks here whether it is known.
    """

    unix_us: int
    unknown: frozenset[Unknown] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether a wall clock was told: what was imported may have none."""
        return self.unix_us != 0

    @property
    def has_times(self) -> bool:
        """Whether anything tells when something happened."""
        return Unknown.TIMES not in self.unknown

    @property
    def has_arrivals(self) -> bool:
        """Whether it is told when bytes came, and so events."""
        return self.unknown.isdisjoint({Unknown.TIMES, Unknown.ARRIVALS})

    @property
    def has_silences(self) -> bool:
        """Whether silences can be told: only where all that came has its time, comments too."""
        return self.has_arrivals and self.has_comments

    @property
    def has_ends(self) -> bool:
        """Whether it is told when each connection ended."""
        return self.unknown.isdisjoint({Unknown.TIMES, Unknown.ENDING})

    @property
    def has_reasons(self) -> bool:
        """Whether it is told how each connection ended, and the session."""
        return Unknown.END not in self.unknown

    @property
    def has_openings(self) -> bool:
        """Whether it is told when each response began."""
        return self.unknown.isdisjoint({Unknown.TIMES, Unknown.OPENING})

    @property
    def has_alarms(self) -> bool:
        """Whether silent failures could have been seen: where somebody watched, and nothing is left open."""
        return self.has_silences and self.has_ends and self.has_reasons and Unknown.SILENT not in self.unknown

    @property
    def has_comments(self) -> bool:
        """Whether comments are told."""
        return Unknown.COMMENTS not in self.unknown

    @property
    def has_repeated_ids(self) -> bool:
        """Whether an ID that came twice in a row is told."""
        return Unknown.IDS not in self.unknown

    @property
    def has_bytes(self) -> bool:
        """Whether the bytes of the bodies are those that came, and not a new spelling of what they said."""
        return Unknown.BYTES not in self.unknown

    @property
    def has_request(self) -> bool:
        """Whether it is told what was asked for."""
        return Unknown.REQUEST not in self.unknown

    @property
    def has_sent_ids(self) -> bool:
        """Whether it is told which ID was sent with each request."""
        return Unknown.FIELDS not in self.unknown

    @property
    def has_heads(self) -> bool:
        """Whether the heads of the responses are told."""
        return Unknown.HEAD not in self.unknown

    def time_of(self, record: Record) -> float | None:
        """The `t` of a record, or None where it is not known."""
        if not self.unknown or (self.has_times and time_rests_on(record.kind) not in self.unknown):
            return record.t
        is_told = isinstance(record, Disconnect | End) and record.reason != "unknown" and self.has_times
        return record.t if is_told else None

    def at(self, t: float) -> datetime:
        """The instant `t` seconds into the session, in UTC."""
        return _EPOCH + timedelta(microseconds=self.unix_us + round(t * 1e6))

    def rfc3339(self, t: float | None) -> str | None:
        """The instant `t` as RFC 3339 UTC with microseconds, such as `2026-11-23T10:00:00.000000Z`; None if unknown."""
        if t is None or not self.is_known:
            return None
        return self.at(t).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_rests_on(kind: str) -> Unknown:
    """What must not be unknown for the time of a record of this kind to be known, beside times at all."""
    return _RESTS_ON.get(kind, Unknown.ARRIVALS)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def to_dict(record: Record, origin: Origin) -> dict[str, Any]:
    """The record as the contract spells it: `kind`, `t`, `time`, `connection`, then the kind's own fields.

    `t` and `time` are None where they are not known.
    """
    known = origin.time_of(record)
    t = None if known is None else round(known, 6)
    result: dict[str, Any] = {
        "kind": record.kind,
        "t": t,
        "time": origin.rfc3339(t),
        "connection": record.connection,
    }
    for name in _FIELDS[type(record)]:
        value = getattr(record, name)
        result[name] = value if value.__class__ in _EXACT else _rounded(value)
    return result


def in_pieces(text: str) -> Iterable[str]:
    """The text, cut where it is so long that another form of it as a whole would take several times its memory."""
    if len(text) <= PIECE:
        return (text,)
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def json_pieces(record: Record, origin: Origin) -> Iterable[str]:
    """The record as one line of JSON without its line end, which every UTF-8 encoder takes.

    That is one piece, unless there is a string in the record that is cut into pieces.
    """
    made = to_dict(record, origin)
    for value in made.values():
        if value.__class__ is str and len(value) > PIECE:
            return _by_field(made)
    return (encoded(made),)


def _by_field(made: dict[str, Any]) -> Iterator[str]:
    before = "{"
    for key, value in made.items():
        yield f"{before}{encoded(key)}:"
        before = ","
        if isinstance(value, str):
            yield '"'
            for piece in in_pieces(value):
                yield encoded(piece)[1:-1]
            yield '"'
        else:
            yield encoded(value)
    yield "}"


def to_json(record: Record, origin: Origin) -> str:
    """The record as one line of JSON without its line end."""
    return "".join(json_pieces(record, origin))


def encoded(value: Any) -> str:
    """The value as JSON.

    What some readers take for a line end, and lone surrogates, which UTF-8 has no bytes for, are written as escapes
    (RFC 8259, 7 and 8.2).
    """
    text = _ENCODE(value)
    if text.isascii() or _ESCAPED.search(text) is None:
        return text
    for char, escape in _LINE_ENDS:
        text = text.replace(char, escape)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
