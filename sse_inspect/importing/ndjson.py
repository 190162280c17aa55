"""The records that `tail -f ndjson` wrote: the inputs that must have led to them.

Each event, comment and `retry` field is spelled again and handled again, so what is found in them (gaps, duplicates,
recoveries, alerts) is found anew. Of the raw bytes nothing is told: offsets, sizes and counts of bytes are those of
the new spelling, and what was recognised by the bytes is taken over as it was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from math import ceil

from sse_inspect import faults
from sse_inspect.config import Target
from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.importing import lines
from sse_inspect.importing.lines import Line, read_lines
from sse_inspect.importing.source import (
    LATEST_BEGIN_US,
    NO_HEAD,
    PIECE,
    File,
    Import,
    block,
    here_it_ends,
    is_address,
    whole,
)
from sse_inspect.importing.survey import Survey
from sse_inspect.inputs import Asked, Chunk, Ended, Input, Opened, ResponseHead, ShownLate, Started, Tick, Timings
from sse_inspect.records import SCHEMA
from sse_inspect.session.outcome import ON_PURPOSE
from sse_inspect.store.capture.facts import Facts

_FIRST = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:kind"\s*:|(?:t|time|connection)"\s*:)')
_FOUR_BYTES = "\U0010ffff"
"""Behind data that was cut: there is no room for it, and so it is cut again."""
_STATUS = re.compile(rf"(HTTP|the proxy answered) (\d{{3}})(?:({ON_PURPOSE})| (.*))?", re.DOTALL)


def looks_like_one(begin: bytes) -> bool:
    """Whether a file that begins so may hold records: its first object begins as one."""
    return _FIRST.match(begin) is not None


def load(file: File) -> Import:
    """The session that was written down; raises CaptureError if the file does not begin with its begin.

    The file is read twice: what the user had asked for is known only from what came of it.
    """
    survey = Survey()
    try:
        for line in read_lines(file):
            survey.take(line)
        if not is_address(survey.url):
            raise UsageError("URL", "it is none.")
        facts = Facts(
            Target(survey.url, survey.method, last_event_id=survey.sent_id),
            survey.policy(),
            survey.version,
            0,
            source="NDJSON",
            draws=survey.draws,
            unknown=survey.unknown,
            told=tuple(survey.told),
        )
    except UsageError as error:
        raise CaptureError(f"{file.path}: the session it tells of cannot have been: {error}") from None
    return Import(facts, _inputs(file, survey), file)


def _inputs(file: File, survey: Survey) -> Iterator[Input]:
    retelling = _Retelling(survey)
    for line in read_lines(file):
        try:
            yield from retelling.take(line)
        except CaptureError as error:
            raise CaptureError(f"{file.path}: line {line.number}: {error}") from None
    yield from retelling.over()


class _Retelling:
    """Records in, the inputs that led to them out."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._t = 0.0
        self._has_begun = False
        self._has_opened = False
        """Whether a response opened: where the file begins later, what comes tells of it."""
        self._attempts = 0
        self._last_id = survey.sent_id
        self._ended: lines.Disconnect | None = None
        """The last disconnect, until it is known what it led to."""
        self._chunk: Chunk | None = None
        """What came at one time, with no alert in between: as far as can be known, in one chunk."""

    def take(self, line: Line) -> Iterator[Input]:
        """The inputs of one more record, and maybe of those before; other records followed from these."""
        if isinstance(line, lines.Diagnosis):  # it may stand between records of one chunk
            return
        chunk = self._chunk
        data = self._bytes(line)
        if data is not None and not self._has_opened:
            self._has_opened = True
            yield Opened(line.t, NO_HEAD)
        if data is not None and chunk is not None and chunk.t == line.t and len(chunk.data) < PIECE:
            chunk.data += data
            return
        if chunk is not None:
            yield chunk
        self._t = max(self._t, line.t)
        self._chunk = None if data is None else Chunk(self._t, data)
        if data is None:
            yield from self._other(line)

    def _bytes(self, line: Line) -> bytes | None:
        """The bytes the record tells of; None if it does not tell of bytes that came."""
        match line:
            case lines.Event():
                return self._event(line)
            case lines.Comment():
                return f": {_one_line(line.text)}\n".encode()
            case lines.Retry():
                return b"retry: %d\n" % max(line.reconnection_time, 0)
            case lines.Resumed():
                return b""
        return None

    def _other(self, line: Line) -> Iterator[Input]:
        match line:
            case lines.Session():
                yield self._begin(line)
            case lines.Connecting():
                yield from self._connecting()
            case lines.Open():
                self._has_opened = True
                fields = tuple(field for pair in line.headers.items() for field in _fields(*pair))
                head = NO_HEAD if line.status is None else ResponseHead(line.status, line.http_version, fields)
                timings = Timings(*(line.timings.get(step) for step in ("dns", "tcp", "tls", "first_byte")))
                yield Opened(self._t, head, timings, line.peer)
            case lines.Stall() if self._survey.stall_after:
                # The last sign of life may have been bytes that no record tells of.
                yield Chunk(max(line.before, line.t - line.silence), b"")
                yield Tick(self._t)
            case lines.Disconnect():
                yield from self._no_more_of_it()
                if line.reason != "stall" or not self._survey.stall_after:
                    self._ended = line
            case lines.Backoff():
                yield from self._no_more_of_it(line)
            case lines.Fault():
                yield self._fault(line)
            case lines.End():
                yield from self._end(line)

    def over(self) -> Iterator[Input]:
        """What follows from there being no more records."""
        if self._chunk is not None:
            yield self._chunk
        yield from self._no_more_of_it()
        if not self._survey.is_whole:
            yield here_it_ends(self._t, "the file ends here; what came after is not told")

    def _begin(self, line: lines.Session) -> Started:
        if self._has_begun:
            raise CaptureError("another session begins; only one is read.")
        self._has_begun = True
        if line.schema > SCHEMA:
            raise CaptureError(
                f"written by a newer sse-inspect (schema {line.schema}); this one reads schema {SCHEMA}."
            )
        if line.time is None:
            return Started(self._t, 0)
        try:
            at = datetime.fromisoformat(line.time)
            unix_us = round((at.timestamp() - line.t) * 1e6) if at.tzinfo else -1
        except (ValueError, OverflowError):
            unix_us = -1
        if not 0 <= unix_us <= LATEST_BEGIN_US:
            raise CaptureError("the time of the session's begin is none.")
        return Started(self._t, unix_us)

    def _connecting(self) -> Iterator[Input]:
        self._attempts += 1
        ended, self._ended = self._ended, None
        if ended is not None and ended.reason != "forced":
            yield Ended(ended.t, ended.reason, ended.detail)
        if self._attempts > 1:
            yield Asked(self._t, "reconnect")

    def _event(self, line: lines.Event) -> bytes:
        before = b""
        own_id, kind = line.id, line.event if line.event != "message" else None
        if own_id is None and line.last_event_id != self._last_id:
            before = block("", None, line.last_event_id).replace(b"data: \n", b"")
        self._last_id = line.last_event_id
        data = line.data
        if line.truncated:
            data += _FOUR_BYTES
        return before + block(data, kind, own_id)

    def _no_more_of_it(self, backoff: lines.Backoff | None = None) -> Iterator[Input]:
        """The disconnect that is waiting was not the user's; `backoff` is what it led to."""
        ended, self._ended = self._ended, None
        if ended is None:
            return
        refused = _STATUS.fullmatch(ended.detail) if ended.reason == "status" else None
        if refused is None:
            yield Ended(ended.t, ended.reason, ended.detail, responded=ended.reason in ("content-type", "redirect"))
            return
        asked_to_wait = backoff is not None and backoff.source == "retry-after"
        retry_after = (("retry-after", str(ceil(backoff.delay))),) if backoff and asked_to_wait else ()
        by_proxy = refused[1] != "HTTP"
        head = ResponseHead(
            int(refused[2]), "", retry_after, reason=refused[4] or "", by_proxy=by_proxy, injected=bool(refused[3])
        )
        yield Opened(ended.t, head)

    def _end(self, line: lines.End) -> Iterator[Input]:
        ended_by_it = self._ended is not None and self._ended.reason in ("forced", "unknown")
        if ended_by_it and line.reason in ("interrupted", "limit", "unknown"):
            self._ended = None
        yield from self._no_more_of_it()
        if line.reason == "unknown":
            yield here_it_ends(self._t, line.detail)
            return
        for _ in range(self._survey.silent_failures):
            yield ShownLate(self._t, self._t)
        if line.reason == "no-content":
            yield Opened(self._t, ResponseHead(204, "", (), injected=line.detail.endswith(ON_PURPOSE)))
        if self._survey.for_seconds:
            yield Tick(max(self._t, self._survey.for_seconds))
        yield Asked(self._t, "stop", line.detail)

    def _fault(self, line: lines.Fault) -> Asked:
        try:
            faults.parse(line.fault)
        except UsageError as error:
            raise CaptureError(f"the fault is none: {error.message}") from None
        return Asked(self._t, "inject" if line.state == "begun" else "lift", line.fault)


def _fields(name: str, value: str) -> list[tuple[str, str]]:
    """The header fields that were joined; it matters where only the last one counts."""
    return [(name, part) for part in value.split(", ")] if name == "content-type" else [(name, value)]


def _one_line(text: str) -> str:
    return whole(text).replace("\r", "\ufffd").replace("\n", "\ufffd")
