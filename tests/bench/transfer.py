"""From the socket: (b) over loopback, each event in an HTTP chunk of its own, as fast as the client takes it.

A run counts from when the server has read the request: to when the client says it has all of it (the scripts of this
project), or to the end of its process (curl, and all of `tail`, whose output has been written by then). `cpu` is what
the client's threads took of the processors, the start of those that end counted; it holds where the machine is busy.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import FLOOR, OURS, Benchmark, Contenders, Figure, Goal, Measurement, Setting
from tests.bench.peers import CURL, ROOT, program, python_script
from tests.bench.process import told, worker
from tests.bench.stream_server import StreamServer
from tests.bench.workloads import chunked

COUNTING = "httpx-sse, counting"
PRINTING = "httpx-sse, printing JSON"
CURL_N = "curl -N"
SINK = f"{FLOOR}: raw socket, thrown away"
MINIMAL = f"{FLOOR}: minimal loop"
_FIGURES = (Figure("rate", "events/s"), Figure("cpu", "µs/event", "less"))
_SHORT = 50_000
_LONG = 300_000
"""Events of a stream whose IDs go on to its end; who cannot see that they begin again gets it several times."""
_QUICK_PART = 10
_ENDED = b"(max-retries)"
"""What `tail` says of a session that was not to be resumed."""


@dataclass(frozen=True, slots=True)
class _Client:
    """A command, to which the URL is added, of a stream of so many `events`, which is sent so many `times`.

    One that `tells` says at what time it had all; to that of one that `keeps` something the name of a file is added.
    """

    command: Callable[[], Sequence[str]]
    events: int = _LONG
    times: int = 1
    tells: bool = True
    keeps: bool = False

    def measured(self, server: StreamServer, folder: Path, part: int) -> Measurement:
        """One run, with a part of the events."""
        events = self.events // part
        stream, kept = folder / f"stream-{events}", folder / "kept"
        if not stream.exists():
            stream.write_bytes(chunked("b", events))
        url = server.url(stream.name, self.times)
        command = [*self.command(), url, *([str(kept)] if self.keeps else [])]
        found = told(command) if self.tells else _ended(command)
        for file in folder.glob(f"{kept.name}*"):
            file.unlink()
        count = events * self.times
        return {"rate": count / (found["at"] - server.asked_at), "cpu": found["cpu"] / count * 1e6}


def _ended(command: Sequence[str]) -> Measurement:
    """When it had ended, with its output going nowhere, and the seconds of processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    ended_at = time.monotonic()
    if done.returncode and _ENDED not in done.stderr:
        raise RuntimeError(f"{command} failed: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"at": ended_at, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def _curl() -> list[str]:
    return [program(CURL), "--silent", "--show-error", "--fail", "-N"]


def _tail() -> list[str]:
    return [sys.executable, "-m", "sse_inspect", "tail", "--format", "ndjson", "--max-retries", "0"]


def _benchmark(name: str, title: str, clients: dict[str, _Client], *goals: Goal) -> Benchmark:
    @contextmanager
    def contenders(setting: Setting) -> Iterator[Contenders]:
        part = _QUICK_PART if setting.quick else 1
        with TemporaryDirectory(dir=setting.folder) as folder, StreamServer(Path(folder)) as server:
            yield {name: partial(client.measured, server, Path(folder), part) for name, client in clients.items()}

    return Benchmark(name, f"{title}, (b), an event a chunk", _FIGURES, contenders, goals)


_CURL = _Client(_curl, times=8, tells=False)
_SINK = _Client(lambda: worker("transfer_floor", "sink"), times=8)
_COUNTING = _Client(lambda: [*python_script("transfer_httpx_sse.py"), "count"], _SHORT)

BENCHMARKS = (
    _benchmark(
        "transfer-receive",
        "receive, no parsing",
        {
            OURS: _Client(lambda: worker("transfer", "receive"), times=8),
            CURL_N: _CURL,
            SINK: _SINK,
            MINIMAL: _Client(lambda: worker("transfer_floor", "receive"), times=8),
        },
        Goal("rate", CURL_N, at_least=1.0),
    ),
    _benchmark(
        "transfer-captured",
        "socket to captured",
        {
            OURS: _Client(lambda: worker("transfer", "captured"), keeps=True),
            COUNTING: _COUNTING,
            CURL_N: _CURL,
            MINIMAL: _Client(lambda: worker("transfer_floor", "captured"), keeps=True),
        },
        Goal("rate", COUNTING, at_least=7.0),
        Goal("rate", CURL_N, at_least=0.2),
    ),
    _benchmark(
        "transfer-tail",
        "tail --format ndjson > /dev/null",
        {
            OURS: _Client(_tail, tells=False),
            PRINTING: _Client(lambda: [*python_script("transfer_httpx_sse.py"), "print"], _SHORT, tells=False),
            MINIMAL: _Client(lambda: worker("transfer_floor", "tail"), tells=False),
        },
        Goal("rate", PRINTING, at_least=3.0),
    ),
)
