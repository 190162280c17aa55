"""What an ordinary client would have made of the same bytes. It is not the endpoint's fault: a warning at most."""

from __future__ import annotations

from sse_inspect.check.expectations.base import Seen, expectation, passed, quoted, unknown, warned
from sse_inspect.check.result import Measure, Result
from sse_inspect.present.units import counted
from sse_inspect.records import Disconnect
from sse_inspect.second_opinion import Difference

_WHAT = {
    "phantom": "delivered that are none",
    "lost": "lost",
    "misread": "misread",
    "held-back": "held back until the next bytes came",
    "retry-misread": "told with another reconnection time",
}
_ADVICE = {
    "phantom": "Leave out the blank line after a heartbeat comment (': ping\\n', not ': ping\\n\\n') and after retry; "
    "clients: pass over events without data.",
    "lost": "Do not begin with a byte order mark; write the Content-Type in small letters, and no charset but utf-8.",
    "misread": "Write no charset but utf-8 in Content-Type, and no byte order mark.",
    "held-back": "End lines with LF, not CR.",
    "retry-misread": "Write retry in digits only, and no byte order mark.",
}


@expectation("ordinary-client", opened=False)
def ordinary_client(seen: Seen) -> Result:
    """The decoder of httpx-sse, on the bytes of all runs."""
    found: dict[tuple[str, str], tuple[Difference, int, str]] = {}
    for run in seen.runs:
        for each in run.second.differences():
            first, count, where = found.get((each.kind, each.cause), (each, 0, run.name))
            found[each.kind, each.cause] = first, count + each.count, where
    ours = sum(run.second.ours for run in seen.runs)
    comments = sum(run.second.comments for run in seen.runs)
    measures: dict[str, Measure] = {"events": ours, "hidden_comments": comments}
    for (kind, _), (_, count, _) in found.items():
        measures[kind.replace("-", "_")] = int(measures.get(kind.replace("-", "_")) or 0) + count
    if not ours and not found:
        return unknown("No event came that could be read twice.", measures=measures)
    hidden = (
        f"{counted(comments, 'comment')} came, which it cannot tell of: a silence looks like a pause."
        if comments
        else ""
    )
    if not found:
        sentence = f"httpx-sse reads {counted(ours, 'event')} as they are."
        return passed(sentence, evidence=(hidden,) if hidden else (), measures=measures)
    told = [_told(*each) for each in found.values()]
    advice = " ".join(_ADVICE[kind] for kind in dict.fromkeys(kind for kind, _ in found))
    return warned(told[0], evidence=(*told[1:], *((hidden,) if hidden else ())), advice=advice, measures=measures)


def _told(first: Difference, count: int, where: str) -> str:
    example = f", {quoted(first.example)}" if first.example else ""
    return (
        f"With httpx-sse {counted(count, 'event')} would be {_WHAT[first.kind]}: {first.cause}; first at byte "
        f"{first.offset:,} of connection {first.connection} of the run {where}{example}."
    )


@expectation("ordinary-loop")
def ordinary_loop(seen: Seen) -> Result:
    """What a loop over the events of one response would have missed: it ends with the first disconnect."""
    run = seen.run
    outage: Disconnect | None = next(iter(run.outages), None)
    if outage is None:
        return unknown("Nothing ended the connection, so it would have missed nothing.")
    missed = run.events - outage.events
    measures: dict[str, Measure] = {"missed": missed, "ended_after_seconds": round(outage.t, 3)}
    sentence = (
        f"A loop over one response would have ended at {outage.t:.1f} s ({outage.reason}), without an error where the "
        f"end is clean, and missed {counted(missed, 'event')} that came until {run.watched:.1f} s."
    )
    advice = "Clients: connect again in a loop, and send the last ID seen as Last-Event-ID."
    return passed(sentence, records=(outage,), advice=advice, measures=measures)
