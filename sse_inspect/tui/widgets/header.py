"""The first line: what is inspected, and its state in a sign and a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sse_inspect.inspection import Player, Snapshot
from sse_inspect.present import signs, units
from sse_inspect.present.notes import spellings
from sse_inspect.present.safe import preview, preview_end
from sse_inspect.records import Origin
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells

NAME = "sse-inspect"
_GAP = "   "
_WIDE = 100
_WANTED = 24
"""Cells of what is looked at that are dearer than facts of a rank above 3."""
_NAME_CELLS = 40


@dataclass(slots=True)
class Fact:
    """Something to say, in ever fewer words; of `rank` 0 it never gives way, else the higher the sooner."""

    rank: int
    spelled: list[Line]

    @property
    def cells(self) -> int:
        """The cells its longest spelling takes, with the gap beside it."""
        return cells(self.spelled[0]) + len(_GAP)


class Header(Pane):
    """Keeps counting while the view is frozen."""

    frozen = False
    least = 24
    """Cells that are left for what is looked at."""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Name and URL, and at the right as many facts as fit: first with fewer words, then the dearest last to go."""
        what = self._what(snapshot, wide=width >= _WIDE)
        facts = self._facts(snapshot, named=width >= _WIDE)
        _give_way(facts, width - min(_WANTED, len(what)) - 2, beyond=3)
        _give_way(facts, width - min(self.least, len(what)) - 2)
        right: Line = []
        for fact in facts:
            right += [*([(_GAP, "")] if right else []), *fact.spelled[0]]
        left: Line = [(NAME, "bold"), ("  ", "")] if width >= _WIDE else []
        left.append((preview(what, max(width - cells(left) - cells(right) - 2, 0)), ""))
        return [apart(left, right, width) if cells(right) < width else right]

    def _what(self, snapshot: Snapshot, *, wide: bool) -> str:
        """What is looked at."""
        return snapshot.url

    def _facts(self, snapshot: Snapshot, *, named: bool) -> list[Fact]:
        """What there is to say, from left to right."""
        fault = signs.KINDS["fault"]
        facts = [
            Fact(2, [[(f"{fault.sign} {view.title.lower()}{_left(view.until, snapshot.now)}", fault.style)]])
            for view in snapshot.faults
        ]
        facts += _notes(snapshot.notes)
        if self.frozen:
            facts.append(Fact(1, [[("view frozen", "accent")]]))
        # The time is the session's, not the connection's: that must be said where there is room.
        time: Line = [(" session " if named else "  ", "dim"), (units.hms(snapshot.now), "")]
        facts.append(Fact(0, [[*_state(snapshot), (" " if named else "", ""), *time]]))
        return facts + _connection(snapshot)


class CapturedHeader(Header):
    """The same of a capture: its name and its day, how it is played, and what is wrong with it."""

    least = 12

    def __init__(self, player: Player, origin: Origin, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._player = player
        self._day = units.date(0.0, origin)

    def _what(self, snapshot: Snapshot, *, wide: bool) -> str:
        name = preview_end(self._player.name, _NAME_CELLS)
        return f"capture {name}  {self._day}  {snapshot.url}" if wide else f"{name}  {self._day[:10]}  {snapshot.url}"

    def _facts(self, snapshot: Snapshot, *, named: bool) -> list[Fact]:
        player = self._player
        facts: list[Fact] = []
        if player.damage:
            sign = signs.SEVERITIES["error"]
            facts.append(
                Fact(
                    1,
                    [
                        [(f"{sign.sign} damaged: {preview(player.damage, 60)}", "bad")],
                        [(f"{sign.sign} damaged", "bad")],
                    ],
                )
            )
        facts += _notes(snapshot.notes)
        if player.progress < 1:
            analysed = f"{player.progress * 100:.0f} %"
            facts.append(Fact(6, [[("analysed ", "dim"), (analysed, "")], [(analysed, "dim")]]))
        facts.append(Fact(1, [_state(snapshot)]))
        times = f"{units.hms(player.cursor)} / {units.hms(player.end)}"
        facts.append(Fact(0, [[*speed(player.speed), (" ", ""), (times, "bold")]]))
        return facts + _connection(snapshot)


def speed(times: float) -> Line:
    """How a capture is played, in a sign and a word."""
    if not times:
        return [(f"{signs.PAUSED.sign} {signs.PAUSED.word}", signs.PAUSED.style)]
    return [(f"{signs.PLAYING.sign} {'max' if times == float('inf') else f'{times:g}×'}", signs.PLAYING.style)]


def _state(snapshot: Snapshot) -> Line:
    sign = signs.state(snapshot.state, snapshot.stalled)
    return [(f"{sign.sign} {sign.word}", sign.style)]


def _notes(notes: tuple[str, ...]) -> list[Fact]:
    return [Fact(2, [cast("Line", spelled) for spelled in note]) for note in spellings(notes)]


def _connection(snapshot: Snapshot) -> list[Fact]:
    facts: list[Fact] = []
    if snapshot.http_version is not None:
        version = f"HTTP/{snapshot.http_version} " if snapshot.http_version else ""
        facts.append(Fact(5, [[(f"{version}{snapshot.status}", "dim")]]))
    if snapshot.connection:
        facts.append(Fact(4, [[("connection ", "dim"), (units.count(snapshot.connection), "")]]))
    return facts


def _give_way(facts: list[Fact], room: int, *, beyond: int = 0) -> None:
    """Make the facts fit: the longest that can be said in fewer words is, only then those of the highest rank go.

    Those up to a rank of `beyond` stay even if there is no room.
    """
    while sum(fact.cells for fact in facts) > room:
        wordy = [fact for fact in facts if len(fact.spelled) > 1]
        last = max(facts, key=lambda fact: fact.rank)
        if wordy:
            max(wordy, key=lambda fact: fact.cells).spelled.pop(0)
        elif last.rank > beyond:
            facts.remove(last)
        else:
            return


def _left(until: float | None, now: float) -> str:
    return "" if until is None else f" {max(until - now, 0):.0f} s"
