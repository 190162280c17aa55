"""The catalogue of diagnosis codes: what each means and what to do about it.

A code never changes its meaning. `records.Diagnosis` carries a code of this table; whoever recognises a fault
brings the evidence. `analysis.rules` says when.
"""

from __future__ import annotations

from collections.abc import Iterable

from sse_inspect.findings.base import Finding
from sse_inspect.findings.cuts import CUTS
from sse_inspect.findings.delivery import DELIVERY
from sse_inspect.findings.heartbeat import HEARTBEAT
from sse_inspect.findings.held_up import HELD_UP
from sse_inspect.findings.ids import IDS
from sse_inspect.findings.response import RESPONSE
from sse_inspect.findings.session import SESSION
from sse_inspect.findings.snippets import SHOWN, sayings, settings
from sse_inspect.findings.text import TEXT
from sse_inspect.records import Diagnosis

__all__ = ["CODES", "LIKELY", "WITHDRAWN", "Finding", "advice", "diagnosis", "fix_of", "how_sure", "settings"]

CODES: dict[str, Finding] = {
    finding.code: finding for finding in (*SESSION, *DELIVERY, *CUTS, *RESPONSE, *IDS, *HEARTBEAT, *TEXT, *HELD_UP)
}

LIKELY = 0.5
"""Certainty from which a cause is called likely; what is less is told as information only."""
VERY_LIKELY = 0.8
WITHDRAWN = "What came since does not bear it out any more."
"""What the evidence of a finding begins with that was told, and refuted since: nothing is to be done about it."""
_WORDS = {0: "Possibly", 1: "Likely", 2: "Very likely"}


def how_sure(certainty: float) -> int:
    """The step of a certainty from 0 to 1: 0 possible, 1 likely, 2 very likely."""
    return (certainty >= LIKELY) + (certainty >= VERY_LIKELY)


def advice(code: str, products: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """All settings that mend it: product and text to paste; `products` are those likely on the way, and come first."""
    return settings(CODES[code].snippets, products)


def fix_of(code: str, products: Iterable[str] = ()) -> str:
    """What to do, with the settings for the likeliest products named, on one line."""
    finding = CODES[code]
    named = sayings(finding.snippets, products)[:SHOWN]
    shown = " · ".join(f"{product}: {setting}" for product, setting in named)
    return f"{finding.fix} {shown}" if shown else finding.fix


def diagnosis(
    code: str, evidence: str, t: float, connection: int, certainty: float = 1.0, products: Iterable[str] = ()
) -> Diagnosis:
    """The record that says `code` was recognised: the numbers, the likely cause and how sure it is, what to do.

    Of what is read and not concluded the certainty is 1, and the cause is still no more than likely. One whose cause is
    less than that is told as information, whatever its code. `products` are those that the response head names.
    """
    finding = CODES[code]
    if finding.cause:
        how = "Likely" if certainty >= 1 else f"{_WORDS[how_sure(certainty)]} ({certainty:.0%})"
        evidence = f"{evidence} {how}: {finding.cause}."
    severity = finding.severity if certainty >= LIKELY else "info"
    fix = "" if evidence.startswith(WITHDRAWN) else fix_of(code, products)
    return Diagnosis(t, connection, code, severity, finding.title, evidence, fix)
