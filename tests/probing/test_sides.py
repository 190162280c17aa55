"""A/B: events paired, delays told, and nothing said where there is nothing to tell."""

from __future__ import annotations

import pytest

from sse_inspect.probing.finding import Finding
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.sides import sides, told_apart
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
    found = findings(seen("A", [t + 0.08 + 0.01 * (n % 2) for n, t in enumerate(MADE)]), seen("B", MADE))
    assert found["hop-adds-nothing"].sentence == (
        "The hop between A and B adds 80 ms to each event evenly, as a longer way does (90 events, at most 90 ms): "
        "nothing is held back."
    )


def test_bursts_by_time() -> None:
    found = findings(seen("A", collected(2.0)), seen("B", MADE))
    assert set(found) == {"hop-holds"}
    sentence = found["hop-holds"].sentence
    assert sentence.startswith("The hop between A and B holds events back: median 1.0")
    assert sentence.endswith("in bursts of 18 events every 2.00 s.")
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
