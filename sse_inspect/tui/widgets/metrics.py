"""The six metrics with their targets, and which of the five alerts fire."""

from __future__ import annotations

from sse_inspect.inspected import Snapshot
from sse_inspect.present import signs, units
from sse_inspect.tui.widgets.pane import Line, Pane

_NAME, _VALUE, _TARGET, _ALERT = 16, 12, 9, 19


class MetricsPane(Pane):
    """A line each; what misses its target says so with a sign and a word."""

    title = "Metrics"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Name, value, target, and the alert that fires or whether the target is met."""
        firing = {alert.name for alert in snapshot.alerts if alert.firing}
        count = len(snapshot.alerts)
        sign = signs.ALERTS["firing"].sign
        self.subtitle = f"{sign} {len(firing)} of {count} alerts firing" if firing else "no alert firing"
        named = width >= _NAME + _VALUE + _TARGET + _ALERT
        return [
            [
                (name.ljust(_NAME), "dim"),
                (shown.ljust(_VALUE), ""),
                (target.ljust(_TARGET), "dim"),
                *_verdict(met, [name for name in alerts if name in firing] if named else []),
            ]
            for name, shown, target, met, alerts in _rows(snapshot)
        ]


def _rows(snapshot: Snapshot) -> list[tuple[str, str, str, bool | None, tuple[str, ...]]]:
    """Name, value, target, whether it is met (None: unknown), and the alerts that watch it."""
    summary = snapshot.summary
    limits = {alert.name: alert.threshold for alert in snapshot.alerts}
    completion, p95 = summary.completion_rate, summary.reconnect_seconds["p95"]
    least, slowest = limits["LowCompletionRate"], limits["SlowReconnect"]
    duplicates, stalls = summary.duplicates, summary.stalls
    silent = summary.silent_failures
    stalled = f"{units.count(stalls['count'])}, {units.duration(stalls['longest'])}"
    stalled_alert = ("StreamStalled",)
    measured = snapshot.events > 0
    return [
        (
            "completion",
            units.percent(completion),
            f"≥ {least * 100:g} %",
            None if completion is None else completion >= least,
            ("LowCompletionRate",),
        ),
        (
            "reconnect p95",
            units.seconds(p95),
            f"< {slowest:g} s",
            None if p95 is None else p95 < slowest,
            ("SlowReconnect",),
        ),
        (
            "lost",
            units.count(summary.messages_lost),
            "0",
            signs.met(summary.messages_lost == 0, completion is not None),
            ("MessageLoss",),
        ),
        (
            "duplicates",
            f"{units.count(duplicates['delivered'])} delivered",
            "0",
            signs.met(duplicates["delivered"] == 0, summary.received > 0 and snapshot.origin.has_repeated_ids),
            ("DuplicateDelivery",),
        ),
        (
            "stalls",
            stalled if stalls["count"] else units.count(stalls["count"]),
            "0",
            None if stalls["count"] is None else signs.met(not stalls["count"], measured),
            stalled_alert if snapshot.stalled else (),
        ),
        (
            "silent failures",
            units.count(silent),
            "0",
            None if silent is None else signs.met(silent == 0, measured),
            stalled_alert if silent else (),
        ),
    ]


def _verdict(met: bool | None, firing: list[str]) -> Line:
    if firing:
        sign = signs.VERDICTS[False]
        return [(f"{sign.sign} {firing[0]}", sign.style)]
    if met is None:
        return [(f"{units.UNKNOWN} unknown", "dim")]
    sign = signs.VERDICTS[met]
    return [(f"{sign.sign} {sign.word}", sign.style)]
