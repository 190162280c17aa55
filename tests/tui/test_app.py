"""Keys and clicks in, effects out: the whole screen on a real inspection, in virtual time."""

from __future__ import annotations

import gc
import json
import queue
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sse_inspect.inputs import Ended
from sse_inspect.tui import pace
from sse_inspect.tui.plan import TABS
from sse_inspect.tui.themes import ANSI, THEMES, is_colourless
from tests.tui.screen import Screen, play
from tests.tui.states import Story, closed, hostile, live, stalled, waiting


def running() -> Story:
    return Story().open().events(8).wait(0.2)


@pytest.mark.parametrize(
    ("keys", "asked", "note"),
    [
        ("d", "disconnect", "Disconnect: Closes the connection cleanly"),
        ("D", "reset", "Reset: Aborts"),
        ("O", "off-on:3", "OFF–ON: Cuts the connection 3 times"),
        ("s", "stall", "Network freeze: Holds the bytes back"),
        ("o enter", "offline:8", "Offline: Cuts the connection and lets no attempt through for 8 s."),
        ("o 3 enter", "offline:3", "for 3 s."),
        ("f enter", "disconnect", "Disconnect:"),
        ("f down enter", "reset", "Reset:"),
        ("f D", "reset", "Reset:"),
        ("f o 2 enter", "offline:2", "for 2 s."),
    ],
)
def test_a_fault_is_one_key_and_says_what_it_does(keys: str, asked: str, note: str) -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press(*keys.split())
        assert story.asked == [("inject", asked)]
        assert note in screen.note

    play(story, script)


@pytest.mark.parametrize("keys", ["o escape", "f escape", "f f", "o 0 enter", "o minus 3 enter", "o backspace enter"])
def test_what_is_cancelled_or_nonsense_injects_nothing(keys: str) -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press(*keys.split())
        assert story.asked == []
        await screen.press("escape", "escape", "d")
        assert story.asked == [("inject", "disconnect")]

    play(story, script)


def test_faults_under_way_are_lifted() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("L")
        assert screen.note.startswith("No fault is under way")
        await screen.press("s", "L")
        assert story.asked == [("inject", "stall"), ("lift", "")]
        assert screen.note == "Lifted: network freeze."

    play(story, script)


@pytest.mark.parametrize("key", ["d", "D", "o", "O", "s", "f", "r"])
def test_once_the_session_is_over_a_key_says_why_it_does_nothing(key: str) -> None:
    story = closed()

    async def script(screen: Screen) -> None:
        await screen.press(key)
        assert story.asked == []
        assert screen.note.endswith("the session is over.")
        assert screen.note in screen.text()

    play(story, script)


def test_what_needs_a_connection_says_so_while_there_is_none() -> None:
    story = waiting()

    async def script(screen: Screen) -> None:
        for key in ("d", "D", "s"):
            await screen.press(key)
            assert screen.note.endswith("there is no connection just now.")
        assert story.asked == []
        await screen.press("r")
        assert story.asked == [("reconnect", "")]
        await screen.press("r")
        assert screen.note == "An attempt is under way already."
        assert len(story.asked) == 1

    play(story, script)


def test_freezing_holds_the_view_and_not_the_session() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("space")
        before = screen.rows()
        story.events(20)
        await screen.frame()
        after = screen.rows()
        assert "view frozen" in after[0]
        assert before[0] != after[0]
        assert before[2:5] == after[2:5]
        assert before[7:-3] == after[7:-3]
        assert "frozen · " in after[5]
        await screen.press("space")
        assert screen.rows()[2:-3] != before[2:-3]
        assert "view frozen" not in screen.rows()[0]

    play(story, script)


def test_following_thaws() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("up", "up", "space")
        assert not screen.inspector.events.following
        await screen.press("F")
        assert screen.inspector.events.following
        assert not screen.inspector.frozen

    play(story, script)


def test_filter_and_search() -> None:
    story = live()

    async def script(screen: Screen) -> None:
        await screen.press("slash", *"id:455", "enter")
        await screen.frame()
        assert "filter id:455" in screen.text()
        assert screen.inspector.events.total == 1
        await screen.press("escape")
        assert screen.note == "Showing all records."
        assert screen.inspector.events.total > 400
        await screen.press("ctrl+f", *"id:440", "enter")
        await screen.frame()
        assert screen.inspector.detail.title.startswith("Event ")
        newest = screen.inspector.events.cursor
        assert newest is not None
        await screen.press("left_square_bracket")
        older = screen.inspector.events.cursor
        assert older is not None
        assert older < newest
        await screen.press("right_square_bracket")
        assert screen.inspector.events.cursor == newest

    play(story, script)


