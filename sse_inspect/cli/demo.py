"""`sse-inspect demo`: the reference server on a free port, and the inspector on it."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.cli.inspect_ import inspect
from sse_inspect.cli.options import (
    COUNT,
    FOR,
    KEEPING,
    STALL_AFTER,
    STOP,
    Command,
    Given,
    Option,
    keeping,
    policy,
    understood,
)
from sse_inspect.cli.reporting import REPORTING, reporting

QUIET = Option("quiet", ("--quiet-demo",), "", "Only a steady stream: nothing goes wrong unless you ask for it.", STOP)
LIMIT = replace(STALL_AFTER, help="Silence, comments included, that counts as a stall; 0: never. [6]")
OPTIONS = (FOR, COUNT, LIMIT, QUIET, *KEEPING, *REPORTING)


def run(given: Given) -> int:
    """Run the command."""
    from sse_inspect.config import Target
    from sse_inspect.server import ServerThread
    from sse_inspect.server.demo import DEMO_PATH, demo_options
    from sse_inspect.server.demo import STALL_AFTER as STORY_LIMIT

    settings = {"stall_after": STORY_LIMIT} | understood(OPTIONS, given)
    asked = policy(settings)

    options = demo_options()
    if "quiet" in settings:
        options = replace(options, scripts={})
    with ServerThread(options) as server:
        script = options.scripts.get(DEMO_PATH)
        banner = script.banner if script else None
        return inspect(Target(server.url(DEMO_PATH)), asked, keeping(given), banner, report=reporting(given))


COMMAND = Command(OPTIONS, run)
