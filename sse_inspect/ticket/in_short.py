"""The answer of a report in a few lines: what was found, and what happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sse_inspect.findings import WITHDRAWN
from sse_inspect.present.safe import preview
from sse_inspect.present.units import UNKNOWN, counted, duration
from sse_inspect.present.words import END_REASONS, comments, inside, stalls
from sse_inspect.ticket.blocks import Block, Items, Text
from sse_inspect.ticket.content import Finding, Ticket

HARMLESS = frozenset(("eof", "forced", "unknown"))
"""Reasons of a disconnect that by themselves are no failure."""
SORTS = 3
"""Sorts of ends that are named."""
NUMBERS = 200
"""Cells of the numbers of the gravest finding."""
SAYING = ("server", "via", "content-type", "content-encoding")
"""Fields of the response head that are named."""
CUT = frozenset(("cut-inside-event", "cut-between-events"))
"""Verdicts on an end that is one all the same."""
_THROWN_AWAY = re.compile(r"[\d,]+ bytes (?:of it )?are thrown away")
"""In the meaning of an end: how many bytes, in which ends of the same sort differ."""
_CLAUSE = re.compile(r"; |\. (?=[A-Z])|\.$")
NEXT = (
    "Next: ask past the proxy (sse-inspect probe URL --direct URL2), or watch for longer: most rules want to see the "
    "same thing more than once."
)


def in_short(ticket: Ticket) -> Iterator[Block]:
    """The result, and what it was found in."""
    yield Text(_result(ticket))
    yield Items(tuple(_facts(ticket)))


def _result(ticket: Ticket) -> str:
    grave = [each for each in ticket.findings if each.severity != "info"]
    now = [each for each in ticket.findings if not each.evidence.startswith(WITHDRAWN)]
    mild = [each.title for each in now if each.severity == "info"]
    failed, missed = _failed(ticket), [each.name for each in ticket.metrics if each.met is False]
    said = [f"Missed targets: {', '.join(missed)}."] if missed else []
    if grave:
        more = f" {counted(len(grave) - 1, 'further finding')} above information." if len(grave) > 1 else ""
        return " ".join((f"{_answer(grave[0])}{more}", *said))
    if failed:
        said.insert(0, f"There were failures ({failed}), and no rule names the cause.")
    elif missed:
        said.append("No rule names the cause.")
    if mild:
        what = inside(mild[0])
        said.append(f"As information only: {what}{f', and {len(mild) - 1:,} more' if len(mild) > 1 else ''}.")
    if failed or missed:
        said.append(NEXT)
    return " ".join(said) or "No fault was recognised."


def _answer(finding: Finding) -> str:
    """What was found, on which numbers, and how sure its cause is."""
    numbers = preview(_CLAUSE.split(finding.numbers, maxsplit=1)[0], NUMBERS)
    said = [finding.title, *([numbers] if numbers else [])]
    sure = finding.sure.rpartition("its cause is ")[2]
    if finding.cause and not sure.startswith("certain"):
        said.append(f"{sure[:1].upper()}{sure[1:]}: {finding.cause}")
    return f"{'. '.join(said)}."


def _failed(ticket: Ticket) -> str:
    """The ends that are failures, with how often; empty without any."""
    reasons: Mapping[str, int] = ticket.summary["disconnects"]
    ends = [f"{reason} {times:,} ×" for reason, times in reasons.items() if reason not in HARMLESS]
    cut = sum(row.reason in HARMLESS and row.verdict in CUT for row in ticket.connections.rows)
    ends += [f"cut short {cut:,} ×"] if cut else []
    if not ends and ticket.session.end in ("max-retries", "fatal"):
        ends.append(END_REASONS[ticket.session.end])
    return ", ".join(ends)


def _facts(ticket: Ticket) -> Iterator[str]:
    session, summary, response = ticket.session, ticket.summary, ticket.response
    if session.end:
        reason = END_REASONS.get(session.end, session.end)
        ended = f"ended: {reason}" + (f" ({session.end_detail})" if session.end_detail else "")
    else:
        ended = f"still {session.state}"
    yield (
        f"{counted(summary['events'], 'event')} over {counted(summary['connections'], 'connection')} "
        f"in {duration(session.duration)}; {ended}."
    )
    if response is None:
        yield "No response opened."
    else:
        of = dict(response.headers)
        by = ", ".join(f"{name} {of[name]}" for name in SAYING if name in of)
        status = UNKNOWN if response.status is None else str(response.status)
        yield f"Answered{f' by {response.peer}' if response.peer else ''}: {status}{f', {by}' if by else ''}."
    yield from _ends(ticket)
    lost = "loss unknown" if summary["completion_rate"] is None else f"{summary['messages_lost']:,} lost"
    again = counted(summary["duplicates"]["received"], "duplicate")
    yield f"Of events {lost}, {again}; {stalls(summary['stalls']['count'])}, {comments(summary['comments'])}."


def _ends(ticket: Ticket) -> Iterator[str]:
    """How connections ended, each sort of end once."""
    ends: dict[tuple[str, str], int] = {}
    for row in ticket.connections.rows:
        if row.reason:
            what = _THROWN_AWAY.sub("what came of it is thrown away", row.meaning) or row.detail
            end = row.reason, inside(what).removesuffix(".")
            ends[end] = ends.get(end, 0) + 1
    often = sorted(ends.items(), key=lambda each: -each[1])
    said = [f"{times:,} × {reason}{f' ({what})' if what else ''}" for (reason, what), times in often[:SORTS]]
    others: Counter[str] = Counter()
    for (reason, _), times in often[SORTS:]:
        others[reason] += times
    if others:
        said.append(f"in other ways {', '.join(f'{times:,} × {reason}' for reason, times in others.items())}")
    if said:
        yield f"Ends: {'; '.join(said)}."
