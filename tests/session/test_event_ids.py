"""What event IDs tell: gaps, fills, duplicates, replays, restarts; `session/event_ids.py` is the policy."""

from __future__ import annotations

import time
import uuid

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from sse_inspect.records import Diagnosis, Gap, GapFilled
from sse_inspect.session.event_ids import LONGEST_ID, MAX_RANGES, MAX_SEQUENCES, REMEMBERED, EventIds
from tests.session.script import Script, events, given, opened, reconnected


def told(script: Script, *ids: object) -> list[str]:
    return script.feed(script.now + 1, events(*ids))


def counts(script: Script) -> tuple[int, int, bool]:
    ids = script.session.ids
    return ids.received, ids.missing, ids.gaps_known


# Gaps


def test_contiguous_ids_have_no_gaps() -> None:
    script = opened()
    assert told(script, *range(1, 6)) == [f"event {number}" for number in range(1, 6)]
    assert counts(script) == (5, 0, True)


def test_a_jump_after_steps_is_a_gap() -> None:
    script = opened()
    assert told(script, 1, 2, 5, 6, 9) == [
        "event 1",
        "event 2",
        "gap 3..4",
        "event 5",
        "event 6",
        "gap 7..8",
        "event 9",
    ]
    gap = script.all(Gap)[0]
    assert (gap.first, gap.last, gap.missing, gap.prefix) == (3, 4, 2, "")
    assert gap.basis == "the IDs had stepped by 1 1 times"
    assert counts(script) == (5, 4, True)


def test_a_gap_over_an_outage() -> None:
    script = reconnected(40, 41, 42)
    assert told(script, 46)[:2] == ["gap 43..45", "event 46"]


@pytest.mark.parametrize(
    "ids", [(5, 10, 15, 20), (100, 90, 80), (1, 3, 9, 27, 81), (1_795_430_573_001, 1_795_430_574_120)]
)
def test_numbers_that_never_step_by_1_are_not_counted(ids: tuple[int, ...]) -> None:
    script = opened()
    told(script, *ids)
    assert script.all(Gap) == []
    assert counts(script) == (len(ids), 0, False)


def test_that_they_cannot_be_counted_is_said_once() -> None:
    script = opened()
    told(script, 5, 10, 15, 20)
    assert [record.code for record in script.all(Diagnosis)] == ["ids-not-countable"]


def test_a_first_jump_was_a_gap_if_the_ids_step_by_1_from_there() -> None:
    script = opened()
    assert told(script, 7, 10, 11, 12) == ["event 7", "diagnosis ids-not-countable", "event 10", "event 11", "event 12"]
    assert counts(script) == (4, 0, False)
    assert told(script, 13) == ["gap 8..9", "event 13"]
    assert script.all(Gap)[0].basis == "the IDs have stepped by 1 3 times since"
    assert counts(script) == (5, 2, True)
    assert told(script, 20) == ["gap 14..19", "event 20"]
    assert told(script, 8) == ["filled 8, 1 left", "event 8 out_of_order"]


def test_what_was_lost_before_the_first_event_is_a_gap_too() -> None:
    script = given(target={"last_event_id": "5"})
    script.opens(0.1)
    assert told(script, 8, 9, 10, 11)[-2:] == ["gap 6..7", "event 11"]


@pytest.mark.parametrize("ids", [(7, 10, 8, 11, 12, 13, 14), (7, 10, 13, 14, 15, 16, 17)])
def test_a_jump_that_something_else_follows_must_be_followed_by_many_steps(ids: tuple[int, ...]) -> None:
    script = opened()
    told(script, *ids, 50)
    assert script.all(Gap) == []
    told(script, *range(51, 51 + 16), 90)
    assert [(gap.first, gap.last) for gap in script.all(Gap)] == [(67, 89)]


def test_what_was_lost_while_ids_could_not_be_counted_stays_unknown() -> None:
    script = opened()
    told(script, 1, 2, "abc")
    script.ends(script.now + 1)
    script.reopens()
    assert told(script, 5, 6, 9)[-3:] == ["event 6", "gap 7..8", "event 9"]
    assert counts(script) == (6, 2, False)


