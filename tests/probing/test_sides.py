"""A/B: events paired, delays told, and nothing said where there is nothing to tell."""

from __future__ import annotations

import pytest

from sse_inspect.probing.finding import Finding
from sse_inspect.probing.hop import told_apart
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.sides import sides
from tests.probing.sessions import STREAM, seen

MADE = [0.5 + n * 0.1 for n in range(90)]


def findings(a: Seen, b: Seen) -> dict[str, Finding]:
    return {each.code: each for each in told_apart(sides(a, b))}


def collected(every: float) -> list[float]:
    """When events come that are handed on at multiples of so many seconds."""
    return [(int((t + 1e-9) / every) + 1) * every for t in MADE]


def test_nothing_is_held_back() -> None:
    found = findings(seen("A", [t + 0.0001 for t in MADE]), seen("B", MADE))
    assert [each.sentence for each in found.values()] == [
        "The hop between A and B adds 0.1 ms (90 events, at most 0.1 ms): nothing is held back."
    ]


def test_clocks_of_the_two_sessions_are_set_against_each_other() -> None:
    found = sides(seen("A", [t - 2.0 for t in MADE], began=2.0), seen("B", MADE))
    assert found.delay(1.0) == pytest.approx(0.0)
    assert found.pairs == len([t for t in MADE if t >= 2.25])  # the others came before both had settled


def test_a_longer_way_is_no_buffer() -> None:
    a = seen("A", [t + 0.08 + 0.01 * (n % 2) for n, t in enumerate(MADE)])
    a.answered = 0.16
    found = findings(a, seen("B", MADE))
    assert found["hop-adds-nothing"].sentence == (
        "The hop between A and B adds 80 ms to each event evenly, as a longer way does (90 events, at most 90 ms): "
        "nothing is held back."
    )


def test_a_way_that_is_short_for_the_head_is_not_longer_for_events() -> None:
    found = findings(seen("A", [t + 0.36 for t in MADE]), seen("B", MADE))
    assert found["hop-waits"].sentence == (
        "A comes 360 ms after B, evenly (90 events), though its head came in 0 ms: no longer way. The hop waits with "
        "each event, or each connection gets events of its own."
    )


def test_bursts_by_time() -> None:
    found = findings(seen("A", collected(2.0)), seen("B", MADE))
    assert set(found) == {"hop-holds"}
    sentence = found["hop-holds"].sentence
    assert sentence.startswith("The hop between A and B holds events back: median 1.0")
    assert sentence.endswith("in bursts of 20 events every 2.00 s.")
    assert found["hop-holds"].measures["delay_max_seconds"] == pytest.approx(2.0)


def test_small_batches_every_fifth_of_a_second() -> None:
    found = findings(seen("A", collected(0.2)), seen("B", MADE))
    assert found["hop-holds"].sentence.endswith("in bursts of 2 events every 200 ms.")


