"""Sessions at a fixed moment, made by feeding a real `Inspection` by hand: the same every time, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Asked, Chunk, Connected, Ended, Input, Opened, ResponseHead, Started, Tick, Timings
from sse_inspect.inspection import Inspection
from sse_inspect.records import DisconnectReason

URL = "https://api.example.com/feed"
BEGAN = 1_795_514_400_000_000
"""2026-11-24 10:00 UTC, in microseconds."""
PEER = "203.0.113.7:443"


class Story:
    """An inspection whose clock stands where it was put, and the network as it was told."""

    def __init__(self, *, url: str = URL, policy: Policy | None = None, ids: bool = True) -> None:
        self.t = 0.0
        self.asked: list[tuple[str, str]] = []
        self.told: list[Input] = []
        self.inspection = Inspection(
            Target(url=url),
            policy or Policy(jitter=0.0),
            clock=lambda: self.t,
            random=lambda: 0.5,
            version="0.1.0",
            control=self,
        )
        self._next = 1
        self._ids = ids
        self.tell(Started(0.0, BEGAN))

    def tell(self, happened: Input) -> None:
        """Something happens, and the screen shows it."""
        self.told.append(happened)
        self.inspection.handle(happened)
        self.inspection.painted(self.t)

    def ask(self, verb: str, argument: str = "") -> None:
        """What the screen asks for is kept, and happens at once."""
        self.asked.append((verb, argument))
        self.tell(Asked(self.t, verb, argument))  # type: ignore[arg-type]  # any verb of inputs.Verb

    def wait(self, seconds: float) -> Story:
        """Let time go by; what is due on the way happens."""
        end = self.t + seconds
        while (due := self.inspection.session.deadline) is not None and due <= end:
            self.t = max(self.t, due)
            self.tell(Tick(self.t))
        self.t = end
        return self

    def until(self, condition: Callable[[Inspection], bool], step: float = 0.05) -> Story:
        """Let time go by until something is true."""
        while not condition(self.inspection):
            self.wait(step)
        return self

    def open(self, *, headers: tuple[tuple[str, str], ...] = (), first_byte: float = 0.012) -> Story:
        """The attempt under way succeeds."""
        self.until(lambda inspection: inspection.session.state.value == "connecting")
        self.wait(0.004)
        self.tell(Connected(self.t, PEER))
        self.wait(first_byte - 0.004)
        head = ResponseHead(
            200,
            "1.1",
            (
                ("content-type", "text/event-stream; charset=utf-8"),
                ("cache-control", "no-cache"),
                ("server", "example/1.4"),
                *headers,
            ),
        )
        self.tell(Opened(self.t, head, Timings(0.001, 0.002, 0.004, first_byte), PEER))
        return self

    def refuse(self) -> Story:
        """The attempt under way fails."""
        self.until(lambda inspection: inspection.session.state.value == "connecting")
        self.wait(0.001)
        self.tell(Ended(self.t, "refused", "Connection refused"))
        return self

    def chunk(self, data: bytes) -> Story:
        """Bytes arrive."""
        self.tell(Chunk(self.t, data, len(data)))
        return self

    def event(self, number: int | None = None, *, kind: str = "tick") -> Story:
        """The next event arrives, or that one again."""
        if number is None:
            number, self._next = self._next, self._next + 1
        price = 101.3 + number * 37 % 91 / 10
        data = json.dumps({"symbol": "ABC", "price": round(price, 2), "volume": number * 7919 % 5000, "seq": number})
        line = f"id: {number}\n" if self._ids else ""
        return self.chunk(f"{line}event: {kind}\ndata: {data}\n\n".encode())

    def events(self, count: int, every: float = 1.0, heartbeat: float = 10.0) -> Story:
        """Events in a rhythm, not quite even, with a comment in another."""
        beat = self.t + heartbeat
        for index in range(count):
            self.wait(every * (0.8 + 0.4 * (index * 7 % 10) / 9))
            if self.t >= beat:
                self.chunk(b": ping\n\n")
                beat = self.t + heartbeat
            for _ in range(1 + (index % 23 in (7, 8) or index % 41 == 0)):
                self.event()
        return self

    def skip(self, count: int) -> Story:
        """The server forgets some events."""
        self._next += count
        return self

    def replay(self, count: int) -> Story:
        """The server sends the last events again."""
        for number in range(self._next - count, self._next):
            self.wait(0.002)
            self.event(number)
        return self

    def end(self, reason: DisconnectReason, detail: str = "") -> Story:
        """The network ends the connection."""
        self.tell(Ended(self.t, reason, detail))
        return self


def live() -> Story:
    """Twelve minutes with a cut, a stall, a gap that a replay filled and one that stays."""
    story = Story().open().wait(0.3).events(150)
    story.ask("inject", "disconnect")
    story.end("forced", "fault: disconnect").open().replay(12).events(120)
    story.skip(4).events(40, every=0.4).wait(2.1)
    for number in range(story._next - 4 - 40 - 3, story._next - 40):
        story.event(number)
    story.events(20).end("eof").refuse().open().replay(5).skip(3).events(60, every=1.4)
    story.until(lambda inspection: inspection.session.state.value == "connecting").open(first_byte=0.041).replay(9)
    return story.events(9, every=1.1).wait(0.62)


def recovering() -> Story:
    """Just back: a reset on purpose, events replayed, nothing lost."""
    story = Story().open().wait(0.2).events(44)
    story.ask("inject", "reset")
    story.end("forced", "fault: reset").open().replay(12).wait(0.4).events(3).event(44)
    return story.wait(0.3)


def stalled() -> Story:
    """Not a byte for 42 s, on a connection that is kept."""
    story = Story(policy=Policy(jitter=0.0, on_stall="warn")).open().events(75)
    return story.wait(42.0)


def quiet() -> Story:
    """No event for two minutes, but a heartbeat every ten seconds."""
    story = Story().open().events(75)
    for _ in range(12):
        story.wait(10.0).chunk(b": ping\n\n")
    return story.wait(3.4)


def half_open() -> Story:
    """The heartbeats have ceased as well: nothing for more than two of them, not yet for as long as a stall."""
    return quiet().wait(21.2)


def with_gap() -> Story:
    """Two gaps after a server's restart, one of them filled by a replay in part."""
    story = Story().open().events(30).skip(4).events(8).end("truncated", "chunked body cut short").open()
    first = 31 + 30 // 23 * 2
    for number in range(first, first + 14):
        story.wait(0.01).event(number)
    return story.events(5).skip(3).events(12).wait(0.4)


