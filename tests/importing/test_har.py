"""HTTP Archives: messages as Chromium writes them, bodies as others do, several streams in one file."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.importing import SeveralStreamsError, load
from sse_inspect.records import Event, Open
from tests.importing.telling import kinds, told

BEGIN = 1_795_428_000.0
"""2026-11-23T10:00:00Z."""


def entry(**values: Any) -> dict[str, Any]:
    """An event stream as Chromium saves it."""
    return {
        "_resourceType": "eventsource",
        "startedDateTime": "2026-11-23T10:00:00.000Z",
        "time": 5000.0,
        "serverIPAddress": "192.0.2.1",
        "request": {"method": "GET", "url": "https://example.com/feed", "headers": []},
        "response": {
            "status": 200,
            "httpVersion": "h2",
            "headers": [{"name": "Content-Type", "value": "text/event-stream"}],
            "content": {"size": 0, "mimeType": "text/event-stream"},
        },
        "timings": {"blocked": 1, "dns": 2, "connect": 30, "ssl": 20, "send": 0.5, "wait": 12, "receive": 4900},
    } | values


def message(t: float, data: str, event_id: str = "", name: str = "message") -> dict[str, Any]:
    return {"time": BEGIN + t, "eventName": name, "eventId": event_id, "data": data}


def har(tmp_path: Path, *entries: Any) -> Path:
    path = tmp_path / "saved.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return path


def body_of(text: str, **content: Any) -> dict[str, Any]:
    made = entry()
    made["response"]["content"] |= {"text": text} | content
    return made


def test_messages_come_with_their_times(tmp_path: Path) -> None:
    messages = [message(1, "a\nb", "1"), message(2, "c", "1", "tick"), message(2.5, "d", "2"), message(4, "e", "7")]
    inspection, records = told(har(tmp_path, {"request": {}}, entry(_eventSourceMessages=messages)))
    events = [record for record in records if isinstance(record, Event)]
    assert [(e.n, round(e.t, 3), e.event, e.data, e.id, e.last_event_id) for e in events] == [
        (1, 1.0, "message", "a\nb", "1", "1"),
        (2, 2.0, "tick", "c", None, "1"),
        (3, 2.5, "message", "d", "2", "2"),
        (4, 4.0, "message", "e", "7", "7"),
    ]
    opened = next(record for record in records if isinstance(record, Open))
    assert (opened.http_version, opened.peer, round(opened.t, 4)) == ("2", "192.0.2.1", 0.0455)
    assert opened.timings == pytest.approx({"dns": 0.002, "tcp": 0.01, "tls": 0.02, "first_byte": 0.0125})
    assert kinds(records)[-3:] == ["disconnect", "end", "summary"]
    assert records[-1].t == 5.0
    assert inspection.origin.rfc3339(0.0) == "2026-11-23T10:00:00.000000Z"
    assert "imported from HAR; unknown: request fields, comments" in inspection.snapshot().notes[0]


def test_an_id_that_is_only_left_behind_makes_no_duplicates(tmp_path: Path) -> None:
    messages = [message(1, "same", "5"), message(2, "same", "5"), message(3, "", ""), message(4, "x", "6")]
    _, records = told(har(tmp_path, entry(_eventSourceMessages=messages)))
    events = [record for record in records if isinstance(record, Event)]
    assert [event.id for event in events] == ["5", None, "", "6"]
    assert not any(event.duplicate for event in events)


def test_messages_without_times_have_none(tmp_path: Path) -> None:
    messages = [message(1, "a"), {"eventName": "x", "data": "b"}, message(3, "c")]
    inspection, records = told(har(tmp_path, entry(_eventSourceMessages=messages, timings={}, time=0)))
    assert {record.t for record in records} == {0.0}
    assert {inspection.origin.time_of(record) for record in records if record.kind == "event"} == {None}
    assert "unknown: when the response began, times of what arrived, when it ended" in inspection.snapshot().notes[0]


@pytest.mark.parametrize("when", ["", "yesterday", "2026-11-23T10:00:00", None, 5, "9999-99-99T00:00:00Z"])
def test_a_begin_that_is_not_told_is_not_known(when: Any, tmp_path: Path) -> None:
    made = entry(startedDateTime=when, _eventSourceMessages=[message(1, "a")])
    inspection, records = told(har(tmp_path, made))
    assert not inspection.origin.is_known
    assert kinds(records).count("event") == 1
    assert "time of the request, times of what arrived" in inspection.snapshot().notes[0]


@pytest.mark.parametrize("coded", [False, True])
def test_a_plain_body_has_comments_but_no_times(coded: bool, tmp_path: Path) -> None:
    text = "id: 1\ndata: é\n\n: ping\n\nretry: 5\n\n"
    made = body_of(base64.b64encode(text.encode()).decode(), encoding="base64") if coded else body_of(text)
    inspection, records = told(har(tmp_path, made))
    assert kinds(records) == [
        *("session", "connecting", "open", "event", "comment", "retry", "disconnect", "end", "summary")
    ]
    assert len({record.t for record in records[2:6]}) == 1
    assert "times of what arrived" in inspection.snapshot().notes[0]


def test_the_id_a_browser_sent_is_one_that_was_received(tmp_path: Path) -> None:
    made = entry(_eventSourceMessages=[message(1, "a", "6"), message(2, "b", "9")])
    made["request"]["headers"] = [{"name": "Last-Event-ID", "value": "5"}]
    _, records = told(har(tmp_path, made))
    assert getattr(records[1], "last_event_id", None) == "5"
    assert "gap" in kinds(records)


def test_several_streams_are_listed_and_one_is_chosen(tmp_path: Path) -> None:
    second = body_of("data: x\n\ndata: y\n\n")
    second["request"]["url"] = "https://me:secret@example.com/b?token=hidden&x=1"
    other = entry(
        _resourceType="fetch", response={"status": 200, "content": {"mimeType": "text/html", "text": "data: x"}}
    )
    path = har(tmp_path, entry(_eventSourceMessages=[message(1, "a")]), other, second)
    with pytest.raises(SeveralStreamsError, match="holds 2 event streams") as raised:
        load(path, version="")
    assert raised.value.choices == [
        "   1  2026-11-23 10:00:00        1 event   https://example.com/feed",
        "   2  2026-11-23 10:00:00        2 events  https://example.com/b?token=***&x=1",
    ]
    _, records = told(path, entry=2)
    assert [record.data for record in records if isinstance(record, Event)] == ["x", "y"]
    for number in (0, 3, -1, 10**30):
        with pytest.raises(CaptureError, match="there are 2 event streams in it"):
            told(path, entry=number)


def test_a_response_that_was_refused_tells_so(tmp_path: Path) -> None:
    made = entry()
    made["response"] |= {"status": 503, "headers": [], "content": {}}
    _, records = told(har(tmp_path, made))
    assert kinds(records) == ["session", "connecting", "disconnect", "diagnosis", "end", "summary"]


def without_content(**values: Any) -> dict[str, Any]:
    """An event stream in a HAR that Chromium saved without content: its bytes are counted, but not there."""
    made = entry(**values)
    made["response"]["content"]["size"] = 4711
    return made


@pytest.mark.parametrize("text", [{}, {"text": ""}, {"text": None}])
@pytest.mark.parametrize("kind", ["eventsource", "fetch"])
def test_a_har_without_bodies_is_refused(kind: str, text: dict[str, Any], tmp_path: Path) -> None:
    made = without_content(_resourceType=kind)
    made["response"]["content"] |= text
    with pytest.raises(CaptureError, match=r"does not hold the bodies .*; save it again with content, or .* curl -N"):
        told(har(tmp_path, made, made))


def test_what_lacks_its_body_is_no_choice(tmp_path: Path) -> None:
    _, records = told(har(tmp_path, without_content(), body_of("data: x\n\n", size=9), without_content()))
    assert [record.data for record in records if isinstance(record, Event)] == ["x"]


def test_a_stream_in_which_nothing_came_does_not_lack_its_body(tmp_path: Path) -> None:
    for made in (entry(), without_content(_eventSourceMessages=[])):
        _, records = told(har(tmp_path, made))
        assert "open" in kinds(records)


def test_a_refusal_needs_no_body(tmp_path: Path) -> None:
    made = without_content()
    made["response"]["status"] = 503
    _, records = told(har(tmp_path, made))
    assert "open" not in kinds(records)
    assert "disconnect" in kinds(records)


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    _, records = told(har(tmp_path, entry(_eventSourceMessages=[message(1, "a\ud800b", "\udfff", "x\ud800")])))
    event = next(record for record in records if isinstance(record, Event))
    assert (event.data, event.id, event.event) == ("a\ufffdb", "\ufffd", "x\ufffd")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "no HAR: it has no list of entries"),
        ('{"log": {"entries": 5}}', "without any event stream|no list of entries"),
        ('{"log": {"entries": []}}', "without any event stream"),
        ('{"log": [], "x": 1}', "no list of entries"),
        ('{"log": {"entries": [}', "JSON cannot be read .*line 1"),
        ('{"log":' + "[" * 200_000, "nested too deeply"),
        ('{"log": {"entries": ["text/event-stream", null, 7]}}', "without any event stream"),
        ('{"log": {"entries": [' + "1" * 5000 + "]}}", "without any event stream|no list|cannot be read"),
    ],
)
def test_what_is_no_har_is_told_in_a_sentence(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "saved.har"
    path.write_text(content)
    with pytest.raises(CaptureError, match=message):
        load(path, version="")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"request": {"method": "G E T", "url": "x"}}, "no HTTP method"),
        ({"_eventSourceMessages": [{"data": "x", "eventId": "a\nb"}]}, "line break"),
        ({"_eventSourceMessages": [{"data": "x", "eventId": "a\0b"}]}, "NUL"),
    ],
)
def test_what_cannot_have_been_is_told(values: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=message):
        told(har(tmp_path, entry(**values)))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved.har"
    path.write_text('{"log":')
    with path.open("r+b") as file:
        file.truncate(600 << 20)  # a hole: no bytes on the disk
    with pytest.raises(CaptureError, match="more than 512 MiB"):
        load(path, version="")
