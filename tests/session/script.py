"""Scripts for a session in virtual time: what goes in, and in a word or two what comes out.

    script = given(stall_after=5)
    assert script.opens(0.1) == ["open 200"]
    assert script.feed(1, events(1, 2)) == ["event 1", "event 2"]

`last` are the records of the last input, `records` all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import (
    Asked,
    Chunk,
    Connected,
    Ended,
    Heard,
    Input,
    Opened,
    ResponseHead,
    Started,
    Tick,
    Timings,
)
from sse_inspect.records import (
    Backoff,
    Comment,
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Record,
    Recovered,
    Resumed,
    Retry,
    Stall,
)
from sse_inspect.session import Session

EVENT_STREAM = {"content-type": "text/event-stream"}
UNIX_US = 1_795_420_973_000_000  # 2026-11-23T08:02:53Z
Kind = TypeVar("Kind")


def events(*ids: object, data: str = "data of {}") -> bytes:
    """A block for each ID, its data made of the ID; None is a block without an ID."""
    blocks = [("" if each is None else f"id: {each}\n") + f"data: {data.format(each)}\n\n" for each in ids]
    return "".join(blocks).encode()


def in_brief(record: Record) -> str:
    """The record in a word or two."""
    match record:
        case Connecting():
            sent = "" if record.last_event_id is None else f" after {record.last_event_id}"
            return f"connecting {record.attempt}{sent}"
        case Open():
            return f"open {record.status}"
        case Event():
            flags = ("duplicate", "replayed", "out_of_order", "truncated")
            return " ".join(["event", str(record.id), *(flag for flag in flags if getattr(record, flag))])
        case Comment():
            return f"comment {record.text}"
        case Retry():
            return f"retry {record.reconnection_time}"
        case Gap():
            assert record.missing == record.last - record.first + 1
            return f"gap {record.prefix}{record.first}..{record.last}"
        case GapFilled():
            assert record.first == record.last
            return f"filled {record.prefix}{record.first}, {record.remaining} left"
        case Stall():
            return f"stall {record.silence:g}"
        case Resumed():
            return f"resumed {record.silence:g}"
        case Disconnect():
            return f"disconnect {record.reason}"
        case Backoff():
            return f"backoff {record.delay:g} {record.source}"
        case Recovered():
            return f"recovered {record.replayed} replayed, {record.duplicates} duplicates, {record.lost} lost"
        case Diagnosis():
            return f"diagnosis {record.code}"
        case Fault():
            return f"fault {record.fault} {record.state}"
        case End():
            return f"end {record.reason}"
    return record.kind


class Script:
    """A session that is told what happens; every step returns its records in brief."""

    def __init__(self, target: Target, policy: Policy, random: Callable[[], float]) -> None:
        self.session = Session(target, policy, random=random, version="0")
        self.handle: Callable[[Input], list[Record]] = self.session.handle
        self.records: list[Record] = []
        self.last: list[Record] = []

    def give(self, happened: Input) -> list[str]:
        self.last = self.handle(happened)
        self.records += self.last
        return [in_brief(record) for record in self.last]

    def starts(self) -> list[str]:
        return self.give(Started(0.0, UNIX_US))

    def connects(self, t: float) -> list[str]:
        return self.give(Connected(t, "192.0.2.1:80"))

    def is_heard(self, t: float) -> list[str]:
        return self.give(Heard(t))

    def answers(self, t: float, status: int, headers: dict[str, str] | None = None) -> list[str]:
        head = ResponseHead(status, "1.1", tuple((headers or {}).items()))
        return self.give(Opened(t, head, Timings(first_byte=0.01), "192.0.2.1:80"))

    def opens(self, t: float) -> list[str]:
        return self.answers(t, 200, EVENT_STREAM)

    def feed(self, t: float, data: bytes) -> list[str]:
        return self.give(Chunk(t, data, len(data)))

    def ends(self, t: float, reason: Any = "eof", *, responded: bool = False) -> list[str]:
        return self.give(Ended(t, reason, "so it was", responded))

    def tick(self, t: float) -> list[str]:
        return self.give(Tick(t))

    def asked(self, t: float, verb: Any, argument: str = "") -> list[str]:
        return self.give(Asked(t, verb, argument))

    def tick_when_due(self) -> list[str]:
        """Wait for the session's own deadline."""
        deadline = self.session.deadline
        assert deadline is not None
        return self.tick(deadline)

    def reopens(self) -> list[str]:
        """Wait, attempt, open at once."""
        self.tick_when_due()
        assert self.session.deadline is not None
        return self.opens(self.now)

    @property
    def now(self) -> float:
        return self.records[-1].t

    def the(self, kind: type[Kind]) -> Kind:
        """The last record of a kind."""
        return next(record for record in reversed(self.records) if isinstance(record, kind))

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [record for record in self.records if isinstance(record, kind)]


def given(
    url: str = "http://h/",
    *,
    random: float = 0.5,
    started: bool = True,
    target: dict[str, Any] | None = None,
    **policy: Any,
) -> Script:
    """A session; options of the policy by name, those of the target in `target`; random 0.5 means no jitter."""
    script = Script(Target(url, **(target or {})), Policy(**policy), lambda: random)
    if started:
        script.starts()
    return script


def opened(**options: Any) -> Script:
    """A session whose first attempt opened at 0."""
    script = given(**options)
    script.opens(0.0)
    return script


def reconnected(*ids: object, **options: Any) -> Script:
    """A session that received these IDs, lost its connection and is open again."""
    script = opened(**options)
    script.feed(1.0, events(*ids))
    script.ends(2.0)
    script.reopens()
    return script
