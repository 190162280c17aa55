"""The report as JUnit XML, as Jenkins, GitLab and others read it: one suite, a test case for each scenario.

A scenario that failed has a `failure`, one that cannot be judged is `skipped` with the reason; warnings and the rest of
what was seen stand in `system-out`. A check that was interrupted, or in which no stream opened, has one more test case
with an `error`: nobody takes a report without failures for one that passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from sse_inspect.check.report.figures import figures, measures
from sse_inspect.check.report.words import SIGNS, record_line, run_of, verdict_sentence, without_secrets
from sse_inspect.check.result import Outcome, Report, Result, Verdict
from sse_inspect.present.documents.text import line

CLASS = "sse-inspect.check"
WIDTH = 200
"""Cells of a record."""


def to_junit(report: Report) -> str:
    """The report as JUnit XML (the schema of Jenkins' xUnit plugin), with a line end at its end."""
    report = without_secrets(report)
    undone = report.interrupted or (report.verdict is Verdict.FAIL and not report.count(Verdict.FAIL))
    totals = {
        "tests": str(len(report.outcomes) + undone),
        "failures": str(report.count(Verdict.FAIL)),
        "errors": str(int(undone)),
        "time": f"{report.duration:.3f}",
    }
    root = ET.Element("testsuites", {"name": "sse-inspect check", **totals})
    began = datetime.fromtimestamp(report.began_unix_us // 1_000_000, UTC)
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": line(f"sse-inspect check {report.url}"),
            **totals,
            "skipped": str(report.count(Verdict.UNKNOWN)),
            "timestamp": f"{began:%Y-%m-%dT%H:%M:%S}",
            "hostname": line(_host(report.url)),
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for outcome in report.outcomes:
        _case(suite, report, outcome)
    if undone:
        case = ET.SubElement(suite, "testcase", {"classname": CLASS, "name": "check", "time": "0.000"})
        ET.SubElement(case, "error", {"message": verdict_sentence(report), "type": "not-done"})
    ET.SubElement(suite, "system-out").text = _text(_conclusion(report))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "url", line(report.url)
    yield "version", line(report.version)
    yield "verdict", report.verdict.value
    for name, value in report.limits.items():
        yield line(name), f"{value:g}"


def _case(suite: ET.Element, report: Report, outcome: Outcome) -> None:
    run = run_of(report, outcome)
    first = next((each.scenario for each in report.outcomes if each.run == outcome.run), outcome.scenario)
    took = run.duration if run is not None and first == outcome.scenario else 0.0
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": CLASS, "name": line(outcome.scenario), "time": f"{took:.3f}"},
    )
    decisive = [each for each in outcome.results if each.verdict is outcome.verdict]
    message = " ".join(line(each.sentence) for each in decisive)
    if outcome.verdict is Verdict.FAIL:
        of = " ".join(line(each.expectation) for each in decisive)
        failure = ET.SubElement(case, "failure", {"message": message, "type": of})
        failure.text = _text(text for each in decisive for text in _told(each))
    elif outcome.verdict is Verdict.UNKNOWN:
        ET.SubElement(case, "skipped", {"message": message})
    rest = [each for each in outcome.results if outcome.verdict is not Verdict.FAIL or each not in decisive]
    told = [f"{line(outcome.title)}: {line(outcome.did)}", *(text for each in rest for text in _told(each))]
    if run is not None and run.capture:
        told.append(f"capture: {line(run.capture)}")
    ET.SubElement(case, "system-out").text = _text(told)


def _told(result: Result) -> Iterator[str]:
    """Everything about a result, line by line."""
    yield f"{SIGNS[result.verdict].word} {line(result.expectation)}: {line(result.sentence)}"
    for evidence in result.evidence:
        yield f"  because: {line(evidence)}"
    for record in result.records:
        yield f"  {record_line(record, WIDTH)}"
    for name, value in measures(result):
        yield f"  {name}: {value}"
    if result.advice:
        yield f"  advice: {line(result.advice)}"


def _conclusion(report: Report) -> Iterator[str]:
    yield verdict_sentence(report)
    for figure in figures(report):
        yield f"{figure.sign.word} {figure.title}: {figure.value} ({figure.expected})"


def _text(lines: Iterator[str] | list[str]) -> str:
    return "\n".join(lines) + "\n"
