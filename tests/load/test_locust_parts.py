"""What master and workers make and tell each other under Locust, without it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from html import escape

import msgspec
import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.errors import UsageError
from sse_inspect.load.crowd import Crowd
from sse_inspect.load.distributed.members import Member, Outcome
from sse_inspect.load.distributed.parcel import packed, received
from sse_inspect.load.distributed.pulse import Beat, Pulse
from sse_inspect.load.distributed.swarm import PREFIX, State, Swarm
from sse_inspect.load.distributed.telling import NOT_COUNTED, to_html, to_json, to_lines
from sse_inspect.load.plan import Plan
from sse_inspect.load.report.words import verdict
from sse_inspect.load.result import Cost, Result
from sse_inspect.load.tally import OPENED, Seen
from tests.load.serving import FanOutServer, Faults


def result(*clients: Seen, times: int = 3) -> Result:
    made = Result(Plan(), "http://127.0.0.1/", "1", 1_000_000, 2.0)
    made.clients = list(clients)
    made.totals.reasons["reset"] = 2
    made.totals.refusals["status: 503"] = 1
    made.totals.herd[OPENED][4] = len(clients)
    for number in range(times):
        made.spread.behind.add(number / 1000)
    made.late.found.add(0.001)
    made.costs = [Cost(1.0, 4.0, 100)]
    return made


def test_a_parcel_holds_all_that_was_seen_and_workers_add_up() -> None:
    exact, coarse = (
        result(Seen(8, events=5, lost=1), Seen(3, opens=1, disconnects=Counter(reset=2))),
        result(times=9000),
    )
    whole = Result(Plan(), "http://127.0.0.1/", "1", 1_000_000)
    for each in (exact, coarse, exact):
        received(packed(each)).unpacked(whole)
    assert [seen.number for seen in whole.clients] == [0, 1, 2, 3]
    assert [seen.events for seen in whole.clients] == [0, 5, 0, 5]
    assert (whole.lost, whole.connected, whole.clients[0].disconnects) == (2, 2, {"reset": 2})
    assert (whole.totals.reasons, whole.totals.refusals) == ({"reset": 6}, {"status: 503": 3})
    assert whole.totals.herd[OPENED] == {4: 4}
    assert whole.spread.behind.count == 9006
    assert whole.spread.behind.quantile(0.5) == pytest.approx(4.5, rel=0.01)
    assert (whole.late.found.count, len(whole.costs), whole.duration) == (3, 3, 2.0)


@pytest.mark.parametrize("data", [b"", b"\x81\xa1a\x01", b"\x80", packed(result())[:-9], b"cos\nsystem\n(S'true'\ntR."])
def test_what_is_no_parcel_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        received(data)


def test_what_a_worker_says_of_itself_is_checked() -> None:
    state = State(3.0, 20, 19, 500, 1, 2, 3, 4, "")
    assert State.heard(state.told()) == state
    with pytest.raises(ValueError, match="events"):
        State.heard({"events": "many"})


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"clients": 100_001}, "--users: 100,001 is out of range"), ({"seconds": 3601.0}, "--run-time: 3601 s is out of")],
)
def test_limits(asked: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Swarm(**asked)
    assert Swarm(clients=100_000, ramp=1.0, seconds=3600.0).workers == 1


def test_beats_tell_everything_once_and_a_client_may_go_before_the_others() -> None:
    faults = Faults(
        drops=lambda connection, n: n == 5,
        repeats=lambda connection, n: n == 8,
        end=lambda connection, n: "reset" if connection == 1 and n == 10 else "",
    )

    def are_served(server: FanOutServer) -> bool:
        return server.made.connections == 4 and all(each.due > 12 for each in server.open)

    async def made() -> tuple[list[Beat], Result]:
        async with FanOutServer(100.0, faults, are_served) as server:
            crowd = Crowd(Target(server.url), Policy(backoff_initial=0.02, backoff_max=0.02), Plan(seconds=10.0))
            crowd.open()
            pulse = Pulse(crowd)
            for number in range(3):
                crowd.begin(number)
            beats = [pulse.beat()]
            await server.has_enough.wait()
            crowd.end(2)
            crowd.end(99)
            beats.append(pulse.beat())
            result = await crowd.close()
            beats.append(pulse.beat())
            return beats, result

    beats, whole = asyncio.run(made())
    assert (beats[0].events, beats[0].now.begun) == (0, 3)
    assert sum(beat.events for beat in beats) == whole.events
    assert sum(beat.size for beat in beats) == sum(seen.size for seen in whole.clients)
    assert sum(beat.duplicates for beat in beats) == sum(seen.duplicates for seen in whole.clients) >= 3
    assert sum(beat.gaps for beat in beats) == sum(seen.gaps for seen in whole.clients) >= 4
    assert sum((beat.ends for beat in beats), Counter()) == {"reset": 1}
    assert [len(beat.connects) for beat in beats] == [0, 4, 0]
    assert beats[1].events > 30
    assert sum(len(beat.reconnects) for beat in beats) == 1
    assert sum(len(beat.behind) for beat in beats) == whole.spread.deliveries
    assert whole.clients[2].open_for <= whole.clients[0].open_for


def test_nobody_begins_once_there_is_a_reason_against_it() -> None:
    async def made() -> Result:
        crowd = Crowd(Target("http://127.0.0.1:9/"), Policy(), Plan(), changed=lambda: crowd.end_all())
        crowd.open()
        crowd.begin(0)
        crowd.hinder("it leads elsewhere")
        crowd.begin(1)
        return await crowd.close()

    whole = asyncio.run(made())
    assert (len(whole.clients), whole.hindered) == (1, "it leads elsewhere")


def test_one_that_died_is_told_with_what_was_heard_of_it_and_is_in_no_sum() -> None:
    alive = Member(
        "worker 0 (a)", parcel=received(packed(result(Seen(0, opens=1, events=70, duplicates=2)))), answered=True
    )
    died = Member("worker 1 (b\x1b[31m)", 30, State(12.0, 30, 30, 900, 2, 5, 1, 0), heard_at=1.0, missing=True)
    silent = Member("worker 2 (c)", 10, missing=True)
    failed = Member("worker 3 (d)", 5, State(hindered="BugError: oh"), heard_at=1.0, answered=True)
    whole = Result(Swarm(workers=4), "http://127.0.0.1/", "1", 1_000_000)
    assert alive.parcel is not None
    alive.parcel.unpacked(whole)
    members = [alive, died, silent, failed]
    whole.notes = [each.obituary() for each in members[1:]]
    missing = "what they saw is missing here."
    last_word = "The last word of it, 12.0 s after its start, was 900 events, 5 missing, 1 duplicate."
    assert whole.notes == [
        f"{died.name} died, and with it 30 clients: {missing} {last_word}",
        "worker 2 (c) died, and with it 10 clients: it had told nothing yet, so all that they saw is missing here.",
        "worker 3 (d) failed (BugError: oh): what its clients saw is missing here.",
    ]
    text = "\n".join("".join(part for part, _ in line).rstrip() for line in to_lines(Outcome(whole, members), 120))
    rows = {row.split("  ")[0]: row.split() for row in text.split("\n") if row}
    assert "\x1b" not in text
    assert rows["worker 0 (a)"][3:9] == ["1", "1", "70", "0", "0", "2"]
    assert rows["all"][1:] == ["1", "1", "70", "0", "0", "2", "2", "1", "ms"]
    died_row = next(row for row in text.split("\n") if "worker 1" in row and "died*" in row)
    assert died_row.split("died*")[1].split() == ["30", "–", "900", "2", "5", "1", "0", "–", "–"]
    assert "worker 3 (d) failed*" in text
    assert "* the last that was heard of it; it is not in the sum" in text

    report = json.loads(to_json(Outcome(whole, members)))
    assert (report["good"], report["counts"]["events"], len(report["notes"])) == (False, 70, 3)
    assert [worker["complete"] for worker in report["workers"]] == [True, False, False, False]
    assert [worker["events"] for worker in report["workers"]] == [70, 900, None, 0]

    page = to_html(Outcome(whole, members))
    assert "<h2>Workers</h2>" in page
    assert "<td>worker 0 (a)</td><td>1</td><td>1</td><td>70</td>" in page
    assert "<td>worker 3 (d) failed*</td>" in page
    assert escape(NOT_COUNTED) in page
    assert "\x1b" not in page


def test_the_verdict_names_why_the_result_is_not_whole() -> None:
    whole = result(Seen(0, opens=1, events=70, final_silence=0.0))
    died = Member("worker 1 (Host)", 30, State(12.0, 30), heard_at=1.0, missing=True)
    whole.notes, whole.causes = [died.obituary()], [died.cause()]
    whole.totals.reasons.clear()
    assert verdict(whole) == "The result is not whole: worker 1 (Host) died, and with it 30 clients."


def test_a_silence_names_the_option_as_it_was_asked_for() -> None:
    whole = result(Seen(0, opens=1, events=70, final_silence=30.0))
    whole.totals.reasons.clear()
    whole.duration, whole.stall_after, whole.prefix = 60.0, 45.0, PREFIX
    assert verdict(whole).endswith("(a stall is told from 45 s on: --sse-stall-after).")


def test_a_reason_that_is_a_sentence_stays_one() -> None:
    whole = result(Seen(0))
    whole.hindered = "--users: 100,001 is out of range; expected up to 100,000."
    assert verdict(whole) == "Not done: --users: 100,001 is out of range; expected up to 100,000."
    failed = Member("worker 1 (Host)", 3, State(hindered=whole.hindered), answered=True)
    assert failed.cause() == "worker 1 (Host) failed (--users: 100,001 is out of range; expected up to 100,000)"
