"""`sse-inspect doctor`: what to paste into a bug report, and what could be wrong on this machine or with a URL."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sse_inspect.cli import exits
from sse_inspect.cli.options import REQUEST, SHARED, TLS, Command, Given, connecting, understood
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.cli.checkup import Finding
    from sse_inspect.config import Policy, Target

WIDTH = 20
ONLY_ON_RECONNECT = "last_event_id_param"
OPTIONS = tuple(option for option in SHARED if option.section in (REQUEST, TLS) and option.name != ONLY_ON_RECONNECT)
"""How one asks and connects; what comes of the stream is not waited for."""


def run(given: Given) -> int:
    """Run the command; 1 if something is certainly broken."""
    asked = connecting(given) if given["url"] else None
    for option in OPTIONS:
        if asked is None and understood((option,), given):
            raise UsageError(option.flag, "it goes only with a URL.")
    from sse_inspect.cli.checkup import Advice, Fact
    from sse_inspect.present.safe import visible

    advice: list[Advice] = []
    for heading, findings in _looked_at(asked):
        _write(heading)
        for finding in findings:
            if isinstance(finding, Fact):
                _write(f"  {visible(finding.name):<{WIDTH}}  {visible(finding.value)}")
            else:
                advice.append(finding)
    _write("")
    for each in advice:
        _write(f"{'Broken' if each.broken else 'Note'}: {visible(each.text)}")
    if not advice:
        _write("Nothing looks wrong.")
    _write("All of this can be pasted into a bug report: passwords and tokens are left out.")
    return exits.FAILED if any(each.broken for each in advice) else exits.DONE


def _looked_at(asked: tuple[Target, Policy] | None) -> Iterator[tuple[str, Iterable[Finding]]]:
    from sse_inspect.cli.checkup import CHECKS

    for heading, checks in CHECKS.items():
        yield heading, (finding for check in checks for finding in check())
    if asked is not None:
        from sse_inspect.cli.probe import probe

        yield "URL", probe(*asked)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


COMMAND = Command(OPTIONS, run, takes_url=True)
