"""What a session without end costs: builds a capture of many events and opens it.

    python -m tests.bench.captures [--events 10000000] [--keep FILE]

Prints, each from a process of its own: what an event costs to handle and to handle and write (interleaved, so that the
ratio holds on a noisy machine), the peak memory of a live session of that length with its log, how long the file
takes to open and to give its first, middle and last rows; and, by `first_frame`, what it takes from the start of the
program to its first frame. Absolute times depend on the machine.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk, Connected, Input, Opened, ResponseHead, Started, Timings
from sse_inspect.inspection import Inspection
from sse_inspect.recorder import Recorder
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.record_log import RecordLog
from tests.bench import first_frame

EVENTS_PER_CHUNK = 40
EVENTS_PER_SECOND = 1000
ROWS = 50
UNIX_US = 1_795_420_973_000_000


def inputs(count: int) -> Iterator[Input]:
    """A typical stream: ID, type, 120 bytes of JSON; now and then a lost one, a comment, a cut connection."""
    head = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
    yield Started(0.0, UNIX_US)
    yield Connected(0.01, "127.0.0.1:80")
    yield Opened(0.02, head, Timings(None, 0.001, None, 0.01), "127.0.0.1:80")
    for start in range(1, count + 1, EVENTS_PER_CHUNK):
        t = start / EVENTS_PER_SECOND
        parts = [b": heartbeat\n"] if start % (10 * EVENTS_PER_SECOND) == 1 else []
        parts += [
            b'id: %d\nevent: tick\ndata: {"n": %d, "pad": "%s"}\n\n' % (n, n, b"x" * (104 - len(str(n))))
            for n in range(start, min(start + EVENTS_PER_CHUNK, count + 1))
            if n % 1_000_003
        ]
        data = b"".join(parts)
        yield Chunk(t, data, len(data))


def inspection(*, keep: bool) -> Inspection:
    rolls = random.Random(1).random
    return Inspection(Target("http://h/"), Policy(), clock=lambda: 0.0, random=rolls, log=RecordLog(), keep=keep)


def peak_mb() -> float:
    """The most memory this process ever had, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def build(path: Path, count: int) -> None:
    """A live session with its log, in virtual time and as fast as it can be written."""
    live = inspection(keep=True)
    recorder = Recorder(path, Facts(live.target, live.policy, "bench", 1), on_failure=sys.exit)
    live.tap_inputs(recorder.take)
    live.look_back_in(recorder)
    began = time.perf_counter()
    for happened in inputs(count):
        live.handle(happened)
    recorder.close({"completed": "1"})
    took = time.perf_counter() - began
    print(f"live session   {took / count * 1e6:6.2f} µs an event with log and capture")
    print(f"file           {path.stat().st_size / count:6.0f} bytes an event")
    print(f"peak memory    {peak_mb():6.0f} MB, {len(live.log):,} records")


def compare(path: Path, count: int) -> None:
    """Handling alone against handling and writing, interleaved."""
    costs: dict[bool, float] = {False: 0.0, True: 0.0}
    for turn in range(6):
        writing = bool(turn % 2)
        handled = inspection(keep=False)
        target = path.with_suffix(f".{turn}")
        recorder = Recorder(target, Facts(handled.target, handled.policy, "bench", 1), on_failure=sys.exit)
        if writing:
            handled.tap_inputs(recorder.take)
        began = time.perf_counter()
        for happened in inputs(count):
            handled.handle(happened)
        recorder.close({})
        costs[writing] += time.perf_counter() - began
        target.unlink()
    print(f"writing        {costs[True] / costs[False]:6.2f} × the cost of handling alone")


def look(path: Path) -> None:
    """Open it, and go to its first, middle and last rows."""
    from sse_inspect.replay import Replay

    began = time.perf_counter()
    replay = Replay(path)
    print(f"open           {(time.perf_counter() - began) * 1e3:6.1f} ms, {len(replay.log):,} records")
    last = len(replay.log) - ROWS
    for name, start in (("first", 0), ("middle", last // 2), ("last", last)):
        began = time.perf_counter()
        assert len(replay.log.slice(start, start + ROWS)) == ROWS
        print(f"{name} rows{' ' * (10 - len(name))}{(time.perf_counter() - began) * 1e3:6.1f} ms")
    replay.close()


def paint(path: Path) -> None:
    """From the start of the program to its first frame in a terminal."""
    first_frame.compare(path, runs=7)


PARTS = {"compare": compare, "build": build, "look": look, "paint": paint}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="leave the capture here")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part in ("build", "compare"):
        PARTS[given.part](given.path, given.events if given.part == "build" else min(given.events, 200_000))
    elif given.part:
        PARTS[given.part](given.path)
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = given.keep or Path(folder) / "bench.sse"
            for part in PARTS:
                command = [sys.executable, "-m", "tests.bench.captures", "--part", part, "--path", str(path)]
                subprocess.run([*command, "--events", str(given.events)], check=True)


if __name__ == "__main__":
    main()
