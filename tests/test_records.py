"""Records as NDJSON."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect import records
from sse_inspect.records import (
    KINDS,
    PIECE,
    Comment,
    Event,
    Origin,
    Record,
    Stall,
    Summary,
    json_pieces,
    to_dict,
    to_json,
)

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ORIGIN = Origin(1_795_428_000_000_000)


def any_record(cls: type[Record]) -> Record:
    values: dict[str, Any] = {"t": 1.5, "connection": 2}
    return cls(**{field.name: values.get(field.name) for field in fields(cls)})


@pytest.mark.parametrize("cls", KINDS.values(), ids=list(KINDS))
def test_every_record_begins_with_kind_t_time_connection(cls: type[Record]) -> None:
    made = json.loads(to_json(any_record(cls), ORIGIN))
    assert list(made)[:4] == ["kind", "t", "time", "connection"]
    assert (made["kind"], made["t"], made["time"], made["connection"]) == (
        cls.kind, 1.5, "2026-11-23T10:00:01.500000Z", 2,
    )  # fmt: skip
    assert list(made)[4:] == [field.name for field in fields(cls)][2:]


def test_the_fields_of_the_contract() -> None:
    """Names and order as CONTRACT.md has them; more may follow behind."""
    contract = {
        "session": "schema version url method",
        "connecting": "attempt last_event_id",
        "open": "status http_version headers timings peer",
        "event": "n event data id last_event_id offset size duplicate replayed out_of_order truncated",
        "comment": "text",
        "retry": "reconnection_time",
        "gap": "first last missing",
        "gap_filled": "first last remaining",
        "stall": "silence since_event",
        "resumed": "silence",
        "disconnect": "reason detail duration events bytes partial",
        "backoff": "delay attempt source",
        "recovered": "outage reconnect attempts replayed duplicates lost",
        "diagnosis": "code severity title evidence fix",
        "alert": "name state value threshold",
        "end": "reason detail",
        "summary": "completion_rate reconnect_seconds messages_lost duplicates stalls silent_failures",
    }
    for kind, names in contract.items():
        own = [field.name for field in fields(KINDS[kind])][2:]
        assert own[: len(names.split())] == names.split()


@given(st.floats(0, 1e8))
def test_time_is_the_start_of_the_session_plus_t(t: float) -> None:
    made = to_dict(Comment(t, 1, ""), ORIGIN)
    time = datetime.strptime(made["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert made["t"] == pytest.approx(t, abs=1e-6)
    assert time == START + timedelta(microseconds=round(made["t"] * 1e6))


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_string_is_one_line_of_valid_utf8_json(text: str) -> None:
    event = Event(0, 1, 1, text, text, text, text, 0, 1, False, False, False, False)
    line = to_json(event, ORIGIN)
    assert line.splitlines() == [line]
    made = json.loads(line.encode())
    assert made["data"] == made["id"] == made["event"] == text


@given(st.sampled_from(["\ud800", "\udc80", "\udfff", "\u2028", "\u2029", "\x85", "\0", "\x1b", "\n"]))
def test_lone_surrogates_and_line_ends_of_any_kind_are_escapes(char: str) -> None:
    line = to_json(Comment(0, 1, f"é{char}é"), ORIGIN)
    assert char not in line
    assert json.loads(line.encode())["text"] == f"é{char}é"


def test_text_stays_readable() -> None:
    assert "grüße 𐍈" in to_json(Comment(0, 1, "grüße 𐍈"), ORIGIN)


def test_numbers_are_rounded_to_microseconds_within_objects_too() -> None:
    summary = Summary(
        t=1 / 3,
        connection=1,
        completion_rate=2 / 3,
        reconnect_seconds={"p50": 1 / 3, "max": None},
        messages_lost=10**30,
        duplicates={"received": 1},
        stalls={"count": 0, "longest": 0.0},
        silent_failures=0,
        events=0,
        received=0,
        comments=0,
        connections=1,
        disconnects={},
        bytes=0,
        duration=1 / 3,
    )
    made = json.loads(to_json(summary, ORIGIN))
    assert (made["t"], made["completion_rate"]) == (0.333333, 0.666667)
    assert made["reconnect_seconds"] == {"p50": 0.333333, "max": None}
    assert made["messages_lost"] == 10**30


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json(Stall(1.0, 1, float("inf"), None), ORIGIN)


@given(st.lists(st.text(alphabet=st.characters(codec=None), max_size=40), min_size=4, max_size=4), st.integers(1, 9))
def test_in_pieces_it_is_the_same(texts: list[str], size: int) -> None:
    event = Event(1.5, 1, 1, *texts, 0, 1, False, False, False, False)
    whole = to_json(event, ORIGIN)
    with patch.object(records, "PIECE", size):
        assert "".join(json_pieces(event, ORIGIN)) == whole


def test_no_piece_of_a_long_record_is_long() -> None:
    event = Event(1.5, 1, 1, "message", "\0" * (3 * PIECE + 1), None, "", 0, 1, False, False, False, False)
    assert max(map(len, json_pieces(event, ORIGIN))) == 6 * PIECE
