"""Sudden deaths while a session is recorded: each file opens, and holds all that is older than what may be lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from sse_inspect.records import Event
from sse_inspect.server import ServerThread
from sse_inspect.store.capture.reader import CaptureReader

MAY_BE_LOST = 0.25
DEATHS = 20
RATE = 1000
SIZE = 100
SEED = 20261123


def die(url: str, capture: Path, after: float) -> float:
    """Kill a recording so long after its first record was told; the wall clock of the kill."""
    command = [sys.executable, "-m", "sse_inspect", "tail", "-f", "data", "--record", str(capture), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        until = time.monotonic() + after
        while time.monotonic() < until:
            process.stdout.read1(1 << 20)
        process.kill()
        killed = time.time()
        process.stdout.read()
        assert process.wait(10) == -signal.SIGKILL
    return killed


def last_arrival(capture: Path) -> tuple[float, int]:
    """When the last event in the file arrived, by its own clock, and its ordinal; every event before it is there."""
    with closing(CaptureReader(capture)) as reader:
        events = [each for each in reader.slice(0, len(reader)) if isinstance(each, Event)]
        assert [each.n for each in events] == list(range(1, len(events) + 1))
        assert all(len(each.data) >= SIZE for each in events)
        assert not reader.is_complete
        return reader.origin.unix_us / 1e6 + events[-1].t, events[-1].n


@pytest.mark.slow
def test_a_kill_takes_the_last_quarter_of_a_second_at_most(tmp_path: Path) -> None:
    """The killer's clock against the capture's times of arrival: both are those of this machine.

    At 1,000 events a second the last one had arrived some milliseconds before the kill, so that the age of the last one
    that is kept is what was lost.
    """
    moments = random.Random(SEED)
    ages = []
    with ServerThread() as server:
        for number in range(DEATHS):
            capture = tmp_path / f"{number}.sse"
            url = server.url(f"/{number}", rate=RATE, size=SIZE)
            killed = die(url, capture, moments.uniform(0.2, 2.5))
            arrived, events = last_arrival(capture)
            ages.append(killed - arrived)
            assert events > 10
            opened = subprocess.run(
                [sys.executable, "-m", "sse_inspect", "open", str(capture)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=60,
            )
            assert (opened.returncode, opened.stderr) == (0, b"")
            assert opened.stdout.count(b"  event ") == events
    print(f"lost at most {max(ages) * 1000:.0f} ms, {sorted(round(age * 1000) for age in ages)}")
    assert max(ages) < MAY_BE_LOST
