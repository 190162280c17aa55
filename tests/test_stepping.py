"""IDs that step by 1, against the obvious way to find and to remember them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.stepping import LONGEST, MAX_PREFIXES, Spans, numbered, stepping


def spelled(prefix: str, first: int, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(first, first + count)]


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [
        ("0", ("", 0)),
        ("17", ("", 17)),
        ("a-17", ("a-", 17)),
        ("1795430573:0", ("1795430573:", 0)),
        ("9" * 18, ("", int("9" * 18))),
        ("9" * 19, None),
        ("a" + "1" * 19, None),
        ("007", None),
        ("a00", None),
        ("", None),
        ("a", None),
        ("1a", None),
        ("-5", ("-", 5)),
        ("٣", None),
        ("²", None),
        ("x" * (LONGEST - 1) + "1", ("x" * (LONGEST - 1), 1)),
        ("x" * LONGEST + "1", None),
    ],
)
def test_the_number_of_an_id(event_id: str, expected: tuple[str, int] | None) -> None:
    assert numbered(event_id) == expected


@given(st.sampled_from(["", "a-", "7:", "x0y", "\0", "é"]), st.integers(0, 12_000), st.integers(1, 450))
def test_ids_that_step(prefix: str, first: int, count: int) -> None:
    assert stepping(spelled(prefix, first, count)) == (prefix, first)


@given(st.integers(0, 1_300), st.integers(2, 450), st.data())
def test_one_that_is_out_of_step(first: int, count: int, data: st.DataObject) -> None:
    ids = spelled("", first, count)
    at = data.draw(st.integers(0, count - 1))
    ids[at] = data.draw(st.sampled_from(["", "0" + ids[at], ids[at] + "0", "x" + ids[at], str(first + count), "\0"]))
    assert stepping(ids) is None


@pytest.mark.parametrize(
    "ids", [["009", "010"], ["a9", "b10"], ["9" * 18, "1" + "0" * 18], ["x" * 255 + "9", "x" * 255 + "10"], ["9", "0"]]
)
def test_ids_that_do_not_step(ids: list[str]) -> None:
    assert stepping(ids) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 8), st.booleans())))
@settings(max_examples=200)
def test_what_is_remembered_in_spans(steps: list[tuple[str, int, int, bool]]) -> None:
    """Against a dict: what was taken is there with its latest hash, nothing else is, and what was refused was lower."""
    spans, known = Spans(), dict[tuple[str, int], int]()
    for turn, (prefix, first, count, alone) in enumerate(steps):
        end = max((number + 1 for name, number in known if name == prefix), default=0)
        assert spans.end(prefix) == end
        if alone:
            is_there, is_higher = (prefix, first) in known, 0 < end <= first
            assert spans.append(prefix, first, turn) == is_higher
            expected = is_there or is_higher
            assert spans.replace(prefix, first, turn) == expected
            count = 1
        else:
            expected = first >= end
            assert spans.extend(prefix, first, range(turn, turn + count)) == expected
        if expected:
            known |= {(prefix, first + place): turn + place for place in range(count)}
        assert spans.count == len(known)
        assert {key: spans.get(*key) for key in known} == known
        for number in range(70):
            assert (spans.get(prefix, number) is None) == ((prefix, number) not in known)
            is_there = any((prefix, each) in known for each in range(number, number + 4))
            assert spans.has_any(prefix, number, number + 3) == is_there
    spans.clear()
    assert not spans.count
    assert spans.end("a") == 0


def test_prefixes_are_bounded() -> None:
    spans = Spans()
    assert [spans.extend(f"{n}-", 1, (n,)) for n in range(MAX_PREFIXES + 1)] == [True] * MAX_PREFIXES + [False]
    assert spans.extend("0-", 2, (2, 3))
    assert spans.count == MAX_PREFIXES + 2
