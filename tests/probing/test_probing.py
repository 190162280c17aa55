"""Probes over the network: servers and a proxy that hold events back in a known way are found, others are not."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.probing.background import Background
from sse_inspect.probing.plan import Wishes
from sse_inspect.probing.runner import Probing
from sse_inspect.probing.telling import WIDTH, lines
from sse_inspect.server import ServerThread
from tests.net.scripted import Script, Scripted, in_loop, unused_port
from tests.probing.servers import (
    Relay,
    buffering,
    codes,
    compressing,
    cutting,
    every,
    finding,
    holding_the_compressed,
    in_blocks,
    later,
    probed,
    proxied,
    smooth,
    through,
)

PAIR = ("identity", "compressed")


@pytest.mark.parametrize(
    ("script", "seconds", "code", "said"),
    [
        (compressing(flush_every=None), 1.1, "compression-holds", "With gzip no event came in"),
        (compressing(flush_every=8), 0.8, "compression-holds", "With gzip the events come in bursts of 8 events"),
        (compressing(flush_every=1), 1.0, "compression-flushed", "the compression is flushed"),
        (smooth(), 0.3, "not-compressed", "compression delays nothing"),
    ],
)
def test_compression(script: Script, seconds: float, code: str, said: str) -> None:
    @in_loop
    async def run() -> None:
        async with Scripted(script) as server:
            report = await probed(server.url(), only=PAIR, seconds=seconds)
            assert [each.get("accept-encoding") for each in server.requests] == ["identity", "gzip, br"]
        assert said in finding(report, code).sentence
        assert codes(report) == {code}

    run()


@in_loop
async def test_a_buffer_shows_by_its_size() -> None:
    async with Scripted(buffering(1024)) as server:
        report = await probed(server.url(), only=("identity",), seconds=1.0)
    assert "in bursts of 1024 bytes" in finding(report, "full-buffers").sentence


@pytest.mark.parametrize(
    ("relay", "code", "said"),
    [
        (in_blocks(4096), "hop-holds", "in bursts of 4096 bytes."),
        (through, "hop-adds-nothing", "nothing is held back."),
        (later(0.05), "hop-adds-nothing", "to each event evenly"),
    ],
)
def test_beside_a_direct_url(relay: Relay, code: str, said: str) -> None:
    @in_loop
    async def run() -> None:
        async with proxied(relay, size=600) as (a, b):
            report = await probed(a, direct=b, only=("direct",), seconds=1.2)
        assert said in finding(report, code).sentence
        assert codes(report) == {code}

    run()


@in_loop
async def test_one_clump_that_comes_with_its_head_is_not_one_by_one() -> None:
    async with Scripted(holding_the_compressed(1.1)) as server:
        report = await probed(server.url(), only=PAIR, seconds=1.5)
    held = finding(report, "compression-holds")
    assert re.match(
        r"With gzip the events come all at once \(55 events after 1\.\d\d s\), with identity one by one \(",
        held.sentence,
    )
    assert held.sentence.endswith("or a buffer behind it; not even the head came before.")
    assert codes(report) == {"compression-holds"}
    text = "\n".join("".join(text for text, _ in line) for line in lines(report))
    assert re.search(r"\n {12}all at once \(55 events after", text)


@in_loop
async def test_a_hop_that_hangs_up_in_a_silence() -> None:
    async with proxied(cutting(1.1), events=30) as (a, b):
        report = await probed(a, direct=b, only=("direct",), seconds=2.4)
    ends = finding(report, "hop-ends")
    assert re.match(
        r"The hop between A and B ends the connection 1\.[1-3]\d s after the last byte \(truncated: .*\); direct it "
        r"stays open \(2\.\d\d s\)\.$",
        ends.sentence,
    )
    assert (ends.certainty, ends.trouble) == ("likely", True)
    assert "comment" in ends.advice


@in_loop
async def test_the_direct_one_is_the_one_that_is_held_back() -> None:
    async with proxied(every(0.4), size=600) as (a, b):
        report = await probed(b, direct=a, only=("direct",), seconds=2.0)
    held = finding(report, "direct-held")
    assert held.sentence.startswith("B, the direct one, is held back, A is ahead of it: median ")
    assert "−" not in held.sentence
    assert codes(report) == {"direct-held"}


@in_loop
async def test_streams_that_each_connection_has_for_itself() -> None:
    async with Scripted(smooth()) as first, Scripted(smooth(after=0.3)) as second:
        report = await probed(first.url(), direct=second.url(), only=("direct",), seconds=1.2)
    assert re.match(
        r"A is ahead of B by [23]\d\d ms .*, which no hop brings about: ", finding(report, "hop-ahead").sentence
    )
    assert codes(report) == {"hop-ahead"}


@in_loop
async def test_one_connection_at_a_time_and_no_further_where_nobody_answers() -> None:
    report = await probed(f"http://127.0.0.1:{unused_port()}/")
    assert (list(report.seen), report.connected) == (["identity"], False)
    assert report.why_not["compressed"] == "nothing answers (refused)"
    assert codes(report) == {"no-stream"}


@in_loop
async def test_what_is_made_is_told_and_can_be_ended() -> None:
    told: list[str] = []
    async with Scripted(smooth()) as server:
        probing = Probing(Target(server.url(), proxy=""), Policy(), Wishes(), progress=told.append)
        assert probing.longest == 30.0
        made = asyncio.create_task(probing.run())
        await server.asked()
        probing.stop()
        report = await made
    assert told == ["1 of 3: identity, GET over HTTP/1.1, Accept-Encoding: identity"]
    assert report.interrupted
    assert report.why_not["resume"] == "interrupted"


def test_the_reference_server_resumes_and_lets_pages_in() -> None:
    with ServerThread() as server:
        url = server.url("/probed", rate=50)
        report = asyncio.run(probed(url, post=True, origin="https://app.example.com", seconds=0.4))
    assert {"resumes", "cors-allows", "preflight-allows"} <= codes(report)
    assert not any(each.trouble for each in report.findings)
    assert report.as_json()["probes"][0] | {"asks": ""} == {
        **report.as_json()["probes"][0],
        "name": "identity",
        "asks": "",
        "not_made": None,
        "status": 200,
        "http_version": "1.1",
        "content_type": "text/event-stream",
        "content_encoding": None,
        "bursts": 0,
        "end": "open",
    }


@in_loop
async def test_the_report_fits_80_columns_and_nothing_of_the_wire_gets_through() -> None:
    hostile = "Content-Type: text/\x1b[31mhtml\u202e; charset=" + "x" * 200
    async with Scripted(smooth(hostile)) as server:
        report = await probed(server.url(), origin="https://app.example.com")
    text = ["".join(text for text, _ in line) for line in lines(report)]
    assert max(map(len, text)) <= WIDTH
    assert all(line.isprintable() for line in text)
    assert any("preflight" in line for line in text)
    json.dumps(report.as_json())


def test_in_the_background_they_can_be_made_again_and_ended() -> None:
    with ServerThread() as server:
        target = Target(server.url("/background", rate=50), proxy="")
        probes = Background(target, Policy(), wishes=Wishes(seconds=0.3, only=PAIR))
        assert (probes.running, probes.lines, probes.why_not) == (False, [], "")
        for _ in range(2):
            probes.start()
            assert probes.running
            assert probes.longest == 0.6
            assert probes._thread is not None
            probes._thread.join()
            assert not probes.running
            text = ["".join(text for text, _ in line) for line in probes.lines]
            assert text[0] == "What the probes show"
            assert max(map(len, text)) <= 75
        probes = Background(target, Policy())
        probes.start()
        probes.stop()
        assert not probes.running
    assert Background(Target("http://127.0.0.1:1/", method="POST"), Policy()).why_not
