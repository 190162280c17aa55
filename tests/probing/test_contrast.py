"""Pairs of probes: what is said where they differ, where they do not, and where nothing can be said."""

from __future__ import annotations

import pytest

from sse_inspect.probing.alone import alone
from sse_inspect.probing.contrast import contrast, contrasts
from sse_inspect.probing.plan import COMPRESSED, HTTP2, IDENTITY, POST
from sse_inspect.probing.seen import Seen
from tests.probing.sessions import STREAM, seen

STEADY = [n * 0.1 for n in range(100)]
BURSTS = [4.0] * 33 + [8.0] * 33
GZIP = (*STREAM, ("content-encoding", "gzip"))


def sentences(*sessions: Seen) -> dict[str, str]:
    return {each.code: each.sentence for each in contrasts({session.name: session for session in sessions})}


@pytest.mark.parametrize(
    ("base", "other", "how"),
    [
        (STEADY, BURSTS, "held"),
        (BURSTS, STEADY, "freed"),
        (STEADY, [n * 0.11 for n in range(90)], "same"),
        (BURSTS, BURSTS, "both"),
        (STEADY, [], "silent"),
        (STEADY, [5.7] * 60, "held"),
        (STEADY, [5.0 + n * 0.1 for n in range(50)], "late"),
        (STEADY, [5.7, 8.0, 9.0], "late"),
        ([n * 2.0 for n in range(5)], [5.0, 7.0, 9.0], "unclear"),
        ([0.0] * 5, [4.0] * 5, "unclear"),
        (STEADY, STEADY[:5], "unclear"),
        (STEADY[:5], BURSTS, "unclear"),
        (STEADY, [n * 0.4 for n in range(25)], "unclear"),
        ([], [], "unclear"),
        ([1.0, 5.0, 9.0], [], "unclear"),
    ],
)
def test_how_two_differ(base: list[float], other: list[float], how: str) -> None:
    assert contrast(seen("a", base), seen("b", other)) == how


def test_bursts_with_gzip_alone() -> None:
    found = sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, BURSTS, fields=GZIP))
    assert found == {
        "compression-holds": "With gzip the events come in bursts of 33 events (2 of them, 4.00 s of silence between "
        "two), with identity one by one (100 events, 100 ms between two): compression without a flush after each event."
    }


def test_a_first_event_that_is_late_with_gzip_alone() -> None:
    found = sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, [5.7, 8.0, 9.0], fields=GZIP))
    assert found["compression-holds"] == (
        "With gzip the first of 3 events came after 5.70 s, with identity after 0 ms: compression without a flush, or "
        "a buffer behind it."
    )
    found = sentences(seen(IDENTITY, STEADY), seen(POST, [5.7, 8.0, 9.0]))
    assert found["post-holds"].startswith("With POST the first of 3 events came after 5.70 s, with GET after 0 ms.")


def test_nothing_with_gzip() -> None:
    found = sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, fields=GZIP))
    assert found["compression-holds"].startswith("With gzip no event came in 10.0 s (0 bytes on the wire), with ")


def test_not_even_a_head_with_gzip() -> None:
    found = sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, unanswered=True))
    assert found["compression-holds"].startswith("With gzip and br accepted nothing came in 10.0 s, not even a head; ")


def test_gzip_that_is_flushed_and_gzip_that_is_not_to_blame() -> None:
    assert set(sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, STEADY, fields=GZIP))) == {"compression-flushed"}
    assert set(sentences(seen(IDENTITY, BURSTS), seen(COMPRESSED, BURSTS, fields=GZIP))) == {"compression-not-to-blame"}


def test_a_difference_without_a_coding_is_not_put_down_to_compression() -> None:
    assert sentences(seen(IDENTITY, STEADY), seen(COMPRESSED, BURSTS)) == {}


def test_too_few_events_say_nothing() -> None:
    assert sentences(seen(IDENTITY, STEADY[:4]), seen(COMPRESSED, BURSTS[:3], fields=GZIP)) == {}


def test_another_answer() -> None:
    found = sentences(
        seen(IDENTITY, STEADY), seen(COMPRESSED, status=406, fields=[]), seen(POST, status=405, fields=[])
    )
    assert found == {
        "compressed-answer": "Asking for compression gets 406 instead of 200 text/event-stream.",
        "post-answer": "POST gets 405 instead of 200 text/event-stream.",
    }


def test_post_streams_where_get_does_not() -> None:
    found = sentences(seen(IDENTITY, BURSTS), seen(POST, STEADY))
    assert found["post-frees"].startswith("With GET the events come in bursts of 33 events (2 of them")
    assert "with POST one by one" in found["post-frees"]


def test_http2() -> None:
    assert set(sentences(seen(IDENTITY, STEADY), seen(HTTP2, STEADY))) == {"http2-not-agreed"}
    assert set(sentences(seen(IDENTITY, STEADY), seen(HTTP2, STEADY, version="2"))) == {"http2-same"}
    assert set(sentences(seen(IDENTITY, STEADY), seen(HTTP2, BURSTS, version="2"))) == {"http2-holds"}


def test_what_never_connected_is_compared_with_nothing() -> None:
    assert sentences(seen(IDENTITY, refused="refused"), seen(COMPRESSED, STEADY, fields=GZIP)) == {}


@pytest.mark.parametrize(
    ("session", "code"),
    [
        (seen(IDENTITY, status=404, fields=[]), "no-stream"),
        (seen(IDENTITY, refused="refused"), "no-stream"),
        (seen(IDENTITY), "no-events"),
        (seen(IDENTITY, [n * 0.1 + 1.5 for n in range(20)]), ""),
        (seen(IDENTITY, BURSTS), "bursts"),
        (seen(IDENTITY, [1.0] * 32 + [2.0] * 32 + [3.0] * 9, size=128), "full-buffers"),
        (seen(IDENTITY, STEADY), ""),
    ],
)
def test_what_the_first_shows_alone(session: Seen, code: str) -> None:
    assert [each.code for each in alone(session, has_direct=False)] == ([code] if code else [])


def test_a_head_that_comes_with_the_first_event() -> None:
    session = seen(IDENTITY, [3.0, 3.1])
    session.answered = 2.999
    (found,) = alone(session, has_direct=True)
    assert found.sentence.startswith("The head came only with the first event, 3.00 s after the connection stood")
