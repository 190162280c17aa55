"""A diagnosis taken apart for a page of its own: what was recognised, how sure, on which numbers, what mends it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sse_inspect.findings import CODES, WITHDRAWN, advice
from sse_inspect.findings.snippets import products_of
from sse_inspect.present.safe import visible
from sse_inspect.records import Diagnosis

_HOW = re.compile(r"(?P<numbers>.*?) ?(?P<word>Possibly|Likely|Very likely)(?: \((?P<percent>\d+)%\))?", re.DOTALL)
_READ = "certain: it was read, not concluded"


@dataclass(frozen=True, slots=True)
class Explained:
    """All that is known of a finding, visible: `numbers` is the evidence alone, `sure` says how sure the `cause` is.

    `settings` are product and setting, those of the products on the way first; `named` are the products that the
    response head names. `cause`, `probe` and `settings` are empty where the catalogue has none; what was refuted
    since has neither `fix` nor `settings`.
    """

    code: str
    severity: str
    title: str
    numbers: str
    sure: str
    cause: str
    fix: str
    probe: str
    settings: tuple[tuple[str, str], ...]
    named: tuple[str, ...]


def explained(record: Diagnosis, head: Iterable[tuple[str, str]] = ()) -> Explained:
    """The record as `findings.diagnosis` made it, taken apart; one whose code is not known here stays as it is told.

    `head` is the response head that the settings are chosen by.
    """
    finding = CODES.get(record.code)
    named = products_of(dict(head))
    is_refuted = record.evidence.startswith(WITHDRAWN)
    numbers, sure = (record.evidence, "") if finding is None else _apart(record.evidence, finding.cause)
    return Explained(
        code=visible(record.code),
        severity=record.severity,
        title=visible(record.title),
        numbers=visible(numbers),
        sure=sure,
        cause=finding.cause if finding else "",
        fix=visible(record.fix) if finding is None or is_refuted else finding.fix,
        probe=finding.probe if finding else "",
        settings=advice(record.code, named) if finding and not is_refuted else (),
        named=named,
    )


def _apart(evidence: str, cause: str) -> tuple[str, str]:
    """The numbers, and how sure the cause is, in words and percent."""
    told = evidence.removesuffix(f": {cause}.") if cause else evidence
    match = _HOW.fullmatch(told) if told != evidence else None
    if match is None:
        return evidence, _READ
    if match["percent"] is None:
        return match["numbers"], f"{_READ}; its cause is {match['word'].lower()}"
    return match["numbers"], f"{match['word'].lower()}, {match['percent']} %"
