"""Whether somebody on the way collects bytes before handing them on. Never more than a warning: bursts can be real."""

from __future__ import annotations

from sse_inspect.check.expectations.base import Seen, expectation, passed, unknown, warned
from sse_inspect.check.result import Measure, Result
from sse_inspect.findings.delivery import DELIVERY
from sse_inspect.present.units import counted
from sse_inspect.records import Diagnosis

ENOUGH = 2
"""Pieces of exactly one size, that of a buffer, which are no accident."""
MANY = 3
"""Bursts that are none."""
_ADVICE = (
    "Switch buffering off on the way: nginx 'proxy_buffering off' or 'X-Accel-Buffering: no', Apache "
    "'flushpackets=on', and no compression that is not flushed; in the application flush after each event."
)

_CODES = frozenset(each.code for each in DELIVERY)


@expectation("unbuffered")
def unbuffered(seen: Seen) -> Result:
    """Events come one by one as they are made."""
    run = seen.run
    arrivals = run.arrivals
    full = {size: count for size, count in arrivals.full_blocks.items() if count >= ENOUGH}
    measures: dict[str, Measure] = {
        "pieces": arrivals.pieces,
        "bursts": arrivals.bursts,
        "full_blocks": sum(arrivals.full_blocks.values()),
    }
    opened = tuple(each for each in (run.opened,) if each)
    if full:
        size, count = max(full.items(), key=lambda item: item[1])
        pieces = counted(count, "piece")
        sentence = f"{pieces} of exactly {size:,} bytes came, with pauses between them: a buffer that was full."
        return warned(sentence, records=opened, advice=_ADVICE, measures=measures)
    if arrivals.late_heads:
        waited = arrivals.late_heads[0]
        sentence = f"The response head came only with the first event, {waited:.1f} s after the connection stood."
        advice = f"Send the head at once, with a comment as its first bytes. {_ADVICE}"
        return warned(sentence, records=opened, advice=advice, measures=measures)
    if found := next((each for each in run.of(Diagnosis) if each.code in _CODES and each.severity != "info"), None):
        sentence = f"{found.title}."
        return warned(sentence, evidence=(found.evidence,), records=(found,), advice=found.fix, measures=measures)
    if not run.events:
        return unknown(f"No event came in {run.watched:.0f} s.", records=opened, measures=measures)
    evidence: list[str] = []
    if arrivals.bursts:
        average = arrivals.events_in_bursts / arrivals.bursts
        told = f"{counted(arrivals.bursts, 'burst')} of {average:.1f} events on average: they may have been made so."
        evidence = [told]
    encoding = run.opened.headers.get("content-encoding", "identity") if run.opened else "identity"
    if encoding != "identity" and arrivals.bursts >= MANY and arrivals.bursts > arrivals.pieces / 2:
        sentence = f"Events come in bursts through a compression ({encoding}) that may not be flushed."
        return warned(sentence, evidence=evidence, records=opened, advice=_ADVICE, measures=measures)
    return passed("Nothing points at a buffer on the way.", evidence=evidence, records=opened, measures=measures)
