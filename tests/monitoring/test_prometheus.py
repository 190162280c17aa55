"""A real Prometheus scrapes the program: each alert fires when its fault begins, and is resolved when it is over."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sse_inspect.monitoring.rules import WORDINGS, rules
from tests.monitoring.misbehaving import misbehaving
from tests.monitoring.test_dashboard import EXPRESSIONS, filled

pytestmark = [
    pytest.mark.monitoring,
    pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed"),
]

WINDOW, PENDING, PATIENCE = 8.0, 1.0, 30.0
"""Seconds: what the rules look back on, what they wait, and what anything may take here."""
FAULTS = {
    "LowCompletionRate": "loses",
    "MessageLoss": "loses",
    "SlowReconnect": "refuses",
    "DuplicateDelivery": "repeats",
    "StreamStalled": "falls-silent",
}
ENDPOINTS = """
[defaults]
stall-after = 2
backoff-initial = 0.2
backoff-max = 0.5

[endpoint.loses]
url = "{base}/loses?token=secret"
[endpoint.refuses]
url = "{base}/refuses?token=secret"
[endpoint.repeats]
url = "{base}/repeats?token=secret"
ids = "opaque"
[endpoint.falls-silent]
url = "{base}/falls-silent?token=secret"
"""
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: sse-inspect
    static_configs: [{{targets: ["{target}"]}}]
"""


@dataclass
class Story:
    """The endpoints that each alert fired for, before, while and after the faults."""

    before: dict[str, set[str]]
    during: dict[str, set[str]]
    after: dict[str, set[str]]
    seconds: dict[str, float] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    """Expressions of the dashboard that found nothing in all that time."""


class Prometheus:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api/v1"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=5) as response:
            return json.load(response)["data"]

    def firing(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for alert in self.get("alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], set()).add(alert["labels"]["endpoint"])
        return found

    def value(self, query: str) -> float:
        result = self.get(f"query?query={quote(query)}")["result"]
        return float(result[0]["value"][1]) if result else 0.0

    def last_minute(self, query: str) -> list[Any]:
        now = time.time()
        found: list[Any] = self.get(f"query_range?query={quote(query)}&start={now - 60}&end={now}&step=1")["result"]
        return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def running(*command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(what: str, holds: Callable[[], bool], log: Path) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        with suppress(OSError):
            if holds():
                return time.monotonic() - began
        time.sleep(0.25)
    pytest.fail(f"{what} did not come within {PATIENCE:g} s:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("prometheus")
    watched, scraped = folder / "watch.log", folder / "prometheus.log"
    with ExitStack() as stack:
        server = stack.enter_context(misbehaving())
        (folder / "endpoints.toml").write_text(ENDPOINTS.format(base=f"http://127.0.0.1:{server.server_port}"))
        watch = [sys.executable, "-m", "sse_inspect", "watch", str(folder / "endpoints.toml"), "--metrics", "0"]
        stack.enter_context(running(*watch, log=watched))
        wait_for("the address", lambda: "metrics at" in watched.read_text(), watched)
        address = re.search(r"metrics at http://(\S+)/metrics", watched.read_text())
        assert address
        (folder / "rules.yml").write_text(rules(WINDOW, PENDING))
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(target=address[1]))
        port = free_port()
        stack.enter_context(
            running(
                "prometheus",
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
                log=scraped,
            )
        )
        prometheus = Prometheus(port)
        settled = "sum(sse_inspect_connected) == 4 and min(count_over_time(sse_inspect_connected[10s])) >= 4"
        wait_for("the first scrapes", lambda: prometheus.value(settled) == 4, scraped)
        story = Story(prometheus.firing(), {}, {})
        server.fault.set()

        def all_fire() -> bool:
            for name, endpoints in prometheus.firing().items():
                story.during.setdefault(name, set()).update(endpoints)
            return set(story.during) == set(FAULTS)

        story.seconds["fires"] = wait_for("every alert", all_fire, watched)
        story.target = prometheus.get("targets")["activeTargets"][0]
        server.fault.clear()
        story.seconds["resolves"] = wait_for("the end of the alerts", lambda: not prometheus.firing(), watched)
        story.after = prometheus.firing()
        story.empty = [each for each in EXPRESSIONS if not prometheus.last_minute(filled(each))]
        assert "Traceback" not in watched.read_text()
        yield story


def test_nothing_fires_while_all_is_well(story: Story) -> None:
    assert story.before == {}


@pytest.mark.parametrize("alert", WORDINGS)
def test_it_fires_for_the_endpoint_that_is_at_fault_and_is_resolved(alert: str, story: Story) -> None:
    assert story.during[alert] == {FAULTS[alert]}
    assert alert not in story.after


def test_what_prometheus_scrapes_is_sound(story: Story) -> None:
    assert (story.target["health"], story.target["lastError"]) == ("up", "")


def test_every_panel_of_the_dashboard_has_something_to_show(story: Story) -> None:
    assert story.empty == []
