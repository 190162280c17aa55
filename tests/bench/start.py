"""How long it takes to begin: `--version`, `--help`, the first full frame; next to what the libraries alone take.

A round starts each several times and takes the fastest. `wall` is what a person waits, `cpu` what the threads took of
the processors; it holds where the machine is busy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sse_inspect.server import ServerThread
from tests.bench.first_frame import PEER, PROGRAM, measured
from tests.bench.measure import OURS, Benchmark, Contenders, Figure, Goal, Measurement, Setting

_FIGURES = (Figure("wall", "ms", "less"), Figure("cpu", "ms", "less"))
_STARTS = 3
_TYPER = ("-c", "import typer")


@dataclass(frozen=True, slots=True)
class _Starts:
    """Starts Python in a terminal, with bytecode kept as an installed program has it."""

    environ: dict[str, str]
    starts: int

    def fastest(self, arguments: Sequence[str]) -> Measurement:
        """The least of each, in milliseconds."""
        costs = [measured(arguments, self.environ) for _ in range(self.starts)]
        return {"wall": min(cost.wall for cost in costs) * 1e3, "cpu": min(cost.cpu for cost in costs) * 1e3}


@contextmanager
def _starts(setting: Setting) -> Iterator[_Starts]:
    environ = {**os.environ, "TERM": "xterm-256color", "PYTHONPYCACHEPREFIX": str(setting.folder / "bytecode")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    yield _Starts(environ, 1 if setting.quick else _STARTS)


def _benchmark(option: str) -> Benchmark:
    @contextmanager
    def contenders(setting: Setting) -> Iterator[Contenders]:
        with _starts(setting) as starts:
            commands = {OURS: (*PROGRAM, option), "import typer": _TYPER, "import nothing": ("-c", "")}
            for command in commands.values():
                starts.fastest(command)
            yield {name: partial(starts.fastest, command) for name, command in commands.items()}

    goals = (Goal("wall", "import typer", at_most=1.3), Goal("cpu", "import typer", at_most=1.3))
    return Benchmark(f"start{option[1:]}", f"sse-inspect {option}", _FIGURES, contenders, goals)


@contextmanager
def _first_paint(setting: Setting) -> Iterator[Contenders]:
    with ServerThread() as server, _starts(setting) as starts:
        commands = {OURS: (*PROGRAM, server.url("/events")), _IMPORTS: PEER}
        for command in commands.values():
            starts.fastest(command)
        yield {name: partial(starts.fastest, command) for name, command in commands.items()}


_IMPORTS = "import textual.app, httpx"

BENCHMARKS = (
    _benchmark("--version"),
    _benchmark("--help"),
    Benchmark(
        "start-first-paint",
        "exec to first full paint of sse-inspect URL",
        _FIGURES,
        _first_paint,
        (Goal("wall", _IMPORTS, at_most=2.0), Goal("cpu", _IMPORTS, at_most=2.0)),
    ),
)
