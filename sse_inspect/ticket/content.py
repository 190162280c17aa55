"""What a report for a ticket says: the names here are the names in its JSON, and change only by adding.

Times are seconds since the session began, sizes bytes. Secrets are out of it by the time it is one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sse_inspect.analysis.browser import Remark
from sse_inspect.analysis.snapshot import Timeline
from sse_inspect.present.units import counted

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Program:
    """What made the report, and on what; `recorded_by` is the version that watched the session."""

    name: str
    version: str
    recorded_by: str
    python: str
    platform: str


@dataclass(frozen=True, slots=True)
class Session:
    """What was asked for and how long it was watched; `began` is RFC 3339 UTC, None where no clock tells it.

    `state` is that of the session, `end` why it is over and `end_detail` more of it; `capture` where it can be looked
    at again, `unknown` what its source does not tell. What was asked for is None where the source does not tell it, and
    the options of the credentials also where the session is in a capture, which does not keep them.
    """

    url: str | None
    method: str | None
    headers: tuple[tuple[str, str], ...] | None
    credentials: tuple[str, ...] | None
    http2: bool | None
    encoding: str | None
    stall_after: float | None
    began: str | None
    duration: float | None
    state: str
    end: str
    end_detail: str
    capture: str
    unknown: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Response:
    """The head of the last response that opened."""

    status: int | None
    http_version: str
    peer: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One of the six, in words; `met` is None where it could not be measured."""

    name: str
    value: str
    target: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened; `before` says what came since the one before it, `time` is RFC 3339 UTC."""

    t: float | None
    time: str | None
    connection: int
    kind: str
    words: str
    events: int
    duplicates: int
    comments: int

    @property
    def before(self) -> str:
        """What came before it, in words; empty for nothing."""
        said = [counted(self.events, "event")] if self.events else []
        said += [counted(self.duplicates, "duplicate") + " among them"] if self.duplicates else []
        said += [counted(self.comments, "comment")] if self.comments else []
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: the first and the last of it, and how much between them is left out."""

    first: tuple[Happening, ...]
    omitted: int
    last: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """An attempt or a connection; `verdict` and `meaning` say what kind of end it had.

    `accepted`: it had a response that was accepted. A time that the source does not tell is None.
    """

    connection: int
    accepted: bool
    started: float | None
    opened: float | None
    ended: float | None
    reason: str
    detail: str
    verdict: str
    meaning: str
    status: int | None
    first_byte: float | None
    events: int
    bytes: int
    reopened_after: float | None


@dataclass(frozen=True, slots=True)
class Connections:
    """The latest of them; `omitted` came before."""

    rows: tuple[Connection, ...]
    omitted: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What is pasted into the configuration of a product; `is_named`: the response head names that product."""

    product: str
    text: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was recognised, the last time it was.

    `fix` is what the record says; `advice` the same without settings, and `settings` all that are known, those of the
    products that the response head names first. `numbers` is the evidence alone, `sure` how sure the `cause` is.
    """

    code: str
    severity: str
    title: str
    evidence: str
    fix: str
    t: float | None
    connection: int
    advice: str
    numbers: str
    sure: str
    cause: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Different:
    """What an ordinary client would have seen otherwise: how often, and where first.

    `event` is the ordinal of the event it befell, or else of the one before; 0 for none.
    """

    kind: str
    effect: str
    cause: str
    count: int
    connection: int
    offset: int
    event: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """The same bytes through the decoder of httpx-sse; `why_not` says why there is none, and is empty else.

    `events` is what it delivered of `examined` bytes, `ours` what there were; `complete`: all bytes were examined.
    `comments` came, of which it has no way to tell.
    """

    client: str
    why_not: str
    examined: int
    complete: bool
    events: int
    ours: int
    comments: int
    differences: tuple[Different, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Bytes of a body from `offset`; `rows` are the offset and the text of each line of the stream, with its end."""

    title: str
    connection: int
    offset: int
    size: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """The excerpts; unless `data_included`, letters and digits of all but IDs, types and retry times are masked."""

    data_included: bool
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The report; without a timeline where nothing tells when events came."""

    schema: int
    program: Program
    session: Session
    response: Response | None
    metrics: tuple[Metric, ...]
    summary: dict[str, Any]
    findings: tuple[Finding, ...]
    story: Story
    timeline: Timeline | None
    connections: Connections
    second_opinion: Opinion
    browser: tuple[Remark, ...]
    wire: Wire
