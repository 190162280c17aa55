"""What was measured: as a table, as JSON, and next to what was measured before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.measure import FLOOR, OURS, Figure, Result

_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def show(results: Sequence[Result], console: Console) -> None:
    """Print the table: a row for each contender's figure, ours first, with our ratio to it and what it is to be."""
    table = Table(box=box.SIMPLE_HEAD, title="medians; ratio: ours by theirs")
    table.add_column("what", overflow="fold")
    table.add_column("contender", no_wrap=True)
    for heading in ("median", "ratio", "to reach"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for result in results:
        for figure in result.benchmark.figures:
            title = f"{result.benchmark.title}" + (f": {figure.name}" if len(result.benchmark.figures) > 1 else "")
            for contender in _ours_first(result, figure):
                table.add_row(title, contender, *_cells(result, figure, contender))
                title = ""
        for name, why in result.missing.items():
            table.add_row("", name, "–", "", "", why)
        table.add_section()
    console.print(table)


def _ours_first(result: Result, figure: Figure) -> list[str]:
    return sorted(result.values[figure.name], key=lambda name: (name != OURS, name.startswith(FLOOR)))


def _cells(result: Result, figure: Figure, contender: str) -> tuple[str, str, str, str]:
    value = result.median(figure.name, contender)
    ratio = None if contender == OURS else result.ratio(figure.name, contender)
    goals = [
        goal
        for goal in result.benchmark.goals
        if goal.figure == figure.name and (goal.against or OURS) == contender and result.reached(goal) is not None
    ]
    met = [goal.is_met(result.reached(goal) or 0.0) for goal in goals]
    return (
        "–" if value is None else f"{_short(value)}{figure.unit}",
        "" if ratio is None else f"{ratio:.2f}",
        ", ".join(map(str, goals)),
        "" if not goals else "[green]✔[/]" if all(met) else "[red]✖ missed[/]",
    )


def _short(value: float) -> str:
    """The value to three digits, with a sign for its size and a space."""
    for size, sign in _UNITS:
        if abs(value) >= size:
            value, digits = value / size, 2
            return f"{value:.{max(0, digits - len(str(int(abs(value)))) + 1)}f} {sign}"
    return f"{value:.3g} "


def as_json(results: Iterable[Result], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, for `--json`."""
    return {"about": dict(about), "results": {result.benchmark.name: _as_json(result) for result in results}}


def _as_json(result: Result) -> dict[str, Any]:
    figures = {
        figure.name: {
            "unit": figure.unit,
            "better": figure.better,
            "medians": {name: result.median(figure.name, name) for name in result.values[figure.name]},
            "ratios": {name: result.ratio(figure.name, name) for name in result.values[figure.name] if name != OURS},
            "rounds": result.values[figure.name],
        }
        for figure in result.benchmark.figures
    }
    goals = [
        {
            "figure": goal.figure,
            "against": goal.against,
            "to_reach": str(goal),
            "reached": reached,
            "met": reached is not None and goal.is_met(reached),
        }
        for goal in result.benchmark.goals
        for reached in [result.reached(goal)]
    ]
    return {"title": result.benchmark.title, "figures": figures, "goals": goals, "missing": result.missing}


def worse(now: Mapping[str, Any], before: Mapping[str, Any], tolerance: float) -> list[str]:
    """The ratios that became worse by more than `tolerance`, a sentence each; what only one of both has is left out."""
    sentences = []
    for name, result in now["results"].items():
        for figure, found in result["figures"].items():
            earlier = before["results"].get(name, {}).get("figures", {}).get(figure, {}).get("ratios", {})
            for contender, ratio in found["ratios"].items():
                was = earlier.get(contender)
                if not (was and ratio):
                    continue
                change = ratio / was if found["better"] == "more" else was / ratio
                if change < 1 - tolerance:
                    sentences.append(f"{name}, {figure}, against {contender}: {was:.2f} became {ratio:.2f}.")
    return sentences


def loaded(path: Path) -> dict[str, Any]:
    """What `--json` wrote."""
    recorded: dict[str, Any] = json.loads(path.read_text())
    return recorded
