"""A capture at any moment tells what a live session told then, whichever way the cursor came there."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sse_inspect.config import Policy, Target
from sse_inspect.conversion import Moment
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import (
    Asked,
    Chunk,
    Connected,
    Ended,
    Input,
    Opened,
    ResponseHead,
    ShownLate,
    Started,
    Tick,
    Timings,
)
from sse_inspect.inspected import Snapshot
from sse_inspect.inspection import Inspection
from sse_inspect.records import Diagnosis, Record
from sse_inspect.replay import FASTEST, LOOKING, Replay, player, states
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.spelling import spelled
from sse_inspect.store.capture.writer import CaptureWriter
from sse_inspect.store.filter import FilteredView, parse_filter
from sse_inspect.store.record_log import is_mark
from tests.store.captures import STORY

TARGET = Target("http://h/")
POLICY = Policy(jitter=0.5)
SEED = 7
PATIENCE = 20.0

END = max(happened.t for happened in STORY)


class Clock(Moment):
    """A clock that stands where it is put."""


def inspection(clock: Moment) -> Inspection:
    return Inspection(TARGET, POLICY, clock=clock, random=random.Random(SEED).random, version="0.1.0")


def told_live(inputs: Sequence[Input], t: float) -> Snapshot:
    """What a session that was given all inputs until `t` says then."""
    clock = Moment()
    live = inspection(clock)
    for happened in inputs:
        if happened.t > t:
            break
        live.handle(happened)
    clock.t = t
    return live.snapshot()


def write(path: Path, inputs: Sequence[Input], *, finished: bool = True, every: int = 5) -> list[Record]:
    """Write a capture by hand; returns its records."""
    clock = Moment()
    live = inspection(clock)
    writer = CaptureWriter(path, Facts(TARGET, POLICY, "0.1.0", SEED, keep_secrets=True))
    live.tap_inputs(writer.take)
    for number, happened in enumerate(inputs):
        clock.t = happened.t
        live.handle(happened)
        if number % every == 0:
            writer.flush()
    writer.flush()
    if finished:
        writer.finish({"completed": "1", "snapshot": spelled(live.snapshot())})
    else:
        writer.close()
    return live.log.slice(0, len(live.log))


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's keys are in the way here."""
    monkeypatch.setattr(player, "RESTED", 0.001)


@contextmanager
def opened(path: Path, clock: Moment | None = None) -> Iterator[Replay]:
    replay = Replay(path, clock=clock or Moment())
    try:
        yield replay
    finally:
        replay.close()


def settled(replay: Replay) -> Snapshot:
    """The snapshot once it is that of the cursor; the thread that finds it is given time."""
    deadline = time.monotonic() + PATIENCE
    while LOOKING in (snapshot := replay.snapshot()).notes:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return snapshot


def analysed(replay: Replay) -> None:
    replay.painted(0.0)
    deadline = time.monotonic() + PATIENCE
    while replay.progress < 1:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def same(found: Snapshot, expected: Snapshot, total: int) -> None:
    """What is true is the same; a capture always knows all records, and says so of itself."""
    assert replace(found, records=0, notes=()) == replace(expected, records=0, notes=())
    assert found.records == total


MOMENTS = sorted({0.0, *(happened.t for happened in STORY), *(happened.t + 0.007 for happened in STORY), 17.3})


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("captures") / "story.sse"
    write(path, STORY)
    return path


@pytest.mark.parametrize("order", ["forwards", "backwards", "anyhow"])
def test_every_moment_is_as_it_was(story: Path, order: str) -> None:
    moments = [t for t in MOMENTS if t <= END]
    if order == "backwards":
        moments.reverse()
    elif order == "anyhow":
        random.Random(3).shuffle(moments)
    with opened(story) as replay:
        for t in moments:
            replay.seek(t)
            assert replay.cursor == replay.now() == t
            same(settled(replay), told_live(STORY, t), len(replay.log))


def test_the_records_are_those_of_the_session(tmp_path: Path) -> None:
    records = write(tmp_path / "a.sse", STORY)
    with opened(tmp_path / "a.sse") as replay:
        log = replay.log
        assert log.slice(-5, 1000) == [log[at] for at in range(len(log))] == records
        assert log.slice(7, 7) == log.slice(9, 3) == []
        for ordinal in (-1, len(log)):
            with pytest.raises(IndexError):
                log[ordinal]
        for t in (0.0, 0.4, 31.5, END):
            assert replay.ordinal_at(t) == max(sum(record.t <= t for record in records) - 1, 0)
        marks = [ordinal for ordinal, record in enumerate(records) if is_mark(record)]
        for ordinal in range(-1, len(records) + 1):
            assert log.next_mark(ordinal) == next((mark for mark in marks if mark > ordinal), None)
            assert log.previous_mark(ordinal) == next((mark for mark in marks[::-1] if mark < ordinal), None)


