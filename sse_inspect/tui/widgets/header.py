"""The first line: what is inspected, and its state in a sign and a word."""

from __future__ import annotations

from sse_inspect.inspection import Snapshot
from sse_inspect.present import signs, units
from sse_inspect.present.safe import preview
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells

NAME = "sse-inspect"
_GAP = "   "
_LEAST_URL = 24
_WIDE = 100


class Header(Pane):
    """Keeps counting while the view is frozen."""

    frozen = False

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Name and URL, and at the right as many facts as fit, the dearest last to go."""
        room = width - min(_LEAST_URL, len(snapshot.url)) - 2
        facts = self._facts(snapshot, named=width >= _WIDE)
        while len(facts) > 1 and sum(cells(line) + len(_GAP) for _, line in facts) > room:
            facts.remove(max(facts, key=lambda fact: fact[0]))
        right: Line = []
        for _, line in facts:
            right += [*([(_GAP, "")] if right else []), *line]
        left: Line = [(NAME, "bold"), ("  ", "")] if width >= _WIDE else []
        left.append((preview(snapshot.url, max(width - cells(left) - cells(right) - 2, 0)), ""))
        return [apart(left, right, width) if cells(right) < width else right]

    def _facts(self, snapshot: Snapshot, *, named: bool) -> list[tuple[int, Line]]:
        """What there is to say, from left to right, each with the rank in which it gives way (0 never does)."""
        sign = signs.state(snapshot.state, snapshot.stalled)
        fault = signs.KINDS["fault"]
        facts: list[tuple[int, Line]] = [
            (2, [(f"{fault.sign} {view.title.lower()}{_left(view.until, snapshot.now)}", fault.style)])
            for view in snapshot.faults
        ]
        facts += [(3, [(preview(note, 40), "warn")]) for note in snapshot.notes]
        if self.frozen:
            facts.append((1, [("view frozen", "accent")]))
        # The time is the session's, not the connection's: that must be said where there is room.
        time: Line = [(" session " if named else "  ", "dim"), (units.hms(snapshot.now), "")]
        facts.append((0, [(f"{sign.sign} {sign.word}", sign.style), (" " if named else "", ""), *time]))
        if snapshot.http_version is not None:
            facts.append((5, [(f"HTTP/{snapshot.http_version} {snapshot.status}", "dim")]))
        if snapshot.connection:
            facts.append((4, [("connection ", "dim"), (units.count(snapshot.connection), "")]))
        return facts


def _left(until: float | None, now: float) -> str:
    return "" if until is None else f" {max(until - now, 0):.0f} s"
