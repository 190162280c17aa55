"""Endpoints that do what nobody expects: nothing crashes, and what cannot be known is said to be so."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from sse_inspect.check.limits import Limits
from sse_inspect.check.observation import ROWS
from sse_inspect.check.result import Verdict
from sse_inspect.errors import UsageError
from tests.check.checking import checked, checking, outcome, scenarios, sentence, verdicts
from tests.net.scripted import LAST, UNFRAMED, Peer, Scripted, chunk, event, head, in_loop, unused_port

PASS, WARNING, UNKNOWN, FAIL = Verdict.PASS, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAIL
ALL = [each.name for each in scenarios()]


async def refusing(peer: Peer) -> None:
    await peer.open("Content-Length: 0", "403 Forbidden")


def answering(kind: str) -> Callable[[Peer], Awaitable[None]]:
    async def answer(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(f"Content-Type: {kind}\r\nContent-Length: 0"))

    return answer


async def completing(peer: Peer) -> None:
    """As language models do: a few events without IDs, a clean end."""
    await peer.open(UNFRAMED)
    await peer.send(b"data: Hel\n\n", b"data: lo\n\n", b"data: [DONE]\n\n")


async def beating(peer: Peer) -> None:
    await peer.open()
    while True:
        await peer.send(chunk(b":\n\n"))
        await asyncio.sleep(0.02)


async def counting(peer: Peer) -> None:
    """Begins with 1 on every connection, whatever is asked."""
    await peer.open()
    await peer.events(1, 2, 3)
    for number in range(4, 500):
        await peer.events(number)
        await asyncio.sleep(0.01)


async def busy(peer: Peer) -> None:
    await peer.request()
    await peer.send(head("Content-Length: 0\r\nRetry-After: 0", "429 Too Many Requests"))


@in_loop
async def test_an_endpoint_that_refuses_is_asked_once() -> None:
    async with Scripted(refusing) as server:
        report = await checked(server.url())
        assert len(server.requests) == 1
    assert verdicts(report, "response")["opens"] is FAIL
    assert outcome(report, "response").results[0].advice.startswith("Give the credentials")
    others = {each.verdict for each in report.outcomes if each.scenario != "response"}
    assert others == {UNKNOWN}
    assert outcome(report, "offline").results[0].sentence == "The endpoint did not open: HTTP 403."
    assert report.connected
    assert [each.scenario for each in report.outcomes] == ALL


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text/html; charset=utf-8", "It looks like a page"),
        ("application/json", "It looks like the body of an error"),
        ("text/plain", "Send 'Content-Type: text/event-stream'."),
    ],
)
@in_loop
async def test_what_answers_is_no_stream(kind: str, words: str) -> None:
    async with Scripted(answering(kind)) as server:
        report = await checked(server.url(), "response")
    (only,) = outcome(report, "response").results
    assert (only.expectation, only.verdict) == ("opens", FAIL)
    assert only.advice.startswith(words)


@in_loop
async def test_nobody_listens() -> None:
    report = await checked(f"http://127.0.0.1:{unused_port()}/")
    assert not report.connected
    assert verdicts(report, "response")["opens"] is FAIL
    assert "refused" in sentence(report, "opens")


@in_loop
async def test_a_stream_that_completes() -> None:
    async with Scripted(completing) as server:
        report = await checked(server.url(), "ids", "disconnect", "offline", "resume-header", "buffering")
        assert len(server.requests) == 3
    assert verdicts(report, "ids")["ids-present"] is FAIL
    assert set(verdicts(report, "disconnect").values()) == {UNKNOWN}
    assert "ended by itself (eof)" in sentence(report, "reconnects")
    assert outcome(report, "resume-header").verdict is UNKNOWN


@in_loop
async def test_a_post_is_made_once() -> None:
    async with Scripted(completing) as server:
        report = await checked(server.url(), target={"method": "POST", "body": b"{}"})
        assert [request.method for request in server.requests] == ["POST"]
    assert verdicts(report, "response")["opens"] is PASS
    assert (
        outcome(report, "disconnect").results[0].sentence == "Not made: a POST is not repeated without --retry-unsafe."
    )


@in_loop
async def test_a_post_that_may_be_repeated() -> None:
    async with Scripted(beating) as server:
        report = await checked(server.url(), "disconnect", target={"method": "POST", "body": b"{}"}, retry_unsafe=True)
        assert [request.method for request in server.requests] == ["POST", "POST"]
    assert verdicts(report, "disconnect") == {"reconnects": PASS, "nothing-lost": UNKNOWN, "nothing-twice": UNKNOWN}


@in_loop
async def test_heartbeats_only() -> None:
    async with Scripted(beating) as server:
        report = await checked(server.url(), "response", "heartbeat", "ids", "wire", "disconnect", "buffering")
    assert verdicts(report, "heartbeat") == {"alive": PASS}
    assert set(verdicts(report, "ids").values()) == {UNKNOWN}
    assert verdicts(report, "wire") == {"wire-lint": PASS}
    assert verdicts(report, "disconnect")["reconnects"] is PASS
    assert verdicts(report, "buffering") == {"unbuffered": UNKNOWN}


@in_loop
async def test_ids_that_begin_again_on_every_connection() -> None:
    async with Scripted(counting) as server:
        report = await checked(server.url(), "resume-header", "disconnect")
    assert verdicts(report, "resume-header") == {"resumes": FAIL}
    assert "comes only behind" in sentence(report, "resumes")
    assert verdicts(report, "disconnect")["nothing-twice"] is FAIL


class Story:
    """A feed with an exact replay; what `reconnecting` gives is sent first on every connection but the first one."""

    def __init__(self, reconnecting: Callable[[int], bytes], every: float = 0.02) -> None:
        self.reconnecting = reconnecting
        self.every = every
        self.began: float | None = None

    async def __call__(self, peer: Peer) -> None:
        request = await peer.open()
        self.began = self.began or time.monotonic()
        last = int(request.get("last-event-id") or 0)
        if last:
            await peer.send(chunk(self.reconnecting(last)))
        number = last
        while True:
            due = self.began + number * self.every
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            number += 1
            await peer.send(chunk(event(number, f"data of {number}")))


@in_loop
async def test_an_id_that_comes_again_for_another_event_is_no_resumption() -> None:
    story = Story(lambda last: event(last, "other data"))
    async with Scripted(story) as server:
        report = await checked(server.url(), "resume-header", "disconnect")
    assert verdicts(report, "resume-header") == {"resumes": FAIL}
    assert verdicts(report, "disconnect")["nothing-twice"] is FAIL
    assert "1 event came after the reconnect with the ID of another one" in sentence(report, "nothing-twice")


@in_loop
async def test_a_snapshot_with_the_id_of_an_event_is_a_warning() -> None:
    story = Story(lambda last: b"event: snapshot\n" + event(last, "all"))
    async with Scripted(story) as server:
        report = await checked(server.url(), "disconnect")
    assert verdicts(report, "disconnect")["nothing-twice"] is WARNING
    assert "of one of another type" in sentence(report, "nothing-twice")


@in_loop
async def test_a_snapshot_without_an_id_disturbs_nothing() -> None:
    async with Scripted(Story(lambda last: b"event: snapshot\ndata: all\n\n")) as server:
        report = await checked(server.url(), "resume-header", "disconnect", "half-event")
    assert {each.verdict for each in report.outcomes} == {PASS}


@in_loop
async def test_a_busy_endpoint_is_waited_for() -> None:
    """One connection per client: the next one has to wait for a second."""
    story, free_from = Story(lambda last: b": again\n"), [0.0]

    async def one_at_a_time(peer: Peer) -> None:
        if time.monotonic() < free_from[0]:
            await busy(peer)
            return
        try:
            await story(peer)
        finally:
            free_from[0] = time.monotonic() + 0.3

    async with Scripted(one_at_a_time) as server:
        report = await checked(server.url(), "resume-header", "disconnect")
        assert len(server.requests) > 6
    assert verdicts(report, "resume-header") == {"resumes": PASS}
    assert set(verdicts(report, "disconnect").values()) == {PASS}


@in_loop
async def test_a_reconnection_time_that_is_too_long_fails_though_it_is_not_waited_for() -> None:
    async def slow(peer: Peer) -> None:
        await peer.open()
        await peer.send(chunk(b"retry: 60000\n\n"))
        await peer.events(1, 2, 3)
        await peer.gone()

    async with Scripted(slow) as server:
        report = await checked(server.url(), "disconnect")
    assert verdicts(report, "disconnect")["reconnects"] is FAIL
    assert "(retry-field), and below 5 s is expected" in sentence(report, "reconnects")


@in_loop
async def test_a_stream_that_ends_by_itself_is_not_blamed_on_the_line() -> None:
    async def brief(peer: Peer) -> None:
        await peer.open()
        await peer.events(1, 2, 3)
        await asyncio.sleep(0.2)
        await peer.send(LAST)

    async with Scripted(brief) as server:
        report = await checked(server.url(), "response", "slow-3g")
    assert verdicts(report, "slow-3g")["undisturbed"] is UNKNOWN
    assert "as it also did in the run observe" in sentence(report, "undisturbed")


@in_loop
async def test_responses_that_are_short_are_no_fault() -> None:
    story = Story(lambda last: b": again\n")

    async def short(peer: Peer) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(story(peer), 0.2)
        await peer.send(LAST)

    async with Scripted(short) as server:
        report = await checked(server.url(), "disconnect", "stall", "handoff")
        assert report.duration < 6.0
    assert {each.verdict for each in report.outcomes} == {PASS}


@in_loop
async def test_a_second_connection_is_refused() -> None:
    async with Scripted(counting, busy) as server:
        report = await checked(server.url(), "disconnect")
        assert len(server.requests) < 80
    assert verdicts(report, "disconnect")["reconnects"] is FAIL
    assert "HTTP 429" in sentence(report, "reconnects")


@in_loop
async def test_an_endpoint_that_asks_to_be_left_alone_is() -> None:
    async def later(peer: Peer) -> None:
        await peer.open("Content-Length: 0\r\nRetry-After: 60", "429 Too Many Requests")

    async with Scripted(counting, later) as server:
        report = await checked(server.url(), "disconnect", "offline", "handoff")
        assert len(server.requests) == 2
    told = outcome(report, "handoff").results[0].sentence
    assert told.startswith("Not made: the endpoint asked to be left alone, for 5")


@in_loop
async def test_a_reconnect_that_takes_too_long() -> None:
    async def late(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.3)
        await peer.send(head())
        await peer.gone()

    async with Scripted(counting, late) as server:
        report = await checked(server.url(), "disconnect", limits=Limits(max_reconnect_p95=0.2))
    assert verdicts(report, "disconnect")["reconnects"] is FAIL
    assert "below 0.2 s is expected" in sentence(report, "reconnects")


@in_loop
async def test_a_proxy_that_collects() -> None:
    async def collecting(peer: Peer) -> None:
        await peer.open()
        for number in range(1, 3):
            await peer.send(chunk(event(number, "x" * (4096 - 14))))
            await asyncio.sleep(0.25)
        await peer.gone()

    async with Scripted(collecting) as server:
        every = scenarios()
        watching = every[0]
        assert watching.plan is not None
        every[0] = replace(watching, plan=replace(watching.plan, seconds=1.2))
        report = await checked(server.url(), "buffering", every=every)
    assert verdicts(report, "buffering") == {"unbuffered": WARNING}
    assert "exactly 4,096 bytes" in sentence(report, "unbuffered")


@in_loop
async def test_a_byte_order_mark_in_front_of_an_event() -> None:
    async def marked(peer: Peer) -> None:
        await peer.open()
        await peer.send(chunk(b"\xef\xbb\xbf" + event(1)))
        await peer.events(2, 3)
        await peer.gone()

    async with Scripted(marked) as server:
        report = await checked(server.url(), "ordinary-client")
    assert verdicts(report, "ordinary-client")["ordinary-client"] is WARNING
    assert "the byte order mark in front of it" in sentence(report, "ordinary-client")


@in_loop
async def test_a_flood_stays_small() -> None:
    block = chunk(b"".join(event(number) for number in range(2000)))

    async def flooding(peer: Peer) -> None:
        await peer.open()
        while True:
            await peer.send(block)

    async with Scripted(flooding) as server:
        check = checking(server.url(), "response", "ids", "wire", "buffering")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        report = await check.run()
        assert time.monotonic() - began < 20.0
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    seen = check._seen["observe"]
    assert report.runs[0].events > 2 * ROWS
    assert (len(seen.first_rows), len(seen.last_rows)) == (ROWS, ROWS)
    assert grown < 60_000


@in_loop
async def test_what_was_done_stands_after_an_interruption() -> None:
    async with Scripted(beating) as server:
        check = checking(server.url(), "response", "disconnect", "offline")
        asyncio.get_running_loop().call_later(0.45, check.stop)
        report = await check.run()
    assert report.interrupted
    assert [each.scenario for each in report.outcomes] == ["response", "disconnect"]
    assert verdicts(report, "response")["opens"] is PASS
    assert outcome(report, "disconnect").results[0].sentence == "Interrupted before it was over."


@pytest.mark.parametrize("limit", [0.0, 7200.0, -1.0])
def test_limits_that_make_no_sense(limit: float) -> None:
    with pytest.raises(UsageError, match="--max-heartbeat"):
        Limits(max_heartbeat=limit)
