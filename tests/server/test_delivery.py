from __future__ import annotations

from math import inf

import pytest

from sse_inspect.server import Behaviour
from sse_inspect.server.delivery import Delivery, Finish, Write
from sse_inspect.server.script import Action, Close, Drop, Repeat, Reset, Rewind, Script, Silence, Step, Tear
from sse_inspect.server.streams import Stream, Streams
from tests.server.raw import ids


def stream(query: str, *steps: tuple[float, Action]) -> tuple[Stream, Behaviour]:
    asked = Behaviour.from_query(query, Behaviour(rate=10.0, heartbeat=0.0))
    script = Script(tuple(Step(at, action) for at, action in steps))
    made = Streams(seed=1, most=1, linger=60.0, scripts={"/x": script}).request("/x", asked, 0.0)
    assert made is not None
    return made, asked


def run(delivery: Delivery, until: float) -> tuple[list[bytes], str]:
    """Chunks after the first, and how it ended; asked exactly when the delivery wants to be."""
    chunks, end, t = [], "", 0.0
    while True:
        for output in delivery.poll(t):
            assert not end
            match output:
                case Write(data=data):
                    chunks.append(data)
                case Finish(how=how):
                    end = how
        t = delivery.deadline()
        if end or t > until:
            return chunks[1:], end


def sent(query: str, *steps: tuple[float, Action], until: float = 2.0) -> tuple[list[str], str]:
    made, asked = stream(query, *steps)
    chunks, end = run(Delivery(made, asked, "", 0.0), until)
    return ids(b"".join(chunks)), end


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


def test_events_come_when_they_fall_due() -> None:
    made, asked = stream("")
    delivery = Delivery(made, asked, "", 0.0)
    assert len(delivery.poll(0.0)) == 2
    assert delivery.deadline() == pytest.approx(0.1)
    assert delivery.poll(0.05) == []
    assert len(delivery.poll(0.35)) == 3
    assert made.sent == 4


@pytest.mark.parametrize(
    ("query", "got", "end"),
    [
        ("close_after=5", numbers(1, 5), "complete"),
        ("close_after=0", [], "complete"),
        ("reset_after=5", numbers(1, 5), "reset"),
        ("close_after=0.55s", numbers(1, 6), "complete"),
        ("count=5", numbers(1, 5), "complete"),
        ("first_id=100&close_after=2", ["100", "101"], "complete"),
        ("id_prefix=a-&close_after=2", ["a-1", "a-2"], "complete"),
        ("restart_after=3&close_after=7", ["1", "2", "3", "1", "2", "3", "1"], "complete"),
        ("drop=2,4-5&close_after=3", ["1", "3", "6"], "complete"),
        ("drop_every=3&close_after=4", ["1", "2", "4", "5"], "complete"),
        ("repeat_every=2&count=4", ["1", "2", "2", "3", "4", "4"], "complete"),
        ("reorder_every=2&count=5", ["1", "3", "2", "5", "4"], "complete"),
        ("reorder_every=2&count=4", ["1", "3", "2", "4"], "complete"),
        ("ids=0&count=4", [], "complete"),
        ("silent_after=3", numbers(1, 3), ""),
        ("silent_after=3&silent_for=1", numbers(1, 21), ""),
        ("silent_after=3&reset_after=1s", numbers(1, 3), "reset"),
        ("rate=0", [], ""),
    ],
)
def test_what_is_asked_for_is_sent(query: str, got: list[str], end: str) -> None:
    assert sent(query) == (got, end)


def test_a_silence_holds_back_and_the_rest_comes_at_once() -> None:
    made, asked = stream("silent_after=3&silent_for=1")
    delivery = Delivery(made, asked, "", 0.0)
    delivery.poll(1.19)
    assert made.sent == 3
    assert delivery.deadline() == pytest.approx(1.2)
    delivery.poll(1.2)
    assert made.sent == 13


@pytest.mark.parametrize(("heartbeats", "count"), [("0", 0), ("1", 4)])
def test_a_silence_is_with_heartbeats_or_without(heartbeats: str, count: int) -> None:
    made, asked = stream(f"heartbeat=0.5&silent_after=0&silent_heartbeats={heartbeats}")
    chunks, _ = run(Delivery(made, asked, "", 0.0), 2.0)
    assert len(chunks) == count == made.counts.heartbeats
    assert all(chunk.startswith(b": heartbeat") for chunk in chunks)


def test_heartbeats_that_a_silence_swallowed_are_not_made_up_for() -> None:
    made, asked = stream("rate=0&heartbeat=1&silent_after=0&silent_for=3.5")
    delivery = Delivery(made, asked, "", 0.0)
    assert len(delivery.poll(3.4)) == 1
    assert delivery.deadline() == 3.5
    assert len(delivery.poll(3.5)) == 1
    assert delivery.deadline() == 4.0


def test_how_late_it_is_asked_changes_nothing() -> None:
    query = "heartbeat=0.35&repeat_every=4&drop_every=3&silent_after=3&silent_for=0.5&reset_after=1.5s"
    (one, asked), (other, _) = stream(query), stream(query)
    prompt = run(Delivery(one, asked, "", 0.0), 9.0)
    late = Delivery(other, asked, "", 0.0).poll(9.0)
    assert prompt == ([out.data for out in late[1:] if isinstance(out, Write)], "reset")
    assert late[-1] == Finish("reset")


@pytest.mark.parametrize(("truncated", "how"), [("torn", "complete"), ("truncate", "truncated")])
def test_an_end_inside_an_event(truncated: str, how: str) -> None:
    made, asked = stream(f"{truncated}_after=2")
    chunks, end = run(Delivery(made, asked, "", 0.0), 2.0)
    assert end == how
    assert ids(b"".join(chunks)) == ["1", "2", "3"]
    assert b"\n\n" not in chunks[2]


