"""Every scenario against the reference server: once where it passes, once where it fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sse_inspect.check.limits import Limits
from sse_inspect.check.result import Verdict
from sse_inspect.server import ReferenceServer
from tests.check.checking import checked, outcome, scenarios, sentence, verdicts
from tests.net.scripted import in_loop

PASS, WARNING, UNKNOWN, FAIL = Verdict.PASS, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAIL
GOOD: dict[str, Any] = {"rate": 40, "heartbeat": 0}


@in_loop
async def test_a_good_endpoint_passes_everything() -> None:
    names = [each.name for each in scenarios()]
    limits = Limits(max_heartbeat=0.3)
    async with ReferenceServer() as server:
        parts = [names[:9], names[9:12], names[12:]]
        paths = [server.url(f"/good{number}", **GOOD, retry=30) for number in range(len(parts))]
        checks = (checked(path, *part, limits=limits) for path, part in zip(paths, parts, strict=True))
        reports = await asyncio.gather(*checks)
    found = {each.scenario: each for report in reports for each in report.outcomes}
    assert list(found) == names
    # httpx-sse takes a retry alone for an event, and a reconnection time of 30 ms is asking for trouble.
    # Where two events come at once, half of them may be one.
    expected = {"ordinary-client": [WARNING], "retry": [WARNING], "half-event": [PASS, UNKNOWN]}
    for name, each in found.items():
        assert each.verdict in expected.get(name, [PASS]), (name, each.results)
    assert all(report.connected and not report.interrupted for report in reports)


BAD = [
    ("response", "opens", FAIL, {"status": 404}, "HTTP 404"),
    ("response", "opens", FAIL, {"instead": "html"}, "text/html"),
    ("response", "opens", FAIL, {"status": 204}, "204"),
    ("response", "opens", WARNING, {**GOOD, "fail_first": 1}, "only at attempt 2"),
    ("response", "headers", WARNING, {**GOOD, "charset": "iso-8859-1"}, "charset iso-8859-1"),
    ("ids", "ids-present", FAIL, {**GOOD, "ids": False}, "None of"),
    ("ids", "ids-present", UNKNOWN, {"rate": 0}, "No event came"),
    ("ids", "ids-unique", FAIL, {**GOOD, "repeat_every": 3}, "came twice"),
    ("ids", "ids-unique", FAIL, {**GOOD, "restart_after": 5}, "other data"),
    ("ids", "ids-monotonic", FAIL, {**GOOD, "reorder_every": 3}, "went backwards"),
    ("ids", "ids-monotonic", FAIL, {**GOOD, "drop_every": 4}, "missing though the connection stood"),
    ("wire", "wire-lint", FAIL, {**GOOD, "invalid_utf8_every": 3}, "not UTF-8"),
    ("wire", "wire-lint", WARNING, {**GOOD, "bom": True}, "byte order mark"),
    ("wire", "wire-lint", FAIL, {**GOOD, "torn_after": 5}, "without its blank line"),
    ("resume-header", "resumes", FAIL, {**GOOD, "buffer": 3}, "too short"),
    ("resume-header", "resumes", FAIL, {**GOOD, "buffer": 0}, "ignored"),
    ("resume-header", "resumes", WARNING, {**GOOD, "replay_overlap": 2}, "comes only behind 2 events"),
    ("resume-header", "resumes", UNKNOWN, {**GOOD, "ids": False}, "no event with an ID"),
    ("resume-parameter", "resumes", WARNING, {**GOOD, "buffer": 0}, "ignored"),
    ("disconnect", "nothing-lost", FAIL, {**GOOD, "rate": 200, "buffer": 0}, "lost of"),
    ("disconnect", "nothing-lost", UNKNOWN, {**GOOD, "ids": False}, "cannot be known"),
    ("disconnect", "nothing-lost", UNKNOWN, {"rate": 0}, "No event came"),
    ("disconnect", "nothing-twice", WARNING, {**GOOD, "replay_overlap": 2}, "came again"),
    ("disconnect", "nothing-twice", FAIL, {**GOOD, "replay_overlap": 500}, "Everything came again"),
    ("disconnect", "reconnects", FAIL, {**GOOD, "stop_after": 1}, "204"),
    ("off-on", "nothing-lost", FAIL, {**GOOD, "buffer": 0}, "lost of"),
    ("offline", "nothing-lost", FAIL, {**GOOD, "buffer": 0}, "lost of"),
    ("stall", "nothing-lost", FAIL, {**GOOD, "buffer": 0}, "lost of"),
    ("handoff", "nothing-lost", FAIL, {**GOOD, "buffer": 0}, "lost of"),
    ("half-event", "nothing-lost", FAIL, {**GOOD, "rate": 200, "buffer": 0}, "lost of"),
    ("half-event", "half-event-dropped", UNKNOWN, {"rate": 0}, "nothing came that could be"),
    ("slow-3g", "undisturbed", FAIL, {**GOOD, "close_after": "0.25s"}, "ended (eof"),
    ("slow-3g", "nothing-lost", FAIL, {**GOOD, "drop_every": 4}, "lost of"),
    ("loss", "undisturbed", FAIL, {**GOOD, "reset_after": "0.25s"}, "ended (reset"),
    ("retry", "retry-kept", WARNING, {**GOOD, "retry": 60000}, "60 s"),
    ("ordinary-client", "ordinary-client", WARNING, {**GOOD, "rate": 12, "newline": "cr"}, "held back"),
    ("ordinary-client", "ordinary-client", WARNING, {**GOOD, "heartbeat": 0.05}, "a comment with a blank line"),
    ("ordinary-client", "ordinary-client", WARNING, {**GOOD, "charset": "iso-8859-1", "text": "unicode"}, "charset"),
]


@pytest.mark.parametrize("scenario", sorted({row[0] for row in BAD}))
@in_loop
async def test_what_is_wrong_is_found(scenario: str) -> None:
    rows = [row for row in BAD if row[0] == scenario]
    async with ReferenceServer() as server:
        urls = [server.url(f"/bad{number}", **behaviour) for number, (*_, behaviour, _) in enumerate(rows)]
        reports = await asyncio.gather(*(checked(url, scenario) for url in urls))
    for (_, expectation, verdict, behaviour, words), report in zip(rows, reports, strict=True):
        told = sentence(report, expectation)
        assert (verdicts(report, scenario)[expectation], words in told) == (verdict, True), (behaviour, told)


@in_loop
async def test_a_silence_that_is_too_long() -> None:
    async with ReferenceServer() as server:
        url = server.url("/quiet", rate=0, heartbeat=0.1)
        alive, dead, short = await asyncio.gather(
            checked(url, "heartbeat", limits=Limits(max_heartbeat=0.3)),
            checked(url, "heartbeat", limits=Limits(max_heartbeat=0.05)),
            checked(server.url("/dead", rate=0, heartbeat=0), "heartbeat"),
        )
    assert verdicts(alive, "heartbeat") == {"alive": PASS}
    assert "heartbeat comments came, at most 0.1 s apart" in sentence(alive, "alive")
    assert verdicts(dead, "heartbeat") == {"alive": FAIL}
    assert verdicts(short, "heartbeat") == {"alive": UNKNOWN}
    assert "too short" in sentence(short, "alive")


@in_loop
async def test_a_run_is_shared() -> None:
    async with ReferenceServer() as server:
        report = await checked(server.url("/shared", **GOOD), "response", "heartbeat", "ids", "resume-header")
        requests = server.streams["/shared"].counts.requests
    assert [run.name for run in report.runs] == ["observe", "resume-header"]
    assert requests == 2
    assert outcome(report, "ids").run == "observe"
    assert report.runs[0].events > 5
    assert sum(bucket.events for bucket in report.runs[0].timeline.buckets) == report.runs[0].events