def test_more_jumps_than_steps_are_no_exceptions() -> None:
    script = opened()
    told(script, 1, 2, *range(10, 1000, 10))
    assert len(script.all(Gap)) == 9
    assert counts(script)[2] is False


def test_a_jump_too_long_to_be_believed_is_another_scheme_of_numbers() -> None:
    script = opened()
    assert told(script, 1, 2, 10_000_003) == ["event 1", "event 2", "gap 3..10000002", "event 10000003"]
    assert told(script, 30_000_000) == ["diagnosis ids-not-countable", "event 30000000"]


def test_integer_counts_every_jump() -> None:
    script = opened(ids="integer")
    assert told(script, 5, 10) == ["event 5", "gap 6..9", "event 10"]
    assert told(script, 10**29)[0] == f"gap 11..{10**29 - 1}"
    assert counts(script) == (3, 4 + 10**29 - 11, True)


def test_integer_passes_over_what_is_no_number() -> None:
    script = opened(ids="integer")
    assert told(script, 1, "x", 3) == ["event 1", "diagnosis ids-not-countable", "event x", "gap 2..2", "event 3"]
    assert counts(script) == (3, 1, True)


def test_opaque_sees_only_duplicates() -> None:
    script = opened(ids="opaque")
    assert told(script, 1, 2, 9, 2) == ["event 1", "event 2", "event 9", "event 2 duplicate"]
    assert counts(script) == (3, 0, False)


# What stands before the number


def test_prefixes_are_counted_apart() -> None:
    script = opened()
    assert told(script, "a-1", "b-1", "a-2", "b-2", "a-4") == [
        "event a-1",
        "event b-1",
        "event a-2",
        "event b-2",
        "gap a-3..3",
        "event a-4",
    ]


def test_between_two_pairs_an_outage_cannot_be_counted() -> None:
    script = reconnected("1795465619:0", "1795465619:1")
    assert counts(script) == (2, 0, True)
    told(script, "1795465621:6", "1795465621:7")
    assert [found.code for found in script.all(Diagnosis)] == ["ids-not-countable"]
    assert counts(script) == (4, 0, False)
    assert "cannot be known" in script.session.ids.description


def test_pairs_that_go_on_where_they_were_can_be_counted() -> None:
    script = reconnected("1795465619:0", "1795465619:1")
    told(script, "1795465619:1", "1795465621:0")
    assert counts(script) == (3, 0, True)


def test_of_ms_seq_only_seq_within_one_ms_is_counted() -> None:
    script = opened()
    told(script, "1526919030474-0", "1526919030474-1", "1526919030474-2", "1526919030999-0", "1526919031000-0")
    assert script.all(Gap) == []
    assert told(script, "1526919031000-1", "1526919031000-3")[1] == "gap 1526919031000-2..2"


def test_one_number_for_each_prefix_says_nothing_about_gaps() -> None:
    script = opened()
    told(script, "1795430573:0", "1795430574:0", "1795430580:0")
    assert counts(script) == (3, 0, False)


def test_real_ids_with_holes_of_their_own() -> None:
    script = opened()
    told(script, "3-10", "3-14", "3-15", "3-21", "3-40")
    assert script.all(Gap) == []


@pytest.mark.parametrize("odd", ["a", "1a", "a-", "12 ", "é", "²", "٣", str(uuid.UUID(int=10))])
def test_one_odd_id_makes_auto_opaque_for_its_connection(odd: str) -> None:
    script = opened()
    assert told(script, 1, 2, odd, 7, 2)[-2:] == ["event 7", "event 2 duplicate"]
    assert script.all(Gap) == []
    assert counts(script) == (4, 0, False)
    script.ends(script.now)
    script.reopens()
    told(script, 8, 9, 12)
    assert [(gap.first, gap.last) for gap in script.all(Gap)] == [(10, 11)]


def test_an_odd_duplicate_makes_it_opaque_too() -> None:
    script = reconnected("x", 1)
    told(script, "x", 2, 3, 9)
    assert script.all(Gap) == []


def test_zero_padded_numbers_count() -> None:
    assert "gap f-11..12" in told(opened(), "f-009", "f-010", "f-013")


