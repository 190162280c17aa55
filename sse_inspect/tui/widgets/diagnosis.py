"""Known faults that the wire shows: what was recognised, the evidence, what to do about it."""

from __future__ import annotations

from sse_inspect.inspected import Snapshot
from sse_inspect.present import signs, units
from sse_inspect.present.safe import preview
from sse_inspect.tui.widgets.pane import Line, Pane

_RANK = {"error": 0, "warning": 1, "info": 2}


class DiagnosisPane(Pane):
    """The gravest first; evidence and remedy where there is room for them."""

    title = "Diagnosis"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Titles first; each remaining line goes to the next finding's evidence or remedy."""
        findings = sorted(snapshot.findings, key=lambda finding: _RANK[finding.severity])
        self.subtitle = units.counted(len(findings), "finding") if findings else ""
        if not findings:
            return [[("nothing recognised so far", "dim")]]
        spare = max(height - len(findings), 0)
        lines: list[Line] = []
        for finding in findings[:height]:
            sign = signs.SEVERITIES[finding.severity]
            lines.append([(f"{sign.sign} ", sign.style), (preview(finding.title, width - 2), sign.style)])
            for lead, text in (("  ", finding.evidence), ("  → ", finding.fix)):
                if spare and text:
                    lines.append([(lead, "dim"), (preview(text, width - len(lead)), "dim")])
                    spare -= 1
        return lines
