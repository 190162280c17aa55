"""`sse-inspect demo`: the reference server on a free port, and the inspector on it."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.cli.inspect_ import inspect
from sse_inspect.cli.options import COUNT, FOR, STOP, Command, Given, Option, policy, understood
from sse_inspect.config import Target

QUIET = Option("quiet", ("--quiet-demo",), "", "Only a steady stream: nothing goes wrong unless you ask for it.", STOP)
OPTIONS = (FOR, COUNT, QUIET)


def run(given: Given) -> int:
    """Run the command."""
    settings = understood(OPTIONS, given)
    asked = policy(settings)
    from sse_inspect.server import ServerThread
    from sse_inspect.server.demo import DEMO_PATH, STALL_AFTER, demo_options

    options = demo_options()
    if "quiet" in settings:
        options = replace(options, scripts={})
    with ServerThread(options) as server:
        script = options.scripts.get(DEMO_PATH)
        banner = script.banner if script else None
        return inspect(Target(server.url(DEMO_PATH)), replace(asked, stall_after=STALL_AFTER), banner)


COMMAND = Command("demo", "Inspect the reference server: a tour of what can go wrong.", OPTIONS, run)
