"""`sse-inspect check URL`: certifies an endpoint, and reports."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import SHARED, Command, Given, Option, connecting, understood
from sse_inspect.errors import SseInspectError, UsageError

if TYPE_CHECKING:
    from sse_inspect.check.progress import Progress
    from sse_inspect.check.result import Report
    from sse_inspect.check.scenario import Scenario
    from sse_inspect.config import Policy

SCENARIOS, LIMITS, REPORTS = "What is checked", "What an endpoint has to keep to", "Reports"
CI = "ci"
PATIENCE = 2.0
"""Times the time limits of the runs with `--profile ci`, where machines are slow."""
FAST = {"backoff_initial": 0.25, "backoff_max": 1.0}
"""Delays of the reconnects with `--fast`, where none are asked for."""
WIDTH = 100
REPORT = "sse_inspect.check.report"
NOT_HERE = frozenset({"for_seconds", "count", "until", "record", "profile", "faults"})
"""Shared options that make no sense: a check has sessions of its own making."""


def _folder(given: str) -> Path:
    path = Path(given).expanduser()
    if not path.is_dir():
        raise ValueError(f"{values.shown(given)} is no folder.")
    return path


FORMATS = ("json", "junit", "markdown", "html")
REPORT_OPTIONS = tuple(
    Option(
        name,
        (f"--{name}",),
        "FILE",
        f"Write the report as {title}; FILE is replaced, - is stdout.",
        REPORTS,
        values.report_file,
    )
    for name, title in zip(FORMATS, ("JSON", "JUnit XML", "Markdown", "HTML"), strict=True)
)


def _profile(given: str) -> str:
    try:
        return given if given == CI else str(_SHARED_PROFILE.read(given))
    except ValueError as error:
        raise ValueError(f"{str(error).removesuffix('.')} or {CI}.") from None


_SHARED_PROFILE = next(option for option in SHARED if option.name == "profile")
PROFILE = replace(
    _SHARED_PROFILE,
    takes=f"{_SHARED_PROFILE.takes}|{CI}",
    help=f"{_SHARED_PROFILE.help} {CI}: no progress lines, and time limits that suit slow machines.",
    read=_profile,
)
CHECK_OPTIONS = (
    Option(
        "only", ("--only",), "NAMES", "Only these scenarios, with commas between.", SCENARIOS, values.names, many=True
    ),
    Option("skip", ("--skip",), "NAMES", "Not these scenarios.", SCENARIOS, values.names, many=True),
    Option("fast", ("--fast",), "", "Shorter runs: about half a minute instead of two.", SCENARIOS),
    Option("list", ("--list",), "", "List the scenarios.", SCENARIOS),
    Option("scenarios", ("--scenarios",), "DIR", "Also those in the TOML files of DIR.", SCENARIOS, _folder),
    PROFILE,
    Option(
        "min_completion",
        ("--min-completion",),
        "R",
        "The part of the events that has to arrive, 0 to 1. [0.995]",
        LIMITS,
        values.number,
    ),
    Option(
        "max_reconnect_p95",
        ("--max-reconnect-p95",),
        "SECONDS",
        "How soon 95 of 100 reconnects have to be open, once the network is back. [5]",
        LIMITS,
        values.seconds,
    ),
    Option(
        "max_heartbeat",
        ("--max-heartbeat",),
        "SECONDS",
        "The longest silence, of comments too. [10]",
        LIMITS,
        values.seconds,
    ),
    Option("strict", ("--strict",), "", "Warnings, and what cannot be known, count as failures.", LIMITS),
    *REPORT_OPTIONS,
    Option(
        "capture", ("--capture",), "DIR", "Keep each run as a capture in DIR; nothing is overwritten.", REPORTS, Path
    ),
)
_LIMITS = ("min_completion", "max_reconnect_p95", "max_heartbeat")


def run(given: Given) -> int:
    """Run the command."""
    from sse_inspect.check.scenario import chosen, load

    asked = understood(CHECK_OPTIONS, given)
    is_fast = asked.get("fast", False)
    scenarios = load(asked.get("scenarios"), fast=is_fast)
    wanted = chosen(scenarios, asked.get("only", ()), asked.get("skip", ()))
    if asked.get("list"):
        return _list(wanted)
    return _check(given, asked, scenarios, wanted)


def _list(scenarios: list[Scenario]) -> int:
    width = max(len(each.name) for each in scenarios)
    for each in scenarios:
        sys.stdout.write(f"{each.name:<{width}}  {each.title}: {each.does}\n")
    return exits.DONE


def _check(given: Given, asked: dict[str, Any], scenarios: list[Scenario], wanted: list[Scenario]) -> int:
    """Make the check and write its reports; returns the exit status."""
    import asyncio

    from sse_inspect import __version__
    from sse_inspect.check.limits import Limits
    from sse_inspect.check.plain import announcement
    from sse_inspect.check.runner import Check
    from sse_inspect.cli.report_files import report_files
    from sse_inspect.cli.signals import signals_wake, stop_on_signal

    is_ci = asked.get("profile") == CI
    target, policy = connecting({**given, "profile": None if is_ci else given.get("profile")})
    if policy.max_retries == 0:
        raise UsageError("--max-retries", "a check has to reconnect; expected 1 or more.")
    if asked.get("fast"):
        policy = _hurried(policy, given)
    outputs = report_files(asked, FORMATS)
    limits = Limits(**{name: asked[name] for name in _LIMITS if name in asked}, patience=PATIENCE if is_ci else 1.0)
    check = Check(
        target,
        policy,
        scenarios,
        wanted,
        limits,
        version=__version__,
        captures=asked.get("capture"),
        keep_secrets=bool(given.get("keep_secrets")),
        on_not_recorded=lambda why: _say(f"sse-inspect: --capture: {why}"),
    )

    async def made(progress: Progress | None) -> Report:
        loop = asyncio.get_running_loop()
        with signals_wake(loop):
            if received.signal is not None:
                check.stop()
            return await check.run(progress)

    with stop_on_signal(check.stop) as received:
        for line in announcement(target, wanted, len(check.plans), check.longest):
            _say(line)
        with nullcontext() if is_ci else _display() as progress:
            report = asyncio.run(made(progress))
        _write(report, outputs)
    return _status(report, received.signal, is_strict=bool(asked.get("strict")))


def _hurried(policy: Policy, given: Given) -> Policy:
    """The policy with short delays, where none are asked for."""
    hurried: dict[str, Any] = {name: value for name, value in FAST.items() if given.get(name) is None}
    return replace(policy, **hurried)


def _status(report: Report, signal: int | None, *, is_strict: bool) -> int:
    from sse_inspect.check.result import Verdict

    if signal is not None:
        return exits.SIGNALLED + signal
    if not report.connected:
        return exits.NEVER_CONNECTED
    if report.verdict is Verdict.FAIL or (is_strict and report.verdict is not Verdict.PASS):
        return exits.FAILED
    return exits.DONE


# What is said while it runs


def _say(line: str) -> None:
    if sys.stderr:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _display() -> AbstractContextManager[Progress]:
    """What shows the progress on stderr: moving on a terminal, else plain lines."""
    from sse_inspect.check.plain import Lines
    from sse_inspect.cli import check_display

    return check_display.display() if check_display.is_wanted() else nullcontext(Lines(_say))


# What is written in the end


def _write(report: Report, outputs: dict[str, str]) -> None:
    """Write the reports that were asked for, and the summary: on stdout, unless a report goes there.

    Files come first: a reader of stdout that went away takes none of them along.
    """
    failure: SseInspectError | None = None
    for name, file in outputs.items():
        if file == values.STDOUT:
            continue
        try:
            Path(file).expanduser().write_text(_reports().FORMATS[name](report), encoding="utf-8", newline="")
        except OSError as error:
            failure = SseInspectError(f"--{name}: {file} cannot be written ({error.strerror}).")
    summary = _summary(report)
    to_stdout = next((name for name, file in outputs.items() if file == values.STDOUT), None)
    if to_stdout is None:
        sys.stdout.write(summary)
    else:
        _say(summary.rstrip("\n"))
        sys.stdout.write(_reports().FORMATS[to_stdout](report))
    sys.stdout.flush()
    if failure is not None:
        raise failure


def _reports() -> Any:
    """The package that writes reports; None where it is left out."""
    found = import_module(REPORT) if find_spec(REPORT) else None
    return found if hasattr(found, "summary_lines") else None


def _summary(report: Report) -> str:
    reports = _reports()
    if reports is None:
        return "".join(f"{each.verdict.value:8} {each.title}\n" for each in report.outcomes)
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb" or not sys.stdout.isatty()
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    text: str = reports.summary_lines(report, width, not is_plain)
    return text


COMMAND = Command(
    (*CHECK_OPTIONS, *(option for option in SHARED if option.name not in NOT_HERE)),
    run,
    takes_url=True,
    holds_signals=True,
)