@pytest.mark.parametrize("text", ["type:message", "id:2..6", "-kind:event", "is:dup", "eins", "data~^x+$"])
def test_a_filter_finds_in_a_capture_what_it_finds_in_a_log(story: Path, text: str) -> None:
    live = inspection(Moment())
    for happened in STORY:
        live.handle(happened)
    views = [FilteredView(live.log, parse_filter(text))]
    with opened(story) as replay:
        views.append(FilteredView(replay.log, parse_filter(text), 9))
        for view in views:
            while not view.extend(3):
                pass
    assert list(views[0]) == list(views[1]) != []


def test_the_end_is_known_at_once_and_found_again(story: Path) -> None:
    with opened(story) as replay:
        assert replay.cursor == replay.end == END
        same(replay.snapshot(), told_live(STORY, END), len(replay.log))
        assert replay.whole == told_live(STORY, END).timeline
        assert replay.progress == 0
        analysed(replay)
        same(replay.snapshot(), told_live(STORY, END), len(replay.log))


def test_a_capture_without_its_end_says_so_and_is_read_to_its_last_input(tmp_path: Path) -> None:
    cut = STORY[:15]
    write(tmp_path / "cut.sse", cut, finished=False)
    with opened(tmp_path / "cut.sse") as replay:
        assert not replay.is_complete
        assert any(note.startswith("cut off") for note in replay.snapshot().notes)
        assert LOOKING in replay.snapshot().notes
        replay.painted(0.0)
        same(settled(replay), told_live(cut, cut[-1].t), len(replay.log))
        analysed(replay)
        assert replay.whole == told_live(cut, cut[-1].t).timeline
        replay.seek(0.45)
        same(settled(replay), told_live(cut, 0.45), len(replay.log))


def test_of_a_session_that_goes_on_all_is_of_the_moment_it_was_opened(tmp_path: Path) -> None:
    live = inspection(Moment())
    writer = CaptureWriter(tmp_path / "live.sse", Facts(TARGET, POLICY, "0.1.0", SEED, keep_secrets=True))
    live.tap_inputs(writer.take)
    for happened in STORY[:8]:
        live.handle(happened)
    writer.flush()
    with opened(tmp_path / "live.sse") as replay:
        known = len(replay.log)
        for happened in STORY[8:]:
            live.handle(happened)
        writer.finish({"completed": "1"})
        analysed(replay)
        same(replay.snapshot(), told_live(STORY[:8], STORY[7].t), known)
        assert len(replay.log) == known < len(live.log)


@pytest.mark.parametrize("finished", [True, False])
def test_what_the_screen_showed_too_late_is_known_again(tmp_path: Path, finished: bool) -> None:
    clock = Moment()
    live = inspection(clock)
    writer = CaptureWriter(tmp_path / "a.sse", Facts(TARGET, POLICY, "0.1.0", SEED, keep_secrets=True))
    live.tap_inputs(writer.take)
    late = 0
    *lived, stop = (happened for happened in STORY if not isinstance(happened, ShownLate))
    for happened in lived:
        late += any(record.kind in ("disconnect", "stall") for record in live.handle(happened))
        live.painted(happened.t + 1.5)
    clock.t = stop.t
    live.handle(stop)
    assert late == live.snapshot().summary.silent_failures == 3
    writer.flush()
    if finished:
        writer.finish({"completed": "1", "snapshot": spelled(live.snapshot())})
    else:
        writer.close()
    with opened(tmp_path / "a.sse") as replay:
        analysed(replay)
        same(replay.snapshot(), live.snapshot(), len(live.log))


def test_the_cursor_moves_as_the_clock_does(story: Path) -> None:
    clock = Clock()
    with opened(story, clock) as replay:
        replay.play(1.0)
        assert replay.cursor == 0.0  # from the beginning, as it stood at the end
        clock.t = 2.5
        assert (replay.cursor, replay.speed) == (2.5, 1.0)
        replay.play(10.0)
        clock.t = 3.5
        assert replay.cursor == 12.5
        replay.seek(1.0)
        clock.t = 3.6
        assert replay.cursor == pytest.approx(2.0)
        replay.play(0.0)
        clock.t = 99.0
        assert replay.cursor == pytest.approx(2.0)
        assert replay.speed == 0
        replay.play(1.0)
        clock.t = 500.0
        assert (replay.cursor, replay.speed) == (END, 0.0)
        same(settled(replay), told_live(STORY, END), len(replay.log))


def test_while_it_plays_the_state_follows(story: Path) -> None:
    clock = Clock()
    with opened(story, clock) as replay:
        replay.seek(0.0)
        replay.play(1.0)
        for t in (0.35, 0.5, 31.6):
            clock.t = t
            deadline = time.monotonic() + PATIENCE
            while replay.snapshot().now != t:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            same(replay.snapshot(), told_live(STORY, t), len(replay.log))