def test_a_search_says_what_it_found() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("ctrl+f", *"id:4..5", "enter")
        assert screen.note.startswith("Found: event 5, ")
        assert screen.note.endswith(" · [ older, ] newer")
        await screen.press("left_square_bracket")
        assert screen.note.startswith("Found: event 4, ")
        await screen.press("left_square_bracket")
        assert screen.note.startswith("Found: event 5, ")
        assert ", the newest again · " in screen.note
        await screen.press("right_square_bracket")
        assert ", the oldest again · " in screen.note
        await screen.press("up")
        assert screen.note == ""
        await screen.press("ctrl+f", *["backspace"] * 7, *"kind:open", "enter")
        assert screen.note.startswith("Found: open, ")
        await screen.press("ctrl+f", *["backspace"] * 9, *"nowhere", "enter")
        assert screen.note == "Nothing matches nowhere."
        await screen.press("slash", *"id:4", "enter", "left_square_bracket")
        assert screen.note == "Nothing that the filter shows matches nowhere."

    play(Story().open().events(12).wait(0.2), script)


def test_an_impossible_filter_is_not_taken() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("slash", *"data:/[", "enter")
        assert screen.inspector.filter_bar.display
        await screen.press("escape")
        assert not screen.inspector.filter_bar.display
        assert screen.focused_id() == "events"

    play(story, script)


def test_marks_are_gone_to_in_both_directions() -> None:
    story = live()

    async def script(screen: Screen) -> None:
        await screen.press("N")
        last = screen.inspector.events.cursor
        await screen.press("p")
        before = screen.inspector.events.cursor
        assert last is not None
        assert before is not None
        assert before < last
        await screen.press("n")
        assert screen.inspector.events.cursor == last
        await screen.press("n")
        assert screen.note == "No later gap, duplicate, disconnect or stall; N goes back."
        await screen.press("slash", *"kind:open", "enter", "n")
        assert screen.note == "No mark among what the filter shows: no gap, duplicate, disconnect or stall."

    play(story, script)


@pytest.mark.parametrize("key", ["n", "N"])
def test_where_there_is_no_mark_that_is_said(key: str) -> None:
    async def script(screen: Screen) -> None:
        await screen.press(key)
        assert screen.note == "No mark in this session: no gap, duplicate, disconnect or stall."

    play(Story().open().events(4).wait(0.2), script)


@pytest.mark.parametrize("key", ["up", "pageup", "home", "N"])
def test_what_was_said_of_a_place_goes_with_the_next_move_and_other_answers_stay(key: str) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("end", "n")
        assert screen.note.startswith("No later gap")
        await screen.press(key)
        assert screen.note == ""
        await screen.press("t")
        said = screen.note
        await screen.press("down")
        assert screen.note == said != ""

    play(live(), script)


def test_moving_shows_the_record_under_the_cursor() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        titles = []
        for key in ("home", "down", "j", "k", "up", "pagedown", "pageup", "end", "G", "g"):
            await screen.press(key)
            titles.append(screen.inspector.detail.title)
        assert titles[:3] == ["Session", "Connecting", "Open"]
        assert titles[3:5] == ["Connecting", "Session"]
        assert titles[7] == titles[8] == f"Event {story.inspection.snapshot().events}"
        assert titles[9] == "Session"

    play(story, script)


def test_a_move_and_what_it_shows_are_one_change() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("k")
        before = screen.inspector.detail.title
        screen.inspector.action_move(-1)
        assert screen.inspector.detail.title != before

    play(live(), script)


def test_while_only_clocks_change_there_are_fewer_frames() -> None:
    story = live()

    async def script(screen: Screen) -> None:
        await screen.frame()
        app, painted = screen.app, []
        show = app.frame
        app.frame = lambda: (painted.append(app._ticks), show())[1]  # type: ignore[method-assign]  # counts, and shows

        def ticks(count: int) -> int:
            painted.clear()
            for _ in range(count):
                app.tick()
            return len(painted)

        ticks(1)
        assert ticks(9) == 3
        story.event()
        assert ticks(1) == 1
        screen.inspector.say("a note is counted down in frames")
        assert ticks(3) == 3
        screen.inspector.status.say("", frames=0)
        assert ticks(9) == 3
        await screen.press("k")
        assert ticks(3) == 3

    play(story, script)


def test_the_event_is_shown_in_other_ways_and_scrolled() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        json_text = screen.inspector.detail.text()
        await screen.press("v")
        text = screen.inspector.detail.text()
        assert text.startswith('{"symbol"')
        assert text != json_text
        await screen.press("enter", "enter", "enter")
        assert screen.inspector.detail.text() == json_text
        cursor = screen.inspector.events.cursor
        await screen.press("tab", "down", "up", "pagedown", "home")
        assert screen.focused_id() == "detail"
        assert screen.inspector.events.cursor == cursor
        await screen.press("tab")
        assert screen.focused_id() == "events"

    play(story, script)


