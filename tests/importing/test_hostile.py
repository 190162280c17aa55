"""Files that somebody changed: whatever is in them, it is read, or told in a sentence what is wrong."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sse_inspect.conversion import convert
from sse_inspect.errors import SseInspectError
from sse_inspect.importing import load
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.unknown import Unknown
from tests.importing.test_curl import BODY, framed
from tests.importing.test_curl_verbose import ASKED, CALLED, CUT, METER, SHOWN
from tests.importing.test_har import entry, message
from tests.importing.test_har_series import page, redirect, series
from tests.importing.test_ndjson import event, lines

HAR = {"log": {"entries": [entry(_eventSourceMessages=[message(1, "a", "1"), message(2, "b", "2", "x")])]}}
PLAIN = entry()
PLAIN["response"]["content"]["text"] = BODY.decode()
NDJSON = lines(
    event(1.0, id="1", last_event_id="1"),
    {"kind": "comment", "t": 1.5, "text": "x"},
    {"kind": "retry", "t": 1.6, "reconnection_time": 10},
    {"kind": "stall", "t": 3.0, "silence": 1.0},
    {"kind": "resumed", "t": 4.0},
    event(4.0, id="3", last_event_id="3", truncated=True),
    {"kind": "fault", "t": 4.5, "fault": "reset", "state": "begun"},
    {"kind": "disconnect", "t": 5.0, "reason": "reset", "detail": "x"},
    {"kind": "backoff", "t": 5.0, "delay": 0.9, "source": "retry-field"},
    {"kind": "connecting", "t": 6.0, "attempt": 1, "last_event_id": "3"},
    {"kind": "disconnect", "t": 6.5, "reason": "status", "detail": "HTTP 503"},
    {"kind": "backoff", "t": 6.5, "delay": 2.0, "source": "retry-after"},
    {"kind": "end", "t": 7.0, "reason": "limit", "detail": "--for 7 s reached"},
)
SEEDS = [
    json.dumps(HAR).encode(),
    json.dumps({"log": {"entries": [PLAIN]}}).encode(),
    NDJSON,
    NDJSON.split(b"\n", 1)[1],
    BODY,
    framed(BODY, BODY),
    SHOWN + METER + CUT,
    CALLED + b"* SSL connection using TLSv1.3\n" + ASKED + b"< HTTP/2 302 \r\n< location: /x\r\n< \r\n" + SHOWN,
    json.dumps({"log": {"entries": [*series(), redirect(30, "/login"), page(31)]}}).encode(),
    b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nHTTP/2 200 \r\ncontent-type: text/event-stream\r\n\r\n" + BODY,
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1e308, -0.0, 10**30, 2**63, "", "x", "\0", "a\nb", "\ud800", "9" * 400, [], [[]], {}),
    *(
        {"a": None},
        204,
        99,
        1000,
        "2026-11-23T10:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "--count 0 reached",
    ),
    *("HTTP 204", "HTTP 999", "--for 0 s reached", "--for 99999999 s reached", "status", "stall", "limit", "fatal"),
]


def is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            found = load(path, version="")
            convert(found.facts, found.inputs, Path(folder) / "made.sse")
        except SseInspectError as error:
            text = str(error)
            assert text
            assert "\n" not in text
            assert "Traceback" not in text
            return
        reader = CaptureReader(Path(folder) / "made.sse")
        assert reader.facts.note.startswith("imported from")
        last = reader.slice(len(reader) - 1, len(reader))
        reader.close()
        assert last[0].kind == "summary"


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(
    st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6)), max_size=4)
)
def test_bytes_that_were_changed(seed: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    content = seed
    for place, size, new in changes:
        at = int(place * len(content))
        content = content[:at] + new + content[at + size :]
    is_read_or_refused(content)


@quick
@given(st.sampled_from(SEEDS), st.floats(0, 1))
def test_files_that_were_cut(seed: bytes, place: float) -> None:
    is_read_or_refused(seed[: int(place * len(seed))])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at that place."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def dumped_lines(value: Any) -> bytes:
    return b"".join(dumped(each) + b"\n" for each in value)


@pytest.mark.parametrize(
    ("whole", "spelled"),
    [
        (HAR, dumped),
        ({"log": {"entries": [PLAIN]}}, dumped),
        ({"log": {"entries": [*series(), redirect(30, "/feed"), page(31), page(32)]}}, dumped),
        ([json.loads(line) for line in NDJSON.splitlines()], dumped_lines),
        ([json.loads(line) for line in NDJSON.splitlines()[1:]], dumped_lines),
    ],
    ids=["messages", "body", "series", "ndjson", "late ndjson"],
)
@quick
@given(data=st.data())
def test_values_of_other_kinds(whole: Any, spelled: Callable[[Any], bytes], data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(whole)[1:]))
        whole = put(whole, place, data.draw(st.sampled_from(VALUES)))
    is_read_or_refused(spelled(whole))


@pytest.mark.parametrize("value", [1e308, -1.0])
def test_a_silence_that_no_session_reaches_is_told(tmp_path: Path, value: float) -> None:
    path = tmp_path / "x.ndjson"
    stall = {"kind": "stall", "t": 3.0, "connection": 1, "silence": value}
    rows = NDJSON.splitlines()
    path.write_bytes(b"\n".join([*rows[:3], json.dumps(stall).encode(), rows[-1]]))
    with pytest.raises(SseInspectError, match=r"line 4 is no record"):
        load(path, version="1")


def test_a_last_event_id_may_be_half_a_character(tmp_path: Path) -> None:
    sent = entry(
        request={"method": "GET", "url": "http://h/", "headers": [{"name": "Last-Event-ID", "value": "\ud800"}]}
    )
    sent["response"]["content"]["text"] = BODY.decode()
    is_read_or_refused(json.dumps({"log": {"entries": [sent]}}).encode())
    is_read_or_refused(lines({"kind": "connecting", "t": 0.0, "attempt": 1, "last_event_id": "\ud800"}, event(1.0)))


def test_what_is_no_url_is_not_taken_for_one(tmp_path: Path) -> None:
    odd = entry(request={"method": "GET", "url": "http://[h/", "headers": []}, startedDateTime="9999-12-31T23:59:59Z")
    path = tmp_path / "odd.har"
    path.write_text(json.dumps({"log": {"entries": [odd]}}))
    assert {Unknown.REQUEST, Unknown.CLOCK} <= load(path, version="").facts.unknown
    path.write_bytes(NDJSON.replace(b'"url": "', b'"url": "http://['))
    with pytest.raises(SseInspectError, match="URL: it is none"):
        load(path, version="")