def test_bursts_by_size() -> None:
    times = [MADE[min(n // 32 * 32 + 31, 89)] for n in range(64)]
    found = findings(seen("A", times, size=128), seen("B", MADE, size=128))
    assert found["hop-holds"].sentence.endswith("in bursts of 4096 bytes.")
    assert found["hop-holds"].measures["not_yet_on_a"] == 26


def test_compression_on_one_side_is_named() -> None:
    a = seen("A", collected(2.0), fields=(*STREAM, ("content-encoding", "gzip")))
    found = findings(a, seen("B", MADE))
    assert found["hop-holds"].sentence.endswith("(A is compressed with gzip, B is not).")
    assert "compressor" in found["hop-holds"].advice


def test_each_event_comes_with_the_next() -> None:
    found = findings(seen("A", MADE[1:]), seen("B", MADE))
    assert "as if each were held until the next one is sent" in found["hop-holds"].sentence
    assert found["hop-holds"].certainty == "likely"


def test_uneven_delays_without_bursts_are_no_buffer() -> None:
    found = findings(seen("A", [t + 0.09 * (n % 10) / 10 for n, t in enumerate(MADE)]), seen("B", MADE))
    assert set(found) == {"hop-uneven"}


def test_a_line_that_is_too_slow_is_told_by_delays_that_grow() -> None:
    found = findings(seen("A", [t * 1.2 for t in MADE]), seen("B", MADE))
    assert set(found) == {"hop-falls-behind"}
    assert found["hop-falls-behind"].sentence.startswith("A falls ever further behind B: the delay grew by 1.")
    back = findings(seen("A", [t + 0.3 - abs(t - 5) * 0.06 for t in MADE]), seen("B", MADE))
    assert set(back) == {"hop-uneven"}, "it caught up again"


def test_bursts_that_are_made_so_are_not_the_hops() -> None:
    made = [float(n // 10 + 1) for n in range(90)]
    found = findings(seen("A", [t + 0.001 for t in made]), seen("B", made))
    assert set(found) == {"hop-adds-nothing"}


def test_what_a_has_before_b() -> None:
    assert set(findings(seen("A", MADE), seen("B", [t + 1.03 for t in MADE]))) == {"hop-ahead"}


def test_nothing_comes_through() -> None:
    found = findings(seen("A"), seen("B", MADE))
    assert found["hop-holds"].sentence == (
        "The hop between A and B holds events back: none came through A in 10.0 s, 90 came on B."
    )


def test_not_even_a_head_comes_through() -> None:
    found = findings(seen("A", unanswered=True), seen("B", MADE))
    assert found["hop-holds"].sentence == (
        "The hop between A and B holds everything back: not even a head came through A in 10.0 s, 90 events came on B."
    )


def test_events_on_one_side_only() -> None:
    ids = [str(n) for n in range(90)]
    a = seen("A", MADE[:40] + MADE[43:], ids=ids[:40] + ids[43:])
    found = findings(a, seen("B", MADE, ids=ids))
    assert found["only-on-one-side"].sentence.startswith("3 events came only on B and 0 events only on A")


@pytest.mark.parametrize(
    ("a", "b", "code"),
    [
        (seen("A", MADE[:3]), seen("B", MADE[:3]), "too-few-pairs"),
        (seen("A", MADE), seen("B", MADE, first=1000), "too-few-pairs"),
        (seen("A", MADE, ids=[""] * 90), seen("B", [], ids=[]), "too-few-pairs"),
        (seen("A", status=404, fields=[]), seen("B", MADE), "sides-answer"),
    ],
)
def test_what_cannot_be_compared(a: Seen, b: Seen, code: str) -> None:
    assert set(findings(a, b)) == {code}


def test_without_ids_events_are_paired_by_content_and_repeated_ones_not_at_all() -> None:
    a, b = seen("A", MADE, ids=[""] * 90), seen("B", MADE, ids=[""] * 90)
    assert (sides(a, b).by, sides(a, b).pairs) == ("content", 90)
    for each in (a, b):
        each.events = [came._replace(digest=1) for came in each.events]
    assert set(findings(a, b)) == {"no-pairs"}


def test_the_same_ids_of_another_stream() -> None:
    a = seen("A", MADE)
    a.events = [came._replace(digest=came.digest + 1) for came in a.events]
    assert set(findings(a, seen("B", MADE))) == {"not-the-same"}


def test_a_replay_on_connecting_is_not_counted() -> None:
    replayed = [0.001] * 50
    a = seen("A", [0.201] * 50 + MADE, connected=0.2)
    assert sides(a, seen("B", [*replayed, *MADE])).pairs == len(MADE)


@pytest.mark.parametrize(
    ("a", "b", "code", "said"),
    [
        (
            seen("A", MADE[:11], ended="truncated", until=6.5),
            seen("B", MADE[:11], until=15.0),
            "hop-ends",
            "5.00 s after the last byte (truncated: why); direct it stays open (15.0 s).",
        ),
        (
            seen("A", MADE[:60], ended="reset", until=MADE[59] + 0.05),
            seen("B", MADE),
            "hop-ends",
            "6.45 s after it stood (reset: why); direct it stays open (10.0 s).",
        ),
        (
            seen("A", MADE[:11], ended="eof", until=6.5),
            seen("B", MADE[:11], ended="eof", until=8.0),
            "hop-ends",
            "5.00 s after the last byte (eof: why); direct it ended 1.50 s later (eof).",
        ),
        (
            seen("A", MADE[:11], ended="eof", until=6.5),
            seen("B", MADE),
            "hop-ends",
            "direct it stays open (10.0 s), and there bytes came while none came through the hop.",
        ),
        (
            seen("A", MADE),
            seen("B", MADE[:60], ended="truncated", until=MADE[59]),
            "direct-ends",
            "6.40 s after it stood (truncated: why), and A stays open: ",
        ),
        (
            seen("A", MADE, ended="eof"),
            seen("B", MADE, ended="eof"),
            "both-end",
            "at the same time, in the same way (eof: why): it is not the hop",
        ),
    ],
)
def test_which_of_the_two_ends(a: Seen, b: Seen, code: str, said: str) -> None:
    sentence = findings(a, b)[code].sentence
    assert said in sentence
    assert sentence.startswith("The hop between A and B ends the connection ") == (code == "hop-ends")


def test_two_that_stand_as_long_as_they_are_watched_do_not_end() -> None:
    assert not {"hop-ends", "direct-ends", "both-end"} & set(findings(seen("A", MADE, until=9.5), seen("B", MADE)))


def test_no_hop_makes_events_come_earlier() -> None:
    uneven = [t + 0.19 + 0.08 * (n % 3) for n, t in enumerate(MADE)]
    (ahead,) = findings(seen("A", MADE), seen("B", uneven)).values()
    assert ahead.code == "hop-ahead"
    assert ahead.sentence.startswith(
        "A is ahead of B by 270 ms (median of 90 pairs, 190 ms to 350 ms in most of them),"
    )
    (held,) = findings(seen("A", MADE), seen("B", collected(2.0))).values()
    assert held.sentence == (
        "B, the direct one, is held back, A is ahead of it: median 1.10 s, 95 of 100 up to 1.90 s, at most 2.00 s; on "
        "B events come in bursts of 20 events every 2.00 s, on A one by one (90 events, 100 ms between two). Are "
        "the two swapped?"
    )


def test_both_held_back_each_in_its_own_way() -> None:
    (apart,) = findings(seen("A", collected(2.0)), seen("B", collected(1.3))).values()
    assert apart.code == "out-of-step"
    assert apart.sentence.startswith("A and B are out of step: of 90 events some come on A up to 1.")


def test_a_direct_way_that_is_uneven_is_told_of_the_direct_way() -> None:
    found = findings(seen("A", MADE), seen("B", [t + 0.08 * (n % 10 == 0) for n, t in enumerate(MADE)]))
    assert found["hop-adds-nothing"].sentence == (
        "The hop between A and B holds nothing back: 95 of 100 of 90 events are delayed by less than 0.1 ms or less, "
        "some come up to 80 ms later on B, the direct one, as on a loaded machine or network."
    )


def test_a_that_is_held_back_on_the_quicker_way_is_held_back() -> None:
    assert set(findings(seen("A", collected(2.0)), seen("B", [t + 0.3 for t in MADE]))) == {"hop-holds"}


def test_the_spacing_tells_where_events_cannot_be_paired() -> None:
    times = collected(2.0)
    a, b = seen("A", times, ids=[""] * 90), seen("B", MADE, ids=[""] * 90)
    for each in (a, b):
        each.events = [came._replace(digest=1) for came in each.events]
    found = findings(a, b)
    assert set(found) == {"no-pairs", "hop-holds"}
    assert found["hop-holds"].certainty == "likely"
    assert "in bursts of 20 events (" in found["hop-holds"].sentence


def test_what_comes_on_b_after_a_was_cut_is_not_held_back() -> None:
    late = [4.0 + n * 0.1 for n in range(50)]
    found = findings(seen("A", ended="truncated", until=3.0), seen("B", late))
    assert set(found) == {"hop-ends", "too-few-pairs"}
    assert found["too-few-pairs"].sentence == (
        "A had 0 events, B 0 events in the 3.00 s while both stood: too few to compare."
    )


def test_what_comes_on_b_while_a_stood_is_held_back_though_a_was_cut() -> None:
    found = findings(seen("A", ended="truncated", until=3.0), seen("B", MADE))
    assert found["hop-holds"].sentence == (
        "The hop between A and B holds events back: none came through A in 3.00 s, 26 came on B."
    )


def test_what_came_on_b_before_a_connected_is_not_held_back() -> None:
    found = findings(seen("A", connected=9.0), seen("B", [t for t in MADE if t < 8.0]))
    assert set(found) == {"too-few-pairs"}


def test_a_few_events_before_a_was_cut_do_not_make_it_another_stream() -> None:
    a = seen("A", [0.1, 0.2], ended="truncated", until=3.2)
    late = [0.1, 0.2, *(4.0 + n * 0.1 for n in range(50))]
    found = findings(a, seen("B", late))
    assert set(found) == {"hop-ends", "too-few-pairs"}
    assert found["too-few-pairs"].sentence == (
        "Only 0 events of 2 on A and 2 on B in the 3.20 s while both stood could be paired: too few to tell a delay."
    )
    assert sides(a, seen("B", late)).held == 0
    strange = findings(seen("A", MADE), seen("B", MADE, first=1000))["too-few-pairs"].sentence
    assert strange.endswith("the two may be different streams.")
