"""The inspector's screen on a capture: a cursor in time takes the place of the network."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from sse_inspect.inspected import LOOKING, Inspected, Player, Snapshot
from sse_inspect.present import units
from sse_inspect.tui import keys
from sse_inspect.tui.screens.inspector import InspectorScreen
from sse_inspect.tui.widgets.captured_list import CapturedList
from sse_inspect.tui.widgets.captured_timeline import CapturedTimeline
from sse_inspect.tui.widgets.header import CapturedHeader

SPEEDS = (1.0, 10.0, inf)
_SPEED_WORDS = {1.0: "as it was (1×)", 10.0: "ten times as fast (10×)", inf: "as fast as possible"}


class CaptureScreen(InspectorScreen, inherit_bindings=False):
    """Keys that would break or ask something say why they cannot; the others move the cursor and what goes with it."""

    KIND: ClassVar[keys.Kind] = "capture"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("capture")

    def __init__(self, inspection: Inspected, player: Player) -> None:
        self._player = player
        self._speed = SPEEDS[0]
        self._offered_at: int | None = None
        super().__init__(inspection)

    def regions(self) -> tuple[CapturedHeader, CapturedTimeline, CapturedList]:
        """Those that know the cursor."""
        player = self._player
        self._lanes = CapturedTimeline(player, id="timeline")
        self._list = CapturedList(self._inspection, player, id="events")
        return CapturedHeader(player, self._inspection.origin, id="header"), self._lanes, self._list

    def sync(self, snapshot: Snapshot) -> None:
        """Besides, offer the key that leads to a mark from where the cursor stands."""
        super().sync(snapshot)
        if self.events.cursor != self._offered_at:
            self._offered_at = self.events.cursor
            self.footer.offer(keys.footer(self.KIND, backwards=self.events.is_behind_marks))

    @property
    def is_still(self) -> bool:
        """Besides, the cursor stands and all of the session is known."""
        return super().is_still and not self._player.speed and self._player.progress >= 1

    # The cursor

    def action_play(self) -> None:
        """Play, or stand still."""
        player = self._player
        if not player.end:
            self.say("This capture has no times: there is nothing to play.", "warn")
        elif player.speed:
            player.play(0.0)
            self.say(f"Paused at {self._moment()}; space goes on.")
        else:
            self._list.come_back()
            player.play(self._speed)
            self.say(f"Playing {_SPEED_WORDS[self._speed]}; < and > change it, space pauses.")

    def action_speed(self, step: int) -> None:
        """Take the next speed, faster or slower."""
        place = SPEEDS.index(self._speed) + step
        if not 0 <= place < len(SPEEDS):
            self.say(f"{'Faster' if step > 0 else 'Slower'} it does not go: {_SPEED_WORDS[self._speed]}.", "warn")
            return
        self._speed = SPEEDS[place]
        if self._player.speed:
            self._player.play(self._speed)
            self.say(f"Playing {_SPEED_WORDS[self._speed]}.")
        else:
            self.say(f"Space plays {_SPEED_WORDS[self._speed]}.")

    def action_step(self, columns: int) -> None:
        """Move by columns of the timeline."""
        self._go(self._player.cursor + columns * self._lanes.seconds)

    def action_moment(self) -> None:
        """Ask for a moment, and go there."""
        from sse_inspect.tui.screens.moment import MomentPrompt

        self.app.push_screen(MomentPrompt(self._player, self._inspection.origin), self._go)

    @on(CapturedTimeline.Went)
    def _went(self, event: CapturedTimeline.Went) -> None:
        self._go(event.t)

    def _go(self, t: float | None) -> None:
        if t is None:
            return
        self._list.come_back()
        self._player.seek(t)
        self.status.say(f"At {self._moment()}.", of_place=True)

    def _moment(self) -> str:
        t = self._player.cursor
        return f"{units.hms(t)} ({units.clock(t, self._inspection.origin)})"

    def action_follow(self) -> None:
        """Go to the end."""
        self.events.follow()
        self.status.say("At the end of the session.", of_place=True)

    def action_report(self) -> None:
        """Save a report of the session until the cursor."""
        if self._snapshot is not None and LOOKING in self._snapshot.notes:
            self.say("This moment is still being looked for: press R once it is there.", "warn")
        else:
            super().action_report()

    # What only a live session can do

    def action_lift(self) -> None:
        """Nothing is under way."""
        self._is_running("")

    def _is_running(self, lead: str) -> bool:
        self.say("A capture is what was: nothing of it can be asked, broken or mended any more.", "warn")
        return False
