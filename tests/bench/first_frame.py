"""From the start of the program to its first full frame in a pseudo-terminal, next to what its libraries alone cost.

    python -m tests.bench.first_frame [FILE] [--runs 9]

Prints the medians of interleaved runs, wall time and processor time of all threads, and the most memory: of
`sse-inspect open FILE` if one is given, of `sse-inspect URL` on the reference server, and of the imports that no
program of this kind can do without. Bytecode is kept, as an installed program has it, and the first round not counted.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from statistics import median

from sse_inspect.server import ServerThread

SIZE = (45, 160)
FRAME = re.compile(rb"Timeline.*Integrity.*Metrics.* quit", re.DOTALL)
PATIENCE = 30.0
PROGRAM = ("-m", "sse_inspect")
PEER = ("-c", "import textual.app, httpx")


@dataclass(frozen=True, slots=True)
class Cost:
    """What it cost: seconds, seconds, bytes."""

    wall: float
    cpu: float
    memory: int


def measured(arguments: Sequence[str], environ: dict[str, str]) -> Cost:
    """One run of Python in a terminal of its own until it has drawn a full frame, or until its end."""
    outside, inside = pty.openpty()
    ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=inside, stdout=inside, stderr=inside, env=environ, start_new_session=True
    )
    os.close(inside)
    drawn, cpu = b"", 0.0
    try:
        while not FRAME.search(drawn):
            if not select.select([outside], [], [], PATIENCE)[0]:
                os.kill(process.pid, signal.SIGKILL)
                sys.exit(f"nothing was drawn: {drawn[-2000:]!r}")
            try:
                drawn += os.read(outside, 1 << 16)
            except OSError:  # what Linux says when the other side is gone
                break
        else:
            tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
            cpu = sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
        wall = time.perf_counter() - began
        if cpu:
            os.kill(process.pid, signal.SIGKILL)
    finally:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        os.close(outside)
    return Cost(wall, cpu or usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def compare(file: Path | None, runs: int) -> None:
    """Run all of them in turn, and print the medians."""
    with tempfile.TemporaryDirectory() as bytecode, ServerThread() as server:
        environ = {**os.environ, "TERM": "xterm-256color", "PYTHONPYCACHEPREFIX": bytecode}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        commands: dict[str, Sequence[str]] = {"first frame": (*PROGRAM, "open", str(file))} if file else {}
        commands |= {"of a stream": (*PROGRAM, server.url("/events")), "imports alone": PEER}
        rounds = [{name: measured(each, environ) for name, each in commands.items()} for _ in range(runs + 1)][1:]
    peer = median(costs["imports alone"].cpu for costs in rounds)
    for name in commands:
        costs = [each[name] for each in rounds]
        wall, cpu = median(cost.wall for cost in costs), median(cost.cpu for cost in costs)
        memory = median(cost.memory for cost in costs)
        print(
            f"{name:14} {wall * 1e3:6.0f} ms, {cpu * 1e3:.0f} ms of a processor "
            f"({cpu / peer:.2f} × the imports), {memory / 1e6:.0f} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=9)
    given = parser.parse_args()
    compare(given.file, given.runs)


if __name__ == "__main__":
    main()
