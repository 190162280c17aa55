"""Scenarios as data: what is done to an endpoint, and what is expected of it.

A scenario is a TOML file; its name is that of the scenario. Tables and keys that are not known are refused.

    name = "outage"
    title = "Two seconds without a network"
    does = "Goes offline for 2 s and comes back."

    [run]
    faults = ["offline:2@3s"]   # as the option --fault spells them
    settle = 3                  # seconds from the recovery of the last outage to the end of the run
    limit = 30                  # seconds after which the run ends in any case

    [fast]                      # what is different with --fast
    limit = 15
    title = "An outage"         # title and does too, where they name a figure that differs

    [[expect]]
    name = "nothing-lost"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from sse_inspect import faults
from sse_inspect.check.expectations import EXPECTATIONS
from sse_inspect.config import OnStall
from sse_inspect.errors import UsageError
from sse_inspect.present.safe import visible

LONGEST = 600.0
"""Seconds that no run may take longer than."""
OPTION = "--scenarios"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names are given on the command line with commas between, and captures are files of that name."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is made and when it is over; seconds.

    It is over `seconds` after the response opened, or after so many `events`, whichever is first; with `faults` once
    they are over and every outage is recovered, which then have `settle` to show what was lost; in any case after
    `limit`. `one_connection` ends it with the first connection that opened. Scenarios that `share` a name rest
    on one run: one of them describes it, the others say `share` alone. `resume` makes a second session that continues
    behind an event seen in the run `after`.
    """

    limit: float
    share: str = ""
    faults: tuple[str, ...] = ()
    seconds: float | None = None
    events: int | None = None
    settle: float = 3.0
    one_connection: bool = False
    stall_after: float | None = None
    on_stall: OnStall | None = None
    resume: Literal["", "header", "parameter"] = ""
    after: str = "observe"


@dataclass(frozen=True, slots=True)
class Expected:
    """A named expectation with its parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario; `run` is the name of the run it rests on, empty where it rests on all that were made.

    `plan` says how that run is made, where another scenario does not.
    """

    name: str
    title: str
    does: str
    run: str
    plan: Plan | None
    expects: tuple[Expected, ...]


@dataclass(slots=True)
class _File:
    name: str
    title: str
    does: str
    expect: list[dict[str, Any]] = field(default_factory=list)
    run: dict[str, Any] = field(default_factory=dict)
    fast: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Words:
    title: str
    does: str


def _keys(cls: type) -> list[str]:
    return [each.name for each in fields(cls)]


_FAST = [*_keys(Plan), *_keys(_Words)]
"""Keys of the table `fast`."""


def load(folder: Path | None = None, *, fast: bool = False) -> list[Scenario]:
    """The built-in scenarios, and those in `folder`: one of the same name takes the place of the built-in one.

    Raises UsageError where a file is none, names something unknown, or cannot be read.
    """
    found = {each.name: each for each in _in(files(__package__).joinpath("scenarios"), fast)}
    if folder is not None:
        own = _in(folder, fast)
        if not own:
            raise UsageError(OPTION, f"there is no scenario in {folder}; expected files such as outage.toml.")
        found |= {each.name: each for each in own}
    scenarios = list(found.values())
    plans_of(scenarios)
    return scenarios


def _in(folder: Traversable, fast: bool) -> list[Scenario]:
    try:
        paths = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
        found = {path.name: read(path.read_bytes(), path.name, fast=fast) for path in paths}
    except OSError as error:
        raise UsageError(OPTION, f"{folder} cannot be read ({error.strerror}).") from None
    named: dict[str, str] = {}
    for file, each in found.items():
        other = named.setdefault(each.name, file)
        if other != file:
            raise UsageError(OPTION, f"{file}: {other} has the name {each.name!r} too; give it another one.")
    return list(found.values())