def test_copying_says_so() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("c")
        assert json.loads(screen.app.clipboard)["symbol"] == "ABC"
        assert "OSC 52" in screen.note

    play(story, script)


def test_the_session_is_saved_as_ndjson_and_never_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    story = live()

    async def script(screen: Screen) -> None:
        for _ in range(2):
            await screen.press("e")
            await screen.app.workers.wait_for_complete()
            await screen.frame()
            assert screen.note.startswith(f"Saved {len(story.inspection.log)} records: {tmp_path}")

    play(story, script)
    files = sorted(tmp_path.glob("sse-inspect-*.ndjson"))
    assert len(files) == 2
    for file in files:
        kinds = [json.loads(line)["kind"] for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
        assert kinds[0] == "session"
        assert len(kinds) == len(story.inspection.log)


def test_a_lone_surrogate_can_be_saved_and_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(screen: Screen) -> None:
        await screen.press("slash", *"type:message", "enter", "home", "c", "down", "c", "v", "c")
        await screen.press("e")
        await screen.app.workers.wait_for_complete()
        await screen.frame()
        assert screen.note.startswith("Saved ")

    play(hostile(), script)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    async def script(screen: Screen) -> None:
        await screen.press("S")
        assert screen.note.startswith("The screenshot could not be saved:")
        await screen.press("e")
        await screen.app.workers.wait_for_complete()
        await screen.frame()
        assert screen.note.startswith("The session could not be saved:")

    play(running(), script)


def test_a_screenshot_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(screen: Screen) -> None:
        await screen.press("S", "ctrl+s")
        assert screen.note.startswith(f"Screenshot saved: {tmp_path}")

    play(running(), script)
    assert len(list(tmp_path.glob("*.svg"))) == 2


def test_every_theme_draws_every_state() -> None:
    async def script(screen: Screen) -> None:
        seen = []
        for _ in THEMES:
            await screen.press("t")
            seen.append(screen.app.theme)
            assert screen.app.export_screenshot()
        assert sorted(seen) == sorted(THEMES)

    play(stalled(), script)


def test_without_colours_the_terminals_own_are_used_and_no_word_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []

    async def script(screen: Screen) -> None:
        texts.append(screen.text())
        if len(texts) == 2:
            assert screen.app.theme == ANSI
            for strip in screen.app.screen._compositor.render_strips():
                for segment in strip:
                    assert segment.style is None or segment.style.color is None or segment.style.color.is_default

    play(live(), script)
    monkeypatch.setenv("NO_COLOR", "1")
    play(live(), script)
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("environ", "colourless"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True),
        ({"TERM": "vt100"}, True),
        ({"TERM": "dumb"}, True),
        ({"TERM": "linux-m"}, True),
        ({"TERM": "linux"}, False),
    ],
)
def test_which_terminals_have_no_colours(environ: dict[str, str], colourless: bool) -> None:
    assert is_colourless(environ) is colourless


def test_help_opens_scrolls_and_closes() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("question_mark")
        first = screen.text()
        assert "Keys and words" in first
        assert "reconnect now" in first
        await screen.press("end")
        assert "silent failure" in screen.text()
        await screen.press("home", "pagedown", "down", "up", "pageup")
        assert screen.text() == first
        await screen.press("x")
        assert "Keys and words" not in screen.text()
        await screen.press("f1", "q")
        assert screen.app.is_running

    play(running(), script, (80, 24))


@pytest.mark.parametrize("keys", ["q", "ctrl+c", "question_mark ctrl+c", "f ctrl+c", "o ctrl+c", "slash ctrl+c"])
def test_one_leaves_with_q_and_from_everywhere_with_ctrl_c(keys: str) -> None:
    async def script(screen: Screen) -> None:
        *before, last = keys.split()
        await screen.press(*before)
        await screen.pilot.press(last)
        await screen.pilot.pause()
        assert screen.app._exit

    assert play(running(), script) == (130 if keys.endswith("ctrl+c") else 0)


def test_panes_are_tabs_where_it_is_narrow() -> None:
    words = {
        "detail": "JSON",
        "liveness": "last byte",
        "integrity": "IDs  ",
        "connections": "reopened",
        "metrics": "silent failures",
        "diagnosis": "Heartbeats are blocks",
    }

    async def script(screen: Screen) -> None:
        for number, name in enumerate(TABS, 1):
            await screen.press(str(number))
            assert words[name] in screen.text()
            assert sum(word in screen.text() for word in words.values()) == 1
        await screen.press("tab")
        assert "JSON" in screen.text()
        await screen.press("shift+tab")
        assert "Heartbeats are blocks" in screen.text()
        await screen.press("v")
        assert "JSON" in screen.text()

    play(live(), script, (80, 24))


