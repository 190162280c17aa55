"""What is a heartbeat, and what only looks like one."""

from __future__ import annotations

import random

import pytest

from sse_inspect.analysis.heartbeat import HeartbeatClock, is_heartbeat, is_sign_of_life
from sse_inspect.analysis.snapshot import Heartbeat


def learned(beats: list[float], events: list[float]) -> Heartbeat | None:
    clock = HeartbeatClock()
    for t, call in sorted([(t, 1) for t in beats] + [(t, 0) for t in events]):
        (clock.beat if call else clock.event)(t)
    return clock.learned


@pytest.mark.parametrize("name", ["ping", "PING", "heartbeat", "keepalive", "keep-alive", "Keep_Alive", "heart.beat"])
def test_event_types_that_are_signs_of_life(name: str) -> None:
    assert is_heartbeat(name)


@pytest.mark.parametrize("name", ["", "message", "pingpong", "tick", "heartbeat-lost", "ping" * 10_000])
def test_event_types_that_are_not(name: str) -> None:
    assert not is_heartbeat(name)


@pytest.mark.parametrize(
    "data",
    [
        "ping",
        " heartbeat ",
        '"keep-alive"',
        '{"type":"ping"}',
        '{"type": "ping", "t": 1795420973.5}',
        '{"ts":"2026-01-01T00:00:00Z","event":"heartbeat"}',
        '{"ping": 1795420973}',
        '{"heartbeat": true}',
    ],
)
def test_data_that_is_only_a_sign_of_life(data: str) -> None:
    assert is_sign_of_life("message", data)
    assert not is_sign_of_life("trade", data), "an event with a type of its own is what the type says"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "pinged",
        "1",
        '{"type":"pong-game"}',
        '{"type":"ping","payload":{"n":1}}',
        '{"message":"ping","from":"bob"}',
        '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        '{"type":"ping","pad":"' + "x" * 200 + '"}',
        "{" * 160,
        '{"type":' * 20,
    ],
)
def test_data_that_says_more(data: str) -> None:
    assert not is_sign_of_life("message", data)


def test_a_heartbeat_by_the_clock_among_events() -> None:
    heartbeat = learned([10.0 * n + 0.3 for n in range(6)], [float(n) for n in range(60)])
    assert heartbeat is not None
    assert heartbeat.period == pytest.approx(10)


def test_one_that_is_sent_after_a_silence_is_told_by_the_silence() -> None:
    chance = random.Random(7)
    beats, events, t = [], [], 0.0
    for _ in range(40):
        for _ in range(chance.randrange(1, 9)):
            t += chance.uniform(0.1, 14)
            events.append(t)
        t += 15
        beats.append(t)
    heartbeat = learned(beats, events)
    assert heartbeat is not None
    assert heartbeat.period == pytest.approx(15)
    assert heartbeat.jitter == pytest.approx(0, abs=1e-6)


def test_comments_that_come_with_the_events_are_none() -> None:
    beside = [float(n) for n in range(30)]
    assert learned(beside, beside) is None
    assert learned([t + 0.005 for t in beside], beside) is None
    assert learned([t - 0.005 for t in beside], beside) is None
    assert learned([t for t in beside if t % 10 == 0], beside) is not None, "now and then the two coincide"


def test_comments_without_a_rhythm_are_none() -> None:
    chance = random.Random(3)
    beats = [0.0]
    for _ in range(30):
        beats.append(beats[-1] + chance.expovariate(0.1))
    assert learned(beats, []) is None


def test_comments_soon_after_each_event_are_none_where_longer_silences_follow() -> None:
    events = [7.0, 9.0, 31.0, 60.0, 63.0, 64.0, 99.0]
    assert learned([t + 0.3 for t in events], events) is None
