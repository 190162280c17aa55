"""The fault vocabulary: how it is spelled, how long each lasts, and when what is planned is due."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.errors import UsageError
from sse_inspect.faults import KINDS, Agenda, Fault, Plan, When, parse, parse_plan, written

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_is_spelled_and_read_alike(name: str) -> None:
    fault = parse(name)
    assert fault.kind is KINDS[name]
    assert parse(str(fault)) == fault
    assert parse_plan(str(fault)) == Plan(fault)
    assert re.fullmatch(r"[A-Z][^.]+\.", fault.sentence)
    assert "{" not in fault.sentence
    assert (fault.length is None) == bool(fault.until)


@given(st.floats(0.001, 1e9).map(lambda seconds: round(seconds, 3)))
def test_numbers_survive(seconds: float) -> None:
    fault = Fault(KINDS["offline"], seconds)
    assert parse(str(fault)) == fault


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False), st.floats(1e-300, 1e300))
def test_so_do_all_others(rate: float, seconds: float) -> None:
    fault = Fault(KINDS["throttle"], rate, seconds)
    assert parse(str(fault)) == fault


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda text: text.strip(" \t") == text
)


@given(TEXTS, st.none() | st.floats(0.001, 1e6))
def test_texts_survive_whatever_is_in_them(text: str, seconds: float | None) -> None:
    fault = Fault(KINDS["falsify-id"], text, seconds)
    assert parse(str(fault)) == fault
    assert parse_plan(f"{fault}@20ev").fault == fault
    assert parse(f"falsify-id:{written(text)}").text == text


@pytest.mark.parametrize(
    ("spelled", "number", "length"),
    [
        ("offline", 8, 8),
        ("offline:0.5", 0.5, 0.5),
        ("off-on", 3, 5),
        ("off-on:1", 1, 1),
        ("stall", None, None),
        ("stall/2.5", None, 2.5),
        ("reset", None, 0),
        ("disconnect", None, 0),
        ("dns:3", 3, 3),
        ("status", 503, None),
        ("slow-start:2", 2, None),
        ("throttle:64/30", 64, 30),
        ("loss/3", 10, 3),
        ("handoff", None, None),
        ("half", None, None),
    ],
)
def test_numbers_and_lengths(spelled: str, number: float | None, length: float | None) -> None:
    fault = parse(spelled)
    assert (fault.number, fault.length) == (number, length)


@pytest.mark.parametrize(
    ("spelled", "text", "seconds"),
    [("falsify-id:a/b", "a/b", None), ("falsify-id:a/5", "a", 5), ("falsify-id:a%2F5", "a/5", None),
     ("falsify-id:50%", "50%", None), ("falsify-id:a:b@c", "a:b@c", None), ("falsify-id: 7 ", "7", None)],
)  # fmt: skip
def test_texts(spelled: str, text: str, seconds: float | None) -> None:
    fault = parse(spelled)
    assert (fault.text, fault.seconds) == (text, seconds)


@pytest.mark.parametrize(
    "spelled",
    ["", "nonsense", "Offline", "reset:1", "reset:", "offline:", "offline:0", "offline:-1", "offline:x", "offline:inf",
     "offline:nan", "offline:1e999", "off-on:2.5", "off-on:0.5", " offline", "reset/5", "offline:8/5", "stall/0",
     "stall/x", "stall/", "stall/5/6", "status:200", "status:600", "status:404.5", "loss:0", "loss:91", "corrupt:0",
     "corrupt:1.5", "falsify-id:", "falsify-id:%00", "falsify-id:a\nb", "throttle:1/1e999", "throttle:1_0"],
)  # fmt: skip
def test_anything_else_is_wrong_use(spelled: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(spelled)
    assert caught.value.option == "fault"
    assert str(caught.value).endswith(".")
    assert repr(spelled) in str(caught.value)


@pytest.mark.parametrize(
    ("spelled", "fault", "when"),
    [
        ("reset", "reset", When()),
        ("reset@5s", "reset", When(5)),
        ("reset@500ms", "reset", When(0.5)),
        ("reset@0s", "reset", When()),
        ("offline:3@20ev", "offline:3", When(events=20)),
        ("throttle:64/30@every2m", "throttle:64/30", When(120, every=True)),
        ("falsify-id:me%40home@every7ev", "falsify-id:me%40home", When(events=7, every=True)),
    ],
)
def test_plans(spelled: str, fault: str, when: When) -> None:
    plan = parse_plan(spelled)
    assert plan == Plan(parse(fault), when)
    assert parse_plan(str(plan)) == plan


@pytest.mark.parametrize(
    "spelled",
    ["reset@", "reset@5", "reset@x", "reset@-5s", "reset@0ev", "reset@1.5ev", "@5s", "reset@every0s", "reset@every",
     "reset@1e3s", "nonsense@5s", "falsify-id:a@b"],
)  # fmt: skip
def test_other_plans_are_wrong_use(spelled: str) -> None:
    with pytest.raises(UsageError):
        parse_plan(spelled)


def agenda(*spelled: str) -> Agenda:
    return Agenda(map(parse_plan, spelled))


def due(of: Agenda, t: float, events: int = 0) -> list[str]:
    return [str(fault) for fault in of.due(t, events)]


def wanted(of: Agenda) -> tuple[float | None, int | None]:
    return of.next_at, of.next_events


def test_what_is_due_is_told_once_and_in_order() -> None:
    it = agenda("reset@5s", "stall/1", "disconnect@2s", "half@10ev")
    assert wanted(it) == (0, 10)
    assert due(it, 0.0) == ["stall/1"]
    assert wanted(it) == (2, 10)
    assert due(it, 1.9) == []
    assert due(it, 7.0, 9) == ["disconnect", "reset"]
    assert wanted(it) == (None, 10)
    assert due(it, 8.0, 12) == ["half"]
    assert wanted(it) == (None, None)
    assert due(it, 1e9, 10**9) == []


def test_what_is_repeated_is_not_made_up_for() -> None:
    it = agenda("reset@every10s", "half@every5ev")
    assert due(it, 9.9, 4) == []
    assert due(it, 10.0, 5) == ["reset", "half"]
    assert wanted(it) == (20, 10)
    assert due(it, 57.0, 31) == ["reset", "half"]
    assert wanted(it) == (60, 35)
    assert due(it, 57.0, 31) == []


@given(st.lists(st.floats(0, 20), max_size=20), st.floats(0.01, 7))
def test_asked_when_it_wants_to_be_it_misses_nothing(times: list[float], period: float) -> None:
    it, told = Agenda([Plan(parse("reset"), When(period, every=True))]), 0
    for at in sorted({*times, 20.0}):
        while it.next_at is not None and it.next_at <= at:
            told += len(it.due(it.next_at, 0))
    assert told == pytest.approx(20 / period, abs=1)


def test_the_readme_lists_the_vocabulary() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", README.read_text().partition("\n## Faults\n")[2], re.MULTILINE)
    assert rows[: len(KINDS)] == [(kind.spelling, parse(name).sentence) for name, kind in KINDS.items()]
