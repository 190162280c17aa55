"""The thread that writes a capture while its session lives: when it writes, and how soon it gets its turn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sse_inspect import recorder as module
from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk
from sse_inspect.recorder import MUCH, TURN_AFTER, Recorder
from sse_inspect.store.capture.facts import Facts

LONG = 60.0


def recorder_at(path: Path) -> Recorder:
    return Recorder(path, Facts(Target("http://h/"), Policy(), "9.9", 1), on_failure=pytest.fail)


def writes_until(recorder: Recorder, t: float) -> bool:
    """Whether the input of that time is written, soon."""
    with recorder._changed:
        return recorder._changed.wait_for(lambda: recorder.written_until == t, LONG / 4)


def test_much_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEHIND", LONG)
    recorder = recorder_at(tmp_path / "kept.sse")
    try:
        recorder.take(Chunk(1.0, b":" * MUCH, MUCH), 1, [])
        assert recorder.written_until is None
        recorder.take(Chunk(2.0, b"\n\n", 2), 1, [])
        assert writes_until(recorder, 2.0)
    finally:
        recorder.close({})


def test_threads_take_turns_sooner_while_anybody_writes(tmp_path: Path) -> None:
    usual = sys.getswitchinterval()
    assert usual > TURN_AFTER
    first, second = recorder_at(tmp_path / "first.sse"), recorder_at(tmp_path / "second.sse")
    for recorder in (first, second):
        recorder.take(Chunk(1.0, b"\n", 1), 1, [])
        assert writes_until(recorder, 1.0)
    first.close({})
    assert sys.getswitchinterval() == pytest.approx(TURN_AFTER)
    second.close({})
    assert sys.getswitchinterval() == pytest.approx(usual)
