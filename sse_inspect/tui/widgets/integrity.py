"""What was lost and what came twice: completion, gaps, duplicates, and what the IDs allow to be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sse_inspect.inspected import GapRow, Snapshot
from sse_inspect.present import signs, units
from sse_inspect.present.safe import clip, preview, preview_end
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells

_DIGITS = 20
"""Longer numbers are not counted."""


class IntegrityPane(Pane):
    """The newest gaps, as many as there is room for."""

    title = "Integrity"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The counts, the IDs, gaps from the newest to the oldest, and the latest duplicates in the last line."""
        counts = _counts(snapshot, "   ", "duplicates ")
        if cells(counts) > width:
            counts = _counts(snapshot, "  ", "dup. ")
        if cells(counts) > width and not snapshot.summary.duplicates["delivered"]:
            counts = [*counts[:-2], (units.count(snapshot.summary.duplicates["received"]), "")]
        ids = preview(snapshot.ids, width - 5) if snapshot.events else "no event yet"
        lines = [counts, [("IDs  ", "dim"), (ids, "")]]
        tail = [_duplicates(snapshot.duplicates, width)] if snapshot.duplicates else []
        is_timed = snapshot.origin.has_arrivals
        gaps = [_gap(row, width, is_timed=is_timed) for row in reversed(snapshot.gaps)]
        room = max(height - len(lines) - len(tail), 0)
        if len(gaps) > room:
            kept = max(room - 1, min(room, 1))
            gaps = [*gaps[:kept], [(f"  and {units.count(len(gaps) - kept)} earlier ones", "dim")]][:room]
        self.subtitle = _open_gaps(snapshot.gaps)
        return [*lines, *gaps, *tail]


def _counts(snapshot: Snapshot, gap: str, duplicates: str) -> Line:
    summary = snapshot.summary
    received, delivered = summary.duplicates["received"], summary.duplicates["delivered"]
    lost = summary.messages_lost
    return [
        ("completion ", "dim"),
        (units.percent(summary.completion_rate), ""),
        (f"{gap}lost ", "dim"),
        (units.count(lost), "bad" if lost else ""),
        (f"{gap}{duplicates}", "dim"),
        (f"{units.count(received)}, ", ""),
        (f"{units.count(delivered)} delivered", "bad" if delivered else ""),
    ]


def _gap(row: GapRow, width: int, *, is_timed: bool) -> Line:
    sign = signs.KINDS["gap" if row.remaining else "gap_filled"]
    first, last = (preview_end(f"{row.prefix}{number}", 20) for number in (row.first, row.last))
    missing = row.last - row.first + 1
    if not row.remaining:
        words = "filled"
    elif row.remaining == missing:
        words = f"{units.count(missing)} missing"
    else:
        words = f"{units.count(row.remaining)} of {units.count(missing)} still missing"
    span = first if row.first == row.last else f"{first}–{last}"
    left: Line = [(f"{sign.sign} ", sign.style), (clip(span, 24).ljust(18), ""), (words, sign.style)]
    return apart(left, [(units.hms(row.t if is_timed else None), "dim")], width)


def _duplicates(ids: Sequence[str], width: int) -> Line:
    sign = signs.BADGES["duplicate"]
    shown = ""
    for known in _runs(ids):
        longer = f"{shown}, {known}" if shown else known
        if len(longer) > width - 15:
            shown += " …"
            break
        shown = longer
    return apart([(f"{sign.sign} ", "mark.duplicate"), (shown, "")], [("duplicates", "dim")], width)


def _runs(ids: Sequence[str]) -> Iterator[str]:
    """The latest first; numbers that follow on one another as `120–124`."""
    first = last = ""
    for known in reversed(ids):
        if first and _follows(known, first):
            first = known
            continue
        if first:
            yield _run(first, last)
        first = last = known
    if first:
        yield _run(first, last)


def _follows(before: str, after: str) -> bool:
    numbers = all(text.isascii() and text.isdecimal() and len(text) <= _DIGITS for text in (before, after))
    return numbers and int(before) + 1 == int(after)


def _run(first: str, last: str) -> str:
    shown = preview_end(last, 20)
    return shown if first == last else f"{preview_end(first, 20)}–{shown}"


def _open_gaps(gaps: Sequence[GapRow]) -> str:
    still = sum(1 for row in gaps if row.remaining)
    return units.counted(still, "open gap") if still else ""
