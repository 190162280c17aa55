"""A diagnosis taken apart says what was put together."""

from __future__ import annotations

import pytest

from sse_inspect.findings import CODES, diagnosis
from sse_inspect.present.findings import explained
from sse_inspect.records import Diagnosis

NUMBERS = "38 bursts of 4,096 bytes. Likely more."


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("certainty", "sure"), [(1.0, "certain"), (0.85, "very likely, 85 %"), (0.3, "possibly, 30 %")]
)
def test_evidence_is_told_apart_from_its_cause(code: str, certainty: float, sure: str) -> None:
    found = explained(diagnosis(code, NUMBERS, 1.0, 1, certainty))
    finding = CODES[code]
    assert (found.code, found.numbers, found.cause, found.fix) == (code, NUMBERS, finding.cause, finding.fix)
    assert found.probe == finding.probe
    assert found.sure.startswith(sure if finding.cause else "certain")
    assert ("its cause is likely" in found.sure) == (certainty == 1 and bool(finding.cause))


def test_settings_of_what_the_head_names_come_first_and_none_is_left_out() -> None:
    record = diagnosis("idle-cut", NUMBERS, 1.0, 1, 0.7)
    plain, via = explained(record), explained(record, (("via", "1.1 haproxy"), ("cf-ray", "8")))
    assert via.named == ("HAProxy", "Cloudflare")
    assert [product for product, _ in via.settings[:2]] == ["HAProxy", "Cloudflare"]
    assert set(via.settings) == set(plain.settings)


def test_a_code_of_another_version_stays_as_it_was_told() -> None:
    record = Diagnosis(1.0, 1, "not-yet", "warning", "Title\x1b[2J", "Numbers. Likely: a cause.", "Do this.")
    found = explained(record)
    assert (found.numbers, found.fix, found.title, found.sure) == (
        "Numbers. Likely: a cause.",
        "Do this.",
        "Title␛[2J",
        "",
    )
    assert (found.cause, found.probe, found.settings) == ("", "", ())
