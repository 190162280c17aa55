"""What can be broken on purpose, as data: every fault, what its argument means, how long it lasts.

Faults act on this client's side of the connection only; nothing reaches the server but what a real network, or a real
client, would let through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Lasts = Literal["blow", "argument", "attempt", "connection", "here", "lifted"]
"""Until when: over at once, as long as the argument says, until the next attempt got what it gets, until its connection
ends, until it is lifted or its connection ends, until it is lifted."""

UNTIL: dict[Lasts, str] = {
    "blow": "",
    "argument": "",
    "attempt": "until the next attempt",
    "connection": "until the connection ends",
    "here": "until lifted",
    "lifted": "until lifted",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """What follows the colon: `name` stands for it, `question` asks a person for it, `default` is taken where none is.

    A default that is text makes it a text; a number is above 0, from `least` and up to `most`. `expected` says so.
    """

    name: str
    expected: str
    question: str
    default: float | str
    whole: bool = False
    least: float = 0.0
    most: float = float("inf")

    @property
    def is_text(self) -> bool:
        """Whether it is a text, not a number."""
        return isinstance(self.default, str)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One word of the vocabulary; `can_be_timed` if how long it lasts can be given as well."""

    name: str
    title: str
    sentence: str
    lasts: Lasts
    argument: Argument | None = None
    can_be_timed: bool = False

    @property
    def spelling(self) -> str:
        """How it is written, such as `offline[:SECONDS]` or `torn[/SECONDS]`."""
        argument = "" if self.argument is None else f"[:{self.argument.name}]"
        return f"{self.name}{argument}{'[/SECONDS]' if self.can_be_timed else ''}"


def _seconds(default: float) -> Argument:
    return Argument("SECONDS", "seconds above 0", "For how many seconds?", default)


KINDS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind("disconnect", "Disconnect", "Closes the connection cleanly (FIN), as a client that leaves.", "blow"),
        FaultKind("reset", "Reset", "Aborts the connection with a TCP reset (RST), as a crashing proxy does.", "blow"),
        FaultKind(
            "offline",
            "Offline",
            "Cuts the connection and lets no attempt through for {0:g} s.",
            "argument",
            _seconds(8.0),
        ),
        FaultKind(
            "off-on",
            "OFF–ON",
            "Cuts the connection {0:g} times, 1 s off and 1 s on each time.",
            "argument",
            Argument(
                "TIMES", "a whole number of times, 1 to 1000", "How many times?", 3.0, whole=True, least=1, most=1000
            ),
        ),
        FaultKind(
            "dns",
            "DNS outage",
            "Cuts the connection, and for {0:g} s every attempt fails as if no name could be resolved.",
            "argument",
            _seconds(8.0),
        ),
        FaultKind(
            "status",
            "Status",
            "Cuts the connection and answers the next attempt with {0:g} itself, without asking the server; "
            "a status that is not to be retried, such as 404, ends the session.",
            "attempt",
            Argument("STATUS", "a status of HTTP, 201 to 599", "Which status?", 503.0, whole=True, least=201, most=599),
        ),
        FaultKind(
            "slow-start",
            "Slow start",
            "Cuts the connection; the first bytes of the next one come {0:g} s late.",
            "attempt",
            Argument("SECONDS", "seconds above 0", "How many seconds late?", 5.0),
        ),
        FaultKind(
            "stall",
            "Network freeze",
            "Holds the bytes back while the connection stays open, until it is lifted or the connection ends.",
            "here",
            can_be_timed=True,
        ),
        FaultKind(
            "handoff",
            "Handoff",
            "The connection goes dead without a word, as when a phone leaves the Wi-Fi: nothing more comes, not even "
            "its end, and only the stall limit finds it.",
            "connection",
        ),
        FaultKind(
            "slow-reading",
            "Slow reading",
            "Takes only {0:g} bytes a second from the socket, so that its buffers fill and the server feels it.",
            "lifted",
            Argument("RATE", "bytes a second above 0", "How many bytes a second?", 1000.0),
            can_be_timed=True,
        ),
        FaultKind(
            "throttle",
            "Throttle",
            "Lets no more than {0:g} kbit/s through.",
            "lifted",
            Argument("RATE", "kbit/s above 0", "How many kbit/s?", 64.0),
            can_be_timed=True,
        ),
        FaultKind(
            "slow-3g",
            "Slow 3G",
            "A slow mobile network: 100 kbit/s, and everything takes 400 ms each way, opening a connection too.",
            "lifted",
            can_be_timed=True,
        ),
        FaultKind(
            "loss",
            "Packet loss",
            "A model of what TCP makes of {0:g} % lost packets: none is missing, but some come a retransmission later, "
            "and all behind them wait.",
            "lifted",
            Argument("PERCENT", "percent above 0, 90 at most", "How many percent of the packets?", 10.0, most=90),
            can_be_timed=True,
        ),
        FaultKind(
            "corrupt",
            "Corruption",
            "Flips one bit in one of every {0:g} bytes, the framing of HTTP included.",
            "lifted",
            Argument("N", "a whole number of bytes, 1 or more", "One in how many bytes?", 1000.0, whole=True, least=1),
            can_be_timed=True,
        ),
        FaultKind(
            "torn",
            "Torn bytes",
            "Hands on every byte by itself, as the most unlucky network would.",
            "lifted",
            can_be_timed=True,
        ),
        FaultKind(
            "half",
            "Half an event",
            "Hands on half of the next bytes that come, then cuts the connection.",
            "connection",
        ),
        FaultKind(
            "forget-id",
            "Forgotten ID",
            "Leaves out Last-Event-ID on the attempts that follow.",
            "lifted",
            can_be_timed=True,
        ),
        FaultKind(
            "falsify-id",
            "Falsified ID",
            "Sends “{0}” as Last-Event-ID on the attempts that follow.",
            "lifted",
            Argument("TEXT", "a text without control characters", "Which ID is to be sent?", "no-such-id"),
            can_be_timed=True,
        ),
    )
}