def test_as_fast_as_possible_comes_to_the_end(story: Path) -> None:
    with opened(story) as replay:
        replay.seek(0.1)
        replay.play(FASTEST)
        deadline = time.monotonic() + PATIENCE
        while replay.speed:
            assert time.monotonic() < deadline
            assert 0.1 <= replay.cursor <= END
            time.sleep(0.001)
        assert replay.cursor == END
        same(settled(replay), told_live(STORY, END), len(replay.log))


@pytest.mark.parametrize(("t", "cursor"), [(-5.0, 0.0), (1e9, END)])
def test_the_cursor_stays_inside(story: Path, t: float, cursor: float) -> None:
    with opened(story) as replay:
        replay.seek(t)
        assert replay.cursor == cursor


def test_states_are_put_aside_and_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "STRIDE", 4)
    monkeypatch.setattr(player, "SLICE_SECONDS", 0.0)
    write(tmp_path / "a.sse", STORY, every=1)
    with opened(tmp_path / "a.sse") as replay:
        analysed(replay)
        assert len(replay._states._states) > 5
        for t in (END - 0.5, 0.41, 33.35, 0.0, 31.5, 0.305, 31.45):
            replay.seek(t)
            same(settled(replay), told_live(STORY, t), len(replay.log))


def test_a_damaged_page_costs_only_what_stood_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"
    records = write(path, STORY)
    database = sqlite3.connect(path)
    database.execute("UPDATE records SET detail = 'no JSON' WHERE ordinal = 1")
    database.commit()
    database.close()
    with opened(path) as replay:
        assert not replay.damage
        found = replay.log.slice(0, 1000)
        assert isinstance(found[1], Diagnosis)
        assert found[:1] + found[2:] == records[:1] + records[2:]
        assert "damaged" in replay.damage


def test_damage_on_the_way_is_told_and_what_was_found_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"
    write(path, STORY, finished=False, every=1)
    database = sqlite3.connect(path)
    database.execute("UPDATE inputs SET detail = 'no JSON' WHERE t > 30 AND kind = 'connected'")
    database.commit()
    database.close()
    with opened(path) as replay:
        replay.painted(0.0)
        deadline = time.monotonic() + PATIENCE
        while not replay.damage:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        assert LOOKING not in replay.snapshot().notes
        assert len(replay.log.slice(0, 1000)) == len(replay.log)


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"
    path.write_text("data: x\n\n")
    with pytest.raises(CaptureError):
        Replay(path)


def test_a_session_without_times_stands_still(tmp_path: Path) -> None:
    inputs = [replace(happened, t=0.0) for happened in STORY[:8]]
    write(tmp_path / "a.sse", inputs)
    with opened(tmp_path / "a.sse") as replay:
        assert replay.end == 0
        replay.play(1.0)
        assert (replay.cursor, replay.speed) == (0, 0)
        replay.play(inf)
        assert replay.speed == 0
        analysed(replay)
        same(settled(replay), told_live(inputs, 0.0), len(replay.log))


def test_it_is_over_before_it_began(story: Path) -> None:
    with opened(story):
        pass  # nothing was painted: there is no thread to wait for


Step = tuple[str, float, int]


def session(steps: list[Step]) -> list[Input]:
    """Inputs that a session takes, from what is drawn."""
    clock = Moment()
    live = inspection(clock)
    inputs: list[Input] = []
    number = 0

    def tell(happened: Input) -> None:
        live.handle(happened)
        inputs.append(happened)

    tell(Started(0.0, 1_795_420_973_000_000))
    for kind, pause, count in steps:
        clock.t += pause
        while (due := live.session.deadline) is not None and due <= clock.t:
            tell(Tick(due))
        state = live.session.state.value
        if state == "connecting":
            tell(Connected(clock.t, "h:80"))
            head = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
            tell(Opened(clock.t, head, Timings(None, None, None, 0.01), "h:80"))
        elif state == "open" and kind == "cut":
            tell(Ended(clock.t, "reset", "gone"))
        elif state == "open" and kind == "events":
            ids = range(number, number + count)
            number += count - (count == 3)  # the last of three comes again
            tell(Chunk(clock.t, b"".join(b"id: %d\ndata: {}\n\n" % each for each in ids), 9))
        elif state == "open" and kind == "skip":
            number += count
        elif kind == "ask":
            tell(Asked(clock.t, "reconnect"))
    return inputs


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["events", "events", "cut", "skip", "ask"]),
        st.floats(0.0, 40.0, allow_nan=False).map(lambda s: round(s, 3)),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, places=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), finished=st.booleans())
def test_any_session_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[Step], places: list[float], finished: bool
) -> None:
    monkeypatch.setattr(states, "STRIDE", 5)
    monkeypatch.setattr(player, "SLICE_SECONDS", 0.0)
    inputs = session(steps)
    path = tmp_path / "a.sse"
    path.unlink(missing_ok=True)
    records = write(path, inputs, finished=finished, every=2)
    with opened(path) as replay:
        assert replay.log.slice(0, 1000) == records
        for place in places:
            t = place * replay.end
            replay.seek(t)
            same(settled(replay), told_live(inputs, t), len(records))