def test_numbers_of_more_digits_than_anybody_counts() -> None:
    script = opened()
    start = int("9" * 45 + "0" * 5)
    assert told(script, start, start + 1, start + 4)[
        2
    ] == f"gap {str(start)[:20]}{str(start + 2)[20:].lstrip('0')}.." + str(start + 3)[20:].lstrip("0")


def test_uuids_are_opaque() -> None:
    script = opened()
    ids = [uuid.UUID(int=(0x9E3779B97F4A7C15F39CC0605CEDC834 * n) % 2**128) for n in range(1, 50)]
    told(script, *ids, *ids[-3:])
    assert script.all(Gap) == []
    assert sum(line.endswith("duplicate") for line in told(script, *ids)) == 49
    assert counts(script) == (49, 0, False)


# Duplicates, replays, order


def test_a_duplicate_is_the_same_id_with_the_same_data() -> None:
    script = opened()
    assert told(script, 1, 1, 2, 1) == ["event 1", "event 1 duplicate", "event 2", "event 1 duplicate"]
    assert counts(script) == (2, 0, True)


def test_replayed_is_a_duplicate_on_a_reconnected_connection() -> None:
    script = reconnected(1, 2)
    assert told(script, 2, 3) == [
        "event 2 duplicate replayed",
        "event 3",
        "recovered 1 replayed, 1 duplicates, 0 lost",
    ]


def test_a_first_connection_after_failed_attempts_replays_nothing() -> None:
    from tests.session.script import given

    script = given()
    script.ends(0, "refused")
    script.reopens()
    assert told(script, 1, 1) == ["event 1", "event 1 duplicate"]


def test_late_ids_fill_their_gap() -> None:
    script = opened()
    told(script, 1, 2, 6)
    assert told(script, 4, 3, 5) == [
        "filled 4, 2 left",
        "event 4 out_of_order",
        "filled 3, 1 left",
        "event 3 out_of_order",
        "filled 5, 0 left",
        "event 5 out_of_order",
    ]
    assert counts(script) == (6, 0, True)
    assert told(script, 4, 7) == ["event 4 duplicate", "event 7"]


def test_replayed_ids_fill_their_gap_in_order() -> None:
    script = reconnected(1, 2, 5)
    lines = told(script, 3, 4, 5, 6)
    assert [line for line in lines if not line.startswith("recovered")] == [
        "filled 3, 1 left",
        "event 3 replayed",
        "filled 4, 0 left",
        "event 4 replayed",
        "event 5 duplicate replayed",
        "event 6",
    ]


def test_each_gap_counts_what_it_still_misses() -> None:
    script = opened()
    told(script, 1, 2, 5, 8, 7, 4)
    assert [(filled.first, filled.remaining) for filled in script.all(GapFilled)] == [(7, 1), (4, 1)]


def test_a_little_below_all_seen_is_late_and_no_restart() -> None:
    script = opened()
    assert told(script, 100, 101, 99, 102) == ["event 100", "event 101", "event 99 out_of_order", "event 102"]
    assert counts(script) == (4, 0, True)


def test_an_event_without_id_says_nothing() -> None:
    script = opened()
    told(script, 1, None, 2, None, 3)
    assert counts(script) == (3, 0, True)


def test_an_empty_id_is_none() -> None:
    script = opened()
    assert script.feed(1, events(1) + b"id\n\nid:\ndata: x\n\n" + events(2)) == ["event 1", "event ", "event 2"]
    assert counts(script) == (2, 0, True)


# Blocks with an ID and no data


def test_an_id_without_data_counts_as_received() -> None:
    script = opened()
    assert script.feed(1, events(1, 2) + b"id: 3\n\n" + events(4)) == ["event 1", "event 2", "event 4"]
    assert counts(script) == (4, 0, True)


def test_its_event_is_new_when_it_comes_with_data_and_a_duplicate_after_that() -> None:
    script = opened()
    script.feed(1, events(1) + b"id: 2\n\n")
    assert told(script, 2, 2, 3) == ["event 2", "event 2 duplicate", "event 3"]
    assert counts(script) == (3, 0, True)


def test_an_id_repeated_without_data_changes_nothing() -> None:
    script = opened()
    script.feed(1, events(1, 2) + b"id: 2\n\nid: 2\n\n")
    assert told(script, 2, 3) == ["event 2 duplicate", "event 3"]
    assert counts(script) == (3, 0, True)