OFF_ON_PERIOD = 1.0
"""Seconds off, and seconds on, of one OFF–ON."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its argument, such as the seconds of `offline`, and the `seconds` it lasts where that is said."""

    kind: FaultKind
    argument: float | str | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        argument = "" if self.argument is None else f":{written(self.argument)}"
        return f"{self.kind.name}{argument}{'' if self.seconds is None else f'/{written(self.seconds)}'}"

    @property
    def number(self) -> float | None:
        """The argument where it is a number."""
        return None if isinstance(self.argument, str) else self.argument

    @property
    def text(self) -> str:
        """The argument where it is a text, or ""."""
        return self.argument if isinstance(self.argument, str) else ""

    @property
    def sentence(self) -> str:
        """What it does, in one sentence."""
        sentence = self.kind.sentence.format(self.argument)
        return sentence if self.seconds is None else f"{sentence[:-1]}; for {self.seconds:g} s."

    @property
    def length(self) -> float | None:
        """Seconds it lasts: 0 for a single blow, None where nobody knows beforehand (`until` says what ends it)."""
        if self.seconds is not None:
            return self.seconds
        if self.kind.name == "off-on" and self.number is not None:
            return (2 * self.number - 1) * OFF_ON_PERIOD
        if self.kind.lasts == "argument":
            return self.number
        return 0.0 if self.kind.lasts == "blow" else None

    @property
    def until(self) -> str:
        """What ends it, such as `until lifted`; "" where `length` says it."""
        return "" if self.seconds is not None else UNTIL[self.kind.lasts]


def written(value: float | str) -> str:
    """A number in the shortest way that is read alike; a text with its delimiters escaped (RFC 3986, 2.1)."""
    if isinstance(value, str):
        return "".join(quote(char, safe="") if char in "%/@" else char for char in value)
    short = f"{value:.12g}"
    return short if float(short) == value else repr(value)
