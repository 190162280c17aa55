"""The findings by what one sees: made from the catalogue, so that it says what the program says."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sse_inspect.findings import fix_of
from sse_inspect.findings.base import Finding
from sse_inspect.findings.cuts import CUTS
from sse_inspect.findings.delivery import DELIVERY
from sse_inspect.findings.heartbeat import HEARTBEAT
from sse_inspect.findings.held_up import HELD_UP
from sse_inspect.findings.ids import IDS
from sse_inspect.findings.response import RESPONSE
from sse_inspect.findings.session import SESSION
from sse_inspect.findings.text import TEXT
from sse_inspect.handbook.table import table
from sse_inspect.present.documents.text import prose

SYMPTOMS: tuple[tuple[str, tuple[Finding, ...]], ...] = (
    ("There is no stream, or a browser refuses it", RESPONSE),
    ("Events come late, or many at once", DELIVERY),
    ("Nothing comes for long", HEARTBEAT),
    (
        "The connection ends after each silence of the same length",
        tuple(each for each in CUTS if each.snippets == "idle"),
    ),
    ("The connection ends at the same age each time", tuple(each for each in CUTS if each.snippets == "age")),
    ("The connection ends, or is dead", tuple(each for each in CUTS if each.snippets not in ("idle", "age"))),
    ("After a reconnect events are missing, or come again", IDS),
    ("Events are missing, and nobody can say which", SESSION),
    ("Events come damaged, or never reach the application", TEXT),
    ("The times look wrong", HELD_UP),
)
"""What one sees, and the findings it may be."""


def tables() -> str:
    """For each symptom a table: the finding, its likely cause, what to do."""
    return "\n\n".join(f"## {symptom}\n\n{_table(findings)}" for symptom, findings in SYMPTOMS)


def _table(findings: Iterable[Finding]) -> str:
    rows = [(f"{_said(each.title)} (`{each.code}`)", _said(_sentence(each.cause)), _fix(each)) for each in findings]
    return table(("symptom", "likely cause", "fix"), rows, padded=False)


def _fix(finding: Finding) -> str:
    return _said(fix_of(finding.code))


_SETTING = re.compile(r"(?<![`\w])(?:<[^<>`]+>|\*)(?![`\w])")


def _said(text: str) -> str:
    """As prose, with an element or an asterisk as code: as character references nobody could copy them."""
    return prose(_SETTING.sub(r"`\g<0>`", text))


def _sentence(cause: str) -> str:
    return f"{cause[:1].upper()}{cause[1:]}." if cause else "–"
