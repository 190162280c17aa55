"""Stories: sessions in virtual time as lists of steps, and what is found in them.

told = story(opens(), *steady(10), ends("truncated"), times=2)
assert "idle-cut" in told.codes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import (
    Asked,
    Chunk,
    Connected,
    Ended,
    HeldUp,
    Input,
    Opened,
    ResponseHead,
    Started,
    Tick,
    Timings,
)
from sse_inspect.inspection import Inspection
from sse_inspect.records import Diagnosis, Disconnect, Record
from sse_inspect.session import State

UNIX_US = 1_795_420_973_000_000
Cut = Callable[[bytes], Iterable[bytes]]


class Teller:
    """Tells an inspection what happens; `t` is the time it has come to, `cut` how the bytes that come are cut."""

    def __init__(self, target: dict[str, Any], policy: dict[str, Any], cut: Cut) -> None:
        self.t = 0.0
        self.records: list[Record] = []
        self.inputs: list[Input] = []
        self._cut = cut
        self._last = ""
        self.numbers = 0
        policy = {"stall_after": 0.0, "jitter": 0.0, **policy}
        self.inspection = Inspection(
            Target(**{"url": "http://h/feed", **target}), Policy(**policy), clock=lambda: self.t, random=lambda: 0.5
        )
        self.session = self.inspection.session
        self.give(Started(0.0, UNIX_US))

    def give(self, happened: Input) -> None:
        self.inputs.append(happened)
        self.records += self.inspection.handle(happened)

    def wait(self, seconds: float) -> None:
        """Time goes by, with all the ticks that are due in it."""
        until = self.t + seconds
        while (due := self.session.deadline) is not None and due <= until:
            self.t = max(self.t, due)
            self.give(Tick(self.t))
        self.t = until

    def send(self, data: bytes, wire: int | None) -> None:
        for piece in self._cut(data) if data else (data,):
            self.give(Chunk(self.t, piece, len(piece) if wire is None else wire))
            wire = None if wire is None else 0

    @property
    def codes(self) -> list[str]:
        """The codes that were told, in order."""
        return [record.code for record in self.records if isinstance(record, Diagnosis)]

    @property
    def grave(self) -> list[str]:
        """Those above information."""
        return [each.code for each in self.records if isinstance(each, Diagnosis) and each.severity != "info"]

    def the(self, code: str) -> Diagnosis:
        """The last diagnosis of a code."""
        return next(each for each in reversed(self.records) if isinstance(each, Diagnosis) and each.code == code)

    @property
    def ends(self) -> list[Disconnect]:
        return [record for record in self.records if isinstance(record, Disconnect)]


Step = Callable[[Teller], None]


def opens(
    after: float = 0.05,
    *,
    status: int = 200,
    version: str = "1.1",
    framed: bool = True,
    url: str = "",
    tcp: float | None = None,
    held: float = 0.0,
    **fields: str,
) -> Step:
    """The next attempt: connected at once, the head `after` seconds, the last `held` of which the program was held up.

    Fields with _ for -.
    """
    headers = {"content_type": "text/event-stream", **({"transfer_encoding": "chunked"} if framed else {}), **fields}
    headers = {name: value for name, value in headers.items() if value}
    head = ResponseHead(
        status, version, tuple((name.replace("_", "-"), value) for name, value in headers.items()), url=url
    )

    def step(teller: Teller) -> None:
        session = teller.session
        if session.state is State.WAITING:
            assert session.deadline is not None
            teller.wait(session.deadline - teller.t)
        assert session.state is State.CONNECTING, session.state
        teller.give(Connected(teller.t, "192.0.2.1:80"))
        teller.t += after
        if held:
            teller.give(HeldUp(teller.t, teller.t - held))
        teller.give(Opened(teller.t, head, Timings(tcp=tcp, first_byte=after), "192.0.2.1:80"))

    return step


def accepts() -> Step:
    """The next attempt is connected; no response comes."""

    def step(teller: Teller) -> None:
        if teller.session.state is State.WAITING:
            assert teller.session.deadline is not None
            teller.wait(teller.session.deadline - teller.t)
        teller.give(Connected(teller.t, "192.0.2.1:80"))

    return step


def sends(data: bytes | str, after: float = 0.0, wire: int | None = None) -> Step:
    """Bytes come `after` a silence; `wire` is how many they were on the wire, if they were compressed."""

    def step(teller: Teller) -> None:
        teller.wait(after)
        teller.send(data.encode() if isinstance(data, str) else data, wire)

    return step


def quiet(seconds: float) -> Step:
    return lambda teller: teller.wait(seconds)


def held_up(seconds: float, *, by_output: bool = False, asleep: float = 0.0) -> Step:
    """The program itself does not run for so long: whatever comes next has waited for it."""

    def step(teller: Teller) -> None:
        since = teller.t
        teller.t += seconds
        teller.give(HeldUp(teller.t, since, by_output, asleep))

    return step


def ends(reason: Any = "eof", detail: str = "so it was", after: float = 0.0) -> Step:
    def step(teller: Teller) -> None:
        teller.wait(after)
        teller.give(Ended(teller.t, reason, detail, responded=True))

    return step


def breaks(fault: str, *, lifted: bool = False) -> Step:
    """A fault is injected, or lifted."""
    return lambda teller: teller.give(Asked(teller.t, "lift" if lifted else "inject", fault))


def reconnects() -> Step:
    return lambda teller: teller.give(Asked(teller.t, "reconnect"))


def events(count: int = 1, *, stamps: Iterable[float] | None = None, ids: bool = True, size: int = 0) -> Step:
    """So many events at once, numbered on; `stamps` are times in their data, in seconds before now."""

    def step(teller: Teller) -> None:
        past = list(stamps or ())
        blocks = []
        for place in range(count):
            teller.numbers += 1
            data: dict[str, Any] = {"n": teller.numbers}
            if past:
                data["t"] = UNIX_US / 1e6 + teller.t - past[place]
            if size:
                data["pad"] = "x" * size
            blocks.append((f"id: {teller.numbers}\n" if ids else "") + f"data: {json.dumps(data)}\n\n")
        teller.send("".join(blocks).encode(), None)

    return step


def numbered(*numbers: int) -> Step:
    """Events of these IDs at once."""
    return sends("".join(f"id: {each}\ndata: of {each}\n\n" for each in numbers))


def steady(times: int, every: float = 1.0, **what: Any) -> list[Step]:
    """Events at a steady pace."""
    return [step for _ in range(times) for step in (quiet(every), events(**what))]


def beats(count: int, every: float) -> list[Step]:
    return [sends(": ping\n", every) for _ in range(count)]


@dataclass(frozen=True)
class Story:
    """Steps, and what was asked for."""

    steps: tuple[Step, ...]
    target: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)

    def told(self, cut: Cut = lambda data: (data,)) -> Teller:
        teller = Teller(self.target, self.policy, cut)
        for step in self.steps:
            step(teller)
        teller.give(Asked(teller.t, "stop"))
        return teller


def _flat(steps: Iterable[Any]) -> Iterable[Step]:
    for each in steps:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def story(*steps: Step | list[Any], times: int = 1, target: dict[str, Any] | None = None, **policy: Any) -> Story:
    """A story that goes through these steps so many times."""
    flat = list(_flat(steps))
    return Story(tuple(flat * times), target or {}, policy)
