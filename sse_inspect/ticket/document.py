"""The report as blocks: what it says, in which order and in which words; the answer first."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from sse_inspect.present.safe import preview
from sse_inspect.present.signs import SEVERITIES, VERDICTS
from sse_inspect.present.units import UNKNOWN, counted, duration, seconds, size
from sse_inspect.ticket.blocks import Block, Heading, Items, Lines, Picture, Table, Text
from sse_inspect.ticket.content import Connection, Finding, Happening, Session, Setting, Ticket
from sse_inspect.ticket.in_short import in_short
from sse_inspect.ticket.others import others
from sse_inspect.ticket.told import at, request

STORY_FIRST, STORY_LAST, STORY_CELLS = 8, 16, 100
"""Happenings that are shown, from the begin and from the end, and how much of each."""
TOLD_BY_TIMES = frozenset(("backoff",))
"""Kinds that the times of the next line tell."""
ROWS_FIRST, ROWS_LAST, END_CELLS = 3, 7, 60
"""Connections that are shown, and how much of their ends."""
RESPONSE_FIELDS = 20
"""Fields of the response head that are shown."""


def blocks(ticket: Ticket) -> Iterator[Block]:
    """The report, from the top."""
    yield Heading("sse-inspect:", 1, request(ticket.session))
    yield from in_short(ticket)
    yield from _findings(ticket)
    yield from _story(ticket)
    yield from _connections(ticket)
    yield from _figures(ticket)
    yield from _what(ticket)
    yield from others(ticket)
    yield from _wire(ticket)
    yield from _further(ticket)


# What was found


def _findings(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Findings")
    if not ticket.findings:
        yield Text("None.")
    shown: dict[tuple[Setting, ...], str] = {}
    for each in ticket.findings:
        yield Heading(f"{SEVERITIES[each.severity].sign} {each.severity}: {each.title}", 3)
        said = [f"Evidence: {each.evidence}"] if each.evidence else []
        said += [f"What to do: {each.advice}"] if each.advice else []
        where = f"connection {each.connection}, at {at(each.t)}" if each.connection else f"at {at(each.t)}"
        yield Items((*said, f"Code: {each.code} ({where})"))
        if each.settings in shown:
            yield Text(f"Settings: those of {shown[each.settings]}.")
        elif each.settings:
            shown[each.settings] = each.code
            yield from _settings(each)


def _settings(finding: Finding) -> Iterator[Block]:
    """Those for what the response head names; all of them where it names nothing that one is known for."""
    named = [each for each in finding.settings if each.is_named]
    shown = named or finding.settings
    for each in shown:
        if not _is_remark(each):
            yield Text(f"{each.product}{', which the response head names' if each.is_named else ''}:")
            yield Lines(tuple(each.text.split("\n")))
    remarks = [f"{each.product}: {' '.join(_uncommented(each.text))}" for each in shown if _is_remark(each)]
    if remarks:
        yield Items(tuple(remarks))
    others = [each.product for each in finding.settings if not each.is_named]
    if named and others:
        yield Text(f"On the screen, key w, there are settings for {', '.join(others)} too.")


def _is_remark(setting: Setting) -> bool:
    """Whether there is nothing to be pasted."""
    return all(line.startswith("#") for line in setting.text.split("\n"))


def _uncommented(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield line.removeprefix("#").strip()


# What happened


def _story(ticket: Ticket) -> Iterator[Block]:
    yield Heading("What happened")
    if ticket.timeline is None:
        yield Text("There is no timeline: nothing tells when events came.")
    elif ticket.session.duration:
        yield Picture(ticket.timeline, ticket.session.duration)
    yield Text("Times since the session began, and of the clock in UTC; in brackets what came since the line above.")
    yield Lines(tuple(_lines(ticket)))


def _lines(ticket: Ticket) -> Iterator[str]:
    story = ticket.story
    begin, end = ([each for each in part if each.kind not in TOLD_BY_TIMES] for part in (story.first, story.last))
    first, last = begin[:STORY_FIRST], (begin[STORY_FIRST:] + end)[-STORY_LAST:]
    yield from map(_line, first)
    omitted = len(begin) + story.omitted + len(end) - len(first) - len(last)
    if omitted:
        yield f"… {omitted:,} more …"
    yield from map(_line, last)


def _line(each: Happening) -> str:
    clock = each.time[11:23] if each.time else "--:--:--.---"
    before = f"   ({each.before} before)" if each.before else ""
    # The evidence of a finding stands above.
    said = each.words.partition(" · ")[0] if each.kind == "diagnosis" else preview(each.words, STORY_CELLS)
    return f"{at(each.t):>12}  {clock}  #{each.connection:<3} {said}{before}"


def _connections(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Connections")
    rows = ticket.connections.rows
    earliest = rows[:ROWS_FIRST] if not ticket.connections.omitted else ()
    latest = rows[len(earliest) :][-ROWS_LAST:]
    left = ticket.connections.omitted + len(rows) - len(earliest) - len(latest)
    if left:
        where = "Not shown, between the first and the latest" if earliest else "Not shown, before these"
        yield Text(f"{where}: {counted(left, 'connection')}.")
    header = ("No.", "Began", "Opened after", "First byte", "Lasted", "Events", "Bytes", "End")
    yield Table(header, tuple(_connection(row) for row in (*earliest, *latest)))


def _connection(row: Connection) -> tuple[str, ...]:
    since = row.opened if row.accepted else row.started
    said = preview(row.detail or row.meaning, END_CELLS)
    end = f"{row.reason}: {said}" if said else row.reason
    return (
        str(row.connection),
        at(row.started),
        seconds(_between(row.started, row.opened)) if row.accepted else "never",
        seconds(row.first_byte),
        seconds(_between(since, row.ended)),
        f"{row.events:,}",
        size(row.bytes),
        end or "still open",
    )


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin


def _figures(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Figures")
    rows = []
    for each in ticket.metrics:
        sign = "" if each.met is None else f"{VERDICTS[each.met].sign} {VERDICTS[each.met].word}"
        rows.append((each.name, each.value, each.target, sign))
    yield Table(("Metric", "Measured", "Target", ""), tuple(rows))
    if ticket.summary["duplicates"]["received"]:
        yield Text("Duplicates are met because this program removes them; EventSource and httpx-sse do not.")


# What it was found in


def _what(ticket: Ticket) -> Iterator[Block]:
    session, response, program = ticket.session, ticket.response, ticket.program
    yield Heading("What was connected to")
    yield Lines((request(session), *(f"{name}: {value}" for name, value in session.headers or ())))
    if response is None:
        yield Text("No response opened.")
    else:
        status = UNKNOWN if response.status is None else str(response.status)
        yield Text(f"The last response that opened{f', from {response.peer}' if response.peer else ''}:")
        head = f"HTTP/{response.http_version} {status}" if response.http_version else status
        fields = [f"{name}: {value}" for name, value in response.headers]
        more = (f"… {len(fields) - RESPONSE_FIELDS:,} more",) if len(fields) > RESPONSE_FIELDS else ()
        yield Lines((head, *fields[:RESPONSE_FIELDS], *more))
    by = f", session watched by {program.recorded_by}" if program.recorded_by != program.version else ""
    rows = [
        ("Credentials", _credentials(session)),
        ("Asked for", _asked(session)),
        ("Began", session.began or UNKNOWN),
        ("Watched for", duration(session.duration)),
        ("Stall limit", _limit(session.stall_after)),
        ("Program", f"{program.name} {program.version}{by}, Python {program.python}, {program.platform}"),
        *(("Note", note) for note in session.notes),
    ]
    if session.unknown:
        rows.append(("Not told", ", ".join(session.unknown)))
    yield Table(("", ""), tuple(rows))


def _credentials(session: Session) -> str:
    if session.credentials is None:
        return "unknown" if session.http2 is None else "not kept in a capture"
    return f"{', '.join(session.credentials)}: not shown" if session.credentials else "none by option"


def _asked(session: Session) -> str:
    if session.http2 is None:
        return "unknown"
    return f"HTTP/{'2 or 1.1' if session.http2 else '1.1'}, compression {session.encoding}"


def _limit(stall_after: float | None) -> str:
    if stall_after is None:
        return "unknown"
    return seconds(stall_after) if stall_after else "none"


def _wire(ticket: Ticket) -> Iterator[Block]:
    yield Heading("On the wire")
    if not ticket.wire.excerpts:
        yield Text("No bytes are held.")
        return
    yield Text(
        "Lines of the decoded bodies as they came, each behind its offset; ␊ and ␍ are their ends."
        if ticket.wire.data_included
        else "Lines of the decoded bodies, each behind its offset; ␊ and ␍ are their ends. Framing, IDs, event types "
        "and punctuation are as they came, letters of all else masked as x and digits as 0."
    )
    for each in ticket.wire.excerpts:
        title = f"{each.title[:1].upper()}{each.title[1:]}"
        place = f"connection {each.connection}"
        where = f"{'' if place in each.title else f'{place}, '}{size(each.size)} from byte {each.offset:,}"
        yield Heading(f"{title}: {where}", 3)
        yield Lines(each.rows)


def _further(ticket: Ticket) -> Iterator[Block]:
    yield Heading("To look further")
    capture = ticket.session.capture
    if capture:
        whole = "The session is in a capture, byte by byte with its times:"
        yield Text("What is told of the session is in a file:" if ticket.session.unknown else whole)
        yield Lines((f"sse-inspect open {quote(capture)}",))
    else:
        yield Text("No capture was written; --record FILE keeps the next session byte by byte with its times.")
