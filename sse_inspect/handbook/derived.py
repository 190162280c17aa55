"""What the pages say of the program itself, taken from where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import fill

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION, RULES
from sse_inspect.analysis.walls import WALLS
from sse_inspect.config import Policy
from sse_inspect.handbook.table import table
from sse_inspect.inputs import ResponseHead
from sse_inspect.records import KINDS
from sse_inspect.session.outcome import MAX_REDIRECTS, Refuse, judge_head

WIDTH = 80
"""Columns of a page that is printed."""


def stall() -> str:
    """Seconds of silence that count as a stall, unless told otherwise."""
    return f"{Policy().stall_after:g}"


def completion() -> str:
    """The least part of the events that has to come."""
    return f"{100 * MIN_COMPLETION:g} %"


def reconnect() -> str:
    """Seconds that a reconnect may take."""
    return f"{MAX_RECONNECT_P95:g}"


def redirects() -> str:
    """Redirects that are followed."""
    return str(MAX_REDIRECTS)


def retried() -> str:
    """Statuses below 500 after which another answer may come later."""
    then = datetime(1970, 1, 1, tzinfo=UTC)
    judged = {status: judge_head(ResponseHead(status, "1.1", ()), then) for status in range(300, 500)}
    passing = [status for status, verdict in judged.items() if isinstance(verdict, Refuse) and not verdict.fatal]
    return ", ".join(map(str, passing))


def walls() -> str:
    """Who cuts a silent connection by default, the first to cut first."""
    idle: dict[float, list[str]] = {}
    for wall in WALLS:
        if wall.clock == "idle":
            idle.setdefault(wall.seconds, []).append(wall.who)
    rows = [(f"{seconds:g} s", ", ".join(dict.fromkeys(who))) for seconds, who in sorted(idle.items())]
    return table(("silent for", "who cuts"), rows)


def kinds() -> str:
    """The kinds of records."""
    return fill(" ".join(f"`{kind}`" for kind in KINDS), WIDTH - 1)


def metrics() -> str:
    """The six metrics, each with what it should be and the alert that tells when it is not."""
    alerts = {rule.name: rule for rule in RULES}
    rows = [(name, what, target, f"`{alerts[alert].name}`") for name, what, target, alert in _METRICS]
    return table(("metric", "what it is", "target", "alert"), rows)


_METRICS = (
    ("completion rate", "events that arrived", f"≥ {completion()}", "LowCompletionRate"),
    ("reconnect time", "disconnect to open, p95", f"< {reconnect()} s", "SlowReconnect"),
    ("messages lost", "IDs still missing", "0", "MessageLoss"),
    ("duplicates", "passed on as new", "0", "DuplicateDelivery"),
    ("stalls", "silence beyond the limit", "0", "StreamStalled"),
    ("silent failures", "not shown within 1 s", "0", "StreamStalled"),
)
