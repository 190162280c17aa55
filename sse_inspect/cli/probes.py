"""`sse-inspect probe URL`: the same request in several ways, and beside a direct one, to find what holds it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import SHARED, STOP, Command, Given, Option, connecting, understood
from sse_inspect.errors import SseInspectError

if TYPE_CHECKING:
    from sse_inspect.probing.report import Report

PROBES = "What is probed"
NOT_HERE = frozenset(
    {
        "for_seconds",
        "count",
        "until",
        "record",
        "keep_secrets",
        "profile",
        "faults",
        "http1",
        "http2",
        "last_event_id_param",
        "stall_after",
        "on_stall",
        "backoff_initial",
        "backoff_max",
        "backoff_factor",
        "jitter",
        "max_retries",
        "retry_unsafe",
    }
)
"""Shared options that make no sense: every probe is one attempt, and has its own protocol and end."""


def _direct(given: str) -> str:
    from sse_inspect.config import parse_url

    return parse_url(values.text(given), "--direct")


PROBE_OPTIONS = (
    Option(
        "direct",
        ("--direct",),
        "URL",
        "The same stream without what is suspected: both are watched at once, and events are paired. What is sent to "
        "the one is sent to the other, credentials too.",
        PROBES,
        _direct,
    ),
    Option(
        "origin",
        ("--origin",),
        "ORIGIN",
        "Also ask as a page of this origin, such as https://app.example.com, with its preflight.",
        PROBES,
        values.text,
    ),
    Option("post", ("--post",), "", "Also ask with an empty POST.", PROBES),
    Option(
        "only",
        ("--only",),
        "NAMES",
        "Only these, with commas between: identity, compressed, http2, post, get, resume, origin, preflight, direct.",
        PROBES,
        values.names,
        many=True,
    ),
    Option("seconds", ("--for",), "SECONDS", "How long each probe takes at most. [10]", STOP, values.seconds),
    Option(
        "json", ("--json",), "FILE", "Write what was found as JSON to FILE; - for stdout.", "Output", values.report_file
    ),
)


def run(given: Given) -> int:
    """Run the command."""
    import asyncio

    from sse_inspect import __version__
    from sse_inspect.cli.signals import signals_wake, stop_on_signal
    from sse_inspect.probing.plan import Wishes, announced
    from sse_inspect.probing.runner import Probing

    asked = understood(PROBE_OPTIONS, given)
    file = asked.pop("json", None)
    target, policy = connecting(given)
    wishes = Wishes(**asked)
    probing = Probing(target, policy, wishes, version=__version__, progress=_say)

    async def made() -> Report:
        with signals_wake(asyncio.get_running_loop()):
            if received.signal is not None:
                probing.stop()
            return await probing.run()

    with stop_on_signal(probing.stop) as received:
        for line in announced(target, wishes):
            _say(line)
        report = asyncio.run(made())
        _write(report, file)
    if received.signal is not None:
        return exits.SIGNALLED + received.signal
    return exits.DONE if report.connected else exits.NEVER_CONNECTED


def _say(line: str) -> None:
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write(f"{visible(line)}\n")
        sys.stderr.flush()


def _write(report: Report, file: str | None) -> None:
    """The findings and the table on stdout, unless the JSON goes there."""
    if file is not None:
        _write_json(report.as_json(), file)
    if file != values.STDOUT:
        from sse_inspect.cli.tail import has_colours
        from sse_inspect.present import ansi
        from sse_inspect.probing.telling import lines

        for line in lines(report):
            text = ansi.painted(line) if has_colours() else "".join(text for text, _ in line)
            sys.stdout.write(f"{text.rstrip()}\n")
    sys.stdout.flush()


def _write_json(found: dict[str, Any], file: str) -> None:
    import json

    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if file == values.STDOUT:
        sys.stdout.write(text)
        return
    try:
        Path(file).expanduser().write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise SseInspectError(f"--json: {file} cannot be written ({error.strerror}).") from None


COMMAND = Command(
    (*PROBE_OPTIONS, *(option for option in SHARED if option.name not in NOT_HERE)),
    run,
    takes_url=True,
    holds_signals=True,
)
