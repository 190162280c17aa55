from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sse_inspect.present import units
from sse_inspect.records import Origin
from tests.present.samples import ORIGIN


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("s", "said"),
    [
        (None, "–"),
        (-0.2, "0.0 s"),
        (1.8, "1.8 s"),
        (44.2, "44.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (123.4, "2 min 03 s"),
        (3599.7, "1 h 00 min"),
        (3720, "1 h 02 min"),
        (86_399, "23 h 59 min"),
        (273_600, "3 d 04 h"),
    ],
)
def test_duration(s: float | None, said: str) -> None:
    assert units.duration(s) == said


@pytest.mark.parametrize(
    ("s", "said"),
    [
        (None, "–"),
        (0.0, "0 ms"),
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (0.9996, "1.00 s"),
        (1.03, "1.03 s"),
        (9.996, "10.0 s"),
        (12.34, "12.3 s"),
        (75, "1 min 15 s"),
    ],
)
def test_seconds(s: float | None, said: str) -> None:
    assert units.seconds(s) == said


@pytest.mark.parametrize(
    ("s", "said"),
    [
        (None, ""),
        (0.998, "+0.998"),
        (9.9996, "+10.00"),
        (99.996, "+100.0"),
        (999.96, "+1000"),
        (9_999, "+9999"),
        (10_000, "+2.8 h"),
        (43_200, "+12 h"),
        (1_036_800, "+12 d"),
    ],
)
def test_delta_stays_in_six_cells(s: float | None, said: str) -> None:
    assert units.delta(s) == said
    assert len(said) <= 6


@pytest.mark.parametrize(
    ("n", "said", "short"),
    [
        (0, "0 B", "0"),
        (121, "121 B", "121"),
        (5_300, "5.3 kB", "5300"),
        (99_960, "100 kB", "100k"),
        (999_600, "1.0 MB", "1.0M"),
        (16_777_216, "16.8 MB", "16.8M"),
        (10**18, "1000 PB", "1000P"),
    ],
)
def test_size(n: int, said: str, short: str) -> None:
    assert units.size(n) == said
    assert units.short_size(n) == short
    assert len(short) <= 5


@pytest.mark.parametrize(
    ("rate", "said"),
    [(None, "–"), (1.0, "100.00 %"), (0.99999, "99.99 %"), (0.9971, "99.71 %"), (0.29, "29.00 %"), (0.0, "0.00 %")],
)
def test_percent_never_rounds_up(rate: float | None, said: str) -> None:
    assert units.percent(rate) == said


def test_counts() -> None:
    assert units.count(1042) == "1,042"
    assert units.count(None) == "–"
    assert units.counted(1, "event") == "1 event"
    assert units.counted(1042, "event") == "1,042 events"
    assert units.counted(2, "byte of foot", "bytes of feet") == "2 bytes of feet"


def test_running_time() -> None:
    assert units.hms(764.9) == "00:12:44"
    assert units.hms(360_000) == "100:00:00"
    assert units.hms(None) == "–"


def test_a_clock_that_is_not_known_says_so() -> None:
    assert units.clock(5.0, Origin(0)) == "--:--:--.---"
    assert len(units.clock(5.0, Origin(0))) == len(units.clock(5.0, ORIGIN))
    assert units.date(5.0, Origin(0)) == "undated"


@pytest.mark.usefixtures("berlin")
def test_the_clock_is_local_and_never_ahead() -> None:
    assert units.clock(0.0, ORIGIN) == "16:13:20.000"
    assert units.clock(0.9999, ORIGIN) == "16:13:20.999"