def test_an_id_without_data_may_tell_a_gap() -> None:
    script = opened()
    assert script.feed(1, events(1, 2) + b"id: 5\n\n") == ["event 1", "event 2", "gap 3..4"]


# The ID given on the command line


def test_the_last_event_id_given_counts_as_received() -> None:
    script = opened(target={"last_event_id": "5"})
    assert told(script, 5, 6) == ["event 5 duplicate", "event 6"]
    assert counts(script) == (1, 0, True)
    assert told(opened(target={"last_event_id": "5"}, ids="integer"), 8)[0] == "gap 6..7"


def test_its_data_once_known_tells_a_restart() -> None:
    script = opened(target={"last_event_id": "5"})
    told(script, 5, 6)
    assert script.feed(9, events(5, data="other"))[0] == "diagnosis id-restart"


# Restarts


def test_other_data_is_a_restart_and_the_counting_starts_there() -> None:
    script = reconnected(*range(1, 11), 13)
    lines = script.feed(9, events(*range(1, 6), 8, data="after the restart {}"))
    assert lines == [
        "diagnosis id-restart",
        "event 1",
        "recovered 0 replayed, 0 duplicates, 0 lost",
        *[f"event {number}" for number in range(2, 6)],
        "gap 6..7",
        "event 8",
    ]
    assert counts(script) == (11 + 6, 2 + 2, True)


def test_what_was_missing_before_a_restart_stays_missing() -> None:
    script = opened()
    told(script, 1, 2, 3, 6)
    script.feed(9, events(*range(1, 9), data="other {}"))
    assert script.all(GapFilled) == []
    assert counts(script) == (4 + 8, 2, True)


def test_a_restart_is_noticed_once() -> None:
    script = reconnected(*range(1, 1001))
    lines = script.feed(9, events(*range(1, 1101), data="other {}"))
    assert lines.count("diagnosis id-restart") == 1
    assert not any(line.endswith("duplicate") or line.startswith("gap") for line in lines)
    assert counts(script) == (2100, 0, True)


def test_a_restart_that_begins_with_equal_data() -> None:
    script = reconnected(1, 2, 3)
    script.feed(8, events(1))
    assert script.feed(9, events(2, 3, data="other {}"))[:2] == ["diagnosis id-restart", "event 2"]


@pytest.mark.parametrize("first", [0, 1, 900])
def test_ids_far_below_all_seen_on_a_new_connection_are_a_restart(first: int) -> None:
    script = reconnected(*range(1000, 1020))
    assert script.feed(9, events(first, first + 1, data="other {}"))[:2] == ["diagnosis id-restart", f"event {first}"]
    assert counts(script) == (22, 0, True)


def test_0_or_1_far_below_all_seen_is_a_restart_on_the_same_connection_too() -> None:
    assert told(opened(), 1000, 1001, 1)[2] == "diagnosis id-restart"
    assert told(opened(), 1000, 1001, 900)[2] == "event 900 out_of_order"
    assert told(opened(), 5, 6, 1)[2] == "event 1 out_of_order"


def test_such_a_restart_is_not_noticed_again_when_it_comes_to_the_ids_of_before() -> None:
    script = reconnected(*range(50, 60))
    lines = script.feed(9, events(*range(1, 70), data="other {}"))
    assert lines.count("diagnosis id-restart") == 1
    assert not any(line.endswith("duplicate") or line.startswith("gap") for line in lines)
    assert script.feed(10, events(1, data="once more"))[0] == "diagnosis id-restart"


def test_ids_in_no_order_do_not_restart_at_every_low() -> None:
    script = reconnected(500, 900, 700)
    told(script, 100, 800, 50, 600, 20)
    assert not any(record.code == "id-restart" for record in script.all(Diagnosis))


def test_what_was_contiguous_before_such_a_restart_is_so_after_it() -> None:
    script = reconnected(*range(1000, 1020))
    assert script.feed(9, events(1, 4, data="other {}"))[-2:] == ["gap 2..3", "event 4"]
    ids = script.session.ids
    assert ids._ranges == sum(sequence.ranges for sequence in ids._sequences.values())


