"""IDs that are remembered together tell the same as IDs that are remembered one by one."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.config import IdScheme
from sse_inspect.session import event_ids
from sse_inspect.session.event_ids import EventIds
from sse_inspect.session.memory import Digest
from sse_inspect.stepping import stepping

REMEMBERED = 40


class Plain(dict[str | int, Digest]):
    """Every ID by itself."""

    def has_any(self, event_ids: Sequence[str], _: object) -> bool:
        return not self.keys().isdisjoint(event_ids)

    def get(self, key: str | int, usual: object) -> Digest | None:  # type: ignore[override]  # of another use
        return super().get(key)

    def take(self, key: str | int, usual: object, digest: Digest, *, steps: bool) -> bool:
        self[key] = digest
        return False

    def take_run(self, event_ids: Sequence[str], data: Sequence[str], _: object) -> bool:
        self.update(zip(event_ids, map(hash, data), strict=True))
        return False


steps = st.tuples(
    st.sampled_from(["on", "on", "on", "again", "ahead", "anew", "odd", "back"]),
    st.integers(1, 30),
    st.sampled_from(["", "", "a-"]),
    st.sampled_from(["the same", "the same", "the same", "other", "no data"]),
    st.sampled_from(["together", "together", "together", "alone", "reconnected"]),
)
Step = tuple[str, int, str, str, str]
ODD = ("x", "007", "008", "x" * 300)


def walk(script: list[Step]) -> Iterator[tuple[list[str], str, str]]:
    """The IDs of each step: on from where the numbers of a prefix are, again, with a gap, from 1, backwards, or odd."""
    at: dict[str, int] = {}
    for what, count, prefix, data, how in script:
        first = at.get(prefix, 1)
        if what == "odd":
            yield [ODD[count % len(ODD)]], data, how
            continue
        half = max(0, first - count // 2)
        first = {"on": first, "again": half, "back": half, "ahead": first + count, "anew": count % 2}[what]
        at[prefix] = first + count
        numbers = range(first, first + count)
        yield [f"{prefix}{number}" for number in (reversed(numbers) if what == "back" else numbers)], data, how


def told(memory: EventIds, event_ids: list[str], data: str, how: str) -> list[Any]:
    """What comes of these, together where that goes."""
    if how == "reconnected":
        memory.begin_connection(reconnected=True)
    texts = [f"{data} {event_id}" for event_id in event_ids]
    if (
        how == "together"
        and len(event_ids) > 1
        and data != "no data"
        and memory.take_run(event_ids, texts, stepping(event_ids))
    ):
        return ["together"]
    digests: list[Digest] = ["no data" if data == "no data" else hash(text) for text in texts]
    return [astuple(memory.observe(*each)) for each in zip(event_ids, digests, strict=True)]


@pytest.mark.parametrize("scheme", ["auto", "integer", "opaque"])
@given(st.lists(steps, max_size=25), st.booleans())
@settings(max_examples=150, deadline=None)
def test_however_they_are_remembered(scheme: IdScheme, script: list[Step], given_one: bool) -> None:
    ours, plain = EventIds(scheme), EventIds(scheme)
    plain._young, plain._old = Plain(), Plain()  # type: ignore[assignment]  # the same by other means
    ours.remembered = plain.remembered = REMEMBERED
    if given_one:
        ours.presume("5")
        plain.presume("5")
    for each in walk(script):
        ours_told = told(ours, *each)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(event_ids, "Memory", Plain)
            expected = told(plain, *each)
        assert ours_told == expected
        assert (ours.received, ours.missing, ours.gaps_known) == (plain.received, plain.missing, plain.gaps_known)
        assert (len(ours._young), len(ours._old)) == (len(plain._young), len(plain._old))


@pytest.mark.parametrize("size", [1, 50])
def test_ids_that_step_take_little_memory(size: int) -> None:
    count = 8_000
    memory = EventIds("auto")
    tracemalloc.start()
    memory.observe("a-0", 0)
    for first in range(1, count, size):
        event_ids = [f"a-{number}" for number in range(first, first + size)]
        if size == 1:
            memory.observe(event_ids[0], hash("x"))
        else:
            assert memory.take_run(event_ids, ["x"] * size, stepping(event_ids))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken < 12 * count
    assert len(memory._young) >= count
    assert memory.observe("a-77", hash("x")).duplicate
    assert memory.observe("a-77", hash("y")).restart is not None
