"""The first line: what is inspected, and its state in a sign and a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sse_inspect.inspected import Player, Snapshot
from sse_inspect.present import clocks, signs, units, words
from sse_inspect.present.address import host_of, shortened
from sse_inspect.present.notes import spellings
from sse_inspect.present.safe import preview, preview_end
from sse_inspect.records import Origin
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells

NAME = "sse-inspect"
_GAP = "   "
_WIDE = 100
_WANTED = 24
"""Cells of what is looked at that are dearer than facts of a rank above `_DEAR`."""
_DEAR = 3
"""The highest rank of what is dearer than so much of what is looked at."""
_NAME_CELLS = 40
_LEAST = 12
"""Cells that are left for what is looked at."""
_NOTICED = 0.25
"""Seconds from which on it is said that what is shown is so old."""
_SHARE = 5
"""The part of the line, one in so many, that is left for a host at most."""


@dataclass(slots=True)
class Fact:
    """Something to say, in ever fewer words; of `rank` 0 it never gives way, else the higher the sooner.

    Of a rank up to 1 it is said in fewer words only once nothing of a rank above 3 is left.
    """

    rank: int
    spelled: list[Line]
    chosen: int = 0

    @property
    def said(self) -> Line:
        """The spelling it has now."""
        return self.spelled[self.chosen]

    @property
    def cells(self) -> int:
        """The cells it takes, with the gap beside it."""
        return cells(self.said) + len(_GAP)


class Header(Pane):
    """Keeps counting while the view is frozen."""

    frozen = False

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Name and URL, and at the right as many facts as fit: first with fewer words, then the dearest last to go."""
        lead = self._lead(wide=width >= _WIDE)
        whole = cells([(lead + snapshot.url, "")])
        host = 0 if lead else min(cells([(host_of(snapshot.url), "")]), width // _SHARE)
        facts = self._facts(snapshot, named=width >= _WIDE)
        left: Line = [(NAME, "bold"), ("  ", "")] if width >= _WIDE else []
        room = width - cells(left) - min(_WANTED, whole) - 2
        _give_way(facts, room, beyond=_DEAR)
        _spread_out(facts, room)
        _give_way(facts, width - min(max(host, _LEAST), whole) - 2)
        right: Line = []
        for fact in facts:
            right += [*([(_GAP, "")] if right else []), *fact.said]
        left.append((_what(lead, snapshot.url, max(width - cells(left) - cells(right) - 2, 0)), ""))
        return [apart(left, right, width) if cells(right) < width else right]

    def _lead(self, *, wide: bool) -> str:
        """What stands before the URL, and is dearer."""
        return ""

    def _facts(self, snapshot: Snapshot, *, named: bool) -> list[Fact]:
        """What there is to say, from left to right."""
        fault = signs.KINDS["fault"]
        facts = [
            Fact(2, [[(f"{fault.sign} {words.inside(view.title)}{_left(view.until, snapshot.now)}", fault.style)]])
            for view in snapshot.faults
        ]
        facts += _notes(snapshot.notes) + _behind(snapshot)
        if self.frozen:
            facts.append(Fact(1, [[("view frozen", "accent")]]))
        # The time is the session's, not the connection's: that must be said where there is room.
        time: Line = [("  session " if named else "  ", "dim"), (units.hms(snapshot.now), "")]
        facts.append(Fact(0, [[*state, *time] for state in _states(snapshot)]))
        return _clocks(snapshot) + facts + _connection(snapshot)


class CapturedHeader(Header):
    """The same of a capture: its name and its day, how it is played, and what is wrong with it."""

    def __init__(self, player: Player, origin: Origin, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._player = player
        self._day = units.date(0.0, origin)

    def _lead(self, *, wide: bool) -> str:
        name = preview_end(self._player.name, _NAME_CELLS)
        return f"capture {name}  {self._day}  " if wide else f"{name}  {self._day[:10]}  "

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
        facts.append(Fact(1, _states(snapshot)))
        timed: list[Line] = []
        for hours in (0, 3) if player.end < 3600 else (0,):
            times = f"{units.hms(player.cursor)[hours:]} / {units.hms(player.end)[hours:]}"
            timed.append([*speed(player.speed), (" ", ""), (times, "bold")])
        facts.append(Fact(0, timed if snapshot.origin.has_times else [[("no times", "dim")]]))
        return _clocks(snapshot) + facts + _connection(snapshot)


def _what(lead: str, url: str, width: int) -> str:
    """What is looked at, in at most so many cells."""
    room = width - cells([(lead, "")])
    return lead + shortened(url, room) if room >= _LEAST else preview(lead + url, width)


def speed(times: float) -> Line:
    """How a capture is played, in a sign and a word."""
    if not times:
        return [(f"{signs.PAUSED.sign} {signs.PAUSED.word}", signs.PAUSED.style)]
    return [(f"{signs.PLAYING.sign} {'max' if times == float('inf') else f'{times:g}×'}", signs.PLAYING.style)]


def _states(snapshot: Snapshot) -> list[Line]:
    """The state, in ever fewer words."""
    if snapshot.ended is not None and snapshot.ended.reason == "unknown":
        return [[(f"{signs.STATES['closed'].sign} ENDS HERE", signs.STATES["closed"].style)]]
    sign = clocks.state(snapshot)
    spelled = dict.fromkeys((sign.word, sign.word.partition(" ")[0]))
    return [[(f"{sign.sign} {word}", sign.style)] for word in spelled]


def _clocks(snapshot: Snapshot) -> list[Fact]:
    """Both clocks while the session goes on, wherever else on the screen they are."""
    is_told = snapshot.state in ("open", "connecting", "waiting") and snapshot.origin.has_arrivals
    return [Fact(3, [list(spelled) for spelled in clocks.both(snapshot)])] if is_told else []


def _behind(snapshot: Snapshot) -> list[Fact]:
    """How much was received and is not shown yet, once that can be noticed; and if reading waits for it."""
    backlog = snapshot.backlog
    if backlog is None or backlog.seconds <= _NOTICED:
        return []
    brief = f"behind {units.duration(backlog.seconds)}"
    long = f"{brief} · {units.size(backlog.bytes)}"
    whole = f"{long} · reading paused" if backlog.full else long
    return [Fact(1, [[(text, "warn")] for text in dict.fromkeys((whole, long, brief))])]


def _notes(notes: tuple[str, ...]) -> list[Fact]:
    return [Fact(2, [cast("Line", spelled) for spelled in note]) for note in spellings(notes)]


def _connection(snapshot: Snapshot) -> list[Fact]:
    facts: list[Fact] = []
    if snapshot.http_version is not None:
        version = f"HTTP/{snapshot.http_version} " if snapshot.http_version else ""
        facts.append(Fact(5, [[(f"{version}{units.count(snapshot.status)}", "dim")]]))
    if snapshot.connection:
        facts.append(Fact(4, [[("connection ", "dim"), (units.count(snapshot.connection), "")]]))
    return facts


def _give_way(facts: list[Fact], room: int, *, beyond: int = 0) -> None:
    """Make the facts fit: the longest that can be said in fewer words is, only then those of the highest rank go.

    Those up to a rank of `beyond` stay even if there is no room.
    """
    while sum(fact.cells for fact in facts) > room:
        wordy = [fact for fact in facts if fact.chosen < len(fact.spelled) - 1]
        last = max(facts, key=lambda fact: fact.rank)
        cheap = [fact for fact in wordy if fact.rank > 1]
        if cheap or (wordy and last.rank <= _DEAR):
            max(cheap or wordy, key=lambda fact: fact.cells).chosen += 1
        elif last.rank > beyond:
            facts.remove(last)
        else:
            return


def _spread_out(facts: list[Fact], room: int) -> None:
    """Say in more words again what the facts that went have left room for, the dearest first."""
    for fact in sorted(facts, key=lambda fact: fact.rank):
        while fact.chosen:
            fact.chosen -= 1
            if sum(each.cells for each in facts) > room:
                fact.chosen += 1
                break


def _left(until: float | None, now: float) -> str:
    return "" if until is None else f" {max(until - now, 0):.0f} s"
