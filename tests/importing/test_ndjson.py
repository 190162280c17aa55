"""What `tail -f ndjson` wrote, opened again: the same story, but for what records do not tell."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.analysis.rules import RULES
from sse_inspect.config import Policy, Target
from sse_inspect.conversion import convert
from sse_inspect.errors import CaptureError
from sse_inspect.importing import load
from sse_inspect.importing.survey import AS_TOLD
from sse_inspect.live import Live
from sse_inspect.records import Diagnosis, Event, to_dict, to_json
from sse_inspect.server import ServerThread
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.unknown import Unknown
from tests.importing.telling import kinds, told

QUICK = {"backoff_initial": 0.02}

SESSIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({"rate": 400}, {"count": 5}),
    "heartbeats": ({"rate": 40, "heartbeat": 0.02, "retry": 60_000}, {"count": 5}),
    "closed": ({"rate": 300, "close_after": 5, "retry": 10}, {"count": 12}),
    "reset": ({"rate": 300, "reset_after": 5}, {"count": 22} | QUICK),
    "repeated": ({"rate": 300, "repeat_every": 3}, {"count": 12}),
    "gaps": ({"rate": 300, "drop": "4-6", "reset_after": 10, "replay_overlap": 2}, {"count": 25} | QUICK),
    "batches": (
        {"rate": 600, "events_per_chunk": 5, "drop": "7-12", "reset_after": 20, "replay_overlap": 3},
        {"count": 60} | QUICK,
    ),
    "reordered": ({"rate": 600, "reorder_every": 4, "repeat_every": 6}, {"count": 40}),
    "stalled": ({"rate": 100, "silent_after": 5, "silent_for": 1}, {"count": 12, "stall_after": 0.2} | QUICK),
    "stalled, but kept": (
        {"rate": 100, "silent_after": 5, "silent_for": 0.5},
        {"count": 12, "stall_after": 0.2, "on_stall": "warn"},
    ),
    "truncated": ({"rate": 500, "truncate_after": 5}, {"count": 12} | QUICK),
    "torn": ({"rate": 500, "torn_after": 5}, {"count": 12} | QUICK),
    "busy": ({"status": 503}, {"max_retries": 2} | QUICK),
    "not found": ({"status": 404}, {}),
    "no content": ({"status": 204}, {}),
    "html": ({"instead": "html"}, {}),
    "for": ({"rate": 50}, {"for_seconds": 0.4}),
    "until": ({"rate": 500}, {"until": re.compile("3")}),
    "posted": ({"rate": 500, "count": 5}, {"method": "POST"}),
    "once": ({"rate": 500, "count": 5}, {"max_retries": 0}),
    "cut": ({"rate": 500, "size": 50, "text": "unicode"}, {"count": 5, "max_event_bytes": 21}),
    "many lines": ({"rate": 500, "size": 50, "lines": 3, "newline": "crlf", "text": "hostile"}, {"count": 5}),
    "no ids": ({"rate": 500, "ids": 0}, {"count": 5}),
    "begun again": ({"rate": 500, "restart_after": 5}, {"count": 15}),
    "prefixed": ({"rate": 500, "id_prefix": "a-"}, {"count": 15, "last_event_id": "a-3"}),
    "faults": ({"rate": 100}, {"for_seconds": 0.6} | QUICK),
}
"""Parameters of the reference server, and what was asked for."""

NOT_TOLD = {
    "session": {"unknown"},
    "event": {"offset", "size"},
    "disconnect": {"bytes", "wire_bytes", "partial", "verdict", "meaning"},
    "summary": {"bytes", "wire_bytes"},
}
"""Fields that rest on bytes which no record tells of, and the one that says so."""

Written = Callable[[str], Path]


async def session(url: str, asked: dict[str, Any], path: Path, *, faulty: bool) -> None:
    """A session whose records are written as `tail -f ndjson` writes them."""
    ours = {name: value for name, value in asked.items() if name in ("method", "last_event_id")}
    live = Live(Target(url, **ours, proxy=""), Policy(**{k: v for k, v in asked.items() if k not in ours}), version="7")
    with path.open("w", encoding="utf-8", newline="") as file:
        live.inspection.tap(
            lambda records: file.writelines(f"{to_json(record, live.inspection.origin)}\n" for record in records)
        )
        if faulty:
            loop = asyncio.get_running_loop()
            for t, fault in ((0.1, "disconnect"), (0.2, "reset"), (0.3, "stall")):
                loop.call_later(t, live.ask, "inject", fault)
            loop.call_later(0.35, live.ask, "lift")
            loop.call_later(0.5, live.ask, "reconnect")
        await live.run()
    live.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Files of records by the name of the session; all sessions ran at the same time."""
    folder = tmp_path_factory.mktemp("ndjson")

    async def run() -> None:
        await asyncio.gather(
            *(
                session(server.url(f"/{number}", **parameters), asked, folder / name, faulty=name == "faults")
                for number, (name, (parameters, asked)) in enumerate(SESSIONS.items())
            )
        )

    with ServerThread() as server:
        asyncio.run(run())
    return folder.joinpath


