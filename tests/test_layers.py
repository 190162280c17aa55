"""Imports point down, and what is pure imports neither clock nor socket nor event loop: the layers as data."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import sse_inspect

ROOT = Path(sse_inspect.__file__).parent

LAYERS = (
    ("cli", "__main__", "locustfile"),
    ("tui", "check", "load", "probing", "monitoring", "handbook"),
    ("live", "replay"),
    ("recorder", "conversion", "ticket"),
    ("inspection",),
    ("inspected", "net", "server", "present", "exporting", "importing", "second_opinion"),
    ("session", "analysis", "store"),
    ("batch",),
    ("wire",),
    ("inputs", "config", "faults"),
    ("findings",),
    ("records", "errors"),
    ("unknown", "stepping"),
)
"""From the top; a part imports parts of lower lines only, never one beside it. `findings` names record types."""

ROOM_FOR = {"tui": {"inspected", "store", "present", "records", "faults", "errors", "ticket"}}
"""Parts that may import less than what is below them."""

BELOW_IN_LINE = {("__main__", "cli"), ("locustfile", "cli")}
"""The doors of the program: the second is Locust's, with the same options."""

PURE = (
    "unknown",
    "stepping",
    "records",
    "errors",
    "findings",
    "inputs",
    "config",
    "faults",
    "wire",
    "batch",
    "session",
    "analysis",
    "store.filter",
    "present",
    "exporting",
    "importing",
    "inspected",
    "inspection",
    "monitoring.tally",
    "monitoring.rules",
    "monitoring.runbook",
    "monitoring.panels",
)
"""Parts whose clock, randomness and outside world are arguments."""

OUTSIDE = ("asyncio", "socket", "ssl", "threading", "httpx", "httpx_sse", "h11", "textual", "typer")
"""What no pure part may have loaded, not even by way of another module."""

CLOCKS = ("time", "random", "secrets")
"""What no pure part may import itself."""

ONLY = {
    "textual": {"tui"},
    "prometheus_client": {"monitoring"},
    "gevent": {"load"},
    "locust": {"load", "locustfile"},
    "typer": {"cli"},
    "h11": {"server", "net"},
    "httpx": {"net"},
    "httpx_sse": {"net", "second_opinion"},
    # present: the widths of characters, so that rows are as wide as the screen thinks; cli, check: progress, tables
    "rich": {"tui", "present", "cli", "check"},
}
"""Libraries and the only parts that may import them."""

MODULES = sorted(
    path.relative_to(ROOT.parent).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if path != ROOT / "__init__.py" and path.parent != ROOT / "handbook" / "examples"  # for readers, not for imports
)


def part_of(module: str) -> str:
    return module.split(".")[1]


def level(part: str) -> int:
    return next(number for number, line in enumerate(LAYERS) if part in line)


@cache
def imports(module: str) -> frozenset[str]:
    """Full names of all modules this one imports anywhere in it, for type checking too."""
    path = ROOT.parent / Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "sse_inspect" else set()
            found |= names or {node.module or ""}
    return frozenset(found)


def is_pure(module: str) -> bool:
    return any(f"{module}.".startswith(f"sse_inspect.{part}.") for part in PURE)


def test_every_module_stands_in_a_layer() -> None:
    known = {part for line in LAYERS for part in line}
    assert {part_of(module) for module in MODULES} <= known


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    mine = part_of(module)
    for name in imports(module):
        if not name.startswith("sse_inspect.") or name == "sse_inspect.__version__":
            continue
        other = part_of(name)
        if other == mine or (mine, other) in BELOW_IN_LINE:
            continue
        assert level(other) > level(mine), f"{module} imports {name}, which is not below it"
        assert other in ROOM_FOR.get(mine, {other}), f"{module} imports {name}, which {mine} must not see"


@pytest.mark.parametrize("module", MODULES)
def test_libraries_are_imported_by_those_who_may(module: str) -> None:
    for name in imports(module):
        library = name.partition(".")[0]
        assert part_of(module) in ONLY.get(library, {part_of(module)}), f"{module} imports {name}"
        if is_pure(module):
            foreign = {*CLOCKS, *OUTSIDE}
            assert library not in foreign, f"{module} is pure and imports {name}"


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """For each pure module, what of the outside world its import loaded, in one process, from the bottom up."""
    script = (
        "import importlib, json, sys\n"
        "found, outside = {}, set(sys.argv[1].split(','))\n"
        "for module in sys.argv[2:]:\n"
        "    before = set(sys.modules)\n"
        "    importlib.import_module(module)\n"
        "    found[module] = sorted(outside & (set(sys.modules) - before))\n"
        "print(json.dumps(found))"
    )
    pure = sorted(filter(is_pure, MODULES), key=lambda module: level(part_of(module)), reverse=True)
    result = subprocess.run(
        [sys.executable, "-c", script, ",".join(OUTSIDE), *pure],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT.parent,
    )
    assert not result.returncode, result.stderr
    found: dict[str, list[str]] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("module", [module for module in MODULES if is_pure(module)])
def test_pure_modules_load_nothing_of_the_outside_world(module: str, loaded: dict[str, list[str]]) -> None:
    assert not loaded[module]
