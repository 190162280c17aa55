"""What the source of a session does not tell is not in its report: null in JSON, and said in words."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.conversion import convert
from sse_inspect.importing import load
from sse_inspect.replay.whole import Whole
from sse_inspect.store.capture.facts import Facts
from sse_inspect.ticket import report
from tests.importing.test_har import entry, har, message
from tests.ticket.reports import ended
from tests.tui import states

NO_TIMELINE = "There is no timeline: nothing tells when events came."


def of_capture(path: Path, suffix: str) -> str:
    with closing(Whole(path)) as whole:
        return report(whole, suffix, "0.1.0", capture="saved")


def imported(path: Path, suffix: str) -> str:
    found = load(path, version="0.1.0")
    capture = path.with_name(f"report{suffix}.sse")
    convert(found.facts, found.inputs, capture)
    return of_capture(capture, suffix)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    """What `curl -N` saved: three events with a gap."""
    path = tmp_path / "body.txt"
    path.write_bytes(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 5\ndata: c\n\n")
    return path


def test_of_a_body_nothing_is_made_up(body: Path) -> None:
    told = json.loads(imported(body, ".json"))
    assert told["timeline"] is None
    asked = ("url", "method", "headers", "credentials", "http2", "encoding", "stall_after", "began", "duration")
    assert {told["session"][name] for name in asked} == {None}
    assert told["summary"]["messages_lost"] == 2


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_of_a_body_people_read_what_is_unknown(body: Path, suffix: str) -> None:
    text = imported(body, suffix)
    assert NO_TIMELINE in text
    assert "unknown request" in text
    for invented in ("<svg", "none by option", "HTTP/1.1", "GET", "byte by byte with its times"):
        assert invented not in text, invented
    for name in ("Credentials", "Asked for", "Stall limit"):
        row = f"- **{name}:** unknown" if suffix == ".md" else f'>{name}</td><td class="whole">unknown</td>'
        assert row in text, name


def har_report(tmp_path: Path, suffix: str, **fields: Any) -> str:
    return imported(har(tmp_path, entry(**fields)), suffix)


def test_of_a_har_without_times_the_request_is_told_and_no_times(tmp_path: Path) -> None:
    untimed = {"startedDateTime": "", "time": 0, "timings": {}, "_eventSourceMessages": [{"data": "x"}]}
    told = json.loads(har_report(tmp_path, ".json", **untimed))
    assert told["timeline"] is None
    assert told["session"]["url"].startswith("https://")
    assert told["session"]["method"] == "GET"
    assert told["session"]["encoding"] is told["session"]["http2"] is told["session"]["credentials"] is None
    assert "<svg" not in har_report(tmp_path, ".html", **untimed)


def test_of_a_har_with_times_there_is_a_timeline(tmp_path: Path) -> None:
    timed = {"_eventSourceMessages": [message(1, "a", "1"), message(2, "b", "4")]}
    assert sum(json.loads(har_report(tmp_path, ".json", **timed))["timeline"]["events"]) == 2
    text = har_report(tmp_path, ".html", **timed)
    assert "<svg" in text
    assert NO_TIMELINE not in text


def test_credentials_are_not_kept_in_a_capture(tmp_path: Path) -> None:
    story, path = ended(states.with_gap()), tmp_path / "story.sse"
    convert(Facts(story.inspection.target, story.inspection.policy, "0.1.0", 7), story.told, path)
    assert json.loads(of_capture(path, ".json"))["session"]["credentials"] is None
    assert "- **Credentials:** not kept in a capture" in of_capture(path, ".md")
    assert "- **Credentials:** none by option" in report(story.inspection, ".md", "0.1.0")
