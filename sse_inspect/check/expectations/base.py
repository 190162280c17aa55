"""What an expectation is: a named predicate on what a run showed, with typed parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, get_type_hints

from sse_inspect.check.limits import Limits
from sse_inspect.check.observation import Observation
from sse_inspect.check.result import Measure, Result, Verdict
from sse_inspect.present.safe import preview, visible
from sse_inspect.records import Fault, Gap, Record

QUOTED = 60
"""Cells of a text from the wire that a sentence quotes."""
SPANS = 3
"""Ranges of missing IDs that a sentence names."""
PASS, WARNING, UNKNOWN, FAIL = Verdict.PASS, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAIL


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to judge: the run a scenario rests on, all that were made, and the thresholds."""

    run: Observation
    runs: Sequence[Observation]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Expectation:
    """A predicate by its name; `parameters` are the types of what a scenario may say. `opened`: it needs a response."""

    name: str
    check: Callable[..., Result]
    parameters: Mapping[str, Any]
    opened: bool

    def judge(self, seen: Seen, parameters: Mapping[str, Any]) -> Result:
        """The verdict; where nothing opened that could be judged, it is unknown."""
        run = seen.run
        if run.interrupted:
            result = unknown("Interrupted before it was over.")
        elif self.opened and run.opened is None:
            result = unknown(f"The endpoint did not open: {run.why_not}.")
        else:
            result = self.check(seen, **parameters)
        evidence = tuple(visible(each) for each in result.evidence)
        return replace(result, expectation=self.name, sentence=visible(result.sentence), evidence=evidence)


EXPECTATIONS: dict[str, Expectation] = {}
"""All there are, by name."""
Judge = Callable[..., Result]


def expectation(name: str, *, opened: bool = True) -> Callable[[Judge], Judge]:
    """Enter a function in the table; its keyword arguments are the parameters."""

    def enter(check: Judge) -> Judge:
        hints = get_type_hints(check)
        keywords = inspect.signature(check).parameters.values()
        parameters = {each.name: hints[each.name] for each in keywords if each.kind is each.KEYWORD_ONLY}
        EXPECTATIONS[name] = Expectation(name, check, parameters, opened)
        return check

    return enter


def judged(
    verdict: Verdict,
    sentence: str,
    *,
    evidence: Iterable[str] = (),
    records: Iterable[Record] = (),
    advice: str = "",
    measures: Mapping[str, Measure] | None = None,
) -> Result:
    """A result; whose it is is entered by who asks for it."""
    return Result("", verdict, sentence, tuple(evidence), tuple(records), advice, measures or {})


passed, warned, unknown, failed = (partial(judged, verdict) for verdict in (PASS, WARNING, UNKNOWN, FAIL))


def not_begun(seen: Seen) -> Result | None:
    """Unknown, where a fault was to be injected and none was, or no outage came of it."""
    run = seen.run
    if not run.faults or any(each.state == "begun" for each in run.of(Fault)):
        return None
    ends = run.outages
    if ends:
        sentence = (
            f"The stream ended by itself ({ends[0].reason}) after {run.watched:.1f} s, before a fault was injected."
        )
    else:
        sentence = "The moment for the fault never came."
    return unknown(sentence, records=tuple(ends[:1]))


def quoted(text: str) -> str:
    """What came from the wire, as a sentence quotes it."""
    return f"“{preview(text, QUOTED)}”"


def spans(gaps: Sequence[Gap]) -> str:
    """The first ranges of IDs that are missing: `7, 9–12 …`."""
    shown = (
        f"{each.prefix}{each.first}" + (f"–{each.prefix}{each.last}" if each.last > each.first else "")
        for each in gaps[:SPANS]
    )
    return ", ".join(shown) + (" …" if len(gaps) > SPANS else "")
