"""The numbers of sessions as Prometheus reads them: taken of the snapshot when they are asked for, never per event.

Every name begins with `sse_inspect_`: the numbers are what this client saw, and a server may well export `sse_` ones
of its own. Units are seconds, bytes and ratios. Labels are `endpoint` and `target`, the URL without its query, and
where there is one `reason`, a closed vocabulary that is exported whole, so that every count begins at 0.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sse_inspect.analysis.snapshot import Snapshot
from sse_inspect.config import shown_url
from sse_inspect.inspection import Inspection
from sse_inspect.monitoring.tally import Tally
from sse_inspect.present.address import host_of
from sse_inspect.records import DisconnectReason

PREFIX = "sse_inspect_"
LABELS = ("endpoint", "target")
REASONS = tuple(reason for reason in get_args(DisconnectReason) if reason != "unknown")


@dataclass(frozen=True, slots=True)
class _Number:
    """A metric without further labels; it is left out where `value` is None."""

    name: str
    help: str
    value: Callable[[Snapshot, Tally], float | None]


@dataclass(frozen=True, slots=True)
class _Reasons:
    """A counter by reason."""

    name: str
    help: str
    values: Callable[[Snapshot, Tally], dict[str, int]]


def _stalled(snapshot: Snapshot, _tally: Tally) -> float:
    """What the alert's value holds beside the silent failures."""
    value = next(alert.value for alert in snapshot.alerts if alert.name == "StreamStalled")
    return (value or 0) - (snapshot.summary.silent_failures or 0)


def _at(snapshot: Snapshot, t: float | None) -> float | None:
    return None if t is None or not snapshot.unix_us else snapshot.unix_us / 1e6 + t


GAUGES = (
    _Number("connected", "Whether the stream is open: 1, or 0.", lambda now, _: now.state == "open"),
    _Number("stalled", "Whether a stall began and no sign of life came since: 1, or 0.", _stalled),
    _Number(
        "outage_seconds",
        "Seconds that the outage under way lasts; 0 while the stream is open, or is over as it should be.",
        lambda _, tally: tally.outage,
    ),
    _Number(
        "completion_ratio",
        "Distinct events received / (those and the ones still missing), over the session; absent where IDs do not say.",
        lambda now, _: now.summary.completion_rate,
    ),
    _Number(
        "messages_lost",
        "IDs that are missing now; one that comes after all is none any more.",
        lambda now, _: now.summary.messages_lost,
    ),
    _Number("longest_stall_seconds", "The longest stall of the session.", lambda now, _: now.summary.stalls["longest"]),
    _Number(
        "last_byte_timestamp_seconds", "Unix time of the last byte received.", lambda now, _: _at(now, now.last_byte)
    ),
    _Number("last_event_timestamp_seconds", "Unix time of the last event.", lambda now, _: _at(now, now.last_event)),
)
COUNTERS = (
    _Number("events_total", "Events received, those that came again included.", lambda now, _: now.summary.events),
    _Number("messages_received_total", "Distinct events with an ID received.", lambda now, _: now.summary.received),
    _Number("received_bytes_total", "Bytes of the body received, decoded.", lambda now, _: now.summary.bytes),
    _Number(
        "duplicates_received_total",
        "Events that came again, and were recognised.",
        lambda now, _: now.summary.duplicates["received"],
    ),
    _Number(
        "duplicates_delivered_total",
        "Events that came again, and were passed on as new.",
        lambda now, _: now.summary.duplicates["delivered"],
    ),
    _Number("opens_total", "Connections that opened, the first one included.", lambda _, tally: tally.opens),
    _Number("stalls_total", "Silences longer than --stall-after.", lambda now, _: now.summary.stalls["count"]),
    _Number(
        "silent_failures_total",
        "Outages or stalls that nothing showed within 1 s.",
        lambda now, _: now.summary.silent_failures,
    ),
)
BY_REASON = (
    _Reasons(
        "disconnects_total",
        "Connections and attempts that ended, by the reason.",
        lambda now, _: now.summary.disconnects,
    ),
    _Reasons(
        "reconnects_total",
        "Connections that opened after one that ended, by the reason why that ended.",
        lambda _, tally: tally.reconnects,
    ),
)


@dataclass(frozen=True, slots=True)
class _Exported:
    """An endpoint: the values of its labels, and the session that watches it now."""

    labels: tuple[str, str]
    tally: Tally
    inspection: Inspection


class Exposition(Collector):
    """The numbers of all endpoints, as they are when they are collected, on any thread."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._exported: dict[str, _Exported] = {}

    def watch(self, inspection: Inspection, endpoint: str = "") -> None:
        """Export this session, which begins; it takes the place of an earlier one of the endpoint.

        Without a name the endpoint is called as its host.
        """
        target = shown_url(inspection.target.url).partition("?")[0]
        endpoint = endpoint or host_of(target)
        known = self._exported.get(endpoint)
        exported = _Exported((endpoint, target), known.tally if known else Tally(time.monotonic), inspection)
        inspection.tap_batches(exported.tally.take)
        self._exported = {**self._exported, endpoint: exported}  # a whole new one: a scrape may be reading the old one

    def collect(self) -> Iterator[Metric]:
        """Collect everything once."""
        yield InfoMetricFamily(
            PREFIX + "build",
            "The program that watches.",
            value={"version": self._version, "python": platform.python_version()},
        )
        now = [(each.labels, each.inspection.snapshot(), each.tally) for each in self._exported.values()]
        for kind, numbers in ((GaugeMetricFamily, GAUGES), (CounterMetricFamily, COUNTERS)):
            for number in numbers:
                family = kind(PREFIX + number.name, number.help, labels=LABELS)
                for labels, snapshot, tally in now:
                    value = number.value(snapshot, tally)
                    if value is not None:
                        family.add_metric(labels, float(value))
                yield family
        for counter in BY_REASON:
            family = CounterMetricFamily(PREFIX + counter.name, counter.help, labels=(*LABELS, "reason"))
            for labels, snapshot, tally in now:
                found = counter.values(snapshot, tally)
                for reason in REASONS:
                    family.add_metric([*labels, reason], found.get(reason, 0))
            yield family
        reconnect = HistogramMetricFamily(
            PREFIX + "reconnect_seconds",
            "Seconds from a disconnect to the next open, of the outages that are over.",
            labels=LABELS,
        )
        for labels, _, tally in now:
            buckets = [("+Inf" if bound == float("inf") else str(bound), float(n)) for bound, n in tally.buckets]
            reconnect.add_metric(labels, buckets, tally.seconds)
        yield reconnect
