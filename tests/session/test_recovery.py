"""What an outage costs: the `recovered` record."""

from __future__ import annotations

import pytest

from sse_inspect.records import Recovered
from tests.session.script import events, given, opened, reconnected


def test_an_outage_lasts_from_the_last_byte_to_the_first_and_a_reconnect_from_the_disconnect_to_the_open() -> None:
    script = opened()
    script.feed(1, events(1))
    script.ends(3, "reset")
    script.tick(4)
    script.ends(5, "refused")
    script.tick_when_due()
    script.opens(8)
    assert script.feed(10, events(2)) == ["event 2", "recovered 0 replayed, 0 duplicates, 0 lost"]
    assert script.the(Recovered) == Recovered(
        10, 3, outage=7, reconnect=5, attempts=2, replayed=0, duplicates=0, lost=0
    )


def test_it_comes_with_the_first_event_that_is_no_duplicate() -> None:
    script = reconnected(1, 2, 3)
    assert script.feed(5, events(2, 3)) == ["event 2 duplicate replayed", "event 3 duplicate replayed"]
    assert script.feed(6, events(6, 7)) == [
        "gap 4..5",
        "event 6",
        "recovered 2 replayed, 2 duplicates, 2 lost",
        "event 7",
    ]


def test_once_for_each_outage() -> None:
    script = reconnected(1)
    script.feed(5, events(2))
    assert script.feed(6, events(3)) == ["event 3"]
    script.ends(7)
    script.reopens()
    assert script.feed(script.now, events(4))[-1].startswith("recovered")
    assert len(script.all(Recovered)) == 2


def test_an_event_without_id_is_no_duplicate() -> None:
    assert reconnected(1).feed(5, events(None))[-1].startswith("recovered")


def test_it_comes_at_the_end_of_a_connection_that_delivered_nothing_new() -> None:
    script = reconnected(1, 2)
    script.feed(5, events(2))
    assert script.ends(6) == [
        "recovered 1 replayed, 1 duplicates, 0 lost",
        "disconnect eof",
        "backoff 1 exponential",
    ]
    first = script.the(Recovered)
    script.reopens()
    script.feed(script.now, events(3))
    second = script.the(Recovered)
    assert (first.connection, second.connection) == (2, 3)
    assert second.outage == pytest.approx(script.now - 5)


def test_it_comes_before_the_session_is_stopped() -> None:
    assert reconnected(1).asked(9, "stop") == [
        "recovered 0 replayed, 0 duplicates, 0 lost",
        "disconnect forced",
        "end interrupted",
    ]


def test_never_before_the_first_open() -> None:
    script = given()
    script.ends(0, "refused")
    script.reopens()
    script.feed(2, events(1))
    assert script.all(Recovered) == []


def test_a_filled_gap_is_replayed_but_no_duplicate() -> None:
    script = reconnected(1, 2, 5)
    assert script.feed(5, events(3, 4)) == [
        "filled 3, 1 left",
        "event 3 replayed",
        "recovered 1 replayed, 0 duplicates, 0 lost",
        "filled 4, 0 left",
        "event 4 replayed",
    ]


def test_lost_is_what_became_missing_in_this_outage_and_still_is() -> None:
    script = reconnected(1, 2, 5, 6)  # 3 and 4 were lost before
    assert script.feed(5, b"id: 10\n\n") == ["gap 7..9"]  # nothing dispatched yet
    assert script.feed(6, events(8))[-1] == "recovered 1 replayed, 0 duplicates, 2 lost"


def test_after_a_stall_the_outage_began_with_the_silence() -> None:
    script = opened(stall_after=5)
    script.feed(1, events(1))
    script.tick(6)
    script.tick_when_due()
    script.opens(8)
    script.feed(8, events(2))
    recovered = script.the(Recovered)
    assert (recovered.outage, recovered.reconnect) == (7, 2)
