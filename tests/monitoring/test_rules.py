"""The alert rules: what Prometheus makes of them, and that they go by the thresholds of everybody else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION, RULES, Rule
from sse_inspect.check.limits import Limits
from sse_inspect.monitoring.exposition import BY_REASON, COUNTERS, GAUGES, PREFIX
from sse_inspect.monitoring.rules import WORDINGS, duration, rules
from tests.monitoring.promtool import needs_promtool, promtool

LABELS = 'endpoint="e",target="http://h/feed"'
WITH_REASON = {each.name for each in BY_REASON}


@dataclass(frozen=True)
class Case:
    """Series by name, a value every 15 s from 0, and what of the alert there is after ten minutes."""

    name: str
    alert: str
    series: dict[str, str]
    fires: str = ""
    at: str = "10m"


def histogram(quick: str, slow: str) -> dict[str, str]:
    """Reconnects within 1 s, and those that took up to 6 s."""
    bounds = {"1.0": quick, "5.0": quick, "6.0": slow, "+Inf": slow}
    return {f'reconnect_seconds_bucket{{le="{bound}"}}': values for bound, values in bounds.items()} | {
        "outage_seconds": "0x60"
    }


def outage(opens: str) -> dict[str, str]:
    return {"outage_seconds": "0x37 15 30 45", "opens_total": opens}


def counted(received: str, lost: str) -> dict[str, str]:
    return {"messages_received_total": received, "messages_lost": lost}


def silent(stalls: str, failures: str, now: str) -> dict[str, str]:
    return {"stalls_total": stalls, "silent_failures_total": failures, "stalled": now}


CASES = (
    # 300 s before the end are 20 steps; 20 steps of 10 events are 200.
    Case("all of it", "LowCompletionRate", counted("0+10x60", "0x60")),
    Case("1 of 400 is missing", "LowCompletionRate", counted("0+20x60", "0x30 1x30")),
    Case(
        "4 of 200 are missing",
        "LowCompletionRate",
        counted("0+10x60", "0x30 4x30"),
        "only 98.04% of the events arrived",
    ),
    Case("for less than a minute", "LowCompletionRate", counted("0+10x60", "0x36 4x30")),
    Case("they came after all", "LowCompletionRate", counted("0+10x60", "0x26 4x8 0x30")),
    Case("long ago", "LowCompletionRate", counted("0+10x60", "0x10 4x60")),
    Case("nothing ever came", "LowCompletionRate", counted("0x60", "0x60")),
    Case("the program began anew", "LowCompletionRate", counted("0+10x30 0+10x30", "4x30 0x30")),
    Case("nothing is missing", "MessageLoss", counted("0+10x60", "0x60")),
    Case("one is", "MessageLoss", counted("0+10x60", "0x30 1x30"), "1 events are lost"),
    Case("one more is", "MessageLoss", counted("0+10x60", "7x30 8x30"), "1 events are lost"),
    Case(
        "they began to come, then more were lost", "MessageLoss", counted("0x60", "9x25 4x5 6x30"), "2 events are lost"
    ),
    Case("it came within the minute", "MessageLoss", counted("0+10x60", "0x36 1x2 0x30")),
    Case("it was lost long ago", "MessageLoss", counted("0+10x60", "0x10 1x60")),
    Case("quick ones", "SlowReconnect", histogram("0+1x60", "0+1x60")),
    Case("one of 40 slow", "SlowReconnect", histogram("0+39x60", "0+40x60")),
    Case("one of ten slow", "SlowReconnect", histogram("0+9x60", "0+10x60"), "coming back takes 5.5s"),
    Case("slow ones long ago", "SlowReconnect", histogram("0x60", "0x5 9x60")),
    Case("none at all", "SlowReconnect", histogram("0x60", "0x60")),
    Case("an outage of 4 s", "SlowReconnect", {"outage_seconds": "0x39 4x20"}),
    Case("an outage of 45 s", "SlowReconnect", outage("1x60"), "down for 45s"),
    Case("never up", "SlowReconnect", outage("0x60"), "not up since the start, 45s"),
    Case("slow ones before", "SlowReconnect", histogram("0+9x60", "0+10x60") | outage("9x60"), "down for 45s"),
    Case("none", "DuplicateDelivery", {"duplicates_delivered_total": "0x60"}),
    Case("one", "DuplicateDelivery", {"duplicates_delivered_total": "0x30 1x30"}, "events came again unrecognised"),
    Case("long ago", "DuplicateDelivery", {"duplicates_delivered_total": "0x10 1x60"}),
    Case("never", "StreamStalled", silent("0x60", "0x60", "0x60")),
    Case("now", "StreamStalled", silent("1x60", "0x60", "1x60"), "the stream stalls"),
    Case("between two scrapes", "StreamStalled", silent("0x30 1x30", "0x60", "0x60"), "the stream stalls"),
    Case("nobody told", "StreamStalled", silent("0x60", "0x30 1x30", "0x60"), "the stream stalls"),
    Case("long ago", "StreamStalled", silent("0x10 1x60", "0x10 1x60", "0x60")),
)


def series(name: str) -> str:
    bare, _, labels = name.rstrip("}").partition("{")
    return f"{PREFIX}{bare}{{{LABELS}{',' if labels else ''}{labels}}}"


def written(case: Case) -> dict[str, object]:
    """The case as promtool reads it."""
    wording = WORDINGS[case.alert]
    alert = {
        "exp_labels": {"severity": wording.severity, "endpoint": "e", "target": "http://h/feed"},
        "exp_annotations": {
            "summary": f"e: {case.fires}",
            "description": wording.description.replace("{window}", "5m"),
            "runbook": f"sse-inspect runbook {case.alert}",
        },
    }
    return {
        "name": f"{case.alert}: {case.name}",
        "interval": "15s",
        "input_series": [{"series": series(name), "values": values} for name, values in case.series.items()],
        "alert_rule_test": [
            {"eval_time": case.at, "alertname": case.alert, "exp_alerts": [alert] if case.fires else []}
        ],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.yml").write_text(rules())
    return folder


@needs_promtool
@pytest.mark.parametrize(
    "text",
    [
        rules(),
        rules(12.5, 0, 'https://wiki.example/"sse"/#'),
        rules(365 * 86400, 365 * 86400),
        rules(runbook_url="http://x/{{ template }}/☃😀"),
    ],
    ids=["default", "other", "long", "braces"],
)
def test_promtool_finds_five_rules(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text)
    status, said = promtool("check", "rules", str(path))
    assert (status, said.strip().split("\n")[-1].strip()) == (0, "SUCCESS: 5 rules found")


@needs_promtool
@pytest.mark.parametrize("alert", WORDINGS)
def test_prometheus_fires_where_it_should_and_nowhere_else(alert: str, folder: Path) -> None:
    mine = [case for case in CASES if case.alert == alert]
    assert any(case.fires for case in mine)
    assert any(not case.fires for case in mine)
    path = folder / f"{alert}.yml"  # JSON is YAML
    path.write_text(
        json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": list(map(written, mine))})
    )
    status, said = promtool("test", "rules", str(path))
    assert status == 0, said


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_comparison_is_that_of_the_program(rule: Rule) -> None:
    operators = re.findall(r" (<|>=|>) \{threshold\}", WORDINGS[rule.name].expression)
    holds = {"<": float.__lt__, ">=": float.__ge__, ">": float.__gt__}
    assert operators
    for operator in operators:
        for value in (rule.threshold - 0.001, float(rule.threshold), rule.threshold + 0.001):
            assert holds[operator](value, float(rule.threshold)) == rule.breaks(value, rule.threshold)


def test_every_rule_of_the_program_is_there_and_no_other() -> None:
    assert re.findall(r"- alert: (\w+)", rules()) == [rule.name for rule in RULES]
    assert set(WORDINGS) == {rule.name for rule in RULES}


def test_rules_ask_for_metrics_that_there_are() -> None:
    known = {each.name for each in (*GAUGES, *COUNTERS, *BY_REASON)} | {"reconnect_seconds_bucket"}
    assert set(re.findall(rf"{PREFIX}(\w+)", rules())) <= known


def test_check_goes_by_the_same_thresholds() -> None:
    assert (Limits().min_completion, Limits().max_reconnect_p95) == (MIN_COMPLETION, MAX_RECONNECT_P95)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(300, "5m"), (60, "1m"), (90, "90s"), (7200, "2h"), (1.5, "1500ms"), (0.25, "250ms"), (8, "8s"), (0, "0ms")],
)
def test_times_are_written_in_the_largest_unit_that_divides_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("ends", ["", "/", "?page=", "#"])
def test_the_name_of_a_page_is_put_behind_a_slash_where_it_needs_one(ends: str) -> None:
    links = re.findall(r"runbook_url: (.*)", rules(runbook_url=f"https://wiki/x{ends}"))
    assert links == [json.dumps(f"https://wiki/x{ends or '/'}{rule.name}") for rule in RULES]


def test_what_prometheus_would_take_for_a_template_is_none_in_the_link() -> None:
    links = re.findall(r"runbook_url: (.*)", rules(runbook_url="http://[::1]:8/%20{{ x }}?a=b&c#"))
    assert links == [f'"http://[::1]:8/%20%7B%7B%20x%20%7D%7D?a=b&c#{rule.name}"' for rule in RULES]
