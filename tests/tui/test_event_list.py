"""The event list: what it shows, what stays where it is, what it costs, and that nothing harmful gets into a line."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from sse_inspect.present.styles import STYLES
from sse_inspect.records import Event
from sse_inspect.store.filter import parse_filter
from sse_inspect.tui import strips
from sse_inspect.tui.looking import Budget, Search
from sse_inspect.tui.strips import LeanStrip
from sse_inspect.tui.styles import LOOKS, Palette
from sse_inspect.tui.widgets import scroll_bar
from sse_inspect.tui.widgets.event_list import EventList
from tests.tui.feed import HOSTILE, Feed, drive, lines


def synced(feed: Feed, view: EventList) -> None:
    view.sync(feed.inspection.snapshot())


def numbers(view: EventList) -> list[str]:
    """The first column of every row with an event."""
    return [line.split()[0] for line in lines(view) if line.split() and line.split()[0].isdigit()]


def test_it_follows_the_tail() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(50)
        synced(feed, view)
        await pilot.pause()
        assert numbers(view)[-1] == "50"
        assert view.title == "following · 50"
        feed.events(3)
        synced(feed, view)
        assert numbers(view)[-1] == "53"
        assert view.cursor == len(feed.inspection.log) - 1

    moved: list[int] = []
    view.when_moved = moved.append
    drive(view, script)
    assert len(moved) == 2


def test_new_rows_do_not_move_what_is_looked_at() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(50)
        synced(feed, view)
        view.move(-5)
        before, cursor = numbers(view), view.cursor
        feed.events(500)
        synced(feed, view)
        assert numbers(view) == before
        assert view.cursor == cursor
        assert view.title == "row 48 of 553"
        assert not view.following
        view.end()
        assert numbers(view)[-1] == "550"
        assert view.following

    drive(view, script)


def test_a_frozen_list_takes_in_nothing_and_counts_what_waits() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(20)
        synced(feed, view)
        view.frozen = True
        before = lines(view)
        feed.events(312)
        synced(feed, view)
        assert lines(view) == before
        assert view.title == "frozen · 312 new"
        view.set_filter(parse_filter("type:tick"))
        assert numbers(view)[-1] == "20"
        view.set_filter(None)
        view.frozen = False
        synced(feed, view)
        assert numbers(view)[-1] == "332"

    drive(view, script)


def test_moving_stays_inside_and_scrolls_as_little_as_needed() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(50)
        synced(feed, view)
        view.home()
        assert (view.cursor, view.top) == (0, 0)
        view.move(-1)
        assert view.cursor == 0
        view.move(view.window - 1)
        assert view.top == 0
        view.move(1)
        assert view.top == 1
        view.page(1)
        view.page(-1)
        assert view.cursor == view.window
        view.move(1000)
        assert view.cursor == len(feed.inspection.log) - 1
        assert not view.following
        view.move(1)
        assert view.following

    drive(view, script)


def test_marks_are_gaps_duplicates_and_disconnects() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(30)
        feed.n += 3
        feed.events(30)
        feed.drop()
        feed.connect()
        feed.event(n=feed.n)
        feed.events(30)
        synced(feed, view)
        log = feed.inspection.log
        seen = []
        while view.previous_mark():
            assert view.cursor is not None
            seen.append(log[view.cursor].kind)
        assert seen == ["event", "disconnect", "gap"]
        assert view.next_mark()
        assert view.cursor is not None
        assert log[view.cursor].kind == "disconnect"
        assert view.top < view.cursor < view.top + view.window - 1
        view.set_filter(parse_filter("is:dup"))
        view.home()
        assert not view.next_mark()

    drive(view, script, size=(80, 10))


def test_a_filter_keeps_the_cursor_and_takes_new_rows_in() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        for n in range(300):
            feed.event(kind="odd" if n % 2 else "even")
        synced(feed, view)
        view.home()
        view.move(103)
        assert view.cursor is not None
        cursor, log = view.cursor, feed.inspection.log
        below = cursor - view.top
        record = log[cursor]
        assert isinstance(record, Event)
        view.set_filter(parse_filter(f"type:{record.event}"))
        await pilot.pause()
        assert view.cursor == cursor
        assert view.total == 150
        assert lines(view)[1 + below].split()[0] == str(record.n)
        feed.event(kind=record.event)
        synced(feed, view)
        assert view.total == 151
        assert view.title.startswith(f"row {(record.n + 1) // 2} of 151 · ")
        assert f"filter type:{record.event} · 151 of {len(log)}" in view.title
        view.set_filter(None)
        assert view.cursor == cursor
        assert lines(view)[1 + below].split()[0] == str(record.n)
        view.follow()
        top = view.top
        view.unfollow()
        feed.event()
        synced(feed, view)
        assert view.top == top

    drive(view, script)


def test_a_filter_that_hides_the_cursor_s_record_moves_it_to_one_that_is_shown() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(30)
        synced(feed, view)
        view.move(-1)
        view.set_filter(parse_filter("n:3..5"))
        await pilot.pause()
        assert view.title == f"row 3 of 3 · filter n:3..5 · 3 of {len(feed.inspection.log)}"
        assert view.cursor is not None
        record = feed.inspection.log[view.cursor]
        assert isinstance(record, Event)
        assert record.n == 5
        view.set_filter(parse_filter("nowhere"))
        await pilot.pause()
        assert view.title == f"no row · filter nowhere · 0 of {len(feed.inspection.log)}"
        assert "No record matches" in lines(view)[1]

    drive(view, script)


def test_a_filter_works_in_slices_and_says_how_far_it_is() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(9000)
        synced(feed, view)
        view.set_filter(parse_filter("n:1..5"))
        assert "(looking … " in view.title
        while "looking" in view.title:
            await pilot.pause()
        assert view.title == f"following · filter n:1..5 · 5 of {len(feed.inspection.log):,}"
        assert numbers(view) == ["1", "2", "3", "4", "5"]

    drive(view, script)


def test_search_finds_the_newest_first_and_goes_round() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        needles = []
        for n in range(1, 3001):
            at = feed.event("needle" if n in (7, 1500, 2990) else "hay")
            if n in (7, 1500, 2990):
                needles.append(at)
        synced(feed, view)
        found = []
        view.search("needle")
        for step in (view.search_next, view.search_next, view.search_next, view.search_previous):
            while "looking" in view.title:
                await pilot.pause()
            found.append(view.cursor)
            step()
        while "looking" in view.title:
            await pilot.pause()
        assert found == [needles[2], needles[1], needles[0], needles[2]]
        assert view.cursor == needles[0]
        view.search("nowhere")
        while "looking" in view.title:
            await pilot.pause()
        assert view.title.endswith("search nowhere (none)")
        assert view.cursor == needles[0]
        view.follow()
        assert view.title == "following · 3,000"

    drive(view, script)


def test_an_empty_list_bears_every_action() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.home()
        view.move(1)
        view.page(-1)
        view.end()
        assert not view.next_mark()
        assert not view.previous_mark()
        view.search("x")
        view.search_next()
        view.set_filter(parse_filter("x"))
        view.set_filter(None)
        view.open()
        assert view.cursor is None

    assert drive(view, script) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (7, 3), (20, 5), (79, 24), (200, 60)])
def test_every_line_is_exactly_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.event("日本語" * 40, kind="日本")
        feed.event(HOSTILE.replace("\u2028", ""))
        feed.drop()
        feed.connect()
        feed.events(3)
        synced(feed, view)
        for strip in view.render_lines(view.size.region):
            assert sum(segment.cell_length for segment in strip) == strip.cell_length == size[0]

    drive(view, script, size=size)


def test_nothing_harmful_gets_into_a_segment() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.event(HOSTILE, kind=HOSTILE)
        feed.chunk(f": {HOSTILE}\n\n".encode())
        feed.chunk(f"id: {HOSTILE}\ndata: x\n\n".encode())
        feed.drop()
        feed.connect()
        synced(feed, view)
        shown = [segment for strip in view.render_lines(view.size.region) for segment in strip]
        assert all(segment.text.isprintable() and segment.control is None for segment in shown)
        assert any("[bold]" in segment.text for segment in shown)
        assert all(segment.style is None or not segment.style.meta for segment in shown)

    drive(view, script, size=(200, 20))


def test_a_frame_draws_what_is_visible_whatever_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(5000)
        drawn: list[object] = []
        plain = view.draw
        monkeypatch.setattr(view, "draw", lambda *args: drawn.append(args[0]) or plain(*args))
        synced(feed, view)
        lines(view)
        assert len(drawn) <= view.size.height
        drawn.clear()
        feed.events(2)
        synced(feed, view)
        lines(view)
        assert len(drawn) <= 3 + 1, "two new rows, the row the cursor left, and the bar beside it"
        drawn.clear()
        synced(feed, view)
        lines(view)
        assert not drawn

    drive(view, script)


def test_a_click_selects_and_a_double_click_opens() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(50)
        synced(feed, view)
        await pilot.pause()
        await pilot.click(view, offset=(10, 3), times=2)
        assert view.cursor == view.top + 2
        assert not view.following
        await pilot.click(view, offset=(10, 0))
        assert view.cursor == view.top + 2

    posted = drive(view, script)
    assert [message.ordinal for message in posted if isinstance(message, EventList.Opened)] == [view.cursor]


def test_the_wheel_leaves_the_tail_and_finds_it_again() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(50)
        synced(feed, view)
        await pilot.pause()
        bottom = view.top
        await pilot._post_mouse_events([events.MouseScrollUp], view, offset=(5, 5), button=0)
        assert (view.top, view.following) == (bottom - 3, False)
        await pilot._post_mouse_events([events.MouseScrollDown], view, offset=(5, 5), button=0)
        assert (view.top, view.following) == (bottom, True)

    drive(view, script)


def test_the_scroll_bar_can_be_dragged() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(500)
        synced(feed, view)
        await pilot.pause()
        await pilot.mouse_down(view, offset=(79, 1))
        assert (view.top, view.following) == (0, False)
        await pilot.hover(view, offset=(40, 6))
        assert 100 < view.top < 400
        await pilot.hover(view, offset=(40, 11))
        await pilot.mouse_up(view, offset=(40, 11))
        assert view.following
        top = view.top
        await pilot.hover(view, offset=(40, 3))
        assert view.top == top

    drive(view, script)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
def test_the_row_under_the_cursor_is_seen_in_every_theme(theme: str) -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(4)
        pilot.app.theme = theme
        synced(feed, view)
        await pilot.pause()
        for focused in (True, False):
            if focused:
                view.focus()
            else:
                pilot.app.set_focus(None)
            await pilot.pause()
            looks = [
                {(s.style.bgcolor, s.style.reverse, s.style.underline) for s in list(strip)[:-1] if s.style}
                for strip in view.render_lines(view.size.region)
            ]
            rows = len(feed.inspection.log)
            assert looks[rows].isdisjoint(looks[rows - 1])

    drive(view, script)


def test_no_colour_means_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.event(n=7)
        feed.event(n=7)
        feed.drop()
        synced(feed, view)
        for strip in view.render_lines(view.size.region):
            for segment in strip:
                assert segment.style is not None
                for colour in (segment.style.color, segment.style.bgcolor):
                    assert colour is None or colour.triplet is None or len(set(colour.triplet)) == 1

    drive(view, script)


def test_every_style_name_has_a_look_in_every_theme() -> None:
    assert set(STYLES) <= set(LOOKS)
    view = EventList(Feed().inspection)

    async def script(pilot: Pilot[None]) -> None:
        for theme in pilot.app.available_themes:
            pilot.app.theme = theme
            await pilot.pause(0.0)
            palette = Palette.of(view)
            plain = palette[""]
            assert palette is Palette.of(view)
            assert palette["bad"] != plain
            assert palette["good"] != palette["bad"]
            assert all(palette[name].bgcolor == plain.bgcolor for name in LOOKS)

    drive(view, script)


def test_a_border_takes_textual_s_own_way_and_shows_the_same() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(30)
        view.styles.border = ("solid", "red")
        await pilot.pause()
        synced(feed, view)
        rows = [strip.text for strip in view.render_lines(view.outer_size.region)]
        assert rows[0].startswith("┌")
        assert rows[-2].startswith("│   30  ")

    drive(view, script)


def test_a_strip_tells_the_terminal_what_changes_and_looks_as_textual_s() -> None:
    ground = Style(color="#d5d9e0", bgcolor="#12161c")
    bold, red, raised = ground + Style(bold=True), ground + Style(color="#f29c9c"), ground + Style(bgcolor="#223344")
    bare, none = Style(underline=True), Style.null()
    styles = [ground, red, red, bold, ground, raised, bare, none, bold, red, none, bare, ground, None, raised, bold]
    line = [Segment(f"{n:02}", style) for n, style in enumerate(styles)]
    console = Console(color_system="truecolor", force_terminal=True, legacy_windows=False)
    lean, stock = LeanStrip(line).render(console), Strip(line).render(console)
    drawn, expected = Text.from_ansi(lean), Text.from_ansi(stock)
    assert drawn.plain == expected.plain == "".join(segment.text for segment in line)
    for at in range(len(drawn.plain)):
        assert drawn.get_style_at_offset(console, at) == expected.get_style_at_offset(console, at)
    assert len(lean) < len(stock)


def test_a_strip_cut_by_something_above_it_is_whole_again_afterwards() -> None:
    feed = Feed()
    view = EventList(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        feed.events(5)
        synced(feed, view)
        strip = view.render_lines(view.size.region)[3]
        assert isinstance(strip, LeanStrip)
        assert strip.divide([80]) == (strip,)
        assert "".join(part.text for part in strip.divide([10, 40, 80])) == strip.text
        assert strip.crop(10, 40).text == strip.text[10:40]
        assert Strip.join([strip.crop(0, 10), strip.crop(10, 80)]).simplify().text == strip.text

    drive(view, script)


def test_textual_still_has_the_strip_that_the_lean_one_knows() -> None:
    assert strips.StripType is LeanStrip


class TestScrollBar:
    def test_no_bar_where_all_rows_fit(self) -> None:
        assert scroll_bar.cells(10, 0, 10, 10) == [scroll_bar.TRACK] * 10

    @pytest.mark.parametrize("total", [11, 100, 10_000_000])
    def test_the_ends_are_reached_only_at_the_ends(self, total: int) -> None:
        window = height = 10
        at = [scroll_bar.thumb(total, top, window, height) for top in (0, 1, total - window - 1, total - window)]
        assert at[0][0] == 0
        assert at[3][0] + at[3][1] == height
        if total > 12:
            assert at[1][0] > 0
            assert at[2][0] + at[2][1] < height

    @pytest.mark.parametrize("total", [11, 57, 1000])
    def test_a_drag_to_the_end_shows_the_end(self, total: int) -> None:
        assert scroll_bar.top_at(0, total, 10, 10) == 0
        assert scroll_bar.top_at(9, total, 10, 10) == total - 10

    def test_marks_stand_where_their_rows_are(self) -> None:
        bar = scroll_bar.cells(100, 0, 10, 10, marks=[3, 55, 99])
        assert [y for y, cell in enumerate(bar) if cell[1] == "bar.mark"] == [0, 5, 9]
        assert bar[0] == scroll_bar.MARK_ON_THUMB
        assert bar[5] == scroll_bar.MARK


class TestLooking:
    def test_a_slice_learns_from_the_time_it_took(self) -> None:
        now = 0.0
        cost = 1e-5

        def look(limit: int) -> None:
            nonlocal now
            now += limit * cost

        budget = Budget(lambda: now)
        for _ in range(20):
            budget.spend(look)
        assert budget.limit == pytest.approx(400, rel=0.05)
        cost = 1e-3
        budget.spend(look)
        budget.spend(look)
        budget.spend(look)
        assert budget.limit == 16

    @pytest.mark.parametrize("limit", [1, 3, 1000])
    @pytest.mark.parametrize(
        ("start", "direction", "found"), [(9, -1, 7), (6, -1, 3), (2, -1, 7), (4, 1, 7), (8, 1, 3)]
    )
    def test_the_search_goes_round_once(self, limit: int, start: int, direction: int, found: int) -> None:
        feed = Feed()
        while len(feed.inspection.log) < 10:
            at = len(feed.inspection.log)
            feed.event("needle" if at in (3, 7) else "hay")
        search = Search(feed.inspection.log, parse_filter("needle"), start, direction, 10)
        while not search.done:
            search.look(limit)
        assert search.found == found