def records_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def found_by_the_session(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without what rules concluded: they rest on heads, bytes and their times, which no record tells of."""
    return [record for record in records if record.get("code") not in {rule.code for rule in RULES}]


@pytest.mark.parametrize("name", SESSIONS)
def test_the_story_is_the_same(name: str, written: Written, tmp_path: Path) -> None:
    path = written(name)
    wanted = found_by_the_session(records_of(path))
    assert wanted[-1]["kind"] == "summary"
    found = load(path, version="other")
    convert(found.facts, found.inputs, tmp_path / "made.sse")
    reader = CaptureReader(tmp_path / "made.sse")
    got = found_by_the_session([to_dict(record, reader.origin) for record in reader.slice(0, len(reader))])
    reader.close()
    assert [record["kind"] for record in got] == [record["kind"] for record in wanted]
    for mine, theirs in zip(got, wanted, strict=True):
        kind = mine["kind"]
        for field, value in theirs.items():
            if field in NOT_TOLD.get(kind, ()) or (kind, name, field) == ("end", "until", "reason"):
                continue
            if isinstance(value, float | dict):
                # Differences of times that were rounded when they were written.
                assert mine[field] == pytest.approx(value, abs=3e-6), (kind, field)
            else:
                assert mine[field] == value, (kind, field)


def test_whether_an_expression_matched_is_not_told(written: Written) -> None:
    _, records = told(written("until"))
    assert getattr(records[-2], "reason", "") == "interrupted"
    assert getattr(records[-2], "detail", "").endswith("matches --until")


def lines(*records: dict[str, Any]) -> bytes:
    """Records of a session that was written down up to some point."""
    begin: list[dict[str, Any]] = [
        {
            "kind": "session",
            "t": 0.0,
            "time": "2026-11-23T10:00:00.000000Z",
            "connection": 0,
            "schema": 1,
            "version": "1",
            "url": "http://h/",
            "method": "GET",
        },
        {"kind": "connecting", "t": 0.0, "connection": 1, "attempt": 1, "last_event_id": None},
        {
            "kind": "open",
            "t": 0.1,
            "status": 200,
            "http_version": "1.1",
            "headers": {"content-type": "text/event-stream, text/event-stream", "a": "1, 2"},
            "timings": {"dns": None, "tcp": 0.1},
            "peer": "127.0.0.1:80",
        },
    ]
    return b"".join(json.dumps(record).encode() + b"\n" for record in (*begin, *records))


def event(t: float, data: str = "x", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "event",
        "t": t,
        "event": "message",
        "data": data,
        "id": None,
        "last_event_id": "",
        "truncated": False,
    } | fields


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "saved.ndjson"
    path.write_bytes(content)
    return path


def test_a_file_that_ends_too_soon_tells_so(tmp_path: Path) -> None:
    whole = lines(event(1.0, id="1", last_event_id="1"), event(2.0))
    inspection, records = told(saved(tmp_path, whole + b'{"kind":"event","t":3.0,"da'))
    assert kinds(records)[-4:] == ["event", "disconnect", "end", "summary"]
    assert "how it ended" in inspection.snapshot().notes[0]
    assert getattr(records[-2], "detail", "") == "the file ends here; what came after is not told"
    assert told(saved(tmp_path, whole.removesuffix(b"}\n")))[1][:-3] == records[:-4]


def test_an_id_that_came_without_data_is_known_from_what_it_left_behind(tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, lines(event(1.0, last_event_id="7"), event(2.0, id="8", last_event_id="8"))))
    events = [record for record in records if isinstance(record, Event)]
    assert [(each.id, each.last_event_id) for each in events] == [(None, "7"), ("8", "8")]


def finding(t: float, code: str, **fields: Any) -> dict[str, Any]:
    texts = {"severity": "warning", "title": "so it is", "evidence": "3 of them.", "fix": "Mend it."}
    return {"kind": "diagnosis", "t": t, "connection": 1, "code": code} | texts | fields


def test_what_was_recognised_by_the_bytes_is_told_as_it_was(tmp_path: Path) -> None:
    content = lines(
        event(1.0, id="1", last_event_id="1"),
        finding(1.0, "no-colon"),
        event(1.0, id="2", last_event_id="2"),
        finding(2.0, "buffered-by-size", severity="info", evidence=f"3 of them.{AS_TOLD}"),
        event(3.0),
        finding(3.0, "redirected"),
        finding(3.0, "not-a-code"),
        event(4.0),
    )
    inspection, records = told(saved(tmp_path, content))
    found = [record for record in records if isinstance(record, Diagnosis)]
    assert [(each.t, each.code, each.severity) for each in found] == [
        (1.0, "no-colon", "warning"),
        (2.0, "buffered-by-size", "info"),
    ], "what can be recognised from what is told would be found anew"
    assert [each.evidence for each in found] == ["3 of them. (As told by the session that wrote the file.)"] * 2, (
        "said once"
    )
    assert [each.code for each in inspection.snapshot().findings] == ["no-colon", "buffered-by-size"]
    assert kinds(records).count("event") == 4


def test_it_is_kept_by_the_capture_that_is_made(tmp_path: Path) -> None:
    found = load(saved(tmp_path, lines(event(1.0), finding(1.0, "no-colon"), event(2.0))), version="9")
    convert(found.facts, found.inputs, tmp_path / "made.sse")
    reader = CaptureReader(tmp_path / "made.sse")
    assert reader.facts.told == found.facts.told
    assert kinds(list(reader.slice(0, len(reader)))).count("diagnosis") == 1
    reader.close()


@pytest.mark.parametrize("fields", [{"severity": "grave"}, {"connection": -1}, {"evidence": 7}])
def test_a_diagnosis_that_is_none_is_refused(fields: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="line 5 is no record"):
        told(saved(tmp_path, lines(event(1.0), finding(1.0, "no-colon", **fields), event(2.0))))


def test_diagnoses_without_end_are_bounded(tmp_path: Path) -> None:
    many = [finding(1.0, "no-colon", evidence="\ud800" * 9000) for _ in range(900)]
    found = load(saved(tmp_path, lines(event(1.0), *many)), version="9").facts.told
    assert len(found) <= 500
    assert max(len(each.evidence) for each in found) < 5000


def test_what_is_not_known_is_passed_over(tmp_path: Path) -> None:
    content = lines({"kind": "weather", "t": 1.0, "text": []}, event(2.0, more=[1]))
    assert kinds(told(saved(tmp_path, b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n\r\n")))[1]).count("event") == 1


def test_a_lone_surrogate_is_a_replacement_character(tmp_path: Path) -> None:
    content = lines(event(1.0, "a\ud800b"), {"kind": "comment", "t": 1.0, "text": "\udfff\r\n"})
    _, records = told(saved(tmp_path, content))
    assert [getattr(record, "data", "") for record in records if isinstance(record, Event)] == ["a\ufffdb"]
    assert [getattr(record, "text", "") for record in records if record.kind == "comment"] == ["\ufffd" * 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"kind":"event","t":1}\n', "line 1 is no record"),
        (b'{"kind": "else"}\n' + lines(event(1.0)), "does not begin with a record"),
        (lines({"kind": "event", "t": 1.0}, event(2.0)), "line 4 is no record .*event"),
        (lines(event(-1.0)), "line 4 has a time that cannot be"),
        (lines(event(1e300)), "line 4 has a time that cannot be"),
        (lines(event(0)).replace(b'"t": 0,', b'"t": NaN,'), "line 4 has a time that cannot be"),
        (lines(event(1.0, id="a\nb")), "line 4: it holds an event that cannot have been: .*line break"),
        (lines(event(1.0, id="a\0b")), "line 4: .*NUL"),
        (lines({"kind": "fault", "t": 1.0, "fault": "volcano", "state": "begun"}), "line 4: the fault is none"),
        (lines() + lines(), "line 4: another session begins"),
        (lines().replace(b'"schema": 1', b'"schema": 2'), "newer sse-inspect .schema 2"),
        (lines().replace(b"2026-11-23", b"2026-99-23"), "time of the session's begin"),
        (lines().replace(b'"GET"', b'"G T"'), "no HTTP method"),
        (lines() + b"\xff\xfe\n" + lines(), "line 4 is no record"),
        (lines() + b"[" * 100_000 + b"\n" + lines(), "line 4 is (nested too deeply|no record)"),
        (
            lines({"kind": "retry", "t": 1.0, "reconnection_time": 0}).replace(b": 0}", b": " + b"1" * 5000 + b"}"),
            "line 4 is",
        ),
    ],
)
def test_what_cannot_have_been_is_told_in_a_sentence(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=message):
        told(saved(tmp_path, content))


def test_a_line_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, lines())
    with path.open("r+b") as file:
        file.truncate(65 << 20)  # a hole: no bytes on the disk
    with pytest.raises(CaptureError, match="line 4 is longer than 64 MiB"):
        told(path)


@pytest.mark.parametrize("first", ["event", "connecting", "open", "disconnect"])
def test_a_file_without_the_begin_tells_nothing_of_the_request(first: str, tmp_path: Path) -> None:
    """As of `tail -f ndjson | tail -n 100`: what was asked for, and how, is not made up."""
    rows = {
        "event": event(3.0, id="7", last_event_id="7"),
        "connecting": {"kind": "connecting", "t": 3.0, "attempt": 2, "last_event_id": "6"},
        "open": {
            "kind": "open",
            "t": 3.0,
            "status": 200,
            "http_version": "2",
            "headers": {"content-type": "text/event-stream"},
            "timings": {},
            "peer": "",
        },
        "disconnect": {"kind": "disconnect", "t": 3.0, "reason": "reset", "detail": "x"},
    }
    path = tmp_path / "late.ndjson"
    ended = {"kind": "disconnect", "t": 5.0, "reason": "eof", "detail": "the server closed the stream"}
    end = {
        "kind": "end",
        "t": 5.0,
        "reason": "completed",
        "detail": "eof: x; POST is not repeated without --retry-unsafe",
    }
    kept = [rows[first], event(4.0, id="8", last_event_id="8"), ended, end]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in kept))
    inspection, records = told(path)
    assert {Unknown.REQUEST, Unknown.FIELDS, Unknown.HEAD, Unknown.CLOCK} <= inspection.origin.unknown
    said = to_dict(records[0], inspection.origin)
    assert (said["kind"], said["method"], said["url"], said["time"]) == ("session", "", "(unknown)", None)
    assert b"GET" not in "".join(to_json(record, inspection.origin) for record in records).encode()
    if first != "disconnect":
        assert "backoff" not in kinds(records)
        assert [record.id for record in records if isinstance(record, Event)][-1:] == ["8"]
