"""What a benchmark is, and how benchmarks are run: interleaved, in rounds, told by medians and ratios.

A benchmark has contenders. Each contender is a function without arguments that measures once and returns its figures,
by name; it may start a process for that. A round lets every contender measure once, one after the other, so that a
machine that becomes slower is so for all of them. The ratio that a goal is about is the median of the rounds' ratios.

A module of a group defines `BENCHMARKS: tuple[Benchmark, ...]` and stands in `GROUPS` of `tests.bench.__main__`:

    @contextmanager
    def decoders(setting: Setting) -> Iterator[Contenders]:
        corpus = built(20_000 if setting.quick else 200_000)   # set up once, for all rounds
        yield {OURS: lambda: {"rate": ...}, "httpx-sse": lambda: {"rate": ...}}
        ...                                                    # cleaned up whatever happens

    BENCHMARKS = (
        Benchmark(
            "decode-b-64k",                                    # what --only is matched with, and --against
            "decode (b), 64 KB chunks",                        # the title of the rows
            (Figure("rate", "events/s"),),                     # what contenders return; `better` is "more" or "less"
            decoders,
            (Goal("rate", "httpx-sse", at_least=3.5), Goal("rate", at_least=1000.0)),   # a ratio; a limit
        ),
    )

A contender that is not there (no Node, no peers set up) raises `Missing`, once; it is left out of the rounds after.
Contenders whose name begins with "floor" are what cannot be done without, no competitors; they have no goals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

OURS = "sse-inspect"
FLOOR = "floor"

Measurement = Mapping[str, float]
Contenders = Mapping[str, Callable[[], Measurement]]


class Missing(Exception):
    """A contender cannot run here; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How to run: `quick` asks for small workloads; `folder` is scratch; `rounds` is how often there will be."""

    quick: bool
    rounds: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One number a contender returns, its unit and which way is better."""

    name: str
    unit: str
    better: Literal["more", "less"] = "more"


@dataclass(frozen=True, slots=True)
class Goal:
    """What our figure must reach: as a ratio to that of `against`, or, without it, itself."""

    figure: str
    against: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether the ratio, or the figure, is good enough."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        sign, limit = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        return f"{sign} {limit:g}" + (" ×" if self.against else "")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A question with an answer in numbers; `contenders` sets them up for all rounds and cleans up after them."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    contenders: Callable[[Setting], AbstractContextManager[Contenders]]
    goals: tuple[Goal, ...] = ()


@dataclass(slots=True)
class Result:
    """What the rounds gave: by figure, by contender, one value a round; `missing` says who could not run, and why."""

    benchmark: Benchmark
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def median(self, figure: str, contender: str) -> float | None:
        """The median of that figure, or None if the contender did not run."""
        values = self.values.get(figure, {}).get(contender)
        return median(values) if values else None

    def ratio(self, figure: str, contender: str) -> float | None:
        """Ours by theirs: the median over the rounds, or None if one of both did not run."""
        found = self.values.get(figure, {})
        ours, theirs = found.get(OURS), found.get(contender)
        return (
            median(a / b for a, b in zip(ours, theirs, strict=True) if b) if ours and theirs and any(theirs) else None
        )

    def reached(self, goal: Goal) -> float | None:
        """What the goal is about."""
        return self.ratio(goal.figure, goal.against) if goal.against else self.median(goal.figure, OURS)


def run(benchmark: Benchmark, setting: Setting, told: Callable[[str], None] = lambda _: None) -> Result:
    """All rounds of one benchmark; `told` is called with the name of the contender whose turn it is."""
    result = Result(benchmark, {figure.name: {} for figure in benchmark.figures})
    with benchmark.contenders(setting) as contenders:
        for turn in range(setting.rounds):
            for name, measure in _in_turn(contenders, turn):
                if name in result.missing:
                    continue
                told(f"{benchmark.name}: round {turn + 1} of {setting.rounds}, {name}")
                try:
                    measured = measure()
                except Missing as error:
                    result.missing[name] = str(error)
                    for values in result.values.values():
                        values.pop(name, None)
                    continue
                for figure, values in result.values.items():
                    if figure in measured:
                        values.setdefault(name, []).append(measured[figure])
    return result


def _in_turn(contenders: Contenders, turn: int) -> Iterable[tuple[str, Callable[[], Measurement]]]:
    """The contenders, each round beginning with another, so that none is always the one behind the same one."""
    order = list(contenders.items())
    start = turn % len(order)
    return order[start:] + order[:start]


def chosen(benchmarks: Sequence[Benchmark], only: Sequence[str]) -> list[Benchmark]:
    """Those whose name contains one of the words; all without any."""
    return [each for each in benchmarks if not only or any(word in each.name for word in only)]
