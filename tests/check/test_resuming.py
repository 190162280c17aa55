"""What came after a resumption against what had followed: every way in which it can be wrong, by name."""

from __future__ import annotations

import pytest

from sse_inspect.check.expectations.resuming import _compared, nothing_to_resume, resumption
from sse_inspect.check.observation import Observation, Resumption, Row


def rows(*spelled: str) -> tuple[Row, ...]:
    """`5` is the event 5; `5x` has the same ID and other data."""
    return tuple(Row(0.0, 1, each.rstrip("x"), hash(each)) for each in spelled)


@pytest.mark.parametrize(
    ("came", "fault"),
    [
        ("4 5 6", ""),
        ("4 5 6 7 8", ""),
        ("4 5", "part"),
        ("3 4 5 6", "overlap"),
        ("1 2 3 4 5 6", "full"),
        ("0 1 2 3 4 5 6", "full"),
        ("5 6 7", "short"),
        ("7 8 9", "ignored"),
        ("1x 2x 3x", "other"),
        ("4x 5x", "other"),
        ("3x 4 5 6", "other"),
        ("4 3x 5 6", "other"),
        ("4 6 5", "order"),
        ("9 5 6", "order"),
    ],
)
def test_what_came(came: str, fault: str) -> None:
    asked = Resumption("header", "3", rows("1", "2", "3"), rows("4", "5", "6"))
    found, sentence = _compared(asked, rows(*came.split()), "Last-Event-ID “3”")
    assert (found, sentence[-1]) == (fault, ".")


@pytest.mark.parametrize(
    ("seen", "last_event_id", "followed"),
    [("1 2", "1", 1), ("1 2 3 4", "2", 2), (" ".join(map(str, range(99))), "78", 20)],
)
def test_where_to_resume(seen: str, last_event_id: str, followed: int) -> None:
    before = Observation("observe")
    before.last_rows.extend(rows(*seen.split()))
    asked = resumption(before, "header")
    assert asked is not None
    assert (asked.last_event_id, len(asked.expected)) == (last_event_id, followed)


@pytest.mark.parametrize("seen", ["", "1", "1 1 1"])
def test_nowhere_to_resume(seen: str) -> None:
    before = Observation("observe", events=5, with_id=len(seen.split()))
    before.last_rows.extend(rows(*seen.split()))
    assert resumption(before, "header") is None
    assert nothing_to_resume(before).startswith("There is nothing to resume")
