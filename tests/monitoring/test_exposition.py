"""What Prometheus reads: the numbers of a session as they are, under names and labels that stay."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from sse_inspect.config import Policy, Target
from sse_inspect.inspection import Inspection
from sse_inspect.monitoring.exposition import REASONS, Exposition
from sse_inspect.monitoring.scrape import Scrape
from tests.monitoring.promtool import needs_promtool, promtool
from tests.session.script import UNIX_US, events
from tests.test_inspection import Inspected

URL = "http://me:pw@h:81/feed?token=secret&room=7"


def exposed(exposition: Exposition) -> str:
    registry = CollectorRegistry()
    registry.register(exposition)
    return generate_latest(registry).decode()


def values(text: str) -> dict[str, float]:
    """What has no further label than those of the endpoint; and by reason what is not 0."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            reason = sample.labels.get("reason")
            if "le" not in sample.labels and (reason is None or sample.value):
                found[sample.name.removeprefix("sse_inspect_") + (f" {reason}" if reason else "")] = sample.value
    return found


def session(exposition: Exposition) -> Inspected:
    """One with a gap, a duplicate, an outage and a stall under way."""
    script = Inspected(stall_after=10, on_stall="warn")
    exposition.watch(script.inspection)
    script.starts()
    script.connects(0.1)
    script.opens(0.2)
    script.feed(1, events(1, 2, 5))
    script.ends(2, "reset")
    script.tick(3)
    script.connects(3.1)
    script.opens(3.5)
    script.feed(4, events(5, 6))
    script.tick(14.5)
    return script


def test_the_numbers_are_those_of_the_summary() -> None:
    exposition = Exposition("1.2")
    script = session(exposition)
    found = values(exposed(exposition))
    assert found.pop("outage_seconds") == 0.0
    summary = script.snapshot.summary
    assert found == {
        "build_info": 1.0,
        "connected": 1.0,
        "stalled": 1.0,
        "completion_ratio": summary.completion_rate,
        "messages_lost": 2.0,
        "longest_stall_seconds": summary.stalls["longest"],
        "last_byte_timestamp_seconds": UNIX_US / 1e6 + 4,
        "last_event_timestamp_seconds": UNIX_US / 1e6 + 4,
        "events_total": 5.0,
        "messages_received_total": 4.0,
        "received_bytes_total": float(summary.bytes),
        "duplicates_received_total": 1.0,
        "duplicates_delivered_total": 0.0,
        "opens_total": 2.0,
        "stalls_total": 1.0,
        "silent_failures_total": 0.0,
        "disconnects_total reset": 1.0,
        "reconnects_total reset": 1.0,
        "reconnect_seconds_count": 1.0,
        "reconnect_seconds_sum": summary.reconnect_seconds["mean"],
    }


def test_what_is_not_known_yet_is_absent_and_every_count_begins_at_0() -> None:
    exposition = Exposition("1.2")
    script = Inspected()
    exposition.watch(script.inspection)
    found = values(exposed(exposition))
    assert not {"completion_ratio", "last_byte_timestamp_seconds", "last_event_timestamp_seconds"} & set(found)
    text = exposed(exposition)
    assert all(f'sse_inspect_reconnects_total{{endpoint="h",reason="{reason}",' in text for reason in REASONS)
    assert found["messages_lost"] == found["stalls_total"] == found["reconnect_seconds_count"] == 0


def inspection(url: str) -> Inspection:
    return Inspection(Target(url), Policy(), clock=lambda: 0.0, random=lambda: 0.5)


def test_labels_hold_neither_secrets_nor_queries() -> None:
    exposition = Exposition("1.2")
    exposition.watch(inspection(URL))
    text = exposed(exposition)
    assert 'sse_inspect_connected{endpoint="h:81",target="http://h:81/feed"} 0.0' in text
    assert not [word for word in ("pw", "token", "secret", "room") if word in text]


def test_endpoints_of_one_url_are_told_apart_by_their_names() -> None:
    exposition = Exposition("1.2")
    for name in ("first", "second"):
        exposition.watch(inspection(URL), name)
    lines = [line for line in exposed(exposition).split("\n") if line.startswith("sse_inspect_connected{")]
    assert lines == [
        f'sse_inspect_connected{{endpoint="{n}",target="http://h:81/feed"}} 0.0' for n in ("first", "second")
    ]


def test_a_later_session_of_an_endpoint_takes_the_place_of_the_first_and_its_reconnects_stay() -> None:
    exposition = Exposition("1.2")
    session(exposition)
    exposition.watch(inspection("http://h/feed"))
    found = values(exposed(exposition))
    assert (found["events_total"], found["reconnects_total reset"], found["reconnect_seconds_count"]) == (0, 1, 1)


@needs_promtool
def test_promtool_has_nothing_to_say_against_it() -> None:
    exposition = Exposition("1.2")
    session(exposition)
    text = exposed(exposition)
    assert text.count("# HELP") == 20
    assert promtool("check", "metrics", text=text) == (0, "")


def test_it_is_served_until_it_is_closed() -> None:
    scrape = Scrape("127.0.0.1", 0, "1.2")
    session(scrape.exposition)
    with urllib.request.urlopen(scrape.url, timeout=5) as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert values(response.read().decode())["messages_lost"] == 2
    scrape.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(scrape.url, timeout=5)


def test_the_readme_lists_every_metric() -> None:
    rows = re.findall(r"^\| (`sse_inspect_.*?) \|", (Path(__file__).parents[2] / "README.md").read_text(), re.MULTILINE)
    written = {
        name.removeprefix("sse_inspect").removeprefix("_") for row in rows for name in re.findall(r"`(\w+)`", row)
    }
    exposition = Exposition("1.2")
    assert written == {
        line.split()[2].removeprefix("sse_inspect_")
        for line in exposed(exposition).split("\n")
        if line.startswith("# TYPE")
    }
