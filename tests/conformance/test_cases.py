"""Every case against the program called in this process; the chosen ones, and by night all, as a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.case import Case, load
from tests.conformance.judge import judge
from tests.conformance.program import run

CASES = load()


def parameters(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.id, marks=[pytest.mark.slow] if case.nightly else []) for case in cases]


@pytest.mark.parametrize("case", parameters([case for case in CASES if not case.only_process]))
def test_in_this_process(case: Case, tmp_path: Path) -> None:
    judge(case, run(case, tmp_path, process=False))


@pytest.mark.slow
@pytest.mark.parametrize("case", parameters([case for case in CASES if case.is_of_the_wire]))
def test_byte_by_byte(case: Case, tmp_path: Path) -> None:
    judge(case, run(case, tmp_path, process=False, cut=lambda piece: (piece[n : n + 1] for n in range(len(piece)))))


@pytest.mark.parametrize("case", parameters([case for case in CASES if case.process or case.only_process]))
def test_as_a_process(case: Case, tmp_path: Path) -> None:
    judge(case, run(case, tmp_path, process=True))


@pytest.mark.slow
@pytest.mark.parametrize("case", parameters([case for case in CASES if not (case.process or case.only_process)]))
def test_as_a_process_too(case: Case, tmp_path: Path) -> None:
    judge(case, run(case, tmp_path, process=True))


@pytest.mark.slow
@pytest.mark.parametrize("time", range(10))
@pytest.mark.parametrize("case", parameters([case for case in CASES if case.signal]))
def test_signals_are_never_slept_through(case: Case, time: int, tmp_path: Path) -> None:
    """A signal that comes just as the program goes to sleep: there is no telling when, so it comes many times."""
    judge(case, run(case, tmp_path, process=True))


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 200
    assert 10 <= sum(case.process or case.only_process for case in CASES) <= 45
