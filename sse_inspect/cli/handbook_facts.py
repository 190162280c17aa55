"""What the pages of the handbook say of the parts beside them: commands, keys, exit status, limits of the check."""

from __future__ import annotations

from sse_inspect.cli import exits
from sse_inspect.handbook import Facts
from sse_inspect.handbook.table import table


def commands() -> str:
    """The commands, with the first sentence of their help."""
    from sse_inspect.cli.commands import COMMANDS, DEFAULT

    told = [("URL", DEFAULT.help), *((name, each.help) for name, each in COMMANDS.items())]
    rows = [(f"`{name}`", text.partition(". ")[0].rstrip(".")) for name, text in told]
    return table(("sse-inspect", "what it does"), rows)


def keys() -> str:
    """The keys that break something, and those of the footer but the one for help."""
    from sse_inspect.tui.keys import BREAK, footer, of

    shown = dict.fromkeys([*(key for key in of("live") if key.group == BREAK), *footer("live")])
    rows = [(f"`{key.first}`", key.label, key.sentence) for key in shown if key.action != "help"]
    return table(("key", "name", "what it does"), rows)


def statuses() -> str:
    """What the exit status says."""
    rows = [
        (exits.DONE, "done, or stopped as asked; `check`: nothing failed"),
        (exits.FAILED, "ended by a final answer or `--max-retries`; `check`: a failure"),
        (exits.WRONG_USE, "wrong use: the message names the option"),
        (exits.NEVER_CONNECTED, "never connected"),
        (exits.SIGNALLED, "and the number of the signal: 130 after Ctrl-C"),
    ]
    return table(("exit status", "meaning"), [(str(status), meaning) for status, meaning in rows])


def heartbeat() -> str:
    """Seconds that heartbeats may be apart."""
    from sse_inspect.check.limits import Limits

    return f"{Limits().max_heartbeat:g}"


def scenarios() -> str:
    """How many scenarios a check has."""
    from sse_inspect.check.scenario import load

    return str(len(load()))


FACTS: Facts = {
    "commands": commands,
    "keys": keys,
    "exits": statuses,
    "heartbeat": heartbeat,
    "scenarios": scenarios,
}
