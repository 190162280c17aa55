from __future__ import annotations

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Asked, Chunk, Connected, Ended, Input, Opened, ResponseHead, Started, Tick
from sse_inspect.inspection import Inspection
from sse_inspect.present.waiting import waiting
from tests.present.samples import HOSTILE

HEAD = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
CONNECTING = (Started(0.0, 1_790_000_000_000_000),)
CONNECTED = (*CONNECTING, Connected(0.5, "127.0.0.1:80"))
OPEN = (*CONNECTED, Opened(1.0, HEAD, peer="127.0.0.1:80"))


def at(now: float, *happened: Input, policy: Policy | None = None) -> str:
    """What is said at `now`, after all that happened."""
    inspection = Inspection(Target("http://127.0.0.1/feed"), policy or Policy(), clock=lambda: now, random=lambda: 0.5)
    for one in happened:
        inspection.handle(one)
    return waiting(inspection.snapshot())


def events(count: int, first: float, every: float) -> list[Input]:
    return [Chunk(first + n * every, f"id: {n}\ndata: x\n\n".encode()) for n in range(count)]


def test_before_the_session() -> None:
    assert at(0.0) == "Waiting: the session has not begun"


def test_connecting() -> None:
    assert at(0.4, *CONNECTING) == "Waiting: connecting for 0.4 s, attempt 1"
    assert at(12.5, *CONNECTED) == "Waiting: connected to 127.0.0.1:80, no response for 12.0 s, timeout in 18.0 s"
    assert at(12.5, *CONNECTED, policy=Policy(stall_after=0)) == (
        "Waiting: connected to 127.0.0.1:80, no response for 12.0 s"
    )


def test_open_without_a_byte() -> None:
    assert at(13.0, *OPEN) == "Waiting: connected, no bytes for 12.0 s, stall in 18.0 s"
    assert at(13.0, *OPEN, policy=Policy(stall_after=0)) == "Waiting: connected, no bytes for 12.0 s"


def test_bytes_but_no_event() -> None:
    assert at(5.0, *OPEN, Chunk(3.0, b": hello\n")) == ("Waiting: no event yet, last byte 2.0 s ago, stall in 28.0 s")


def test_nothing_is_said_while_events_flow() -> None:
    fast = (*OPEN, *events(10, 1.1, 0.1))
    assert at(2.1, *fast) == ""
    assert at(5.0, *fast) == "Waiting: no bytes for 3.0 s, stall in 27.0 s"


def test_the_rhythm_of_a_slow_stream_is_no_waiting_but_a_long_pause_is() -> None:
    slow = (*OPEN, *events(10, 6.0, 5.0))
    assert at(57.0, *slow) == ""
    assert at(60.0, *slow).startswith("Waiting: no bytes for 9.0 s")
    glacial = (*OPEN, *events(5, 20.0, 20.0))
    assert at(112.0, *glacial).startswith("Waiting: no bytes for 12.0 s")


def test_heartbeats_are_named() -> None:
    beats = [Chunk(2.0 + 10.0 * n, b": ping\n") for n in range(5)]
    assert at(45.0, *OPEN, Chunk(1.5, b"data: x\n\n"), *beats) == (
        "Waiting: no event for 43.5 s, heartbeats go on, last byte 3.0 s ago, stall in 27.0 s"
    )
    assert at(58.0, *OPEN, Chunk(1.5, b"data: x\n\n"), *beats) == (
        "Waiting: no event for 56.5 s, 1 heartbeat missed, last byte 16.0 s ago, stall in 14.0 s"
    )


def test_heartbeats_go_on_only_where_one_came_within_its_period() -> None:
    beats = [Chunk(2.0 + 2.5 * n, b": ping\n") for n in range(5)]
    held = (*OPEN, *beats, Chunk(13.0, b"data: x\n\n"), Asked(13.5, "inject", "stall"))
    lead = "Waiting: network freeze on purpose until lifted; "
    assert at(15.2, *held).startswith(f"{lead}no bytes for 2.2 s, stall in ")
    assert at(16.1, *held).startswith(f"{lead}no bytes for 3.1 s, 1 heartbeat missed, stall in ")
    again = (*OPEN, *beats, Chunk(13.0, b"data: x\n\n"), Chunk(14.5, b": ping\n"))
    assert at(16.1, *again).startswith("Waiting: no event for 3.1 s, heartbeats go on, last byte 1.6 s ago, ")