def test_a_jump_to_an_id_that_is_known_is_no_gap() -> None:
    script = reconnected(1, 2, "odd", 9)
    assert told(script, 1, 2, 9) == [
        "event 1 duplicate replayed",
        "event 2 duplicate replayed",
        "event 9 duplicate replayed",
    ]


# Words


@pytest.mark.parametrize(
    ("scheme", "ids", "words"),
    [
        ("auto", (), "no IDs: loss cannot be known"),
        ("auto", (None, None), "no IDs: loss cannot be known"),
        ("auto", (1,), "not yet seen to step by 1"),
        ("auto", (1, 2), "contiguous: gaps are counted"),
        ("auto", (1, 5, 9), "numbers with holes of their own: gaps cannot be known"),
        ("auto", (1, "x"), "opaque ('x' is no number): only duplicates are seen"),
        ("integer", (1, 5), "integers as asked for: gaps are counted"),
        ("opaque", (1, 2), "opaque as asked for: only duplicates are seen"),
    ],
)
def test_description(scheme: str, ids: tuple[object, ...], words: str) -> None:
    script = opened(ids=scheme)
    told(script, *ids)
    assert script.session.ids.description == words


def test_that_there_are_no_ids_is_said_after_three_events() -> None:
    assert told(opened(), None, None, None, None) == [
        "event None",
        "event None",
        "diagnosis no-ids",
        "event None",
        "event None",
    ]
    assert "diagnosis no-ids" not in told(opened(), None, 1, None, None)


