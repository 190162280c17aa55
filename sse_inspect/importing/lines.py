"""The lines of a file of records, as far as an import needs them: read strictly, since they may come from anybody.

Kinds and keys that are not known are passed over: the machine interface changes by adding. Kinds without a class here
tell nothing that is not found anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

import msgspec

from sse_inspect.errors import CaptureError
from sse_inspect.importing.source import LONGEST_SESSION, NO_URL, File
from sse_inspect.records import SCHEMA, BackoffSource, DisconnectReason, EndReason, Severity
from sse_inspect.unknown import Unknown, words_of

LONGEST_LINE = 64 << 20
"""Bytes of a line, and so of an event with its escapes."""

Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e10)]
"""More than any session lasts; what is beyond was not written by this program."""
Failures = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
"""More than any session has."""
Delay = Annotated[float, msgspec.Meta(ge=0.0, le=1e13)]
"""More than any server can ask for."""


class Line(msgspec.Struct, kw_only=True):
    """Any record; `told_t` is None where its time is not known.

    `t` stands for it then: the latest time in front of the line, which is `before`. `number` is that of the line.
    """

    told_t: float | None = msgspec.field(name="t")
    t: float = msgspec.field(name="_t", default=0.0)
    number: int = 0
    before: float = 0.0

    @classmethod
    def kind(cls) -> str:
        """The kind of its records."""
        return cls.__name__.lower()


class Session(Line):
    """The session begins."""

    time: str | None
    schema: int
    version: str
    url: str
    method: str
    unknown: tuple[str, ...] = ()


class Connecting(Line):
    """An attempt starts."""

    attempt: int
    last_event_id: str | None


class Open(Line):
    """A response was accepted."""

    status: int | None
    http_version: str
    headers: dict[str, str]
    timings: dict[str, float | None]
    peer: str


class Event(Line):
    """An event was dispatched."""

    event: str
    data: str
    id: str | None
    last_event_id: str
    truncated: bool


class Comment(Line):
    """A comment line arrived."""

    text: str


class Retry(Line):
    """A `retry` field arrived."""

    reconnection_time: int


class Stall(Line):
    """Not a byte arrived for too long."""

    silence: Seconds


class Resumed(Line):
    """Bytes arrive again."""


class Disconnect(Line):
    """A connection or an attempt ended."""

    reason: DisconnectReason
    detail: str


class Backoff(Line):
    """Waiting begins."""

    delay: Delay
    source: BackoffSource


class Alert(Line):
    """A rule changed its state: always behind what one input led to."""


class Diagnosis(Line):
    """A rule recognised something."""

    connection: Annotated[int, msgspec.Meta(ge=0, le=1 << 31)]
    code: str
    severity: Severity
    title: str
    evidence: str
    fix: str


class Fault(Line):
    """A fault was injected, or lifted."""

    fault: str
    state: str


class End(Line):
    """The session is over."""

    reason: EndReason
    detail: str


class Summary(Line):
    """What of the metrics is not found anew."""

    silent_failures: Failures | None


class _Any(msgspec.Struct):
    kind: str


_ANY = msgspec.json.Decoder(_Any)
_DECODERS: dict[str, msgspec.json.Decoder[Line]] = {
    cls.kind(): msgspec.json.Decoder(cls) for cls in Line.__subclasses__()
}


def read_lines(file: File) -> Iterator[Line]:
    """The records an import needs, in order; raises CaptureError naming the line that is none.

    The first one is that of the session's begin: where the file holds only what came later, one that tells nothing. A
    last line that was not finished is passed over.
    """
    latest = 0.0
    first = True
    for number, text, is_finished in file.lines(LONGEST_LINE):
        if not text.strip():
            continue
        if first:
            text = text.removeprefix(b"\xef\xbb\xbf")
        try:
            line = _read(text)
        except CaptureError as error:
            if not is_finished and not first:
                return
            raise CaptureError(f"{file.path}: line {number} {error}") from None
        if first and line is None:
            raise CaptureError(f"{file.path} does not begin with a record, as what `tail` writes does.")
        if line is not None:
            line.t = latest if line.told_t is None else line.told_t
            if not (0 <= line.t <= LONGEST_SESSION):
                raise CaptureError(f"{file.path}: line {number} has a time that cannot be.")
            if first and not isinstance(line, Session):
                yield _session_before(line)
            first = False
            line.number, line.before = number, latest
            latest = max(latest, line.t)
            yield line
    if first:
        raise CaptureError(f"{file.path} holds no records.")


def _session_before(line: Line) -> Session:
    """What is known of a session of which this is the first record that was kept."""
    untold = (Unknown.REQUEST, Unknown.FIELDS, Unknown.OPENING, Unknown.HEAD)
    return Session(
        told_t=line.told_t,
        t=line.t,
        number=line.number,
        time=None,
        schema=SCHEMA,
        version="of unknown version",
        url=NO_URL,
        method="",
        unknown=words_of(untold),
    )


def _read(text: bytes) -> Line | None:
    try:
        try:
            decoder = _DECODERS.get(_ANY.decode(text).kind)
            return decoder.decode(text) if decoder else None
        except (msgspec.MsgspecError, UnicodeDecodeError):  # a lone surrogate, a number of many digits, or no record
            value = json.loads(text)
            decoder = _DECODERS.get(msgspec.convert(value, _Any).kind)
            return msgspec.convert(value, decoder.type) if decoder else None
    except RecursionError:
        raise CaptureError("is nested too deeply.") from None
    except (ValueError, TypeError, msgspec.MsgspecError) as error:
        raise CaptureError(f"is no record ({_short(error)}).") from None


def _short(error: Exception) -> str:
    text = str(error).rstrip(".")
    return text if len(text) <= 120 else text[:117] + "..."
