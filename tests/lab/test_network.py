"""The program against what networks really do to TCP: each scenario a network of its own, with both ends as processes.

The stall limit is 3 s, so that a scenario takes seconds. A stall has to be noticed at that limit, up to 10 % later for
busy machines, and the stream to be back within 1 s after that, or after the network's return where it comes later. For
that a reconnect waits 0.25 s and gives up on an address after 0.5 s: the default delay of 1 s alone would use it up.
Every scenario also asserts that all events arrived, once and in order, and that no silence went unnoticed
(`Session.finish`).
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.lab.net import lab
from tests.lab.program import PROMPT, PYTHON, RATE, STALL, Session

pytestmark = pytest.mark.lab

CONTROL = """
import sys, httpx, httpx_sse
with httpx.Client(timeout=None) as client, httpx_sse.connect_sse(client, "GET", sys.argv[1]) as source:
    for event in source.iter_sse():
        print(event.id, flush=True)
"""
"""A client as they are often written: what comes is taken, and nothing else is thought of."""


def test_handoff_without_a_word(tmp_path: Path) -> None:
    output = tmp_path / "control"
    with lab() as net, output.open("w") as written:
        session = Session(net, 240)
        session.until("event")
        control = net.client.start(*PYTHON, "-c", CONTROL, session.url, stdout=written)
        session.until("event", 50)
        net.hand_off("wifi", "cell")
        handed_off = time.monotonic()
        session.until("stall")
        reached = output.read_text().split()
        session.finish()
        watched = time.monotonic() - handed_off
        assert len(reached) > 20
        assert output.read_text().split() == reached
        assert control.poll() is None
    recovered = session.assert_noticed()
    assert session.back_at() < PROMPT
    assert recovered["attempts"] == 1
    [silence] = session.silences(STALL)
    heard = f"{len(reached)} events, then nothing for {watched:.1f} s"
    session.tell("handoff", back=session.back_at(), silence=silence, control=heard)


def test_black_hole() -> None:
    with lab() as net:
        session = Session(net, 240)
        session.until("event", 30)
        with net.black_hole("wifi") as swallowed:
            begun = time.monotonic()
            session.until("stall")
            time.sleep(begun + 5 - time.monotonic())
            packets = swallowed()
            ended = time.monotonic()
        session.until("recovered")
        back = session.lines[-1][0] - ended
        session.finish()
    session.assert_noticed()
    assert back < PROMPT
    assert min(packets) > 0
    session.tell("black hole of 5 s", back=session.back_at(), back_after_its_end=back, swallowed=packets)


def test_loss_of_every_tenth_packet() -> None:
    with lab() as net, net.loss("wifi", 10) as lost:
        session = Session(net, 200)
        session.finish()
        assert min(lost()) > 0
        session.tell("10 % loss each way", lost_packets=lost(), silences=session.silences(0.5))


def test_link_off_and_on_three_times() -> None:
    """Shorter than the limit and under the same address, so TCP carries it: nothing may be made of it."""
    with lab() as net:
        session = Session(net, 200)
        session.until("event", 30)
        for _ in range(3):
            with net.link_off("wifi"):
                time.sleep(1)
            time.sleep(1)
        session.finish()
    silences = session.silences(0.9)
    assert len(silences) == 3
    assert session.of("stall") == []
    assert session.of("recovered") == []
    session.tell("link off/on, 3 × 1 s", silences=silences)


def test_slow_3g() -> None:
    """100 kbit/s, 400 ms there and back, and a stream that asks for more than that: late, but all of it."""
    delay = 0.2
    with lab(delay) as net, net.rate("slow", "100kbit") as held:
        net.use("slow")
        session = Session(net, 100, "--connect-timeout", "5", size=850)
        session.finish()
        waited = held()
    opened, events = session.of("open")[0], session.of("event")
    took = events[-1]["t"] - events[0]["t"]
    bits_per_second = sum(each["size"] for each in events[1:]) * 8 / took
    assert 2 * delay <= opened["timings"]["tcp"] < 2 * delay + 0.2
    assert bits_per_second < 100_000
    assert took > 1.2 * len(events) / RATE
    assert session.of("stall") == []
    assert session.of("recovered") == []
    session.tell("slow 3G", timings=opened["timings"], took=took, bits_per_second=bits_per_second, waited=waited)
