"""What each region says of a session, as text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.content import Content

from sse_inspect.analysis.snapshot import Backlog
from sse_inspect.config import Policy
from sse_inspect.tui import keys
from sse_inspect.tui.screens import help as help_page
from sse_inspect.tui.widgets.connections import ConnectionsPane
from sse_inspect.tui.widgets.diagnosis import DiagnosisPane
from sse_inspect.tui.widgets.footer import fitting
from sse_inspect.tui.widgets.header import Header
from sse_inspect.tui.widgets.integrity import IntegrityPane
from sse_inspect.tui.widgets.liveness import LivenessPane
from sse_inspect.tui.widgets.metrics import MetricsPane
from sse_inspect.tui.widgets.pane import Pane, apart, bar, cells
from sse_inspect.tui.widgets.status import Status
from sse_inspect.tui.widgets.timeline import TimelinePane
from tests.tui.states import STATES, Story

PANES = (
    Header,
    TimelinePane,
    LivenessPane,
    IntegrityPane,
    ConnectionsPane,
    MetricsPane,
    DiagnosisPane,
    Status,
)


def drawn(pane: Pane, story: Story, width: int = 56, height: int = 8) -> list[str]:
    lines = pane.draw(story.inspection.snapshot(), width, height)
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize("name", STATES)
def test_no_region_says_more_than_fits_or_anything_that_cannot_be_seen(name: str) -> None:
    snapshot = STATES[name]().inspection.snapshot()
    for pane in PANES:
        for width in (1, 2, 7, 20, 48, 56, 78, 158):
            for height in (1, 3, 8):
                for line in pane().draw(snapshot, width, height)[:height]:
                    assert all(text.isprintable() for text, _ in line)
                    if width >= 48:
                        assert cells(line) <= width, (pane, width, line)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("live", "◉ LIVE"),
        ("stalled", "STALLED"),
        ("waiting", "WAITING"),
        ("closed", "■ CLOSED"),
    ],
)
def test_the_state_is_a_sign_and_a_word_at_every_width(name: str, words: str) -> None:
    story = STATES[name]()
    for width in (24, 40, 78, 158):
        (line,) = drawn(Header(), story, width)
        assert words in line
        assert ":" in line.rpartition(words)[2]


def test_the_header_names_url_protocol_connection_and_faults_under_way() -> None:
    story = Story(policy=Policy(stall_after=0.0)).open().wait(764.2)
    assert drawn(Header(), story, 158)[0].startswith("sse-inspect  https://api.example.com/feed ")
    assert drawn(Header(), story, 158)[0].endswith("● OPEN  session 00:12:44   HTTP/1.1 200   connection 1")
    story.ask("inject", "offline:8")
    story.wait(4.0)
    assert "offline 4 s" in drawn(Header(), story, 158)[0]
    assert "offline 4 s" in drawn(Header(), story, 78)[0]
    story.ask("lift")


def test_a_long_url_gives_way_to_the_state() -> None:
    story = Story(url="https://example.com/" + "x" * 300).open()
    for width in (40, 78, 158):
        (line,) = drawn(Header(), story, width)
        assert "…" in line
        assert "● OPEN" in line
        assert len(line) == width


@pytest.mark.parametrize("name", ["live", "quiet", "half-open", "stalled", "waiting", "closed"])
def test_the_host_stays_in_sight_at_eighty_columns(name: str) -> None:
    header, story = Header(), STATES[name]()
    header.frozen = True
    story.inspection.remark("recording with secrets: a-capture-with-a-long-name.sse")
    (line,) = drawn(header, story, 78)
    assert "api.example.com" in line
    assert len(line) <= 78


def test_two_clocks_a_heartbeat_resets_only_one() -> None:
    story = Story().open().events(3).wait(7.0).chunk(b": ping\n\n").wait(1.8)
    lines = drawn(LivenessPane(), story)
    assert lines[0].split()[:4] == ["last", "byte", "1.8", "s"]
    assert lines[1].split()[:4] == ["last", "event", "8.8", "s"]


def test_the_heartbeat_is_learned_and_the_stall_counts_down() -> None:
    lines = drawn(LivenessPane(), STATES["live"]())
    assert "heartbeat every 10" in lines[0]
    assert "♥ every 10" in drawn(LivenessPane(), STATES["live"](), 48)[0]
    story = Story(policy=Policy(stall_after=20.0, jitter=0.0)).open().event().wait(15.0)
    stall = drawn(LivenessPane(), story)[2]
    assert stall.split()[:4] == ["stall", "in", "5.0", "s"]
    assert stall.count("━") == pytest.approx(30 / 4, abs=1)


@pytest.mark.parametrize(
    ("name", "sign", "told"),
    [
        ("live", "◉ LIVE", "◉ LIVE"),
        ("quiet", "♥ QUIET BUT ALIVE", "♥ QUIET BUT ALIVE for 2 min 03 s"),
        ("half-open", "◐ HALF-OPEN", "◐ HALF-OPEN: 2 heartbeats missed"),
        ("stalled", "‖ STALLED", "‖ STALLED, half-open"),
    ],
)
def test_what_the_clocks_say_is_a_word_and_a_sign(name: str, sign: str, told: str) -> None:
    pane, story = LivenessPane(), STATES[name]()
    drawn(pane, story)
    assert pane.subtitle == told
    for width in (78, 118, 158):
        assert sign in drawn(Header(), story, width)[0]


def test_both_clocks_are_in_the_header_as_well() -> None:
    story = STATES["quiet"]()
    assert "byte  3.4 s  event 2 min 03 s   ♥ QUIET BUT ALIVE" in drawn(Header(), story, 158)[0]
    assert "byte 3s  event 2min   ♥ QUIET BUT ALIVE  00:03:18" in drawn(Header(), story, 78)[0]
    assert "byte 3s  event 2min   ♥ QUIET  00:03:18" in drawn(Header(), story, 56)[0]
    assert "byte " in drawn(Header(), STATES["waiting"](), 78)[0]
    assert "byte " not in drawn(Header(), STATES["closed"](), 78)[0]


def test_the_limits_ahead_are_told_dimly_and_only_where_they_may_strike() -> None:
    quiet, silent = drawn(LivenessPane(), STATES["quiet"]()), drawn(LivenessPane(), STATES["half-open"]())
    assert " ".join(quiet[3].split()) == "age limit in 1 min 42 s 300 s, if Cloud Run"
    assert quiet[4].startswith("received ")
    assert " ".join(silent[4].split()) == "idle limit in 5.4 s 30 s, if HAProxy, CloudFront"
    limits = LivenessPane().draw(STATES["half-open"]().inspection.snapshot(), 56, 5)[3:]
    assert {style for line in limits for text, style in line if text.strip()} == {"dim"}


def test_missed_heartbeats_are_counted() -> None:
    story = Story(policy=Policy(stall_after=0.0)).open()
    for _ in range(3):
        story.wait(10.0).chunk(b": ping\n\n")
    for wait, said in ((9.0, "heartbeat every 10.0 s"), (1.5, "1 heartbeat missed"), (10.0, "2 heartbeats missed")):
        assert said in drawn(LivenessPane(), story.wait(wait))[0]


def test_the_timeline_marks_where_only_heartbeats_came() -> None:
    marks = drawn(TimelinePane(), STATES["quiet"](), 109)[2]
    assert marks.count("♥") == 1
    assert "♥" not in drawn(TimelinePane(), STATES["live"](), 109)[2]


def test_the_next_attempt_has_delay_number_and_source() -> None:
    attempt, detail = drawn(LivenessPane(), STATES["waiting"]())[3:]
    assert attempt.split()[:4] == ["next", "attempt", "2.3", "s"]
    assert attempt.count("━") > 10
    assert detail.split() == ["attempt", "3", "4.00", "s", "exponential"]
    asked = Story().open().chunk(b"retry: 7000\n\ndata: x\n\n").end("eof").wait(1.0)
    assert drawn(LivenessPane(), asked)[4].endswith("the stream's retry field")


def test_integrity_tells_open_and_filled_gaps_apart() -> None:
    pane = IntegrityPane()
    lines = drawn(pane, STATES["gap"](), height=9)
    assert lines[0] == "completion 95.77 %   lost 3   duplicates 10, 0 delivered"
    assert lines[1] == "IDs  contiguous: gaps are counted"
    assert lines[2].startswith("◇ 54–56 ")
    assert "3 missing" in lines[2]
    assert lines[3].startswith("◆ 34–37 ")
    assert "filled" in lines[3]
    assert lines[4].startswith("= 38–46, 33  ")
    assert pane.subtitle == "1 open gap"


def test_before_the_first_event_nothing_is_said_of_ids_or_met() -> None:
    story = Story().refuse()
    assert drawn(IntegrityPane(), story)[1] == "IDs  no event yet"
    assert [line.split()[-1] for line in drawn(MetricsPane(), story)[:6]] == ["unknown"] * 6


def test_the_newest_gap_is_the_last_to_go() -> None:
    story = Story().open().events(4)
    for _ in range(5):
        story.skip(2).events(3)
    for height in range(3, 9):
        lines = drawn(IntegrityPane(), story, height=height)
        assert len(lines) <= height
        assert lines[2].startswith("◇ ")
    assert "and 3 earlier ones" in drawn(IntegrityPane(), story, height=5)[4]


def test_connections_tell_how_each_ended_and_how_soon_the_next_one_stood() -> None:
    lines = drawn(ConnectionsPane(), STATES["live"](), 78)
    assert [line.split()[0] for line in lines] == ["5", "4", "3", "2", "1"]
    assert [line.split()[2] for line in lines] == ["open", "stall", "refused", "eof", "forced"]
    assert lines[0].endswith("first byte 41 ms")
    assert lines[1].endswith("reopened after 1.04 s")
    assert lines[2].endswith("Connection refused")
    assert "reopened after 3.01 s" in lines[3]
    assert "no-content" in drawn(ConnectionsPane(), STATES["closed"]())[0]


def test_a_missed_target_names_its_alert() -> None:
    pane = MetricsPane()
    lines = drawn(pane, STATES["live"]())
    assert "✖ LowCompletionRate" in lines[0]
    assert "✔ met" in lines[1]
    assert "✖ MessageLoss" in lines[2]
    assert "✔ met" in lines[3]
    assert "✖ missed" in lines[4]
    assert pane.subtitle == "▲ 2 of 5 alerts firing"
    assert "✖ StreamStalled" in drawn(pane, STATES["stalled"]())[4]
    drawn(pane, Story().open().events(3))
    assert pane.subtitle == "no alert firing"


def test_the_timeline_shows_link_events_and_marks_where_they_happened() -> None:
    story = Story().open().events(40).end("eof").refuse().wait(2.0)
    link, events, marks = drawn(TimelinePane(), story, 109)
    assert link.startswith("link ")
    assert link.rstrip()[-1] == "┄"
    assert "━" * 50 in link
    cut = marks.index("✂")
    assert set(link[cut + 1 :]) <= {"┄", "┈"}
    assert events[:cut].strip() != "events"
    assert not events[cut + 2 :].strip()


def test_injected_faults_are_marked_as_injected() -> None:
    story = STATES["recovering"]()
    marks = drawn(TimelinePane(), story, 109)[2]
    assert "↯✂" in marks


def test_the_timeline_fills_its_width_from_the_first_second_on() -> None:
    for seconds in (0.1, 5.0, 300.0, 5000.0):
        story = Story().open().wait(seconds)
        story.chunk(b"data: x\n\n")
        assert len(drawn(TimelinePane(), story, 100)[0]) == 100


def test_the_diagnosis_has_evidence_and_remedy_where_there_is_room() -> None:
    story = STATES["hostile"]()
    lines = drawn(DiagnosisPane(), story, 78, 6)
    assert lines[0] == "✖ The response is not framed as HTTP asks for"
    assert lines[2].startswith("  → ")
    assert len(drawn(DiagnosisPane(), story, 78, 1)) == 1
    assert drawn(DiagnosisPane(), Story()) == ["nothing recognised so far"]


def test_what_may_be_dead_is_told_what_to_do_about() -> None:
    story = Story(policy=Policy(stall_after=0)).open().chunk(b": ping\n")
    for _ in range(6):
        story.wait(5.0).chunk(b": ping\n")
    assert drawn(DiagnosisPane(), story) == ["nothing recognised so far"]
    assert drawn(DiagnosisPane(), story.wait(12.0))[0].startswith("key r connects again")


def test_the_status_line_says_what_is_waited_for_and_what_the_outage_cost() -> None:
    assert drawn(Status(), STATES["waiting"](), 78)[0].startswith("Waiting: attempt 3 in 2.3 s")
    for width, cost in (
        (100, "Recovered in 1.06 s · 0 lost · outage 1.06 s · 12 replayed · 12 duplicates · 1 attempt"),
        (78, "Recovered 1.06 s · 0 lost · outage 1.06 s · 12 RPL · 12 DUP · 1 attempt"),
        (60, "Recovered 1.06 s · 0 lost · outage 1.06 s · 1 attempt"),
        (40, "Recovered 1.06 s · 0 lost"),
    ):
        assert drawn(Status(), STATES["recovering"](), width)[0].rstrip() == f"↺ {cost}"
    assert drawn(Status(), STATES["recovering"]().wait(10.0), 78)[0].startswith("Waiting: ")
    assert drawn(Status(lambda t: f"scene at {t:.0f} s"), Story().open().event(), 78)[0].startswith("scene at 0 s")


def test_a_new_banner_goes_first_where_it_and_the_news_do_not_both_fit() -> None:
    story, banner = STATES["waiting"](), "The server refuses three times: the delays between attempts grow"
    status = Status(lambda t: banner)
    assert drawn(status, story, 158)[0].startswith("Waiting: attempt 3 in ")
    assert drawn(status, story, 158)[0].endswith(banner)
    assert drawn(status, story, 78) == [banner]
    story.wait(4.0)
    assert drawn(status, story, 78)[0].startswith("Waiting: ")


def test_a_note_stands_before_everything_else_and_goes_by_itself() -> None:
    status, story = Status(), STATES["waiting"]()
    status.say("Copied.")
    (line,) = drawn(status, story, 120)
    assert line.startswith("Copied.")
    assert "Waiting: attempt 3" in line
    assert drawn(status, story, 40)[0].rstrip() == "Copied."
    for _ in range(80):
        status.sync(story.inspection.snapshot())
    assert status.note == ""


def test_the_footer_keeps_the_dearest_keys() -> None:
    live = keys.footer("live")
    whole = [key.first for key in fitting(live, 158)]
    assert whole == ["d", "f", "r", "space", "/", "n", "w", "e", "?", "q"]
    for width in range(160):
        shown = fitting(live, width)
        assert sum(len(key.first) + len(key.label) + 3 for key in shown) - 2 <= max(width, 0)
        assert [key.first for key in shown] == [key for key in whole if key in {key.first for key in shown}]
    assert {"?", "q", "d", "f", "space", "/"} <= {key.first for key in fitting(live, 78)}
    assert {"?", "q", "space", ":", "/", "n"} <= {key.first for key in fitting(keys.footer("capture"), 78)}


@pytest.mark.parametrize("kind", ["live", "capture"])
def test_no_key_does_two_things(kind: keys.Kind) -> None:
    names = [name for key in keys.of(kind) for name in key.keys]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", ["live", "capture"])
def test_the_help_page_has_every_key_and_fits_eighty_columns(kind: keys.Kind) -> None:
    page = ["".join(text for text, _ in line) for line in help_page.page(kind)]
    for key in keys.KEYS:
        is_there = any(key.shown in line and key.sentence in line for line in page)
        assert is_there == (key.of in (None, kind)), key
    assert max(Content(line).cell_length for line in page) <= help_page.WIDTH


def test_bars_and_edges() -> None:
    assert [bar(fraction, 4, "good")[0][0] for fraction in (-1, 0, 0.1, 0.5, 1, 2)] == [
        "",
        "",
        "╸",
        "━━",
        "━━━━",
        "━━━━",
    ]
    assert cells(bar(0.4, 10, "good")) == 10
    assert apart([("a", "")], [("b", "")], 4) == [("a", ""), ("  ", ""), ("b", "")]
    assert apart([("aaa", "")], [("bbb", "")], 4) == [("aaa", "")]


def test_the_header_says_how_far_it_is_behind() -> None:
    snapshot = STATES["live"]().inspection.snapshot()

    def said(backlog: Backlog | None, width: int = 140) -> str:
        (line,) = Header().draw(replace(snapshot, backlog=backlog), width, 1)
        return "".join(text for text, _ in line)

    assert "behind 0.7 s · 12.0 MB " in said(Backlog(0.7, 12_000_000, full=False))
    assert "behind 9.0 s · 128 MB · reading paused " in said(Backlog(9.0, 128_000_000, full=True))
    assert "behind 9.0 s " in said(Backlog(9.0, 128_000_000, full=True), 60)
    assert "behind" not in said(Backlog(0.25, 1_000_000, full=False))
    assert "behind" not in said(None)