def read(content: bytes, file: str, *, fast: bool = False) -> Scenario:
    """The scenario in a file of this name; raises UsageError."""
    try:
        table = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise UsageError(OPTION, f"{file} is not UTF-8, first at byte {error.start}; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(OPTION, f"{file} is no TOML: {error}.") from None
    written = _converted(table, _File, file, "")
    _check_name(written.name, file, "name")
    expects = tuple(_expected(row, file) for row in written.expect)
    if not expects:
        raise UsageError(OPTION, f"{file}: nothing is expected; add [[expect]] with a name.")
    for key in written.fast:
        _known(key, _FAST, file, "fast.")
    changed = {key: value for key, value in written.fast.items() if key in _keys(_Words)}
    words = _converted({"title": written.title, "does": written.does, **changed}, _Words, file, "fast.")
    if not fast:
        words = _Words(written.title, written.does)
    run, plan = "", None
    if written.run:
        run = written.run.get("share", written.name)
    if set(written.run) - {"share"}:
        hurried = {key: value for key, value in written.fast.items() if key not in changed}
        plan = _converted({**written.run, **(hurried if fast else {})}, Plan, file, "run.")
        _check_plan(plan, file)
    elif not isinstance(run, str):
        raise UsageError(OPTION, f"{file}: run.share: expected the name of a run.")
    if run:
        _check_name(run, file, "run.share")
    return Scenario(written.name, visible(words.title), visible(words.does), run, plan, expects)


def _check_name(name: str, file: str, key: str) -> None:
    if NAME.fullmatch(name) is None:
        raise UsageError(OPTION, f"{file}: {key} is {name!r}; expected letters, digits, and . _ - between them.")


def _converted(table: Mapping[str, Any], cls: type[T], file: str, where: str) -> T:
    for key in table:
        _known(key, _keys(cls), file, where)
    try:
        return msgspec.convert(table, cls, strict=True)
    except msgspec.ValidationError as error:
        raise UsageError(OPTION, f"{file}: {_where(str(error), where)}.") from None


def _where(message: str, where: str) -> str:
    """What msgspec found wrong, with the key as it is written in the file."""
    wrong, _, path = message.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    told = f"{wrong[:1].lower()}{wrong[1:]}".removeprefix("object ")
    named = f"{where}{key}".rstrip(".")
    return f"{named}: {told}" if named else told


def _known(key: str, names: list[str], file: str, where: str) -> None:
    if key not in names:
        raise UsageError(OPTION, f"{file}: {_unknown(f'{where}{key}', key, names)}")


def _unknown(shown: str, word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = get_close_matches(word, known, 1)
    guess = f"did you mean {close[0]}? " if close else ""
    return f"{shown!r} is not known; {guess}known are {', '.join(known)}."


def _expected(row: Mapping[str, Any], file: str) -> Expected:
    row = dict(row)
    name = row.pop("name", None)
    if not isinstance(name, str):
        raise UsageError(OPTION, f"{file}: an expectation needs a name; known are {', '.join(EXPECTATIONS)}.")
    if name not in EXPECTATIONS:
        raise UsageError(OPTION, f"{file}: the expectation {_unknown(name, name, EXPECTATIONS)}")
    kinds = EXPECTATIONS[name].parameters
    for key, value in row.items():
        if key not in kinds:
            known = f"known are {', '.join(kinds)}" if kinds else "it takes none"
            raise UsageError(OPTION, f"{file}: {name} knows no parameter {key!r}; {known}.")
        try:
            row[key] = msgspec.convert(value, kinds[key], strict=True)
        except msgspec.ValidationError as error:
            raise UsageError(OPTION, f"{file}: {name}.{key}: {_where(str(error), '')}.") from None
    return Expected(name, row)


def _check_plan(plan: Plan, file: str) -> None:
    for name in ("limit", "seconds", "settle", "stall_after"):
        value = getattr(plan, name)
        least = 0.0 if name == "settle" else 0.05
        if value is not None and not least <= value <= LONGEST:
            raise UsageError(OPTION, f"{file}: run.{name} is {value:g}; expected {least:g} to {LONGEST:g} seconds.")
    if plan.events is not None and plan.events < 1:
        raise UsageError(OPTION, f"{file}: run.events is {plan.events}; expected 1 or more.")
    for spelled in plan.faults:
        try:
            faults.parse_plan(spelled)
        except UsageError as error:
            raise UsageError(OPTION, f"{file}: {error.message}") from None


def plans_of(scenarios: Iterable[Scenario]) -> dict[str, Plan]:
    """How each run is made, by its name; raises UsageError where that is said twice, or nowhere."""
    plans: dict[str, Plan] = {}
    scenarios = list(scenarios)
    for each in scenarios:
        if each.plan is None:
            continue
        if each.run in plans:
            raise UsageError(OPTION, f"{each.name}: another scenario says already how the run {each.run!r} is made.")
        plans[each.run] = each.plan
    for each in scenarios:
        if each.run and each.run not in plans:
            raise UsageError(OPTION, f"{each.name}: no scenario says how the run {each.run!r} is made.")
        after = each.plan.after if each.plan is not None and each.plan.resume else ""
        if after and (after not in plans or plans[after].resume):
            raise UsageError(OPTION, f"{each.name}: it continues the run {after!r}, which no scenario makes.")
    return plans


def chosen(scenarios: Iterable[Scenario], only: Iterable[str], skip: Iterable[str]) -> list[Scenario]:
    """Those that are wanted; raises UsageError for a name that is none."""
    scenarios = list(scenarios)
    names = [each.name for each in scenarios]
    only, skip = list(only), list(skip)
    for flag, wanted in (("--only", only), ("--skip", skip)):
        for name in wanted:
            if name not in names:
                raise UsageError(flag, _unknown(name, name, names))
    left = [each for each in scenarios if each.name not in skip and (not only or each.name in only)]
    if not left:
        raise UsageError("--skip", "no scenario is left.")
    return left


def runs_of(wanted: Iterable[Scenario], plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """The runs to make for these scenarios, by name, in order: also those that others of them continue."""
    runs: dict[str, Plan] = {}
    for each in wanted:
        if not each.run:
            continue
        plan = plans[each.run]
        if plan.resume:
            runs.setdefault(plan.after, plans[plan.after])
        runs.setdefault(each.run, plan)
    return runs


def stretched(plan: Plan, by: float) -> Plan:
    """The plan with more time before its limit."""
    return replace(plan, limit=min(plan.limit * by, LONGEST))
