"""What the probes show without another way beside them: ends in a silence, and methods that are refused."""

from __future__ import annotations

import pytest

from sse_inspect.config import Target
from sse_inspect.probing.alone import alone
from sse_inspect.probing.plan import COMPRESSED, IDENTITY, Wishes
from sse_inspect.probing.report import Report
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.telling import lines
from tests.probing.sessions import seen

SOME = [n * 0.1 for n in range(10)]


def report(*sessions: Seen) -> Report:
    return Report(Target("http://127.0.0.1:1/"), Wishes(), "0", 0, seen={each.name: each for each in sessions})


def text(of: Report) -> str:
    return " ".join("".join(said for said, _ in line).strip() for line in lines(of))


def test_a_cut_in_a_silence_is_told_and_who_has_the_limit_is_not_guessed() -> None:
    found = report(seen(IDENTITY, SOME, ended="truncated", until=3.9), seen(COMPRESSED, SOME, until=3.0))
    (cut,) = [each for each in found.findings if each.code == "cut-in-silence"]
    assert cut.sentence == (
        "1 of 2 streams was cut in a silence, the latest after 3.00 s without a byte (truncated: why): an idle limit "
        "on the way does so. --direct tells which side of a hop has it."
    )
    assert cut.probes == (IDENTITY,)
    assert found.longest_silence is None
    assert "No silence was longer" not in text(found)


@pytest.mark.parametrize(
    "other",
    [
        seen(COMPRESSED, SOME),
        seen(COMPRESSED, SOME, ended="eof"),
        seen(COMPRESSED, SOME, ended="reset", until=1.0),
        seen(COMPRESSED, SOME, status=404),
    ],
)
def test_what_is_no_cut_in_a_silence(other: Seen) -> None:
    assert "cut-in-silence" not in {each.code for each in report(seen(IDENTITY, SOME), other).findings}


def test_how_long_a_silence_was_seen_at_most() -> None:
    found = report(seen(IDENTITY, [0.5, 3.0, 3.5], until=4.0), seen(COMPRESSED, [0.5, 1.0], until=2.0))
    assert found.longest_silence == 2.5
    assert "No silence was longer than 2.50 s: an idle limit beyond that would not have shown." in text(found)
    assert found.as_json()["longest_silence_seconds"] == 2.5
    assert report(seen(IDENTITY, status=404)).longest_silence is None


@pytest.mark.parametrize(
    ("allow", "said"),
    [
        ("POST", "-X POST"),
        ("OPTIONS, post", "-X POST"),
        ("GET, HEAD", "-X GET"),
        ("PUT", ""),
    ],
)
def test_of_a_method_that_is_refused_it_is_said_which_one_is_not(allow: str, said: str) -> None:
    (found,) = alone(seen(IDENTITY, status=405, fields=(("allow", allow),)), has_direct=False)
    assert said in found.advice
    assert bool(found.advice) == bool(said)
    (other,) = alone(seen(IDENTITY, status=404, fields=(("allow", allow),)), has_direct=False)
    assert not other.advice
