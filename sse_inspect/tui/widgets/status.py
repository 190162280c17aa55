"""The line under the list: what is waited for, what the last outage cost, and the answer to the last key."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.inspected import FaultOver, Snapshot
from sse_inspect.present import clocks, signs, words
from sse_inspect.present.waiting import NOTE, waiting
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells, cut

NOTE_FRAMES = 75
"""How long a note stays: frames, because a session that is over has no seconds."""
BRIEF_FRAMES = 30
"""The same for a note that must soon make way for what it leads to."""
_RECOVERED_SECONDS = 8.0
_FRESH_SECONDS = 4.0
"""How long a banner that is new goes first where it and the news do not both fit."""
_GAP = 3


class Status(Pane):
    """`say` puts a note there for some seconds; `banner` gives the line for times when nothing else is to be said."""

    def __init__(self, banner: Callable[[float], str] | None = None, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._banner = banner
        self._said = ""
        self._said_at = 0.0
        self._note: Line = []
        self._frames = 0
        self._of_place = False
        self.doing = ""
        """What is being done on the user's wish, for as long as it is."""

    def say(self, text: str, style: str = "accent", frames: int = NOTE_FRAMES, *, of_place: bool = False) -> None:
        """Answer to what the user did; `of_place` if it is true only where the cursor stands now."""
        self._note = [(text, style)]
        self._frames = frames
        self._of_place = of_place
        self.redraw()

    def moved(self) -> None:
        """Drop a note that is true no more, now that the cursor goes elsewhere."""
        if self._of_place:
            self._note, self._of_place = [], False
            self.redraw()

    def sync(self, snapshot: Snapshot) -> None:
        """Show this snapshot, and a note as long as it lasts."""
        if self._frames:
            self._frames -= 1
        else:
            self._note = []
        super().sync(snapshot)

    @property
    def note(self) -> str:
        """The note on show, or ""."""
        return "".join(text for text, _ in self._note)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The note first, then what is done, what is waited for or the last recovery, and the banner, if they fit."""
        spelled = _news(snapshot)
        doing: Line = [(self.doing, "accent")] if self.doing else []
        banner, is_fresh = self._scene(snapshot.now)
        wishes = [(self._note, doing, news, banner) for news in spelled]
        if is_fresh and not doing:
            wishes.append((self._note, [], [], banner))
        wishes += [(self._note, doing, news, []) for news in spelled]
        wishes.append((self._note, doing, [], []))
        spoken = [parts for wish in wishes if (parts := [part for part in wish if part])]
        if not spoken:
            return []
        first, *rest = next((parts for parts in spoken if _fits(parts, width)), spoken[-1][:1])
        right: Line = []
        for part in rest:
            right += [*([(" " * _GAP, "")] if right else []), *part]
        return [apart(cut(first, width), right, width)]

    def _scene(self, now: float) -> tuple[Line, bool]:
        """The banner, and whether it is new."""
        text = self._banner(now) if self._banner is not None else ""
        if text != self._said:
            self._said, self._said_at = text, now
        return ([(text, "dim")] if text else []), bool(text) and now - self._said_at < _FRESH_SECONDS


def _fits(parts: list[Line], width: int) -> bool:
    return sum(cells(part) + _GAP for part in parts) - _GAP <= width


def _news(snapshot: Snapshot) -> list[Line]:
    """What is waited for, or what came of the last outage or fault, in ever fewer words."""
    waited_for, outcome = waiting(snapshot), _outcome(snapshot)
    if waited_for and not (outcome and waited_for.startswith(NOTE)):
        style = clocks.state(snapshot).style
        return [[(waited_for, "warn" if style == "good" else style)]]
    return outcome or [[]]


def _outcome(snapshot: Snapshot) -> list[Line]:
    """What the last outage or fault has cost, in ever fewer words; nothing once that is no news."""
    recovered, over = snapshot.recovered, snapshot.fault_over
    if over is not None and (recovered is None or recovered.t < over.t):
        return _over(over, snapshot) if snapshot.now - over.t <= _RECOVERED_SECONDS else []
    if recovered is None or snapshot.now - recovered.t > _RECOVERED_SECONDS:
        return []
    sign = signs.KINDS["recovered"]
    spelled: list[Line] = []
    for what, lost, *rest in words.spellings(recovered):
        brief: Line = [(f"{sign.sign} {what.capitalize()} · ", "good"), (lost, "bad" if recovered.lost else "good")]
        spelled.append([*brief, (f" · {' · '.join(rest)}", "good")])
    return [*spelled, brief]


def _over(over: FaultOver, snapshot: Snapshot) -> list[Line]:
    """What a fault that is over has cost."""
    what, lost, meanwhile = words.fault_over(over, countable=snapshot.summary.completion_rate is not None)
    brief: Line = [(f"{signs.KINDS['fault'].sign} {what} · ", "good"), (lost, "bad" if over.lost else "good")]
    return [[*brief, (f" · {meanwhile}", "good")], brief]
