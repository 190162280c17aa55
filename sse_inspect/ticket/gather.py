"""Gathers what a report says from a session, live or captured: one walk through its records."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION
from sse_inspect.analysis.browser import Browser
from sse_inspect.analysis.snapshot import ConnectionRow, Snapshot, Timeline
from sse_inspect.config import REDACTED, shown_url
from sse_inspect.inspected import Log, Player, Told
from sse_inspect.inspection import Inspection
from sse_inspect.present.findings import explained
from sse_inspect.present.pretty import metrics
from sse_inspect.present.secrets import secrets_of
from sse_inspect.present.units import UNKNOWN
from sse_inspect.records import Diagnosis, Disconnect, Open, Origin, Record, Session, Summary, to_dict
from sse_inspect.store.capture.facts import redacted_text, redacted_value
from sse_inspect.ticket import content
from sse_inspect.ticket.reread import Reread
from sse_inspect.ticket.story import StoryFold
from sse_inspect.ticket.twice import Twice
from sse_inspect.ticket.wire import Moments, excerpt

SLICE = 512
"""Records that are looked at at a time."""
LONGEST = 2000
"""Characters of a text that came from the wire."""
TARGETS = (
    f"≥ {100 * MIN_COMPLETION:g} %",
    f"p95 below {MAX_RECONNECT_P95:g} s",
    "0",
    "0 delivered as new",
    "0",
    "0",
)
"""What the six metrics should be, in their order."""
IMPORTED = "imported from"
"""How the note begins that names the file of somebody else where the session was read."""
_SEVERITIES = ("error", "warning", "info")


def gather(
    told: Told, version: str, *, capture: str = "", with_data: bool = False, step: Callable[[], object] = lambda: None
) -> content.Ticket:
    """The report of the session until now, or until the moment that is looked at.

    `version` is that of this program, `capture` the file where the session can be looked at again; the data of events
    is masked in the bytes that are shown unless `with_data`. `step` is called now and then, and may raise.
    """
    snapshot, origin, target = told.snapshot(), told.origin, told.target
    stop = snapshot.records if told.player is None else told.player.ordinal_at(snapshot.now) + 1
    story, moments, browser, twice = StoryFold(origin), Moments(), Browser(target), Twice()
    reread = Reread(origin, told.body)
    ends: dict[int, Disconnect] = {}
    recorded_by, has_opened = version, False
    for record in _records(told.log, stop, reread, step):
        for fold in (story.fold, moments.fold, browser.fold, twice.fold, reread.fold):
            fold(record)
        if isinstance(record, Session):
            recorded_by = record.version
        elif isinstance(record, Open):
            has_opened = True
        elif isinstance(record, Disconnect):
            ends[record.connection] = record
            ends.pop(record.connection - len(snapshot.connections) - 1, None)
    if snapshot.connections and snapshot.connections[-1].ended is None:
        here = snapshot.connections[-1]
        moments.here(here.connection, here.bytes)
        reread.end(snapshot.now, here.bytes)
    opinion = reread.opinion(snapshot.bytes)
    remarks, response = twice.among(browser.remarks()), _response(told, snapshot)
    head = response.headers if response else ()
    held = [excerpt(each, told.body, target, with_data=with_data) for each in moments.all(opinion.differences)]
    ticket = content.Ticket(
        schema=content.SCHEMA,
        program=content.Program("sse-inspect", version, recorded_by, platform.python_version(), platform.platform()),
        session=_session(told, snapshot, capture or _capture(told.player, snapshot)),
        response=response,
        metrics=tuple(_metrics(snapshot.summary, origin, has_opened=has_opened)),
        summary=to_dict(snapshot.summary, origin),
        findings=tuple(
            _finding(each, head, origin)
            for each in sorted(snapshot.findings, key=lambda each: _SEVERITIES.index(each.severity))
        ),
        story=story.story(),
        timeline=snapshot.timeline if origin.has_arrivals else None,
        connections=content.Connections(
            tuple(_connection(row, ends.get(row.connection), origin) for row in snapshot.connections),
            max(snapshot.summary.connections - len(snapshot.connections), 0),
        ),
        second_opinion=opinion,
        browser=remarks if origin.has_times else tuple(replace(each, t=None) for each in remarks),
        wire=content.Wire(with_data, tuple(each for each in held if each is not None) if origin.has_bytes else ()),
    )
    return cast("content.Ticket", _without(secrets_of(target), ticket))


def _records(log: Log, stop: int, reread: Reread, step: Callable[[], object]) -> Iterator[Record]:
    for start in range(0, stop, SLICE):
        step()
        yield from log.slice(start, min(start + SLICE, stop), data=not reread.is_done)


def _capture(player: Player | None, snapshot: Snapshot) -> str:
    """The name of the capture that is looked at, or that is being written."""
    if player is not None:
        return player.name
    return next((note.partition(": ")[2] for note in snapshot.notes if note.startswith("recording")), "")


def _metrics(summary: Summary, origin: Origin, *, has_opened: bool) -> Iterator[content.Metric]:
    """The six; nothing is counted where nothing ever opened."""
    for (name, value, met), goal in zip(metrics(summary, origin), TARGETS, strict=True):
        yield content.Metric(name, value if has_opened or met is not None else UNKNOWN, goal, met)


def _session(told: Told, snapshot: Snapshot, capture: str) -> content.Session:
    target, origin, end = told.target, told.origin, snapshot.ended
    is_imported = any(note.startswith(IMPORTED) for note in snapshot.notes)
    is_watched = isinstance(told, Inspection) and not is_imported
    given = (
        ("--user", target.user),
        ("--bearer", target.bearer),
        ("--cookie", target.cookies),
        ("--cert", target.cert),
    )
    credentials = tuple(option for option, value in given if value)
    headers = tuple((name, redacted_value(name, value)) for name, value in target.headers if value is not None)
    return content.Session(
        url=shown_url(target.url) if origin.has_request else None,
        method=target.method if origin.has_request else None,
        headers=None if is_imported else headers,
        credentials=credentials if credentials or is_watched else None,
        http2=None if is_imported else target.http2,
        encoding=None if is_imported else target.encoding,
        stall_after=None if is_imported else snapshot.stall_after,
        began=origin.rfc3339(0.0),
        duration=snapshot.now if origin.has_times else None,
        state=snapshot.state,
        end=end.reason if end else "",
        end_detail=end.detail if end else "",
        capture=capture,
        unknown=snapshot.unknown,
        notes=tuple(note for note in snapshot.notes if not note.startswith(("recording", IMPORTED))),
    )


def _response(told: Told, snapshot: Snapshot) -> content.Response | None:
    """The last response that opened."""
    for row in reversed(snapshot.connections):
        opened = told.opened(row.connection) if row.opened is not None else None
        if opened is not None:
            headers = tuple((name, redacted_value(name, value)) for name, value in opened.headers.items())
            return content.Response(opened.status, opened.http_version, opened.peer, headers)
    return None


def _finding(record: Diagnosis, head: Iterable[tuple[str, str]], origin: Origin) -> content.Finding:
    known = explained(record, head)
    return content.Finding(
        code=record.code,
        severity=record.severity,
        title=record.title,
        evidence=record.evidence,
        fix=record.fix,
        t=origin.time_of(record),
        connection=record.connection,
        advice=known.fix,
        numbers=known.numbers,
        sure=known.sure,
        cause=known.cause,
        settings=tuple(content.Setting(name, text, name in known.named) for name, text in known.settings),
    )


def _connection(row: ConnectionRow, end: Disconnect | None, origin: Origin) -> content.Connection:
    is_end_told = end is not None and origin.time_of(end) is not None
    return content.Connection(
        connection=row.connection,
        accepted=row.opened is not None,
        started=row.started if origin.has_times else None,
        opened=row.opened if origin.has_openings else None,
        ended=row.ended if end is None or is_end_told else None,
        reason=row.reason,
        detail=row.detail,
        verdict=end.verdict if end else "",
        meaning=end.meaning if end else "",
        status=row.status,
        first_byte=row.first_byte,
        events=row.events,
        bytes=row.bytes,
        reopened_after=row.reopened_after,
    )


def _without(secrets: Sequence[str], value: Any) -> Any:
    """The value, and all that is in it, without these secrets and those in URLs; texts are of a bounded length."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return redacted_text(value[:LONGEST])
    if isinstance(value, tuple):
        return tuple(_without(secrets, each) for each in value)
    if is_dataclass(value) and not isinstance(
        value, type | Timeline | content.Program | content.Setting | content.Wire
    ):
        return replace(value, **{field.name: _without(secrets, getattr(value, field.name)) for field in fields(value)})
    return value