def test_half_open() -> None:
    beats = [Chunk(2.0 + 10.0 * n, b": ping\n") for n in range(5)]
    assert at(63.0, *OPEN, Chunk(1.5, b"data: x\n\n"), *beats) == (
        "Half-open: no event for 1 min 02 s, 2 heartbeats missed, last byte 21.0 s ago, stall in 9.0 s"
    )


def test_stalled() -> None:
    kept = Policy(stall_after=10.0, on_stall="warn")
    assert at(25.0, *OPEN, Chunk(5.0, b"data: x\n\n"), Tick(15.0), policy=kept) == (
        "Stalled: no byte for 20.0 s, the connection is kept"
    )


def test_backoff_tells_the_attempt_the_delay_left_and_why() -> None:
    refused = (*CONNECTING, Ended(0.2, "refused", "connection refused"))
    assert at(0.2, *refused) == "Waiting: attempt 2 in 1.0 s (refused: connection refused)"
    assert at(1.3, *refused) == "Waiting: attempt 2 now (refused: connection refused)"


def test_the_server_s_own_delay_is_named() -> None:
    lost = (*OPEN, Chunk(2.0, b"retry: 5000\ndata: x\n\n"), Ended(3.0, "eof", "", responded=True))
    assert at(4.0, *lost).startswith("Waiting: attempt 1 in 4.")
    assert at(4.0, *lost).endswith("(eof), delay from the stream's retry field")


def test_after_a_reconnect_the_old_connection_s_events_do_not_count() -> None:
    again = (
        *OPEN,
        *events(5, 1.5, 0.1),
        Ended(2.0, "eof", "", responded=True),
        Tick(4.0),
        Connected(4.1, "127.0.0.1:80"),
        Opened(4.2, HEAD),
    )
    assert at(4.5, *again) == "Waiting: connected, no bytes for 0.3 s, stall in 29.7 s"
    assert at(5.0, *again, Chunk(4.8, b": hello\n")) == (
        "Waiting: no event since the reconnect, the last 3.1 s ago, last byte 0.2 s ago, stall in 29.8 s"
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [("offline:8", "offline on purpose for 4.2 s more"), ("stall", "network freeze on purpose until lifted")],
)
def test_faults_under_way_are_named_first(fault: str, said: str) -> None:
    line = at(13.8, *OPEN, *events(5, 9.0, 0.1), Asked(10.0, "inject", fault))
    assert line.startswith(f"Waiting: {said}; ")


def test_what_a_fault_under_way_has_cut_is_not_said_twice() -> None:
    cut = (Asked(10.0, "inject", "offline:8"), Ended(10.0, "forced", "offline on purpose", responded=True))
    assert (
        at(10.5, *OPEN, *events(5, 9.0, 0.1), *cut) == "Waiting: offline on purpose for 7.5 s more; attempt 1 in 0.5 s"
    )


def test_a_fault_while_events_flow_is_a_note() -> None:
    assert at(10.2, *OPEN, *events(5, 9.7, 0.1), Asked(10.0, "inject", "stall")) == (
        "Note: network freeze on purpose until lifted"
    )


def test_the_end_and_its_reason() -> None:
    assert at(9.0, *OPEN, Asked(2.0, "stop")) == "Ended: interrupted"
    gone = Opened(1.0, ResponseHead(204, "1.1", ()))
    assert at(9.0, *CONNECTED, gone) == "Ended: there is no more, 204: the server asks clients to stop reconnecting"
    given_up = at(9.0, *CONNECTING, Ended(0.2, "refused", "connection refused"), policy=Policy(max_retries=0))
    assert given_up.startswith("Ended: no more retries")


def test_what_the_network_says_is_made_visible() -> None:
    line = at(0.3, *CONNECTING, Ended(0.2, "protocol", HOSTILE * 50))
    assert line.isprintable()
    assert len(line) < 1000
