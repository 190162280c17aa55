"""What an import says of itself stays with the capture that is made of it."""

from __future__ import annotations

import json

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.conversion import Draws
from sse_inspect.errors import CaptureError
from sse_inspect.records import Diagnosis
from sse_inspect.store.capture.facts import Facts
from sse_inspect.unknown import Unknown, unknown_of, words_of

RECORDED = Facts(Target("http://h/"), Policy(), "1", 7)
IMPORTED = Facts(
    Target("http://h/"),
    Policy(),
    "1",
    7,
    source="HAR",
    unknown=frozenset({Unknown.BYTES, Unknown.COMMENTS}),
    draws=(0.25, 1.5),
    told=(Diagnosis(1.0, 1, "no-colon", "warning", "so it is", "3 of them.", "Mend it."),),
)


@pytest.mark.parametrize("facts", [RECORDED, IMPORTED])
def test_it_comes_back(facts: Facts) -> None:
    assert Facts.from_rows(facts.to_rows()) == facts


def test_only_an_import_has_something_to_be_known() -> None:
    assert RECORDED.note == ""
    assert IMPORTED.note == "imported from HAR; unknown: comments, raw bytes"


def test_a_capture_from_before_is_a_recorded_one() -> None:
    rows = RECORDED.to_rows()
    for name in ("source", "unknown", "draws", "told"):
        del rows[name]
    assert Facts.from_rows(rows) == RECORDED


def test_what_was_unknown_in_free_words_still_is() -> None:
    """Captures were written whose facts name it so."""
    words = ["time of the request", "response head", "times of events", "comments", "retry fields", "repeated IDs"]
    words += ["raw bytes", "chunk boundaries", "how it ended", "times", "times of what arrived", "request"]
    later = {Unknown.OPENING, Unknown.ENDING, Unknown.SILENT, Unknown.FIELDS}
    rows = IMPORTED.to_rows() | {"unknown": json.dumps(words)}
    assert Facts.from_rows(rows).unknown == frozenset(Unknown) - later


def test_words_of_a_later_vocabulary_are_passed_over() -> None:
    assert unknown_of(["comments", "the weather"]) == {Unknown.COMMENTS}


def test_the_words_have_one_order() -> None:
    assert words_of({Unknown.END, Unknown.TIMES}) == words_of([Unknown.TIMES, Unknown.END]) == ("times", "how it ended")


@pytest.mark.parametrize("name", ["unknown", "draws", "told", "target", "policy"])
@pytest.mark.parametrize("value", ["5", "[", "null", "[" * 100_000])
def test_what_is_damaged_is_told(name: str, value: str) -> None:
    with pytest.raises(CaptureError, match="its facts cannot be read"):
        Facts.from_rows(IMPORTED.to_rows() | {name: value})


def test_numbers_that_are_known_are_drawn_first() -> None:
    known, seeded = Draws(IMPORTED), Draws(RECORDED)
    assert [known(), known()] == [0.25, 1.5]
    assert [known(), known()] == [seeded(), seeded()]