# Bounds


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many IDs are remembered at the least: fewer than the contract has it, so that tests are fast."""
    assert REMEMBERED == 65_536
    monkeypatch.setattr("sse_inspect.session.event_ids.REMEMBERED", 500)
    return 500


def test_the_last_opaque_ids_are_remembered(remembered: int) -> None:
    ids = EventIds("opaque")
    for n in range(3_300):
        ids.observe(f"x{n}", n)
    assert all(ids.observe(f"x{n}", n).duplicate for n in range(3_300 - remembered, 3_300))
    assert not ids.observe("x0", 0).duplicate
    assert len(ids._young) + len(ids._old) <= 2 * remembered


def test_an_id_that_keeps_coming_is_remembered(remembered: int) -> None:
    ids = EventIds("opaque")
    ids.observe("again", 1)
    for n in range(4 * remembered):
        if n % (remembered - 100) == 0:
            assert ids.observe("again", 1).duplicate
        ids.observe(f"x{n}", n)
    assert ids.observe("again", 1).duplicate


def test_numbers_are_known_beyond_that_memory(remembered: int) -> None:
    ids = EventIds("auto")
    for n in range(1, 3 * remembered):
        ids.observe(str(n), n)
    assert ids.observe("1", 1).duplicate
    assert ids.received == 3 * remembered - 1


def test_many_prefixes_are_bounded_and_the_one_in_use_is_kept() -> None:
    ids = EventIds("auto")
    for n in (1, 2, 4):
        ids.observe(f"main-{n}", 0)
    for n in range(5, 3 * MAX_SEQUENCES):
        ids.observe(f"main-{n}", 0)
        ids.observe(f"p{n}-1", 0)
    assert len(ids._sequences) <= MAX_SEQUENCES
    assert ids.observe("main-3", 0).filled is not None


def test_many_gaps_are_bounded_and_all_are_filled_within_the_bound() -> None:
    ids = EventIds("integer")
    for n in range(0, 20_000, 2):
        ids.observe(str(n), n)
    assert ids.missing == 9_999
    for n in range(1, 19_999, 2):
        filled = ids.observe(str(n), n).filled
        assert filled is not None
        assert filled.remaining == 0
    assert ids.missing == 0
    assert ids._ranges <= 2


def test_gaps_of_many_prefixes_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_inspect.session.event_ids.MAX_RANGES", 500)
    ids = EventIds("integer")
    for n in range(0, 200, 2):
        for prefix in "abcdefghij":
            ids.observe(f"{prefix}{n}", n)
    assert sum(sequence.ranges for sequence in ids._sequences.values()) == ids._ranges <= 500
    assert ids.received == 1000


def test_long_ids_are_remembered_by_hash_and_are_no_numbers() -> None:
    script = opened()
    long = "x" * LONGEST_ID + "1"
    lines = told(script, long, long, long + "0")
    assert [line.split()[-1] for line in lines if line.startswith("event")] == [long, "duplicate", long + "0"]
    assert all(len(record.evidence) < 200 for record in script.all(Diagnosis))


def test_hostile_ids_cost_no_more_than_others() -> None:
    ids = EventIds("auto")
    began = time.process_time()
    for text in ("9" * 1_000_000, "a1" * 500_000, "\n" * 1_000_000):
        ids.observe(text, 1)
    assert time.process_time() - began < 1
    assert MAX_RANGES >= 100_000


# Against a slow and obvious model


class Model:
    """The IDs of one contiguous stream in plain sets."""

    def __init__(self, first: int) -> None:
        self.lowest = self.highest = first
        self.received = {first}

    def is_duplicate(self, number: int) -> bool:
        duplicate = number in self.received
        self.received.add(number)
        self.highest = max(self.highest, number)
        return duplicate

    @property
    def missing(self) -> set[int]:
        return set(range(self.lowest, self.highest)) - self.received


RECONNECT = None
walks = st.lists(st.just(RECONNECT) | st.integers(-9, 4), max_size=60)


def follow(scheme: str, walk: list[int | None], head: int) -> None:
    """Numbers from 100 on: `head` in order, then each where the walk leads from the highest one."""
    script = opened(ids=scheme)
    model = Model(100)
    told(script, 100)
    for number in range(101, 101 + head):
        assert told(script, number) == [f"event {number}"]
        model.is_duplicate(number)
    passed_on: list[str] = []
    for offset in walk:
        if offset is RECONNECT:
            script.ends(script.now)
            script.reopens()
            continue
        number = max(100, model.highest + offset)
        duplicate = model.is_duplicate(number)
        lines = told(script, number)
        event = next(line for line in lines if line.startswith("event"))
        assert ("duplicate" in event) is duplicate
        passed_on += [] if duplicate else [event.split()[1]]
    assert len(passed_on) == len(set(passed_on))
    ids = script.session.ids
    assert (ids.received, ids.missing) == (len(model.received), len(model.missing))
    claimed = {number for gap in script.all(Gap) for number in range(gap.first, gap.last + 1)}
    filled = {record.first for record in script.all(GapFilled)}
    assert claimed - filled == model.missing
    assert not any(record.code == "id-restart" for record in script.all(Diagnosis))


@for_all(walks)
@settings(max_examples=60, deadline=None)
def test_drops_repeats_reorders_and_reconnects_of_integers(walk: list[int | None]) -> None:
    follow("integer", walk, 0)


@for_all(walks.map(lambda walk: walk[:24]))
@settings(max_examples=40, deadline=None)
def test_drops_repeats_reorders_and_reconnects_of_a_contiguous_stream(walk: list[int | None]) -> None:
    follow("auto", walk, 24)


ID_TEXTS = st.text(max_size=4) | st.from_regex(r"[ab]?-?[0-9]{1,3}", fullmatch=True) | st.integers(0, 9).map(str)


@for_all(
    st.sampled_from(["auto", "integer", "opaque"]), st.lists(st.tuples(ID_TEXTS, st.integers(0, 2), st.booleans()))
)
@settings(max_examples=100, deadline=None)
def test_no_id_makes_it_raise_and_none_is_passed_on_twice(scheme: str, steps: list[tuple[str, int, bool]]) -> None:
    ids = EventIds(scheme)  # type: ignore[arg-type]
    ids.begin_connection(reconnected=False)
    passed_on: set[tuple[str, int]] = set()
    for text, digest, reconnects in steps:
        if reconnects:
            ids.begin_connection(reconnected=True)
        seen = ids.observe(text, digest if digest else "no data")
        if seen.restart is not None or seen.constant is not None:
            passed_on.clear()
        if digest and not seen.duplicate:
            assert (text, digest) not in passed_on
            passed_on.add((text, digest))
        assert 0 <= ids.received <= len(steps)
        assert ids.missing >= 0
        assert isinstance(ids.description, str)
        assert ids._ranges == sum(sequence.ranges for sequence in ids._sequences.values())
