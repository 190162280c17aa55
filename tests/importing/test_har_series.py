"""Entries of a HAR that are one `EventSource` that connected again: offered as one session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.importing import SeveralStreamsError, load
from sse_inspect.records import Connecting, Disconnect, End, Event, Open, Recovered, Summary
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
