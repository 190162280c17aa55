"""The report as blocks that any document can be made of: what it says, in which order and in which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from sse_inspect.analysis.snapshot import Timeline
from sse_inspect.present.signs import SEVERITIES, VERDICTS
from sse_inspect.present.units import UNKNOWN, counted, duration, hms, seconds, size
from sse_inspect.ticket.content import Connection, Happening, Opinion, Session, Story, Ticket


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """Some sentences, each for itself."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as the header has."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that stand as they are, in a type of fixed width."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The timeline, where a document can hold a picture."""

    timeline: Timeline
    duration: float


Block = Heading | Text | Items | Table | Lines | Picture

_OUTCOMES = {
    "cannot": "cannot do this",
    "gives-up": "gives up",
    "differs": "otherwise",
    "same": "as here",
}
"""What becomes of it in a browser."""


def blocks(ticket: Ticket) -> Iterator[Block]:
    """The report, from the top."""
    yield Heading(f"sse-inspect: {_request(ticket.session)}", 1)
    yield Text(_in_a_sentence(ticket))
    yield from _findings(ticket)
    yield from _what(ticket)
    yield from _figures(ticket)
    yield from _story(ticket)
    yield from _connections(ticket)
    yield from _opinion(ticket.second_opinion)
    yield from _browser(ticket)
    yield from _wire(ticket)
    yield from _further(ticket)


def _request(session: Session) -> str:
    return "unknown request" if session.url is None else f"{session.method or UNKNOWN} {session.url}"


def _in_a_sentence(ticket: Ticket) -> str:
    session, summary = ticket.session, ticket.summary
    ended = f"ended: {session.end}" + (f" ({session.end_detail})" if session.end_detail else "")
    worst = [each for each in ticket.findings if each.severity != "info"]
    missed = ", ".join(each.name for each in ticket.metrics if each.met is False)
    return (
        f"{counted(summary['events'], 'event')} over {counted(summary['connections'], 'connection')} "
        f"in {duration(session.duration)}; {ended if session.end else f'still {session.state}'}. "
        f"{f'{worst[0].title}.' if worst else 'No fault was recognised.'}"
        f"{f' Missed targets: {missed}.' if missed else ''}"
    )


def _findings(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Findings")
    if not ticket.findings:
        yield Text("None.")
    for each in ticket.findings:
        yield Heading(f"{SEVERITIES[each.severity].sign} {each.severity}: {each.title}", 3)
        said = [f"Evidence: {each.evidence}"] if each.evidence else []
        said += [f"What to do: {each.fix}"] if each.fix else []
        where = f"connection {each.connection}, at {_at(each.t)}" if each.connection else f"at {_at(each.t)}"
        yield Items((*said, f"Code: {each.code} ({where})"))


def _what(ticket: Ticket) -> Iterator[Block]:
    session, response, program = ticket.session, ticket.response, ticket.program
    yield Heading("What was connected to")
    yield Lines((_request(session), *(f"{name}: {value}" for name, value in session.headers or ())))
    if response is None:
        yield Text("No response opened.")
    else:
        status = UNKNOWN if response.status is None else str(response.status)
        yield Text(f"The last response that opened{f', from {response.peer}' if response.peer else ''}:")
        head = f"HTTP/{response.http_version} {status}" if response.http_version else status
        yield Lines((head, *(f"{name}: {value}" for name, value in response.headers)))
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


def _figures(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Figures")
    rows = []
    for each in ticket.metrics:
        sign = "" if each.met is None else f"{VERDICTS[each.met].sign} {VERDICTS[each.met].word}"
        rows.append((each.name, each.value, each.target, sign))
    yield Table(("Metric", "Measured", "Target", ""), tuple(rows))


def _story(ticket: Ticket) -> Iterator[Block]:
    yield Heading("What happened")
    if ticket.timeline is None:
        yield Text("There is no timeline: nothing tells when events came.")
    elif ticket.session.duration:
        yield Picture(ticket.timeline, ticket.session.duration)
    yield Text("Times since the session began, and of the clock in UTC; before it: what came since the line above.")
    yield Lines(tuple(_lines(ticket.story)))


def _lines(story: Story) -> Iterator[str]:
    for each in story.first:
        yield _line(each)
    if story.omitted:
        yield f"… {story.omitted:,} more …"
    for each in story.last:
        yield _line(each)


def _line(each: Happening) -> str:
    clock = each.time[11:23] if each.time else "--:--:--.---"
    before = f"   ({each.before} before)" if each.before else ""
    return f"{_at(each.t):>12}  {clock}  #{each.connection:<3} {each.words}{before}"


def _at(t: float | None) -> str:
    return UNKNOWN if t is None else f"{hms(t)}.{int(t * 1000) % 1000:03d}"


def _connections(ticket: Ticket) -> Iterator[Block]:
    yield Heading("Connections")
    if ticket.connections.omitted:
        yield Text(f"The latest; {ticket.connections.omitted:,} came before them.")
    header = ("#", "Began", "Opened after", "First byte", "Lasted", "Events", "Bytes", "End")
    yield Table(header, tuple(_connection(row) for row in ticket.connections.rows))


def _connection(row: Connection) -> tuple[str, ...]:
    since = row.opened if row.accepted else row.started
    said = row.meaning if row.detail in row.meaning else f"{row.detail}. {row.meaning}".rstrip(". ")
    end = f"{row.reason}: {said}" if said else row.reason
    return (
        str(row.connection),
        _at(row.started),
        seconds(_between(row.started, row.opened)) if row.accepted else "never",
        seconds(row.first_byte),
        seconds(_between(since, row.ended)),
        f"{row.events:,}",
        size(row.bytes),
        end or "still open",
    )


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin


def _opinion(opinion: Opinion) -> Iterator[Block]:
    yield Heading(f"Second opinion: the same bytes through {opinion.client}")
    if opinion.why_not:
        yield Text(f"There is none: {opinion.why_not}.")
        return
    what = f"{counted(opinion.events, 'event')} delivered, {opinion.ours:,} by the standard"
    part = "all" if opinion.complete else "the first"
    yield Text(f"Of {part} {size(opinion.examined)}: {what}.")
    if opinion.differences:
        yield Table(
            ("Effect", "Why", "Times", "First at"),
            tuple(
                (each.effect, each.cause, f"{each.count:,}", f"connection {each.connection}, byte {each.offset:,}")
                for each in opinion.differences
            ),
        )
    else:
        yield Text("No difference: such a client sees the same events.")


def _browser(ticket: Ticket) -> Iterator[Block]:
    yield Heading("What EventSource in a browser would do, by rule")
    if not ticket.browser:
        yield Text("The same, as far as rules tell.")
        return
    yield Table(
        ("There", "Rule", "Here", "Times", "First at"),
        tuple(
            (
                _OUTCOMES[each.outcome],
                each.sentence,
                each.evidence,
                f"{each.count:,}",
                "" if each.t is None else _at(each.t),
            )
            for each in ticket.browser
        ),
    )


def _wire(ticket: Ticket) -> Iterator[Block]:
    yield Heading("On the wire")
    if not ticket.wire.excerpts:
        yield Text("No bytes are held.")
        return
    yield Text(
        "Bytes of the decoded bodies as they came."
        if ticket.wire.data_included
        else "Bytes of the decoded bodies: framing, IDs, event types and punctuation as they came, letters of all else "
        "masked as x and digits as 0."
    )
    for each in ticket.wire.excerpts:
        yield Heading(f"Connection {each.connection}, {size(each.size)} from byte {each.offset:,}: {each.title}", 3)
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
