"""The check on delivered duplicates, against one that keeps every event by itself."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.analysis.metrics import Metrics
from sse_inspect.analysis.passed import Passed
from sse_inspect.batch import Events
from sse_inspect.findings import diagnosis
from sse_inspect.records import Event
from sse_inspect.stepping import stepping
from sse_inspect.wire import EventRun, Parser

WATCHED = 40


class Plain:
    """All events in two sets."""

    def __init__(self) -> None:
        self.young: set[tuple[str, str]] = set()
        self.old: set[tuple[str, str]] = set()
        self.delivered = 0

    def make_room(self) -> None:
        if len(self.young) >= WATCHED:
            self.old, self.young = self.young, set()

    def run(self, events: list[tuple[str, str]]) -> None:
        self.make_room()
        before = len(self.young)
        self.young |= set(events) - self.old
        self.delivered += len(events) - (len(self.young) - before)

    def event(self, key: tuple[str, str]) -> None:
        self.delivered += key in self.young or key in self.old
        self.make_room()
        self.young.add(key)


def run_of(events: list[tuple[str, str]]) -> EventRun:
    (run,) = Parser().take("".join(f"id: {event_id}\ndata: {data}\n\n" for event_id, data in events).encode())
    assert isinstance(run, EventRun)
    return run


ids = st.one_of(
    st.builds(
        lambda prefix, first, count, by: [f"{prefix}{number}" for number in range(first, first + count, by)],
        st.sampled_from(["", "", "a-"]),
        st.integers(0, 60),
        st.integers(1, 30),
        st.sampled_from([1, 1, 1, 3]),
    ),
    st.lists(st.sampled_from(["x", "y", "007", "7", "a-7", "3", "a-3", "12", "b", "c", "d", "e"]), min_size=1),
)
steps = st.tuples(ids, st.sampled_from(["the same", "the same", "other"]), st.booleans(), st.integers(0, 30))


@given(st.lists(steps, max_size=25))
@settings(max_examples=400, deadline=None)
def test_the_same_is_found_as_with_every_event_by_itself(told: list[tuple[list[str], str, bool, int]]) -> None:
    metrics, plain = Metrics(), Plain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sse_inspect.analysis.metrics.WATCHED_EVENTS", WATCHED)
        for event_ids, data, together, restart in told:
            events = [(event_id, f"{data} {event_id}") for event_id in event_ids]
            if restart == 0:
                metrics.fold(diagnosis("id-restart", "", 1, 1))
                plain.young.clear()
                plain.old.clear()
            if together and len(events) > 1:
                metrics.fold(Events(1.0, 1, 1, run_of(events), stepping(event_ids)))
                plain.run(events)
            else:
                for event_id, text in events:
                    metrics.fold(Event(1.0, 1, 1, "message", text, event_id, event_id, 0, 1, *[False] * 4))
                    plain.event((event_id, text))
            assert metrics.duplicates_delivered == plain.delivered
            assert (len(metrics._young), len(metrics._old)) == (len(plain.young), len(plain.old))


def test_what_steps_takes_little_memory() -> None:
    count = 8_000
    one_by_one, together = Passed(), Passed()
    tracemalloc.start()
    for number in range(count):
        one_by_one.take(f"a-{number}", ("a-", number), "x", together)
    size = tracemalloc.get_traced_memory()[0]
    assert together.take_run(("b-", 0), [f"b-{number}" for number in range(count)], ["x"] * count, one_by_one) == count
    assert tracemalloc.get_traced_memory()[0] - size < 14 * count
    tracemalloc.stop()
    assert size < 14 * count
    assert one_by_one.has("a-7999", ("a-", 7999), "x")
    assert not together.has("b-8000", ("b-", 8000), "x")
