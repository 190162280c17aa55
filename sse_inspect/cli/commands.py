"""The commands: what each is called and is for; what it takes and does is loaded when it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_inspect.cli.options import Command


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as it stands in the list; `constant` in `module` of this package is the rest of it."""

    name: str
    help: str
    module: str
    constant: str = "COMMAND"

    @property
    def command(self) -> Command:
        """What it takes and does."""
        found: Command = getattr(import_module(f"{__package__}.{self.module}"), self.constant)
        return found


DEFAULT = Listed("inspect", "Show the stream on the whole screen.", "inspect_")
"""What runs where the first argument names no command; it stands in no list."""

COMMANDS: dict[str, Listed] = {
    each.name: each
    for each in (
        Listed("tail", "Write the records to stdout, one a line, without a screen.", "tail"),
        Listed("watch", "Watch the endpoints of a TOML file, without a screen.", "watch"),
        Listed("check", "Certify an endpoint by resilience scenarios.", "check"),
        Listed("probe", "Ask in several ways to find what holds a stream back.", "probes"),
        Listed(
            "load",
            "Many clients against an endpoint of your own. Exit status: 0 all had their streams and nothing is "
            "missing; 1 some failed, or events are missing; 3 none ever connected; 130 interrupted, with the report "
            "all the same.",
            "load",
        ),
        Listed("demo", "Inspect the reference server: a tour of what can go wrong.", "demo"),
        Listed("serve", "Run the reference server, or serve a capture again.", "serve"),
        Listed("replay-server", "Serve a capture again: the same as serve --replay FILE.", "serve", "REPLAY_COMMAND"),
        Listed(
            "open",
            "Show a capture again, a HAR, or what curl or tail saved. With --report or --second-opinion that is "
            "written instead. FILE - is standard input, until it ends or Ctrl-C comes.",
            "open_",
        ),
        Listed(
            "export",
            "Write what open reads as NDJSON, HAR, CSV or raw bytes. FILE - is standard input, until it ends or "
            "Ctrl-C comes.",
            "export",
        ),
        Listed("doctor", "Say what could be wrong here, for bug reports too.", "doctor"),
        Listed("codes", "List the diagnosis codes, one line each.", "codes"),
        Listed("alerts", "Write the alert rules for Prometheus to stdout.", "alerts"),
        Listed("dashboard", "Write a dashboard for Grafana to stdout.", "dashboard"),
        Listed("runbook", "Say what to do about an alert.", "runbook"),
        Listed("handbook", "Read how to use it, and how to build servers and clients.", "handbook"),
    )
}
"""In the order of the help."""
