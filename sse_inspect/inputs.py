"""What happened outside, each with its time `t` in seconds since the session began (monotonic).

A capture is a sequence of these: handling them again gives the same records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from sse_inspect.records import DisconnectReason

Verb = Literal["reconnect", "afresh", "inject", "lift", "stop"]


@dataclass(frozen=True)
class ResponseHead:
    """Status line and header fields of the final response, names in lower case, in order of arrival."""

    status: int
    http_version: str
    header_list: tuple[tuple[str, str], ...]
    url: str = ""
    reason: str = ""
    """The reason phrase, which HTTP/2 has none of."""
    by_proxy: bool = False
    """Whether it is a proxy's, that was asked for a tunnel and refused."""
    injected: bool = False
    """Whether it is this program's own, given on purpose: no server was asked."""
    excerpt: str = ""
    """How the content begins, in one line, where it is no event stream: what the server says is wrong."""

    @cached_property
    def headers(self) -> dict[str, str]:
        """The fields by name, repeated ones joined with ", " (RFC 9110, 5.3)."""
        joined: dict[str, str] = {}
        for name, value in self.header_list:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds each step of an attempt took; None where the step did not occur."""

    dns: float | None = None
    tcp: float | None = None
    tls: float | None = None
    first_byte: float | None = None


@dataclass(slots=True)
class Started:
    """The session begins, at `unix_us` microseconds since the Unix epoch: the only wall-clock time there is."""

    t: float
    unix_us: int


@dataclass(slots=True)
class Connected:
    """The connection of the present attempt stands (TCP, and TLS where asked for); no response yet."""

    t: float
    peer: str


@dataclass(slots=True)
class Heard:
    """Bytes of the response to the present attempt came at `t` that brought no content: a head that has begun, framing.

    Told for the first byte, and later only where it matters: before a silence would be held against the server, and
    while one is. What a proxy says of itself is none of it.
    """

    t: float


@dataclass(slots=True)
class Opened:
    """The head of the final response of the present attempt arrived, whatever its status, or a proxy's refusal."""

    t: float
    head: ResponseHead
    timings: Timings = field(default_factory=Timings)
    peer: str = ""


@dataclass(slots=True)
class Chunk:
    """Bytes of the body, decoded.

    `wire_size` counts the bytes of the content as they were transferred, content coding still applied (RFC 9110, 6.4
    and 8.4), without what frames them: chunk sizes, HTTP/2 frames, TLS. Where a coding gives one read's worth in
    several pieces the first carries all of it; with no bytes to read yet, `data` is empty. Summed over a connection
    it is what compression left of the body.
    """

    t: float
    data: bytes
    wire_size: int = 0


@dataclass(slots=True)
class Ended:
    """The present attempt or connection ended, as the network tells it; `responded`: a byte of a response came."""

    t: float
    reason: DisconnectReason
    detail: str
    responded: bool = False


@dataclass(slots=True)
class Untold:
    """What is known of the session ends here: an imported source tells no more, neither how it went on nor ended."""

    t: float
    detail: str


@dataclass(slots=True)
class Tick:
    """Time went by."""

    t: float


@dataclass(slots=True)
class Asked:
    """The user asked for something: `inject` and `lift` name a fault as `faults` spells it.

    `afresh` is a reconnect that sends no ID, as of a page that was loaded anew; only what is imported tells of one.
    """

    t: float
    verb: Verb
    argument: str = ""


@dataclass(slots=True)
class ShownLate:
    """The screen showed at `t` an outage or a stall that was known `since` then, too late: a silent failure."""

    t: float
    since: float


@dataclass(slots=True)
class HeldUp:
    """This program itself did not run from `since` to `t`: what came in that time waited, and is told late.

    Told before all that waited. With `by_output` it waited for who reads its output. `asleep` are the seconds that the
    machine slept meanwhile, where its clock stands still in sleep: they are in no time of the session.
    """

    t: float
    since: float
    by_output: bool = False
    asleep: float = 0.0


Input = Started | Connected | Heard | Opened | Chunk | Ended | Untold | Tick | Asked | ShownLate | HeldUp
