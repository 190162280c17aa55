"""The dashboard: what Grafana's library makes of it, and what Prometheus makes of its expressions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.cli import main
from sse_inspect.monitoring.exposition import BY_REASON, COUNTERS, GAUGES, PREFIX
from sse_inspect.monitoring.panels import dashboard
from tests.monitoring.promtool import needs_promtool, promtool

PANELS: list[dict[str, Any]] = json.loads(dashboard())["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]


def filled(expression: str) -> str:
    """With the variables as Grafana puts them in."""
    return expression.replace("$endpoint", ".*").replace("$__rate_interval", "4s")


def test_it_is_what_the_library_makes() -> None:
    pytest.importorskip("grafana_foundation_sdk")
    from tests.monitoring.board import board

    assert dashboard() == board(), "python -m tests.monitoring.board > sse_inspect/monitoring/dashboard.json"


def test_the_library_reads_it() -> None:
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    assert models.Dashboard.from_json(json.loads(dashboard())).uid == "sse-inspect"


def test_every_metric_has_its_row() -> None:
    rows = [panel["title"] for panel in PANELS if panel["type"] == "row"]
    assert rows == [
        "Alerts and state",
        "Completion rate",
        "Reconnect time",
        "Messages lost",
        "Duplicates",
        "Stalls",
        "Silent failures",
        "Traffic",
    ]
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_it_asks_for_metrics_that_there_are() -> None:
    known = {each.name for each in (*GAUGES, *COUNTERS, *BY_REASON)} | {"reconnect_seconds_bucket"}
    assert set(re.findall(rf"{PREFIX}(\w+)", dashboard())) <= known


@needs_promtool
def test_promtool_understands_every_expression(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"  # JSON is YAML
    rules = [{"record": f"panel:{n}", "expr": filled(each)} for n, each in enumerate(EXPRESSIONS)]
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    status, said = promtool("check", "rules", str(path))
    assert (status, said.strip().split("\n")[-1].strip()) == (0, f"SUCCESS: {len(rules)} rules found")


def test_the_command_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboard"]) == 0
    assert capsys.readouterr().out == dashboard()
