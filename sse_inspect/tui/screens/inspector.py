"""The one screen of the inspector: its regions, and what each key does to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from sse_inspect import faults
from sse_inspect.errors import UsageError
from sse_inspect.inspected import Inspected, Snapshot
from sse_inspect.present import units, words
from sse_inspect.present.safe import preview, visible
from sse_inspect.present.signs import KINDS
from sse_inspect.records import Diagnosis, Event
from sse_inspect.store.filter import parse_filter
from sse_inspect.tui import keys, save
from sse_inspect.tui.plan import TABS
from sse_inspect.tui.probe_run import ProbeRun
from sse_inspect.tui.saving import Saving
from sse_inspect.tui.widgets.connections import ConnectionsPane
from sse_inspect.tui.widgets.detail import Detail
from sse_inspect.tui.widgets.diagnosis import DiagnosisPane
from sse_inspect.tui.widgets.event_list import EventList
from sse_inspect.tui.widgets.filter_bar import FilterBar
from sse_inspect.tui.widgets.footer import Footer
from sse_inspect.tui.widgets.header import Header
from sse_inspect.tui.widgets.integrity import IntegrityPane
from sse_inspect.tui.widgets.liveness import LivenessPane
from sse_inspect.tui.widgets.metrics import MetricsPane
from sse_inspect.tui.widgets.stage import Stage
from sse_inspect.tui.widgets.status import BRIEF_FRAMES, Status
from sse_inspect.tui.widgets.timeline import TimelinePane

if TYPE_CHECKING:
    from sse_inspect.ticket.elsewhere import Following
    from sse_inspect.tui.screens.diagnosis import FindingPages
    from sse_inspect.tui.screens.others import OtherClients
    from sse_inspect.tui.screens.probes import Probes

_WHILE_FROZEN = ("header", "status", "footer", "events")
"""Regions that go on while the view is frozen; the list knows by itself."""


_NEEDS_CONNECTION = ("blow", "connection", "here")
"""How long those faults last that act on a connection; the others act on the network."""

_WORDS = 40
"""Cells of what was searched in an answer."""


class InspectorScreen(Screen[None]):
    """Every answer to a key is said in the status line, also why something cannot be done now."""

    KIND: ClassVar[keys.Kind] = "live"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("live")
    AUTO_FOCUS = "#events"

    def __init__(
        self,
        inspection: Inspected,
        banner: Callable[[float], str] | None = None,
        probes: Callable[[], Probes] | None = None,
    ) -> None:
        super().__init__()
        self._probes = ProbeRun(self, probes)
        self._page: FindingPages | OtherClients | None = None
        self._following: Following | None = None
        self._inspection = inspection
        self._snapshot: Snapshot | None = None
        self._filter = ""
        self._search = ""
        self._saving = Saving(self, inspection)
        self.frozen = False
        self.header, self.timeline, self.events = self.regions()
        self.events.when_moved = self._moved
        self.detail = Detail(inspection, id="detail")
        self.filter_bar = FilterBar(id="ask")
        self.status = Status(banner, id="status")
        self.footer = Footer(keys.footer(self.KIND), id="footer")
        self.stage = Stage(
            self.header,
            self.timeline,
            self.events,
            self.detail,
            LivenessPane(id="liveness"),
            IntegrityPane(id="integrity"),
            ConnectionsPane(id="connections"),
            MetricsPane(id="metrics"),
            DiagnosisPane(id="diagnosis"),
            self.status,
            self.footer,
            names={"events": "Events"},
        )

    def regions(self) -> tuple[Header, TimelinePane, EventList]:
        """The regions that a capture has others of."""
        return Header(id="header"), TimelinePane(id="timeline"), EventList(self._inspection, id="events")

    def compose(self) -> ComposeResult:
        """The stage holds everything; what is typed covers the last line."""
        yield self.stage
        yield self.filter_bar

    def render_lines(self, crop: Region) -> list[Strip]:
        """Nothing of its own: the stage is everywhere."""
        return []

    def _compositor_refresh(self) -> None:
        # Private to Textual 8. While it mounts it lays out and paints several times; until there is something to see
        # each of these would be a whole screen of nothing.
        if self._snapshot is not None:
            super()._compositor_refresh()

    def sync(self, snapshot: Snapshot) -> None:
        """Show what is true now; a frozen view lets only the header and the status line go on."""
        is_first = self._snapshot is None
        self._snapshot = snapshot
        self._saving.sync()
        self.status.doing = self._probes.sync()
        if self._page is not None and not self.frozen:
            self._page.sync(snapshot)
        self.stage.sync(snapshot, _WHILE_FROZEN if self.frozen else None)
        if is_first:
            self.stage.refresh()

    @property
    def is_interruptible(self) -> bool:
        """Whether the user is at nothing that another screen would interrupt."""
        return self.is_active and not self.filter_bar.display

    @property
    def is_still(self) -> bool:
        """Whether nothing goes on but the session: no note is counted down, no looking is under way."""
        return not (self.status.note or self.status.doing or self.events.is_looking or self.detail.is_growing)

    def say(self, text: str, style: str = "accent") -> None:
        """Answer in the status line."""
        self.status.say(text, style)

    # Faults and the connection

    def action_fault(self, spelled: str) -> None:
        """Inject a fault."""
        self._inject(faults.parse(spelled))

    def action_prompt(self, spelled: str) -> None:
        """Inject a fault whose argument is asked for."""
        if self._is_running("Nothing to break"):
            from sse_inspect.tui.screens.prompt import FaultPrompt  # no dialog is part of the first frame

            self.app.push_screen(FaultPrompt(faults.parse(spelled)), self._inject)

    def action_faults(self) -> None:
        """Choose a fault."""
        if self._is_running("Nothing to break"):
            from sse_inspect.tui.screens.fault_menu import FaultMenu

            self.app.push_screen(FaultMenu(self._under_way()), self._chosen)

    def action_lift(self) -> None:
        """End every fault under way."""
        under_way = self._under_way()
        if not under_way:
            self.say("No fault is under way: nothing to lift.", "warn")
            return
        self._inspection.lift()
        self.say(f"Lifted: {', '.join(under_way)}.")

    def action_reconnect(self) -> None:
        """Attempt now."""
        if not self._is_running("No reconnecting"):
            return
        state = self._snapshot.state if self._snapshot else "idle"
        if state == "connecting":
            self.say("An attempt is under way already.", "warn")
            return
        self._inspection.reconnect()
        self.say("Dropping the connection and reconnecting now." if state == "open" else "Reconnecting now.")

    def _chosen(self, spelled: str | None) -> None:
        if spelled == keys.LIFT:
            self.action_lift()
        elif spelled is not None:
            name = spelled.rstrip("/")
            if name != spelled or faults.KINDS[name].argument is not None:
                self.action_prompt(name)
            else:
                self._inject(faults.parse(name))

    def _inject(self, fault: faults.Fault | None) -> None:
        if fault is None or not self._is_running("Nothing to break"):
            return
        if fault.kind.lasts in _NEEDS_CONNECTION and self._snapshot and self._snapshot.state == "waiting":
            self.say(f"{fault.kind.title}: there is no connection just now.", "warn")
        else:
            self._inspection.inject(fault)
            self.status.say(visible(f"{fault.kind.title}: {fault.sentence}"), frames=BRIEF_FRAMES)

    def _is_running(self, lead: str) -> bool:
        if self._snapshot is None or self._snapshot.state != "closed":
            return True
        self.say(f"{lead}: the session is over.", "warn")
        return False

    def _under_way(self) -> list[str]:
        return [words.inside(fault.title) for fault in self._snapshot.faults] if self._snapshot else []

    # Why

    def action_probe(self) -> None:
        """Make probes, or show what they showed."""
        self._probes.ask()

    def action_why(self, code: str = "") -> None:
        """Show the findings, each on a page of its own: that one, the one under the cursor, or the most likely."""
        snapshot = self._snapshot
        if snapshot is None or not snapshot.findings:
            self.say("No finding: nothing is recognised so far.")
            return
        from sse_inspect.tui.screens.diagnosis import FindingPages

        record = self.detail.record
        code = code or (record.code if isinstance(record, Diagnosis) else "")
        self._page = FindingPages(snapshot, code, can_probe=self._probes.can_be_made)
        self.app.push_screen(self._page, self._read)

    def _read(self, then: Literal["probe"] | None) -> None:
        self._page = None
        if then == "probe":
            self.action_probe()

    @on(DiagnosisPane.Opened)
    def _finding_clicked(self, event: DiagnosisPane.Opened) -> None:
        self.action_why(event.code)

    def action_others(self) -> None:
        """Show what other clients would make of the session."""
        from sse_inspect.tui.screens.others import OtherClients, following

        self._following = self._following or following(self._inspection)
        self._page = OtherClients(self._inspection, self._following)
        self.app.push_screen(self._page, self._read)

    # The list

    def action_move(self, delta: int) -> None:
        """Move by rows."""
        self.status.moved()
        self._moving.move(delta)

    def action_page(self, delta: int) -> None:
        """Move by pages."""
        self.status.moved()
        self._moving.page(delta)

    def action_home(self) -> None:
        """Go to the beginning."""
        self.status.moved()
        self._moving.home()

    def action_follow(self) -> None:
        """Go to the newest record and stay there; thaws the view."""
        if self.frozen:
            self.action_freeze()
        self.events.follow()
        self.status.say("Following the newest record.", of_place=True)

    def action_freeze(self) -> None:
        """Hold the view still, or let it go on."""
        self.frozen = self.events.frozen = self.header.frozen = not self.frozen
        self.say("View frozen: the session goes on, space thaws." if self.frozen else "The view goes on.")

    def action_mark(self, direction: int) -> None:
        """Go to the next or previous mark."""
        self.status.moved()
        found = self.events.next_mark() if direction > 0 else self.events.previous_mark()
        if not found:
            self.status.say(self._why_no_mark(direction), "warn", of_place=True)

    def _why_no_mark(self, direction: int) -> str:
        if self.events.has_marks:
            way, other = ("later", "N goes back") if direction > 0 else ("earlier", "n goes on")
            return f"No {way} gap, duplicate, disconnect or stall; {other}."
        where = "among what the filter shows" if self._filter else "in this session"
        return f"No mark {where}: no gap, duplicate, disconnect or stall."

    @property
    def _moving(self) -> EventList | Detail:
        """What the arrow keys move."""
        return self.detail if self.focused is self.detail else self.events

    def _moved(self, ordinal: int) -> None:
        following = self.events.following and self.detail.has_record
        if following and not isinstance(self._inspection.log[ordinal], Event):
            return  # the newest event stays in sight: a heartbeat must not push it out
        self.detail.show(ordinal)
        self.stage.retitle()

    @on(EventList.Opened)
    def _opened(self, event: EventList.Opened) -> None:
        self.detail.show(event.ordinal)
        self._choose("detail")

    # Filter and search

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed no key means anything else, not even one that was typed before the line was there."""
        return not self.filter_bar.display

    def type_on(self, event: events.Key) -> bool:
        """Hand the filter line what was typed right behind the key that opened it; whether it takes it."""
        takes = self.is_active and self.filter_bar.display and event.is_printable and event.character is not None
        if takes and event.character is not None:
            self.filter_bar.take(event.character)
        return takes

    def action_ask(self, kind: Literal["filter", "search"]) -> None:
        """Type a filter or what to search."""
        self.filter_bar.open(kind, self._filter if kind == "filter" else self._search)

    def action_match(self, direction: int) -> None:
        """Go to the next match, older or newer."""
        if not self._search:
            self.action_ask("search")
        elif direction > 0:
            self.events.search_next()
        else:
            self.events.search_previous()

    def action_clear(self) -> None:
        """Cancel the probes, or end the filter."""
        if self._probes.cancel():
            self.say("The probes end with what was seen by now.")
        elif self._filter:
            self._apply("filter", "")

    @on(EventList.Searched)
    def _searched(self, event: EventList.Searched) -> None:
        if event.found is None:
            where = " that the filter shows" if self._filter else ""
            self.say(f"Nothing{where} matches {preview(self._search, _WORDS)}.", "warn")
            return
        record, origin = self._inspection.log[event.found], self._inspection.origin
        what = f"event {units.count(record.n)}" if isinstance(record, Event) else KINDS[record.kind].word
        where = f"{what}, {units.clock(origin.time_of(record), origin)}"
        around = "" if not event.around else ", the oldest again" if event.newer else ", the newest again"
        self.status.say(f"Found: {where}{around} · [ older, ] newer", of_place=True)

    @on(FilterBar.Submitted)
    def _submitted(self, event: FilterBar.Submitted) -> None:
        self.events.focus()
        try:
            self._apply(event.kind, event.text)
        except UsageError as error:
            self.say(error.message, "bad")

    @on(FilterBar.Cancelled)
    def _cancelled(self) -> None:
        self.events.focus()

    def _apply(self, kind: Literal["filter", "search"], text: str) -> None:
        """Filter or search; raises UsageError."""
        if kind == "filter":
            self.events.set_filter(parse_filter(text) if text else None)
            self._filter = text
            self.say(f"Showing only: {text}" if text else "Showing all records.")
        elif text:
            self.events.search(text)
            self._search = text

    # The view

    def action_open(self) -> None:
        """Show the finding where one is looked at, else the event."""
        tabbed = self.stage.plan.tabbed
        if tabbed == "diagnosis" or (tabbed in (None, "detail") and isinstance(self.detail.record, Diagnosis)):
            self.action_why()
        else:
            self.action_view()

    def action_view(self) -> None:
        """Show the event, and then its next page."""
        if self.stage.plan.tabbed not in (None, "detail"):
            self._choose("detail")
        else:
            self.detail.next_view()

    def action_tab(self, step: int) -> None:
        """Go to the next pane; where all are in sight, the keys go to the event and back."""
        if self.stage.plan.tabbed is None:
            (self.events if self.focused is self.detail else self.detail).focus()
        else:
            self._choose(TABS[(TABS.index(self.stage.tab) + step) % len(TABS)])

    def action_pane(self, index: int) -> None:
        """Show that pane."""
        if self.stage.plan.tabbed is None:
            self.say("Every pane is in sight." if self.stage.plan.boxes else "No room for panes: enlarge the window.")
        self._choose(TABS[index])

    @on(Stage.Tab)
    def _tab_clicked(self, event: Stage.Tab) -> None:
        self._choose(event.name)

    def _choose(self, tab: str) -> None:
        self.stage.choose(tab)
        if self.focused is self.detail and tab != "detail":
            self.events.focus()
        if self._snapshot is not None:
            self.call_after_refresh(self.stage.sync, self._snapshot)

    @on(Footer.Pressed)
    async def _pressed(self, event: Footer.Pressed) -> None:
        await self.run_action(event.key.action)

    def action_help(self) -> None:
        """Show all keys and words."""
        from sse_inspect.tui.screens.help import Help

        self.app.push_screen(Help(self.KIND, self._snapshot.notes if self._snapshot else ()))

    # Keeping

    def action_copy(self) -> None:
        """Copy the event on show."""
        text = self.detail.text()
        if not text:
            self.say("Nothing to copy: no event is chosen.", "warn")
            return
        self.app.copy_to_clipboard(text.encode("utf-8", "replace").decode())
        what = f"{self.detail.title} as {self.detail.page_title}"
        self.say(f"Copied: {what}, {units.size(len(text))}, if the terminal allows it (OSC 52).")

    def action_picture(self) -> None:
        """Save the screen as SVG."""
        try:
            path = save.picture(self.app.export_screenshot(title="sse-inspect"))
        except OSError as error:
            self.say(f"The screenshot could not be saved: {error}.", "bad")
        else:
            self.say(f"Screenshot saved: {path}")

    def action_export(self) -> None:
        """Save the session as NDJSON."""
        self._saving.export()

    def action_report(self) -> None:
        """Save a report for a ticket."""
        self._saving.report()

    def on_unmount(self) -> None:
        """Nobody waits for a file any more."""
        self._saving.leave()

    @property
    def parting(self) -> str:
        """What came of the file that was being written when the screen went, or ""."""
        return self._saving.parting

    async def action_theme(self) -> None:
        """Take the next theme."""
        await self.app.run_action("next_theme")
        self.say(f"Theme: {self.app.theme}")

    def action_quit(self) -> None:
        """Leave; while a file is being written only if asked twice."""
        if self._saving.may_leave():
            self.app.exit()
