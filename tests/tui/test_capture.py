"""The screen on a capture: the cursor, what moves it, and what it says of itself."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from math import inf
from pathlib import Path

import pytest

from sse_inspect.errors import UsageError
from sse_inspect.present.notes import spellings
from sse_inspect.records import Event, Origin
from sse_inspect.store.record_log import is_mark
from sse_inspect.tui.screens.moment import parse_moment
from sse_inspect.tui.widgets.captured_list import CapturedList
from sse_inspect.tui.widgets.captured_timeline import PLAYHEAD
from tests.tui.captured import Captured, captured
from tests.tui.screen import Screen, play
from tests.tui.states import BEGAN, Story, half_open, live, with_gap

Script = Callable[[Screen], Awaitable[None]]


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Captured]:
    with captured(live(), tmp_path) as shown:
        yield shown


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def rows_of(screen: Screen) -> CapturedList:
    assert isinstance(screen.inspector.events, CapturedList)
    return screen.inspector.events


def playhead(screen: Screen) -> int:
    """The column of the cursor."""
    row = next(row for row in screen.rows() if "│ link" in row)
    assert row.count(PLAYHEAD) == 1
    return row.index(PLAYHEAD)


def test_it_opens_at_the_end_and_says_what_it_is(capture: Captured) -> None:
    replay = capture.inspection

    async def script(screen: Screen) -> None:
        await screen.settled()
        header = screen.rows()[0]
        assert "capture story.sse" in header
        assert "2026-11-24" in header
        assert "▷ paused" in header
        assert f"{replay.end // 60:.0f}" in header
        assert "analysed" not in header
        assert rows_of(screen).cursor == len(replay.log) - 1
        assert not any(key in screen.rows()[-1] for key in ("disconnect", "faults", "freeze"))
        assert "space play" in screen.rows()[-1]

    play(capture, script, (160, 45))


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (80, 12)])
def test_the_selected_row_is_in_sight_at_once_and_in_every_size(capture: Captured, size: tuple[int, int]) -> None:
    assert len(capture.inspection.log) > 45

    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        last = len(capture.inspection.log) - 1
        assert rows.cursor == last
        assert rows.line_keys(rows.size.height)[-1][0] == last
        await screen.press("up")
        for width, height in [(80, 24), (160, 45), (100, 14), size]:
            await screen.pilot.resize_terminal(width, height)
            await screen.frame()
            assert rows.cursor == last - 1
            assert last - 1 in [ordinal for ordinal, _ in rows.line_keys(rows.size.height)]
        rows.scroll_rows(0)
        await screen.pilot.resize_terminal(size[0], size[1] + 1)
        await screen.frame()
        assert rows.top == 0

    play(capture, script, size)


@pytest.mark.parametrize("key", ["d", "D", "o", "O", "s", "f", "r", "L"])
def test_the_past_cannot_be_broken_or_asked(capture: Captured, key: str) -> None:
    async def script(screen: Screen) -> None:
        await screen.press(key)
        assert screen.note == "A capture is what was: nothing of it can be asked, broken or mended any more."
        assert screen.note in screen.text()
        assert len(screen.app.screen_stack) == 1

    play(capture, script)


def test_moving_in_the_list_moves_the_cursor(capture: Captured) -> None:
    replay = capture.inspection

    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        await screen.press("g")
        assert (rows.cursor, replay.cursor) == (0, 0.0)
        for key in ("down", "down", "pagedown", "pagedown", "up", "end", "pageup"):
            await screen.press(key)
            assert rows.cursor is not None
            assert replay.cursor == pytest.approx(replay.log[rows.cursor].t, abs=2.5)
            if key != "end":
                assert replay.cursor == replay.log[rows.cursor].t
        await screen.press("end")
        assert replay.cursor == replay.end
        assert screen.note == "At the end of the session."

    play(capture, script)


def test_every_pane_is_of_the_moment(capture: Captured) -> None:
    replay = capture.inspection

    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        await screen.press("g", *["pagedown"] * 3)
        await screen.settled()
        record = replay.log[rows.cursor or 0]
        seen = [each for each in replay.log.slice(0, len(replay.log)) if each.t <= record.t and isinstance(each, Event)]
        assert f"{len(seen):,} events until" in screen.text()
        assert f"received        {len(seen):,} events" in screen.text()

    play(capture, script, (160, 45))


def test_marks_are_steps_of_the_cursor(capture: Captured) -> None:
    replay = capture.inspection
    marks = [ordinal for ordinal, record in enumerate(replay.log.slice(0, len(replay.log))) if is_mark(record)]
    assert len(marks) > 5

    async def script(screen: Screen) -> None:
        await screen.press("g")
        for mark in marks[:3]:
            await screen.press("n")
            assert rows_of(screen).cursor == mark
            assert replay.cursor == replay.log[mark].t
        await screen.press("N")
        assert rows_of(screen).cursor == marks[1]
        await screen.press("end", "N", "N", "n", "n")
        assert rows_of(screen).cursor == marks[-1]
        assert screen.note.startswith("No later gap")

    play(capture, script)


def test_the_footer_offers_the_key_that_leads_to_a_mark(capture: Captured) -> None:
    async def script(screen: Screen) -> None:
        assert "N earlier mark" in screen.rows()[-1]
        assert "next mark" not in screen.rows()[-1]
        await screen.press("g")
        assert "n next mark" in screen.rows()[-1]
        assert "earlier mark" not in screen.rows()[-1]

    play(capture, script, (160, 45))


def test_rows_that_have_not_happened_are_dim(capture: Captured) -> None:
    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        await screen.press("g", "pagedown", "pagedown")
        keys = rows.line_keys(rows.size.height)[1:]
        assert rows.cursor is not None
        assert [look >= 4 for _, look in keys] == [ordinal > rows.cursor for ordinal, _ in keys]
        capture.inspection.seek(rows._inspection.log[rows.cursor].t + 40)
        await screen.frame()
        looks = [look >= 4 for _, look in rows.line_keys(rows.size.height)[1:]]
        assert looks == sorted(looks)
        assert True in looks
        assert False in looks

    play(capture, script)


def test_the_playhead_goes_by_columns_clicks_and_typed_moments(capture: Captured) -> None:
    replay = capture.inspection

    async def script(screen: Screen) -> None:
        end = playhead(screen)
        await screen.press("left")
        assert playhead(screen) in (end, end - 1)
        replay.seek(replay.end / 2)
        await screen.frame()
        middle = playhead(screen)
        await screen.press("right")
        assert playhead(screen) == middle + 1
        await screen.press("shift+left")
        assert playhead(screen) == middle - 9
        await screen.pilot.click("#timeline", offset=(40, 1))
        await screen.frame()
        assert playhead(screen) == 41  # within the border
        assert "00:" in screen.note
        await screen.press("colon", *"1:23", "enter")
        assert replay.cursor == 83
        assert screen.note == "At 00:01:23 (10:01:23.000)."
        await screen.press("T", *"10:02:03", "enter")
        assert replay.cursor == 123
        await screen.press("colon", *"99:99:99", "enter")
        assert "the session is" in screen.text()
        await screen.press("escape")
        assert replay.cursor == 123
        await screen.press("shift+left", "shift+left", "shift+left", "left")
        assert replay.cursor == 0

    play(capture, script, (120, 30))


def test_playing_follows_the_clock_and_space_pauses(capture: Captured) -> None:
    replay, clock = capture.inspection, capture.clock

    async def script(screen: Screen) -> None:
        await screen.press("g", "space")
        assert "1×" in screen.note
        clock.t += 30
        await screen.frame()
        assert replay.cursor == 30
        assert "▶ 1× 00:00:30 /" in screen.rows()[0]
        record = replay.log[rows_of(screen).cursor or 0]
        assert 27 < record.t <= 30
        await screen.press("greater_than_sign")
        clock.t += 6
        await screen.frame()
        assert replay.cursor == 90
        assert "▶ 10× 00:01:30 /" in screen.rows()[0]
        await screen.press("down")  # moves the cursor, and it goes on from there
        assert replay.cursor == replay.log[rows_of(screen).cursor or 0].t > 90
        assert replay.speed == 10
        replay.seek(50)
        await screen.press("space")
        assert screen.note.startswith("Paused at 00:00:5")
        before = replay.cursor
        clock.t += 100
        await screen.frame()
        assert replay.cursor == before
        assert "▷ paused" in screen.rows()[0]
        await screen.press("less_than_sign", "less_than_sign")
        assert screen.note.startswith("Slower it does not go")
        await screen.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        assert screen.note.startswith("Faster it does not go")
        await screen.press("space")
        while replay.speed == inf:
            await screen.frame()
        assert replay.cursor == replay.end

    play(capture, script)


def test_scrolling_looks_elsewhere_and_leaves_the_cursor(capture: Captured) -> None:
    replay, clock = capture.inspection, capture.clock

    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        await screen.press("g")
        rows.scroll_rows(100)
        await screen.frame()
        assert (rows.top, replay.cursor) == (100, 0)
        await screen.press("space")
        assert rows.top < 100
        rows.scroll_rows(200)
        clock.t += 3
        await screen.frame()
        assert rows.top == 200
        assert replay.cursor == 3
        await screen.press("down")
        assert rows.top < 200

    play(capture, script)


def test_a_filter_and_the_cursor_go_together(capture: Captured) -> None:
    replay = capture.inspection

    async def script(screen: Screen) -> None:
        rows = rows_of(screen)
        await screen.press("slash", *"kind:disconnect", "enter")
        while not rows._listing.caught_up:
            await screen.frame()
        assert len(rows._listing._view or ()) == rows.total > 1
        await screen.press("g")
        record = replay.log[rows.cursor or 0]
        assert record.kind == "disconnect"
        assert replay.cursor == record.t
        await screen.press("colon", *"1", "enter")
        assert replay.cursor == 1  # before any of them: none is selected, none has happened
        assert rows.line_keys(2)[1][1] >= 4
        await screen.press("escape", "end")
        assert rows.total == len(replay.log)

    play(capture, script)


def test_what_is_wrong_with_a_capture_stands_in_the_header(tmp_path: Path) -> None:
    with captured(with_gap(), tmp_path, keep_secrets=True, name="\x1b[31mevil\u202e.sse") as shown:

        async def script(screen: Screen) -> None:
            await screen.settled()
            assert "! secrets" in screen.rows()[0]
            assert "\x1b" not in screen.text()
            assert "\u202e" not in screen.text()
            shown.inspection._damage = "story.sse is damaged: database disk image is malformed."
            await screen.frame()
            assert "✖ damaged" in screen.rows()[0]

        play(shown, script, (160, 45))
        play(shown, script, (80, 24))


def test_it_fits_everywhere(tmp_path: Path) -> None:
    with captured(Story().open().events(3), tmp_path) as shown:
        for size in ((1, 1), (12, 4), (59, 14), (80, 24), (121, 31)):

            async def script(screen: Screen) -> None:
                await screen.press("g", "right", "n", "space", "space", "question_mark", "escape")

            play(shown, script, size)


ORIGIN = Origin(BEGAN)


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("0", 0),
        ("12.5", 12.5),
        ("1:23", 83),
        ("0:01:23", 83),
        ("-30", 570),
        ("-1:00", 540),
        ("10:00:05", 5),
        ("600", 600),
    ],
)
def test_a_moment_is_spelled_in_several_ways(text: str, t: float) -> None:
    assert parse_moment(text, 600.0, ORIGIN) == t


@pytest.mark.parametrize("text", ["", "x", "601", "-601", "11:00:00", "1:2:3:4", "--1", "1e3", "١", "9" * 40])
def test_what_is_no_moment_of_the_session_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_moment(text, 600.0, ORIGIN)


def test_a_time_of_day_may_be_that_of_the_next_day() -> None:
    late = Origin(BEGAN + 13 * 3600 * 1_000_000)  # 23:00
    assert parse_moment("01:00:00", 4 * 3600.0, late) == 2 * 3600


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        (["recording: a.sse"], ["● REC a.sse"]),
        (["recording with secrets: a.sse"], ["● REC with secrets a.sse"]),
        (["recording: a.sse", "NOT recording: the disk is full"], ["✖ NOT recording the disk is full"]),
        (["TLS not verified"], ["TLS not verified"]),
        (["secrets inside"], ["! secrets inside"]),
    ],
)
def test_remarks_have_a_sign_and_few_words(notes: list[str], said: list[str]) -> None:
    found = ["".join(text for text, _ in spelled[0]) for spelled in spellings(notes)]
    assert found == said


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
def test_what_the_clocks_said_at_the_cursor_s_moment(size: tuple[int, int], tmp_path: Path) -> None:
    with captured(half_open().chunk(b": ping\n\n").wait(1.0), tmp_path) as shown:

        async def script(screen: Screen) -> None:
            for t, said in ((60.0, "◉ LIVE"), (150.0, "♥ QUIET"), (217.0, "◐ HALF-OPEN"), (60.0, "◉ LIVE")):
                shown.inspection.seek(t)
                await screen.settled()
                assert said in screen.rows()[0]
                assert "byte " in screen.rows()[0]

        play(shown, script, size)


def test_long_remarks_leave_room_for_the_rest(tmp_path: Path) -> None:
    story = Story().open().events(3)
    story.inspection.remark(f"recording: {'very-' * 30}long.sse")
    story.inspection.remark("older records are not kept: there is no room left on the device for them")

    async def script(screen: Screen) -> None:
        header = screen.rows()[0]
        assert "● REC" in header
        assert "◉ LIVE" in header
        assert "https://api.example" in header

    for size in ((160, 45), (100, 30)):
        play(story, script, size)


def test_the_bytes_of_the_newest_event_are_there_before_they_are_in_the_file() -> None:
    story = Story().open().events(3)

    class Later:
        written = 0

        def slice(self, start: int, stop: int) -> list[object]:
            return []

        def body(self, connection: int, offset: int, size: int) -> bytes | None:
            return None

    story.inspection.look_back_in(Later())  # type: ignore[arg-type]  # it has no record to give back
    newest = story.inspection.log[len(story.inspection.log) - 1]
    assert isinstance(newest, Event)
    body = story.inspection.body(newest.connection, newest.offset, newest.size)
    assert body is not None
    assert f"id: {newest.id}".encode() in body
