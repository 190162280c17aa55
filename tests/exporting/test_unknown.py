"""What an import does not tell is not in what is made of it, as far as a format leaves room."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.conversion import Moment, inspection_of
from sse_inspect.exporting import Exporter, Format, Selection
from sse_inspect.exporting.csv import Csv
from sse_inspect.exporting.har import Har
from sse_inspect.exporting.ndjson import Ndjson
from sse_inspect.importing import load
from sse_inspect.records import Origin
from tests.exporting.test_formats import SCHEMA
from tests.importing.telling import told
from tests.importing.test_unknown import SOURCES, WITHOUT_TIMES, source


def exported(path: Path, form: str) -> bytes:
    """The file at `path`, imported and exported."""
    found = load(path, version="9")
    moment = Moment()
    inspection = inspection_of(found.facts, moment)
    parts: list[bytes] = []
    inputs = list(found.inputs)
    origin = Origin(getattr(inputs[0], "unix_us", 0), found.facts.unknown)
    forms: dict[str, Format] = {
        "csv": Csv(origin),
        "ndjson": Ndjson(origin),
        "har": Har(found.facts, origin, io.BytesIO()),
    }
    exporter = Exporter(forms[form], Selection(), None, limit=1 << 20, older=lambda *_: None)
    inspection.tap_inputs(lambda *step: parts.extend(exporter.take(*step)))
    for happened in inputs:
        moment.t = happened.t
        inspection.handle(happened)
    return b"".join([*parts, *exporter.finish()])


def archive(path: Path) -> list[dict[str, Any]]:
    made = json.loads(exported(path, "har"))
    SCHEMA.validate(made)
    entries: list[dict[str, Any]] = made["log"]["entries"]
    return entries


@pytest.mark.parametrize("name", WITHOUT_TIMES)
def test_no_format_makes_up_a_time(name: str, tmp_path: Path) -> None:
    path = source(tmp_path, name)
    for line in exported(path, "ndjson").decode().split("\n")[:-1]:
        assert (json.loads(line)["t"], json.loads(line)["time"]) == (None, None)
    for row in csv.DictReader(io.StringIO(exported(path, "csv").decode(), newline="")):
        assert (row["t"], row["time"]) == ("", "")
    (entry,) = archive(path)
    assert (entry["startedDateTime"], entry["time"]) == ("1970-01-01T00:00:00Z", 0.0)
    assert sum(max(step, 0) for step in entry["timings"].values()) == 0
    assert all("time" not in each for each in entry["_eventSourceMessages"])
    assert "unknown: times" in entry["comment"]


def test_a_har_says_what_of_it_is_none(tmp_path: Path) -> None:
    (entry,) = archive(source(tmp_path, "body"))
    assert entry["comment"].endswith("; unknown: times, request, response head, chunk boundaries, how it ended")
    assert (entry["request"]["url"], entry["request"]["headers"]) == ("unknown:///", [])
    assert entry["request"]["comment"] == "the request is unknown"
    response = entry["response"]
    assert (response["status"], response["headers"], response["bodySize"]) == (0, [], -1)
    assert "compression" not in response["content"]
    assert "_error" not in response


def test_a_har_keeps_the_times_that_are_told(tmp_path: Path) -> None:
    (entry,) = archive(source(tmp_path, "a HAR with a body"))
    assert (entry["startedDateTime"], entry["time"]) == ("2026-11-23T10:00:00.000000Z", 5000.0)
    assert entry["timings"]["wait"] == 12.5
    assert all("time" not in each for each in entry["_eventSourceMessages"])


@pytest.mark.parametrize("name", SOURCES)
def test_a_har_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    inspection, _ = told(source(tmp_path, name))
    again = tmp_path / "again.har"
    again.write_bytes(exported(source(tmp_path, name), "har"))
    found, _ = told(again)
    assert inspection.origin.unknown <= found.origin.unknown
    assert found.origin.unix_us == inspection.origin.unix_us
