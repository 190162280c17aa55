"""Makes the dashboard that `sse-inspect dashboard` prints, with Grafana's own library, which users need not have.

python -m tests.monitoring.board > sse_inspect/monitoring/dashboard.json
"""

from __future__ import annotations

import sys
from itertools import count

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, VizLegendOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphTresholdsStyleMode, LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION, RULES
from sse_inspect.monitoring.exposition import PREFIX
from sse_inspect.monitoring.rules import WINDOW, duration

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
OF = '{endpoint=~"$endpoint"}'
OVER = f"{OF}[{duration(WINDOW)}]"
HEIGHT = 8
FIRING = f'alertname=~"{"|".join(rule.name for rule in RULES)}", alertstate="firing", endpoint=~"$endpoint"'

Query = tuple[str, str]
"""An expression, and what each of its lines is called."""


def gauge(name: str, legend: str = "{{endpoint}}") -> Query:
    return f"{PREFIX}{name}{OF}", legend


def increase(name: str, legend: str = "{{endpoint}}", by: str = "endpoint") -> Query:
    return f"sum by ({by}) (increase({PREFIX}{name}{OVER}))", legend


def rate(name: str) -> Query:
    return f"sum by (endpoint) (rate({PREFIX}{name}{OF}[$__rate_interval]))", "{{endpoint}}"


def quantile(q: float) -> Query:
    buckets = f"sum by (endpoint, le) (increase({PREFIX}reconnect_seconds_bucket{OVER}))"
    return f"histogram_quantile({q}, {buckets})", f"p{q * 100:g} {{{{endpoint}}}}"


def target(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query[0]).legend_format(query[1]).datasource(SOURCE)


def limit(panel: timeseries.Panel, value: float, *, bad_below: bool = False) -> timeseries.Panel:
    """With a line where the alert begins."""
    below, above = ("red", "transparent") if bad_below else ("transparent", "red")
    steps = [Threshold(value=None, color=below), Threshold(value=value, color=above)]
    return panel.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)).thresholds_style(
        GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.LINE)
    )


def lines(title: str, unit: str, span: int, *queries: Query) -> timeseries.Panel:
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)
    panel = timeseries.Panel().title(title).datasource(SOURCE).unit(unit).span(span).height(HEIGHT).legend(legend)
    for query in queries:
        panel = panel.with_target(target(query))
    return panel


def number(title: str, unit: str, span: int, query: Query) -> stat.Panel:
    return stat.Panel().title(title).datasource(SOURCE).unit(unit).span(span).height(HEIGHT).with_target(target(query))


def board() -> str:
    """The dashboard, as JSON."""
    over = f"in {duration(WINDOW)}"
    rows = {
        "Alerts and state": (
            lines(
                "Alerts that fire",
                "short",
                12,
                (
                    f"sum by (alertname, endpoint) (ALERTS{{{FIRING}}})",
                    "{{alertname}} {{endpoint}}",
                ),
            ),
            number("Connected", "short", 6, gauge("connected")),
            limit(lines("Outage under way", "s", 6, gauge("outage_seconds")), MAX_RECONNECT_P95),
        ),
        "Completion rate": (
            limit(
                lines("Events that arrived, over the session", "percentunit", 24, gauge("completion_ratio")),
                MIN_COMPLETION,
                bad_below=True,
            ),
        ),
        "Reconnect time": (
            limit(lines(f"Seconds to reconnect {over}", "s", 12, quantile(0.95), quantile(0.99)), MAX_RECONNECT_P95),
            lines(f"Reconnects {over}, by reason", "short", 12, increase("reconnects_total", "{{reason}}", "reason")),
        ),
        "Messages lost": (lines("Events missing now", "short", 24, gauge("messages_lost")),),
        "Duplicates": (
            lines(f"Recognised {over}", "short", 12, increase("duplicates_received_total")),
            lines(f"Passed on as new {over}", "short", 12, increase("duplicates_delivered_total")),
        ),
        "Stalls": (
            lines(f"Stalls {over}", "short", 8, increase("stalls_total")),
            lines("Longest stall of the session", "s", 8, gauge("longest_stall_seconds")),
            lines(
                "Silence",
                "s",
                8,
                (f"time() - {PREFIX}last_byte_timestamp_seconds{OF}", "since a byte {{endpoint}}"),
                (f"time() - {PREFIX}last_event_timestamp_seconds{OF}", "since an event {{endpoint}}"),
            ),
        ),
        "Silent failures": (lines(f"Silent failures {over}", "short", 24, increase("silent_failures_total")),),
        "Traffic": (
            lines("Events", "ops", 8, rate("events_total")),
            lines("Bytes", "Bps", 8, rate("received_bytes_total")),
            lines(f"Disconnects {over}, by reason", "short", 8, increase("disconnects_total", "{{reason}}", "reason")),
        ),
    }
    made = (
        dashboard.Dashboard("SSE streams")
        .uid("sse-inspect")
        .tags(["sse"])
        .refresh("10s")
        .time("now-30m", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("source").label("Data source").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("endpoint")
            .label("Endpoint")
            .query(f"label_values({PREFIX}connected, endpoint)")
            .datasource(SOURCE)
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    )
    ids = count(1)
    for title, panels in rows.items():
        made = made.with_row(dashboard.Row(title).id(next(ids)))
        for panel in panels:
            made = made.with_panel(panel.id(next(ids)))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(board())
