"""Measures sse-inspect against its peers, in one run on one machine.

    python -m tests.bench --setup
    python -m tests.bench [--only NAME] [--rounds N] [--quick] [--json FILE] [--against FILE] [--list]

What a benchmark is stands in `tests.bench.measure`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from rich.console import Console

from tests.bench import measure, peers, report
from tests.bench.machine import about

GROUPS = ("decode", "transfer", "memory", "start", "screen.rows")
ROUNDS = 5
QUICK_ROUNDS = 2
TOLERANCE = 0.15
WIDTH = 150
"""Columns of the table where there is no terminal."""


def benchmarks() -> list[measure.Benchmark]:
    """All of them, group by group."""
    return [each for group in GROUPS for each in import_module(f"tests.bench.{group}").BENCHMARKS]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--setup", action="store_true", help="install the peers, and measure nothing")
    parser.add_argument("--list", action="store_true", help="name the benchmarks, and measure nothing")
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="those whose name contains the word"
    )
    parser.add_argument("--rounds", type=int, help=f"interleaved rounds [{ROUNDS}; {QUICK_ROUNDS} with --quick]")
    parser.add_argument("--quick", action="store_true", help="small workloads: does it run?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare the ratios with those of an earlier run")
    parser.add_argument(
        "--tolerance", type=float, default=TOLERANCE, help="by how much a ratio may be worse [%(default)s]"
    )
    given = parser.parse_args()
    if given.setup:
        peers.set_up()
        return 0
    chosen = measure.chosen(benchmarks(), given.only)
    if given.list:
        print("\n".join(f"{each.name:28} {each.title}" for each in chosen))
        return 0
    before = report.loaded(given.against) if given.against else None
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    circumstances = about()
    with tempfile.TemporaryDirectory(prefix="sse-inspect-bench-") as folder, Console(stderr=True).status("") as status:
        rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
        setting = measure.Setting(given.quick, rounds, Path(folder))
        results = [measure.run(benchmark, setting, status.update) for benchmark in chosen]
    report.show(results, console)
    found = report.as_json(results, circumstances)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    worse = report.worse(found, before, given.tolerance) if before else []
    for sentence in worse:
        console.print(f"[red]worse[/] {sentence}", highlight=False)
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
