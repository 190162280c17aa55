from __future__ import annotations

import pytest

from sse_inspect.server.delivery import Delivery, Finish, Write
from sse_inspect.server.demo import DEMO_PATH, STALL_AFTER, demo_options, demo_script
from sse_inspect.server.script import Close, Reset, Script, Step
from sse_inspect.server.streams import Streams
from tests.server.raw import ids


def test_a_script_is_in_order() -> None:
    with pytest.raises(ValueError, match="steps"):
        Script((Step(2.0, Reset()), Step(1.0, Close())))
    with pytest.raises(ValueError, match="banners"):
        Script(banners=((2.0, "b"), (1.0, "a")))


def test_the_banner_is_the_last_one_begun() -> None:
    script = Script(banners=((1.0, "a"), (2.0, "b")))
    assert [script.banner(t) for t in (0.0, 1.0, 1.9, 2.0, 99.0)] == ["", "a", "a", "b", "b"]
    assert "heartbeat" in demo_script().banner(0.0)


def test_the_demo_minute_is_what_its_banners_say() -> None:
    """A client with a stall limit and the default backoff, in pure time."""
    options = demo_options()
    stream = Streams(seed=1, most=1, linger=60.0, scripts=options.scripts).request(DEMO_PATH, options.defaults, 0.0)
    assert stream is not None
    story: list[tuple[float, str]] = []
    got: list[int] = []
    gaps: dict[int, float] = {}
    filled: dict[int, float] = {}
    duplicates: list[float] = []
    t, attempts, last = 0.0, 0, ""
    while t < 70.0:
        if (refused := stream.refusal(t)) is not None:
            story.append((t, str(refused.status)))
        else:
            delivery, last_byte = Delivery(stream, options.defaults, last, t), t
            ended = ""
            while not ended and t < 70.0:
                for output in delivery.poll(t):
                    if isinstance(output, Finish):
                        ended = output.how
                        break
                    assert isinstance(output, Write)
                    last_byte = t
                    for number in map(int, ids(output.data)):
                        attempts, last = 0, str(number)
                        if got and number > max(got) + 1:
                            gaps |= dict.fromkeys(range(max(got) + 1, number), t)
                        if number in got:
                            duplicates.append(t)
                        elif number in gaps:
                            filled[number] = t
                        got.append(number)
                t = min(delivery.deadline(), last_byte + STALL_AFTER)
                ended = ended or ("stall" if t >= last_byte + STALL_AFTER else "")
            if ended:
                t = (
                    max(t, last_byte + STALL_AFTER)
                    if ended == "stall"
                    else [s.at for s in stream.steps if s.at <= t][-1]
                )
                story.append((t, ended))
        t += min(4.0, 2.0**attempts)
        attempts += 1
    assert story == [
        (8.0, "reset"),
        (20.4, "complete"),
        (pytest.approx(42.0, abs=0.3), "stall"),
        (48.0, "reset"),
        (49.0, "503"),
        (51.0, "503"),
        (55.0, "503"),
    ]
    lost = sorted(set(gaps) - set(filled))
    assert len(filled) == 4
    assert len(lost) == 3
    assert all(18.0 < gaps[number] < 20.4 < filled[number] < 26.0 for number in filled)
    assert all(26.0 < gaps[number] < 31.0 for number in lost)
    assert len([at for at in duplicates if 31.0 <= at < 36.0]) == 5
    assert set(range(1, max(got) + 1)) - set(got) == set(lost)
    assert max(got) == 70 * 4
