"""The JSON report: everything of a report can be had back from it, but secrets."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import msgspec
import pytest

from sse_inspect.analysis.snapshot import Bucket, Link, Mark, Timeline
from sse_inspect.check.report import FORMATS
from sse_inspect.check.report.words import without_secrets
from sse_inspect.check.result import Outcome, Report, Result, Run, Verdict
from sse_inspect.present.documents.timeline import LINKS, MARKS
from sse_inspect.records import KINDS, Origin, Record, to_dict
from tests.check.report.reports import HOSTILE, UNIX_US, report


def written(made: Report) -> dict[str, Any]:
    text = FORMATS["json"](made)
    assert text.isascii()
    assert text.endswith("}\n")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    value: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return value


def record(row: dict[str, Any]) -> Record:
    kind = KINDS[row["kind"]]
    return msgspec.convert({each.name: row[each.name] for each in fields(kind)}, kind)


def timeline(row: dict[str, Any]) -> Timeline:
    links, width = {word: link for link, word in LINKS.items()}, row["width_seconds"]
    sorts = {sort.name: mark for mark, sort in MARKS.items()}
    buckets = [Bucket(Link.NONE, events) for events in row["events"]]
    for each in row["link"]:
        for index in range(round(each["from_seconds"] / width), round(each["to_seconds"] / width)):
            buckets[index].link = links[each["state"]]
    for each in row["marks"]:
        buckets[round(each["at_seconds"] / width)].marks |= sorts[each["mark"]]
    return Timeline(width, tuple(buckets))


def unix_us(time: str) -> int:
    from datetime import datetime

    return round(datetime.fromisoformat(time).timestamp() * 1e6)


def read(row: dict[str, Any]) -> Report:
    runs = tuple(
        Run(
            each["name"],
            each["began_seconds"],
            each["duration_seconds"],
            Origin(unix_us(each["began"])),
            each["url"],
            tuple(each["faults"]),
            timeline(each["timeline"]),
            each["records"],
            each["events"],
            each["capture"] or "",
        )
        for each in row["runs"]
    )
    outcomes = tuple(
        Outcome(
            each["name"],
            each["title"],
            each["did"],
            each["run"] or "",
            Verdict(each["verdict"]),
            tuple(
                Result(
                    r["expectation"],
                    Verdict(r["verdict"]),
                    r["sentence"],
                    tuple(r["evidence"]),
                    tuple(map(record, r["records"])),
                    r["advice"],
                    r["measures"],
                )
                for r in each["results"]
            ),
        )
        for each in row["scenarios"]
    )
    return Report(
        row["tool"]["version"],
        row["url"],
        unix_us(row["began"]),
        row["duration_seconds"],
        row["limits"],
        runs,
        outcomes,
        row["interrupted"],
        row["connected"],
        row["opened"],
    )


@pytest.mark.parametrize("text", ["plain", HOSTILE.replace("www.evil.example https://evil.example", "")])
def test_everything_can_be_had_back(text: str) -> None:
    made = without_secrets(report(text))
    again = read(written(made))
    lost = made.outcomes[1].results[1].measures
    assert again.outcomes[1].results[1].measures == {**lost, "completion_rate": 0.818182}
    assert without_measures(again) == without_measures(made)


def without_measures(made: Report) -> list[object]:
    rows = [
        (
            each.scenario,
            each.title,
            each.did,
            each.run,
            each.verdict,
            [(r.expectation, r.verdict, r.sentence, r.evidence, r.advice, r.records) for r in each.results],
        )
        for each in made.outcomes
    ]
    return [made.version, made.url, made.began_unix_us, made.duration, made.limits, made.runs, rows, made.connected]


def test_the_names_of_the_fields_stay() -> None:
    row = written(report())
    assert list(row) == [
        "schema",
        "tool",
        "url",
        "began",
        "duration_seconds",
        "verdict",
        "counts",
        "interrupted",
        "connected",
        "opened",
        "limits",
        "scenarios",
        "runs",
    ]
    assert row["schema"] == 1
    assert row["verdict"] == "fail"
    assert row["counts"] == {"pass": 1, "warning": 1, "unknown": 1, "fail": 1}
    assert list(row["scenarios"][1]) == ["name", "title", "did", "run", "verdict", "results"]
    assert list(row["scenarios"][1]["results"][1]) == [
        "expectation",
        "verdict",
        "sentence",
        "evidence",
        "advice",
        "measures",
        "records",
    ]
    assert list(row["runs"][0]) == [
        "name",
        "began",
        "began_seconds",
        "duration_seconds",
        "url",
        "faults",
        "records",
        "events",
        "capture",
        "timeline",
    ]
    assert {each["mark"] for each in row["runs"][0]["timeline"]["marks"]} == {
        sort.name for mark, sort in MARKS.items() if mark is not Mark.QUIET
    }
    assert {each["state"] for each in row["runs"][0]["timeline"]["link"]} >= {
        "connecting",
        "open",
        "stalled",
        "waiting",
    }
    assert set(MARKS) == set(Mark)


def test_records_are_those_of_tail_and_have_a_time_where_one_run_is_rested_on() -> None:
    made = report()
    row = written(made)
    records = row["scenarios"][1]["results"][1]["records"]
    origin = Origin(UNIX_US + 500_000)
    assert records[1] == to_dict(made.outcomes[1].results[1].records[1], origin)
    assert row["scenarios"][2]["results"][0]["records"][0]["time"] is None
    assert row["scenarios"][2]["results"][0]["records"][0]["t"] == 1.25


def test_what_json_cannot_spell_is_null() -> None:
    made = report()
    result = Result("x", Verdict.PASS, "", measures={"a": float("nan"), "b": float("inf"), "c": 1.5})
    row = written(
        Report("", "", 0, 0.0, {"a": float("-inf")}, (), (Outcome("x", "", "", "", Verdict.PASS, (result,)),))
    )
    assert row["scenarios"][0]["results"][0]["measures"] == {"a": None, "b": None, "c": 1.5}
    assert row["limits"] == {"a": None}
    assert row["began"] is None
    assert made.limits


@pytest.mark.parametrize("name", [*FORMATS])
def test_no_format_tells_secrets(name: str) -> None:
    text = FORMATS[name](report())
    assert "SECRET" not in text
    assert "q=1" in text