def test_every_pane_is_in_sight_where_it_is_wide() -> None:
    async def script(screen: Screen) -> None:
        for word in ("Timeline", "Events", "Liveness", "Integrity", "Connections", "Metrics", "Diagnosis", "JSON"):
            assert word in screen.text()
        await screen.press("3")
        assert screen.note == "Every pane is in sight."

    play(live(), script, (160, 45))


def test_footer_and_tabs_can_be_clicked() -> None:
    story = live()
    story.asked.clear()

    async def click(screen: Screen, word: str) -> None:
        rows = screen.rows()
        y = max(y for y, row in enumerate(rows) if word in row)
        await screen.pilot.click(offset=(rows[y].index(word) + 1, y))
        await screen.frame()

    async def script(screen: Screen) -> None:
        await click(screen, "5 Metrics")
        assert "silent failures" in screen.text()
        await click(screen, "disconnect")
        assert story.asked == [("inject", "disconnect")]
        await click(screen, "freeze")
        assert screen.inspector.frozen
        await click(screen, "faults")
        assert "Faults, on purpose" in screen.text()
        await click(screen, "Reset")
        assert story.asked[1:] == [("inject", "reset")]
        await click(screen, "help")
        assert "Keys and words" in screen.text()

    play(story, script, (100, 30))


def test_nothing_breaks_at_any_size_or_on_the_way_there() -> None:
    sizes = [(160, 45), (80, 24), (60, 15), (59, 14), (40, 10), (20, 5), (10, 3), (5, 2), (1, 1), (2, 40), (200, 1)]
    sizes += [(1 + i * 37 % 170, 1 + i * 53 % 50) for i in range(9)]
    story = live()

    async def script(screen: Screen) -> None:
        for index, (width, height) in enumerate(sizes):
            await screen.pilot.resize_terminal(width, height)
            story.event()
            await screen.frame()
            rows = screen.rows()
            assert len(rows) == height
            for key in ("question_mark x", "f escape", "o escape", "slash escape", "tab")[index % 10 : index % 10 + 1]:
                await screen.press(*key.split())
        await screen.pilot.resize_terminal(160, 45)
        await screen.frame()
        assert "Timeline" in screen.text()

    play(story, script)


def test_what_the_screen_shows_too_late_is_a_silent_failure() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        story.inspection.handle(Ended(story.t, "eof", ""))
        story.t += 0.5
        await screen.frame()
        assert story.inspection.snapshot().summary.silent_failures == 0
        story.open()
        story.inspection.handle(Ended(story.t, "eof", ""))
        story.t += 0.9
        await screen.frame()
        assert story.inspection.snapshot().summary.silent_failures == 0

    play(story, script)
    story.open()
    story.inspection.handle(Ended(story.t, "eof", ""))
    story.t += 1.5

    async def late(screen: Screen) -> None:
        assert story.inspection.snapshot().summary.silent_failures == 1

    play(story, late)


def test_the_banner_is_shown_while_there_is_nothing_else_to_say() -> None:
    async def script(screen: Screen) -> None:
        assert "Scene 2" in screen.text()
        await screen.press("c")
        assert "Copied" in screen.text()

    play(running(), script, banner=lambda t: "Scene 2")


def test_a_frame_is_skipped_while_the_terminal_is_behind() -> None:
    waiting_writes: queue.Queue[str] = queue.Queue()
    driver = SimpleNamespace(_writer_thread=SimpleNamespace(_queue=waiting_writes))
    assert not pace.is_behind(driver)
    waiting_writes.put("a frame")
    assert pace.is_behind(driver)
    assert not pace.is_behind(None)
    assert not pace.is_behind(SimpleNamespace())


def test_garbage_is_collected_between_frames_and_all_is_as_before_afterwards() -> None:
    switch = sys.getswitchinterval()
    with pace.hurried() as housekeeping:
        assert sys.getswitchinterval() < switch
        housekeeping.tidy(0.0, idle=False)
        assert not gc.isenabled()
        collected = []
        kept: list[list[int]] = []
        for now, made in ((1.0, 10), (2.0, 5000), (2.1, 10), (26.0, 5000), (130.0, 10)):
            kept += [[] for _ in range(made)]
            before = [generation["collections"] for generation in gc.get_stats()]
            housekeeping.tidy(now, idle=now > 100)
            after = [generation["collections"] for generation in gc.get_stats()]
            collected.append([place for place in range(3) if after[place] > before[place]])
            assert not made > 10 or gc.get_freeze_count() > made
        assert collected == [[], [0], [], [0], [2]]
    assert gc.isenabled()
    assert sys.getswitchinterval() == switch


def test_markup_from_the_stream_is_text() -> None:
    async def script(screen: Screen) -> None:
        for key in ("home", "down", "down", "down", "down", "down", "v", "down"):
            await screen.press(key)
            assert all(row.isprintable() for row in screen.rows())
        assert "[red]" in screen.text()

    play(hostile(), script, (160, 45))