def test_chunks_may_hold_many_events_or_a_part_of_one() -> None:
    made, asked = stream("events_per_chunk=3&count=7")
    assert [len(ids(chunk)) for chunk in run(Delivery(made, asked, "", 0.0), 2.0)[0]] == [3, 3, 1]
    made, asked = stream("chunks_per_event=4&count=2")
    torn, _ = run(Delivery(made, asked, "", 0.0), 2.0)
    made, asked = stream("count=2")
    whole, _ = run(Delivery(made, asked, "", 0.0), 2.0)
    assert [b"".join(torn[:4]), b"".join(torn[4:])] == whole
    made, asked = stream("chunks_per_event=10000&count=1&size=10")
    assert all(len(chunk) == 1 for chunk in run(Delivery(made, asked, "", 0.0), 2.0)[0])


@pytest.mark.parametrize(("newline", "end"), [("lf", b"\n"), ("crlf", b"\r\n"), ("cr", b"\r")])
def test_lines_end_as_asked(newline: str, end: bytes) -> None:
    made, asked = stream(f"newline={newline}&retry=70&heartbeat=0.1&lines=3&count=3")
    out = b"".join(o.data for o in Delivery(made, asked, "77", 0.0).poll(2.0) if isinstance(o, Write))
    assert ids(out, end) == ["1", "2", "3"]
    assert b"retry: 70" + end * 2 in out
    assert b"replay-incomplete" in out
    remains = out.replace(end, b"")
    assert b"\n" not in remains
    assert b"\r" not in remains


def test_bytes_that_are_not_utf8() -> None:
    made, asked = stream("bom=1&invalid_utf8_every=2&count=2")
    first, one, two = (o.data for o in Delivery(made, asked, "", 0.0).poll(2.0) if isinstance(o, Write))
    assert first.startswith(b"\xef\xbb\xbf: ")
    one.decode()
    with pytest.raises(UnicodeDecodeError):
        two.decode()


def test_a_crowd_of_events_comes_in_bounded_portions() -> None:
    made, asked = stream("rate=100000")
    delivery = Delivery(made, asked, "", 0.0)
    assert len(delivery.poll(1.0)) <= 300
    assert delivery.deadline() < 1.0


@pytest.mark.parametrize(
    ("query", "named", "got"),
    [
        ("", "5", numbers(6, 10)),
        ("replay_overlap=3", "5", numbers(3, 10)),
        ("drop=7&drop_mode=live", "5", numbers(6, 10)),
        ("drop=7&drop_mode=forever", "5", ["6", "8", "9", "10"]),
        ("buffer=2", "5", ["9", "10"]),
        ("", "500", []),
        ("", "", []),
    ],
)
def test_a_client_that_comes_back_gets_what_it_missed(query: str, named: str, got: list[str]) -> None:
    made, asked = stream(query)
    chunks = [out.data for out in Delivery(made, asked, named, 1.0).poll(0.99) if isinstance(out, Write)]
    assert ids(b"".join(chunks)) == got


@pytest.mark.parametrize(("named", "why"), [("2", "no longer held"), ("\n\x1b500", "not known")])
def test_a_replay_that_cannot_be_complete_says_so(named: str, why: str) -> None:
    made, asked = stream("buffer=3")
    (first,) = Delivery(made, asked, named, 1.0).poll(-1.0)
    assert isinstance(first, Write)
    assert why.encode() in first.data
    assert b"event: replay-incomplete\n" in first.data
    assert b'"first_id": "%d"' % (8 if named == "2" else 11) in first.data
    assert b"id:" not in first.data
    assert b"\x1b" not in first.data


@pytest.mark.parametrize(
    ("action", "got", "end"),
    [
        (Close(), numbers(1, 5), "complete"),
        (Reset(), numbers(1, 5), "reset"),
        (Tear(truncated=True), numbers(1, 6), "truncated"),
        (Silence(), numbers(1, 5), ""),
        (Drop(3), [*numbers(1, 5), *numbers(9, 11)], ""),
        (Repeat(2), [*numbers(1, 5), "4", "5", *numbers(6, 11)], ""),
    ],
)
def test_a_script_acts_on_open_connections(action: Action, got: list[str], end: str) -> None:
    assert sent("", (0.45, action), until=1.0) == (got, end)


def test_a_script_leaves_later_connections_alone() -> None:
    made, asked = stream("", (0.45, Silence()), (0.45, Reset()))
    chunks, end = run(Delivery(made, asked, "5", 0.5), 1.0)
    assert ids(b"".join(chunks)) == numbers(6, 11)
    assert end == ""


def test_a_gap_is_filled_by_a_replay_that_goes_back() -> None:
    made, asked = stream("", (0.45, Drop(2)), (0.95, Rewind(5)), (0.95, Close()))
    chunks, end = run(Delivery(made, asked, "", 0.0), 2.0)
    assert (ids(b"".join(chunks)), end) == ([*numbers(1, 5), *numbers(8, 10)], "complete")
    chunks, _ = run(Delivery(made, asked, "10", 1.5), 1.55)
    assert ids(b"".join(chunks)) == numbers(6, 16)


def test_a_step_may_come_while_a_connection_is_open() -> None:
    made, asked = stream("")
    delivery = Delivery(made, asked, "", 0.0)
    delivery.poll(0.5)
    made.schedule(Step(0.5, Reset()))
    assert delivery.deadline() == 0.5
    assert delivery.poll(0.5) == [Finish("reset")]


def test_nothing_is_due_on_an_idle_stream() -> None:
    made, asked = stream("rate=0")
    delivery = Delivery(made, asked, "", 0.0)
    delivery.poll(0.0)
    assert delivery.deadline() == inf
