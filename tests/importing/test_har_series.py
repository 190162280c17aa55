"""Entries of a HAR that are one `EventSource` that connected again: offered as one session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.importing import SeveralStreamsError, load
from sse_inspect.records import Connecting, Diagnosis, Disconnect, End, Event, Open, Record, Recovered, Summary
from sse_inspect.unknown import Unknown
from tests.importing.telling import kinds, told
from tests.importing.test_har import BEGIN, entry, har, message


def connection(begin: float, lasted: float, *ids: int, sent: str = "", **values: Any) -> dict[str, Any]:
    """An attempt of `lasted` seconds that brought an event with each of these IDs, one a second."""
    at = datetime.fromtimestamp(BEGIN + begin, UTC).isoformat()
    headers = [{"name": "accept", "value": "text/event-stream"}]
    headers += [{"name": "Last-Event-ID", "value": sent}] if sent else []
    messages = [message(begin + number, f"of {event_id}", str(event_id)) for number, event_id in enumerate(ids, 1)]
    request = {"method": "GET", "url": "https://example.com/feed", "headers": headers}
    return entry(startedDateTime=at, time=lasted * 1000, request=request, _eventSourceMessages=messages) | values


def series() -> list[dict[str, Any]]:
    return [connection(0, 5, 1, 2), connection(8, 10, 3, 6, sent="2"), connection(21, 4, 7, sent="6")]


def test_reconnects_are_connections_of_one_session(tmp_path: Path) -> None:
    inspection, records = told(har(tmp_path, *reversed(series())))
    attempts = [record for record in records if isinstance(record, Connecting)]
    assert [(a.t, a.connection, a.last_event_id) for a in attempts] == [(0.0, 1, None), (8.0, 2, "2"), (21.0, 3, "6")]
    events = [record for record in records if isinstance(record, Event)]
    assert [(round(e.t, 3), e.id, e.duplicate) for e in events] == [
        *((1.0, "1", False), (2.0, "2", False), (9.0, "3", False), (10.0, "6", False), (22.0, "7", False))
    ]
    ends = [record for record in records if isinstance(record, Disconnect | End)]
    assert [(record.t, record.reason) for record in ends] == [(t, "unknown") for t in (5.0, 18.0, 25.0, 25.0)]
    assert "backoff" not in kinds(records)
    summary = records[-1]
    assert isinstance(summary, Summary)
    assert (summary.connections, summary.messages_lost, summary.stalls["count"]) == (3, 2, None)
    assert summary.reconnect_seconds["max"] == pytest.approx(3.0455)
    assert inspection.origin.rfc3339(0.0) == "2026-11-23T10:00:00.000000Z"


def test_the_last_byte_before_an_outage_is_not_known_where_comments_are_not(tmp_path: Path) -> None:
    _, records = told(har(tmp_path, *series()))
    assert {record.outage for record in records if isinstance(record, Recovered)} == {None}


def test_one_of_them_can_still_be_picked(tmp_path: Path) -> None:
    _, records = told(har(tmp_path, *series()), entry=2)
    assert [record.id for record in records if isinstance(record, Event)] == ["3", "6"]
    assert kinds(records).count("connecting") == 1


def test_among_others_the_series_is_one_more_choice(tmp_path: Path) -> None:
    other = connection(1, 2, 1)
    other["request"]["url"] = "https://example.com/other"
    path = har(tmp_path, *series(), other)
    with pytest.raises(SeveralStreamsError, match="holds 4 event streams") as raised:
        load(path, version="")
    assert raised.value.choices[-2:] == [
        "   4  2026-11-23 10:00:01        1 event   https://example.com/other",
        "   5  2026-11-23 10:00:00        5 events  https://example.com/feed  (3 connections of one session: 1, 2, 3)",
    ]
    _, records = told(path, entry=5)
    assert kinds(records).count("connecting") == 3
    with pytest.raises(CaptureError, match="no event stream 6"):
        load(path, version="", entry=6)


@pytest.mark.parametrize(
    "second",
    [
        connection(4, 5, 3, sent="2"),
        connection(8, 5, 3),
        connection(8, 5, 3, sent="7"),
        connection(8, 5, 3, sent="2", startedDateTime=""),
        connection(8, 5, 3, sent="2", request={"method": "POST", "url": "https://example.com/feed", "headers": []}),
        connection(8, 5, 3, sent="", _resourceType="fetch"),
    ],
    ids=["at the same time", "sends no ID", "sends another ID", "nobody knows when", "no EventSource", "of a script"],
)
def test_what_is_no_reconnect_is_a_stream_of_its_own(second: dict[str, Any], tmp_path: Path) -> None:
    path = har(tmp_path, connection(0, 5, 1, 2), second)
    with pytest.raises(SeveralStreamsError):
        load(path, version="")


def test_a_refused_attempt_is_the_last_of_a_series(tmp_path: Path) -> None:
    """What a browser did behind it was no reconnect: the standard lets none be made."""
    refused = connection(8, 1, sent="2")
    refused["response"] = refused["response"] | {"status": 503, "headers": [], "content": {}}
    _, records = told(har(tmp_path, connection(0, 5, 1, 2), refused))
    assert [record.reason for record in records if isinstance(record, Disconnect)] == ["unknown", "status"]
    with pytest.raises(SeveralStreamsError):
        load(har(tmp_path, connection(0, 5, 1, 2), refused, connection(12, 5, 3, sent="2")), version="")


def test_behind_a_network_error_a_browser_connects_again(tmp_path: Path) -> None:
    failed = connection(8, 1, sent="2")
    failed["response"] = {"status": 0, "headers": [], "content": {}, "_error": "net::ERR_CONNECTION_REFUSED"}
    path = har(tmp_path, connection(0, 5, 1, 2), failed, connection(12, 5, 3, sent="2"))
    inspection, records = told(path)
    opens = [(record.connection, record.status) for record in records if isinstance(record, Open)]
    assert opens == [(1, 200), (3, 200)]
    assert [record.t for record in records if isinstance(record, Event)] == [1.0, 2.0, 13.0]
    assert inspection.origin.unknown == load(har(tmp_path, connection(0, 5, 1, 2)), version="").facts.unknown


def test_fields_of_the_request_may_be_missing(tmp_path: Path) -> None:
    second = connection(8, 5, 2, 3)
    second["request"]["headers"] = []
    _, records = told(har(tmp_path, connection(0, 5, 1, 2), second))
    assert [record.id for record in records if isinstance(record, Event)] == ["1", "2", None, "3"]


def test_an_attempt_without_an_answer_did_not_open(tmp_path: Path) -> None:
    """A browser writes the status 0 where there was no response."""
    failed = connection(0, 1)
    failed["response"] = {"status": 0, "headers": [], "content": {}, "_error": "net::ERR_CONNECTION_REFUSED"}
    _, records = told(har(tmp_path, failed))
    assert kinds(records) == ["session", "connecting", "end", "summary"]
    assert getattr(records[2], "detail", "") == "the HAR tells no more (net::ERR_CONNECTION_REFUSED)"


def diagnosed(records: list[Record]) -> set[str]:
    return {record.code for record in records if isinstance(record, Diagnosis)}


def plain(begin: float, *ids: int, sent: str = "", **values: Any) -> dict[str, Any]:
    """An attempt of 5 seconds with its body, as most writers save it."""
    made = connection(begin, 5, sent=sent, **values)
    del made["_eventSourceMessages"]
    text = "".join(f"id: {each}\ndata: {each}\n\n" for each in ids)
    made["response"] = made["response"] | {"content": {"mimeType": "text/event-stream", "text": text}}
    return made


def page(begin: float, **values: Any) -> dict[str, Any]:
    """An answer that is no event stream, in the place of one."""
    made = connection(begin, 1, **values)
    del made["_eventSourceMessages"]
    headers = [{"name": "Content-Type", "value": "text/html"}]
    content = {"mimeType": "text/html", "size": 20, "text": "<html>Sign in</html>"}
    made["response"] = {"status": 200, "headers": headers, "content": content}
    return made


@pytest.mark.parametrize("attempt", [connection, plain], ids=["messages", "bodies"])
def test_what_rests_on_ids_alone_is_recognised(attempt: Any, tmp_path: Path) -> None:
    lasted = (5,) if attempt is connection else ()
    again = [attempt(0, *lasted, 1, 2, 3, 4), attempt(8, *lasted, 3, 4, 5, sent="4")]
    _, records = told(har(tmp_path, *again, attempt(16, *lasted, 4, 3, 5, 6, sent="5")))
    assert "resume-ignored" in diagnosed(records)
    _, records = told(
        har(tmp_path, *again[:1], *(attempt(8 * n, *lasted, 1, 2, 3, 4 + n, sent=f"{3 + n}") for n in (1, 2)))
    )
    assert "full-replay" in diagnosed(records)
    _, records = told(
        har(tmp_path, *again[:1], *(attempt(8 * n, *lasted, 9 * n, sent=f"{9 * n - 9 or 4}") for n in (1, 2)))
    )
    assert "history-too-short" in diagnosed(records)


def test_an_id_that_nothing_says_was_sent_is_none_that_was_ignored(tmp_path: Path) -> None:
    entries = [plain(0, 1, 2, 3, 4), plain(8, 3, 4, 5), plain(16, 4, 5, 6)]
    for each in entries:
        each["request"]["headers"] = []
    inspection, records = told(har(tmp_path, *entries))
    assert Unknown.FIELDS in inspection.origin.unknown
    assert kinds(records).count("connecting") == 3
    assert {record.last_event_id for record in records if isinstance(record, Connecting)} == {None}
    assert "resume-ignored" not in diagnosed(records)


@pytest.mark.parametrize("kind", ["eventsource", "fetch", ""])
def test_a_page_in_the_place_of_the_stream_is_how_it_went_on(kind: str, tmp_path: Path) -> None:
    _, records = told(har(tmp_path, *series(), page(30, _resourceType=kind)))
    attempts = [record for record in records if isinstance(record, Connecting)]
    assert [(attempt.t, attempt.last_event_id) for attempt in attempts[2:]] == [(21.0, "6"), (30.0, None)]
    assert [record.reason for record in records if isinstance(record, Disconnect)][3:] == ["content-type"]
    assert "html-instead" in diagnosed(records)
    assert next(record.reason for record in records if isinstance(record, End)) == "fatal"


@pytest.mark.parametrize(
    "other",
    [
        page(3),
        page(30, _resourceType="document"),
        page(30, _resourceType="preflight", request={"method": "OPTIONS", "url": "https://example.com/feed"}),
        page(30, _resourceType="fetch", request={"method": "POST", "url": "https://example.com/feed"}),
        page(30, _resourceType="fetch", request={"method": "GET", "url": "https://example.com/other"}),
        page(30, _resourceType="fetch", startedDateTime=""),
        page(30, _resourceType="fetch", sent="1"),
    ],
    ids=["meanwhile", "a page", "a preflight", "posted", "another URL", "nobody knows when", "another ID"],
)
def test_what_is_not_how_it_went_on_is_left_out(other: dict[str, Any], tmp_path: Path) -> None:
    if other["startedDateTime"].startswith("2026-11-23T10:00:03"):
        other["_resourceType"] = "fetch"
    _, records = told(har(tmp_path, *series(), other))
    assert kinds(records).count("connecting") == 3
    assert "html-instead" not in diagnosed(records)


def test_a_preflight_is_no_stream_whatever_answers_it(tmp_path: Path) -> None:
    preflight = connection(0, 1, request={"method": "OPTIONS", "url": "https://example.com/feed", "headers": []})
    _, records = told(har(tmp_path, preflight, *series()))
    assert kinds(records).count("connecting") == 3


def test_an_attempt_that_was_given_up_has_no_answer(tmp_path: Path) -> None:
    given_up = page(30, _resourceType="eventsource", sent="7")
    given_up["response"] = {
        "status": 0,
        "headers": [],
        "content": {"size": 0, "mimeType": "x-unknown"},
        "_error": "aborted",
    }
    _, records = told(har(tmp_path, *series(), given_up))
    assert kinds(records).count("connecting") == 4
    assert next(record.detail for record in records if isinstance(record, End)) == "the HAR tells no more (aborted)"


def test_several_tabs_are_told_apart_by_the_ids_they_sent(tmp_path: Path) -> None:
    one = [connection(0, 5, 1, 2), connection(9, 5, 3, sent="2")]
    other = [connection(1, 5, 1, 2, 7), connection(10, 5, 8, sent="7")]
    path = har(tmp_path, *one, *other)
    with pytest.raises(SeveralStreamsError) as raised:
        load(path, version="")
    assert [line[line.find("(") :] for line in raised.value.choices[4:]] == [
        "(2 connections of one session: 1, 2)",
        "(2 connections of one session: 3, 4)",
    ]


def test_what_either_of_two_tabs_may_have_asked_for_is_neither_s(tmp_path: Path) -> None:
    tabs = [connection(0, 5, 1, 2), connection(1, 5, 1, 2)]
    with pytest.raises(SeveralStreamsError) as raised:
        load(har(tmp_path, *tabs, connection(9, 5, 3, sent="2"), page(30)), version="")
    assert len(raised.value.choices) == 4
    named = [connection(0, 5, 1, 2, pageref="a"), connection(1, 5, 1, 2, pageref="b"), page(9, pageref="b")]
    with pytest.raises(SeveralStreamsError) as raised:
        load(har(tmp_path, *named), version="")
    assert raised.value.choices[3].endswith("(2 connections of one session: 2, 3)")


def redirect(begin: float, to: str, **values: Any) -> dict[str, Any]:
    made = page(begin, **values)
    made["response"] = {"status": 302, "headers": [{"name": "Location", "value": to}], "content": {}, "redirectURL": to}
    return made


def test_a_redirect_and_its_answer_are_one_attempt(tmp_path: Path) -> None:
    login = page(30.5, request={"method": "GET", "url": "https://example.com/login", "headers": []})
    _, records = told(har(tmp_path, *series(), redirect(30, "/login"), login))
    assert kinds(records).count("connecting") == 4
    found = next(record for record in records if isinstance(record, Diagnosis) and record.code == "html-instead")
    assert "The answer came from https://example.com/login." in found.evidence


def test_a_stream_elsewhere_is_that_of_the_url_that_was_asked_for(tmp_path: Path) -> None:
    there = connection(1, 5, 1, 2, request={"method": "GET", "url": "https://b.example/feed", "headers": []})
    path = har(tmp_path, redirect(0, "https://b.example/feed"), there)
    assert load(path, version="").facts.target.url == "https://example.com/feed"
    _, records = told(path)
    assert [(round(record.t, 3), record.id) for record in records if isinstance(record, Event)] == [
        (2.0, "1"),
        (3.0, "2"),
    ]
    assert "redirected" in diagnosed(records)


def test_what_answered_elsewhere_may_not_be_told(tmp_path: Path) -> None:
    _, records = told(har(tmp_path, *series(), redirect(30, "/login")))
    end = next(record for record in records if isinstance(record, End))
    assert (end.reason, end.detail) == ("unknown", "redirected, and the HAR does not tell what answered there")
    loop = redirect(0, "/feed")
    _, records = told(har(tmp_path, loop, loop, loop))
    assert kinds(records)[-2:] == ["end", "summary"]


@pytest.mark.parametrize(
    ("field", "cookie", "found"),
    [
        ("", "", "cors-refused"),
        ("https://app.example", "", ""),
        ("*", "", ""),
        ("*", "a=hush", "cors-credentials"),
        ("https://other.example", "", "cors-refused"),
    ],
)
def test_the_origin_that_was_sent_is_that_of_the_page(field: str, cookie: str, found: str, tmp_path: Path) -> None:
    made = plain(0, 1, 2)
    made["request"]["headers"] += [{"name": "Origin", "value": "https://app.example"}]
    made["request"]["headers"] += [{"name": "Cookie", "value": cookie}] if cookie else []
    fields = [{"name": "Access-Control-Allow-Origin", "value": field}] if field else []
    made["response"]["headers"] = [*made["response"]["headers"], *fields]
    path = har(tmp_path, made)
    _, records = told(path)
    assert {code for code in diagnosed(records) if code.startswith("cors")} == ({found} if found else set())
    assert "hush" not in repr(load(path, version="").facts)


def test_no_origin_is_refused_where_nothing_tells_of_it(tmp_path: Path) -> None:
    """A page that got messages was let in, and fields that are not there were not saved."""
    messages, unsaved = connection(0, 5, 1, 2), plain(0, 1, 2)
    unsaved["response"]["headers"] = []
    for made in (messages, unsaved):
        made["request"]["headers"] += [{"name": "Origin", "value": "https://app.example"}]
        _, records = told(har(tmp_path, made))
        assert not any(code.startswith("cors") for code in diagnosed(records))
