"""Everything a request can ask of a stream: one table for parsing, validation and the index page.

The fields of `Behaviour` are the query parameters. Each carries what it takes, its section and its sentence;
nothing else lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from typing import Any
from urllib.parse import parse_qsl

from sse_inspect.errors import UsageError
from sse_inspect.server.parameters import After, Anything, Choice, Flag, Ids, Kind, Moment, Number, Text, Whole
from sse_inspect.server.script import Close, ConnectionAction, Reset, Silence, Tear

SCHEDULE = "The stream (fixed by its first request; another value later is answered with 409)"
EVENTS = "Events"
REPLAY = "Replay"
FAULTS = "Misbehaviour of a connection"
ANSWERS = "Answers instead of a stream"

_MOST_PARAMETERS = 64


@dataclass(frozen=True, slots=True)
class _About:
    kind: Kind
    section: str
    help: str


def _about(kind: Kind, section: str, text: str) -> dict[str, _About]:
    return {"about": _About(kind, section, text)}


@dataclass(frozen=True)
class Behaviour:
    """How a stream is generated and sent, and how it misbehaves. Seconds, events and bytes, unless told."""

    rate: float = field(
        default=1.0, metadata=_about(Number(0, 1_000_000), SCHEDULE, "events per second; 0 for none at all")
    )
    count: int = field(default=0, metadata=_about(Whole(), SCHEDULE, "events until the stream ends; 0 for no end"))
    first_id: int = field(default=1, metadata=_about(Whole(), SCHEDULE, "the first ID"))
    restart_after: int = field(
        default=0, metadata=_about(Whole(), SCHEDULE, "IDs begin again, with other data, after so many events")
    )

    type: str = field(
        default="mixed", metadata=_about(Text(), EVENTS, "type of all events; mixed for ticks, trades and notices")
    )
    size: int = field(default=0, metadata=_about(Whole(0, 1 << 20), EVENTS, "bytes of data; 0 as it comes"))
    lines: int = field(default=1, metadata=_about(Whole(1, 10_000), EVENTS, "lines of data"))
    text: str = field(
        default="plain",
        metadata=_about(
            Choice(("plain", "unicode", "hostile")),
            EVENTS,
            "unicode adds text beyond ASCII, hostile control codes, markup and bidi overrides",
        ),
    )
    ids: bool = field(default=True, metadata=_about(Flag(), EVENTS, "0 sends no id fields"))
    id_prefix: str = field(default="", metadata=_about(Text(), EVENTS, "put before every ID"))
    heartbeat: float = field(
        default=10.0, metadata=_about(Number(), EVENTS, "seconds between heartbeat comments; 0 for none")
    )
    retry: int | None = field(default=None, metadata=_about(Whole(), EVENTS, "milliseconds sent as retry at the start"))
    newline: str = field(default="lf", metadata=_about(Choice(("lf", "crlf", "cr")), EVENTS, "how lines end"))
    events_per_chunk: int = field(
        default=1, metadata=_about(Whole(1, 10_000), EVENTS, "events gathered into one chunk")
    )
    chunks_per_event: int = field(
        default=1, metadata=_about(Whole(1, 10_000), EVENTS, "chunks every event is torn over")
    )

    last_event_id: str = field(
        default="",
        metadata=_about(Anything(), REPLAY, "stands in for the header Last-Event-ID, which wins where both are sent"),
    )
    buffer: int = field(default=1000, metadata=_about(Whole(), REPLAY, "events that are held for replay"))
    replay_overlap: int = field(
        default=0, metadata=_about(Whole(), REPLAY, "events before Last-Event-ID that are sent again")
    )

    once: bool = field(
        default=False, metadata=_about(Flag(), FAULTS, "1 limits this section to the stream's first connection")
    )
    close_after: After | None = field(default=None, metadata=_about(Moment(), FAULTS, "the moment to end cleanly"))
    reset_after: After | None = field(
        default=None, metadata=_about(Moment(), FAULTS, "the moment to reset the connection")
    )
    torn_after: After | None = field(
        default=None, metadata=_about(Moment(), FAULTS, "the moment to end inside an event, body complete")
    )
    truncate_after: After | None = field(
        default=None, metadata=_about(Moment(), FAULTS, "the moment to end inside an event, last chunk missing")
    )
    silent_after: After | None = field(default=None, metadata=_about(Moment(), FAULTS, "the moment to fall silent"))
    silent_for: float = field(
        default=inf, metadata=_about(Number(), FAULTS, "seconds until a silence ends; for ever if not given")
    )
    silent_heartbeats: bool = field(
        default=False, metadata=_about(Flag(), FAULTS, "1 keeps heartbeats coming in a silence")
    )
    drop: tuple[tuple[int, int], ...] = field(
        default=(), metadata=_about(Ids(), FAULTS, "IDs that are used but not sent")
    )
    drop_every: int = field(
        default=0, metadata=_about(Whole(), FAULTS, "do not send IDs divisible by this; 0 for none")
    )
    drop_mode: str = field(
        default="live",
        metadata=_about(
            Choice(("live", "forever")), FAULTS, "live: replay brings dropped IDs back; forever: nothing does"
        ),
    )
    repeat_every: int = field(default=0, metadata=_about(Whole(), FAULTS, "send IDs divisible by this twice"))
    reorder_every: int = field(
        default=0, metadata=_about(Whole(), FAULTS, "send IDs divisible by this after their successor")
    )
    invalid_utf8_every: int = field(
        default=0, metadata=_about(Whole(), FAULTS, "invalid UTF-8 in the data of IDs divisible by this")
    )
    bom: bool = field(default=False, metadata=_about(Flag(), FAULTS, "1 begins with a byte order mark"))
    charset: str = field(
        default="", metadata=_about(Text(40, True), FAULTS, "a charset in Content-Type; the body stays UTF-8")
    )
    content_type: str = field(
        default="text/event-stream", metadata=_about(Text(100, True), FAULTS, "another Content-Type")
    )
    head_delay: float = field(default=0.0, metadata=_about(Number(), FAULTS, "seconds until the head is sent"))

    status: int = field(default=0, metadata=_about(Whole(200, 599), ANSWERS, "answer with this status"))
    instead: str = field(
        default="", metadata=_about(Choice(("", "html", "json")), ANSWERS, "answer with a login page or JSON")
    )
    fail_first: int = field(
        default=0, metadata=_about(Whole(), ANSWERS, "only the first so many requests; 503 unless told otherwise")
    )
    retry_after: int | None = field(default=None, metadata=_about(Whole(0, 86_400), ANSWERS, "seconds in Retry-After"))
    retry_after_date: bool = field(default=False, metadata=_about(Flag(), ANSWERS, "1 writes Retry-After as a date"))
    redirect: int = field(default=0, metadata=_about(Whole(0, 100), ANSWERS, "hops before the stream"))
    redirect_status: int = field(default=307, metadata=_about(Whole(300, 308), ANSWERS, "status of the hops"))
    stop_after: int = field(
        default=0, metadata=_about(Whole(), ANSWERS, "204 once so many connections have opened; 0 for never")
    )

    @classmethod
    def from_query(cls, query: str, defaults: Behaviour) -> Behaviour:
        """`defaults` with what the query string says; raises UsageError naming the parameter."""
        try:
            pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=_MOST_PARAMETERS)
        except ValueError as error:
            raise UsageError("query", f"takes at most {_MOST_PARAMETERS} parameters.") from error
        seen: dict[str, str] = {}
        for name, text in pairs:
            if name in seen:
                raise UsageError(_shown(name), "is given twice.")
            seen[name] = text
        return cls.from_texts(seen, defaults)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], defaults: Behaviour) -> Behaviour:
        """`defaults` with the values parsed; raises UsageError naming the parameter."""
        values = {}
        for name, text in texts.items():
            if name not in _TABLE:
                raise UsageError(_shown(name), f"is no parameter; known are {', '.join(_TABLE)}.")
            kind = _TABLE[name].kind
            try:
                values[name] = kind.parse(text)
            except (ValueError, KeyError, OverflowError) as error:
                raise UsageError(name, f"takes {kind.takes}, not {_shown(text)}.") from error
        return replace(defaults, **values)

    def without_faults(self) -> Behaviour:
        """The same with the whole section on misbehaviour of a connection left out."""
        usual = Behaviour()
        faults = [name for name, about in _TABLE.items() if about.section is FAULTS]
        return replace(self, **{name: getattr(usual, name) for name in faults})

    def schedule_conflict(self, running: Behaviour, query: str) -> str:
        """A sentence on the first parameter of the query that the running stream has otherwise; empty if none."""
        for name, _ in parse_qsl(query, keep_blank_values=True):
            about, theirs = _TABLE[name], getattr(running, name)
            if about.section is SCHEDULE and getattr(self, name) != theirs:
                return f"{name}: this stream runs with {about.kind.spell(theirs)}; another path may have its own."
        return ""

    def triggers(self) -> list[tuple[After, ConnectionAction]]:
        """What is to happen to a connection, and when in its life."""
        table: tuple[tuple[After | None, ConnectionAction], ...] = (
            (self.silent_after, Silence(self.silent_for, self.silent_heartbeats)),
            (self.close_after, Close()),
            (self.reset_after, Reset()),
            (self.torn_after, Tear(truncated=False)),
            (self.truncate_after, Tear(truncated=True)),
        )
        return [(after, action) for after, action in table if after is not None]


_TABLE: dict[str, _About] = {f.name: f.metadata["about"] for f in fields(Behaviour)}


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:39] + "…")


def spell(values: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters of Python values; None leaves one out. Raises UsageError for unknown names."""
    unknown = [name for name in values if name not in _TABLE]
    if unknown:
        raise UsageError(_shown(unknown[0]), f"is no parameter; known are {', '.join(_TABLE)}.")
    return {
        name: value if isinstance(value, str) else _TABLE[name].kind.spell(value)
        for name, value in values.items()
        if value is not None
    }


def describe(defaults: Behaviour) -> str:
    """All parameters, one line each, by section."""
    lines = []
    section = ""
    for name, about in _TABLE.items():
        if about.section != section:
            section = about.section
            lines += ["", section]
        default = getattr(defaults, name)
        spelled = "" if default in (None, "", (), inf) else about.kind.spell(default)
        lines.append(f"  {name:<19}{about.help}" + (f" [{spelled}]" if spelled else ""))
    return "\n".join(lines[1:])