def waiting() -> Story:
    """The server is away: attempt after attempt is refused."""
    story = Story().open().events(20).end("reset", "Connection reset by peer")
    return story.refuse().refuse().wait(1.7)


def closed() -> Story:
    """The server said that there is no more."""
    story = Story().open().events(20).end("eof")
    story.until(lambda inspection: inspection.session.state.value == "connecting").wait(0.01)
    story.tell(Opened(story.t, ResponseHead(204, "1.1", ()), Timings(), PEER))
    return story.wait(3.0)


HOSTILE = (
    b"\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\xc2\x9b31m\xc2\x9d0;owned\x07\x00\x08\x7f"
    + "\u202eevil\u202c\u2066\u200b\u200f\ufeff\u2028\U000e0041".encode()
    + b"[red]markup[/nope][@click=app.quit]quit[/]"
)
"""What a terminal or a toolkit might take as a command."""


def hostile() -> Story:
    """Control codes, bidi, tags, markup and an endless line in everything a server can send."""
    story = Story(ids=False).open(headers=(("x-odd", "[bold]\u202e\x9b31m"),))
    story.wait(0.1).chunk(b": " + HOSTILE + b"\n\n")
    story.wait(0.1).chunk(
        b"id: " + HOSTILE.replace(b"\x00", b"") + b"\nevent: " + HOSTILE + b"\ndata: " + HOSTILE + b"\n\n"
    )
    story.wait(0.1).chunk(b'data: {"a": "\\ud800\\u001b[2J", "' + HOSTILE + b'": 1}\n\n')
    story.wait(0.1).chunk(b"id: a\nid: b\ndata: " + b"x" * 100_000 + b"\n\n")
    story.wait(0.1).chunk(b"id: a\ndata: again\n\nid: a\ndata: again\n\n")
    story.end("protocol", "peer said \x1b[31m\u202e[red]").open().wait(0.1)
    story.chunk(b"data: " + HOSTILE + b"\n\n")
    return story.wait(0.2)


STATES: dict[str, Callable[[], Story]] = {
    "live": live,
    "recovering": recovering,
    "quiet": quiet,
    "half-open": half_open,
    "stalled": stalled,
    "gap": with_gap,
    "waiting": waiting,
    "closed": closed,
    "hostile": hostile,
}
