"""The JUnit report, by the schema of Jenkins' xUnit plugin, written down here as what each element may hold."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from sse_inspect.check.report import FORMATS
from tests.check.report.reports import HOSTILE, report

MAY_HOLD = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase", "system-out"},
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname"},
    ),
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "testcase": ({"failure", "skipped", "system-out"}, {"name", "time", "classname"}),
    "failure": (set(), {"message", "type"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}
NUMBER = re.compile(r"\d+(\.\d+)?")


def parsed(text: str) -> ET.Element:
    return ET.fromstring(FORMATS["junit"](report(text)))


@pytest.mark.parametrize("text", ["plain", HOSTILE])
def test_it_keeps_to_the_schema(text: str) -> None:
    root = parsed(text)
    assert root.tag == "testsuites"
    for element in root.iter():
        children, attributes = MAY_HOLD[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) == attributes
        assert not (children and (element.text or "").strip())
        for name in {"time", "tests", "failures", "errors", "skipped"} & set(element.attrib):
            assert NUMBER.fullmatch(element.attrib[name])
    (suite,) = root
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 4, "system-out"]


def test_verdicts_become_failure_skipped_and_output() -> None:
    (suite,) = parsed("plain")
    assert {
        name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped", "timestamp", "hostname")
    } == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "timestamp": "2026-11-24T06:00:00",
        "hostname": "h",
    }
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert [child.tag for child in cases["heartbeat"]] == ["system-out"]
    assert cases["heartbeat"].attrib["time"] == "8.000"
    assert cases["outage"].attrib["time"] == "0.000"  # the run is that of the scenario before
    failure = cases["outage"].find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "2 IDs lost: plain", "type": "nothing-lost"}
    assert "because: Second." in (failure.text or "")
    assert "advice: Resume. plain" in (failure.text or "")
    assert "1.25 s" not in (failure.text or "")
    assert cases["resume"].find("skipped").attrib == {"message": "Cannot be known: plain"}  # type: ignore[union-attr]  # it is there
    assert "warning nothing-twice: Came twice plain" in (cases["twice"].findtext("system-out") or "")
    assert "pass reconnects: Open again" in (cases["outage"].findtext("system-out") or "")
    assert "1 failed" in (suite.findtext("system-out") or "")


def test_what_xml_cannot_hold_is_made_visible() -> None:
    text = FORMATS["junit"](report(HOSTILE))
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "␀␛[31m␇⟨0085⟩⟨202E⟩⟨200B⟩⟨FFFE⟩⟨D800⟩" in text
    assert "<script" not in text
    text.encode()


@pytest.mark.parametrize("changes", [{"interrupted": True}, {"opened": False}, {"opened": False, "connected": False}])
def test_a_check_that_was_none_is_an_error(changes: dict[str, bool]) -> None:
    made = report()
    unknown = replace(made, outcomes=made.outcomes[3:], **changes)
    (suite,) = ET.fromstring(FORMATS["junit"](unknown))
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("2", "0", "1")
    error = suite.find("testcase[@name='check']/error")
    assert error is not None
    assert error.attrib["message"].startswith(("Interrupted after 1", "Not opened", "Not reached"))
