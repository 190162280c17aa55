"""The fault vocabulary: how it is spelled and how long each lasts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.errors import UsageError
from sse_inspect.faults import KINDS, Fault, parse


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_is_spelled_and_read_alike(name: str) -> None:
    fault = parse(name)
    assert fault.kind is KINDS[name]
    assert parse(str(fault)) == fault
    assert fault.sentence.endswith(".")
    assert "{" not in fault.sentence


@given(st.floats(0.001, 1e9).map(lambda seconds: round(seconds, 3)))
def test_numbers_survive(seconds: float) -> None:
    fault = Fault(KINDS["offline"], seconds)
    assert parse(str(fault)) == fault


@pytest.mark.parametrize(
    ("spelled", "number", "length"),
    [
        ("offline", 8, 8),
        ("offline:0.5", 0.5, 0.5),
        ("off-on", 3, 5),
        ("off-on:1", 1, 1),
        ("stall", None, None),
        ("reset", None, 0),
        ("disconnect", None, 0),
    ],
)
def test_numbers_and_lengths(spelled: str, number: float | None, length: float | None) -> None:
    fault = parse(spelled)
    assert (fault.number, fault.length) == (number, length)


@pytest.mark.parametrize(
    "spelled",
    ["", "nonsense", "Offline", "reset:1", "reset:", "offline:", "offline:0", "offline:-1", "offline:x", "offline:inf",
     "offline:nan", "offline:1e999", "off-on:2.5", "off-on:0.5", " offline"],
)  # fmt: skip
def test_anything_else_is_wrong_use(spelled: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(spelled)
    assert caught.value.option == "fault"
    assert str(caught.value).endswith(".")
