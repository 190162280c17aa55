from __future__ import annotations

import unicodedata
from typing import get_args

from sse_inspect.analysis.liveness import Liveness
from sse_inspect.analysis.snapshot import StateName
from sse_inspect.present.safe import cells, visible
from sse_inspect.present.signs import ALERTS, BADGES, KINDS, SEVERITIES, STATES, VERDICTS, badge, state
from sse_inspect.present.styles import STYLES
from sse_inspect.records import KINDS as RECORD_KINDS
from sse_inspect.records import Severity
from tests.present.samples import event

TABLES = (KINDS, STATES, SEVERITIES, ALERTS, BADGES, VERDICTS)


def test_every_sign_takes_one_cell_and_has_a_word_and_a_known_style() -> None:
    for table in TABLES:
        for sign, word, style in table.values():
            assert len(sign) == cells(sign) == 1
            assert unicodedata.east_asian_width(sign) not in "WF"
            assert visible(sign) == sign
            assert word
            assert style in STYLES


def test_the_tables_are_complete() -> None:
    assert set(KINDS) == set(RECORD_KINDS)
    assert set(SEVERITIES) == set(get_args(Severity))
    assert set(STATES) == set(get_args(Liveness)) >= set(get_args(StateName))
    assert all(len(sign.word) <= 4 for sign in BADGES.values())


def test_a_stalled_connection_has_its_own_sign() -> None:
    assert state("open").word == "OPEN"
    assert state("open", stalled=True).word == "STALLED"
    assert state("waiting", stalled=True).word == "WAITING"


def test_the_badge_of_an_event() -> None:
    assert badge(event()) is None
    assert badge(event(duplicate=True, replayed=True)) == BADGES["duplicate"]
    assert badge(event(replayed=True, late=True)) == BADGES["replayed"]
    assert badge(event(late=True)) == BADGES["out_of_order"]
    assert badge(event(duplicate=True, cut=True)) == BADGES["truncated"]
