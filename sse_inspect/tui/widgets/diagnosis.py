"""Known faults that the wire shows: what was recognised, the evidence, what to do about it."""

from __future__ import annotations

from textual.events import Click
from textual.message import Message

from sse_inspect.inspected import Snapshot
from sse_inspect.present import clocks, signs, units
from sse_inspect.present.safe import preview
from sse_inspect.tui.widgets.pane import Line, Pane


class DiagnosisPane(Pane):
    """The most likely first; evidence and remedy where there is room for them. A click asks for all of one."""

    title = "Diagnosis"

    class Opened(Message):
        """A finding was asked for."""

        def __init__(self, code: str) -> None:
            super().__init__()
            self.code = code

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._codes: list[str] = []

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Titles first; each remaining line goes to the next finding's evidence or remedy."""
        findings = snapshot.findings
        self.subtitle = f"{units.counted(len(findings), 'finding')} · w opens" if findings else ""
        self._codes = []
        if not findings:
            return [[(preview(clocks.advice(snapshot) or "nothing recognised so far", width), "dim")]]
        spare = max(height - len(findings), 0)
        lines: list[Line] = []
        for finding in findings[:height]:
            sign = signs.SEVERITIES[finding.severity]
            lines.append([(f"{sign.sign} ", sign.style), (preview(finding.title, width - 2), sign.style)])
            for lead, text in (("  ", finding.evidence), ("  → ", finding.fix)):
                if spare and text:
                    lines.append([(lead, "dim"), (preview(text, width - len(lead)), "dim")])
                    spare -= 1
            self._codes += [finding.code] * (len(lines) - len(self._codes))
        return lines

    def on_click(self, event: Click) -> None:
        """Ask for the finding that was clicked."""
        if 0 <= event.y < len(self._codes):
            event.stop()
            self.post_message(self.Opened(self._codes[event.y]))
