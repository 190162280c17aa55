"""The formats, from a story told by hand: what stands in them, and what a selection or a mask leaves of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.exporting import Exporter, Format, Redaction, Regex, Selection
from sse_inspect.exporting.csv import COLUMNS, Csv
from sse_inspect.exporting.har import Har
from sse_inspect.exporting.json_path import json_path
from sse_inspect.exporting.ndjson import Ndjson
from sse_inspect.exporting.raw import Raw
from sse_inspect.inputs import Asked, Chunk, Connected, Ended, Input, Opened, ResponseHead, Started, Tick
from sse_inspect.records import Event, Origin, Record, to_json
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.filter import parse_filter
from tests.store.captures import SEED, STORY, UNIX_US, events, inspection, opened

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parent / "har-1.2.schema.json").read_text()),
)
ORIGIN = Origin(UNIX_US)
BODIES = {
    1: b"".join(each.data for each in STORY[:11] if isinstance(each, Chunk)),
    2: b"".join(each.data for each in STORY[12:16] if isinstance(each, Chunk)),
    4: b"".join(each.data for each in STORY[18:] if isinstance(each, Chunk)),
}


def export(
    form: Format,
    story: Sequence[Input] = STORY,
    *,
    selection: Selection | None = None,
    redaction: Redaction | None = None,
    target: Target | None = None,
) -> tuple[bytes, list[Record]]:
    """What is exported, and all records."""
    handled = inspection(target)
    records: list[Record] = []
    parts: list[bytes] = []
    exporter = Exporter(form, selection or Selection(), redaction, limit=1 << 20, older=lambda *_: None)
    handled.tap(records.extend)
    handled.tap_inputs(lambda *step: parts.extend(exporter.take(*step)))
    for happened in story:
        handled.handle(happened)
    return b"".join([*parts, *exporter.finish()]), records


def har(story: Sequence[Input] = STORY, *, target: Target | None = None, **options: Any) -> list[dict[str, Any]]:
    """The entries of a valid archive."""
    facts = Facts(target or Target("http://h/"), Policy(), "9.9", SEED)
    text, _ = export(Har(facts, ORIGIN, io.BytesIO()), story, target=target, **options)
    archive = json.loads(text)
    SCHEMA.validate(archive)
    entries: list[dict[str, Any]] = archive["log"]["entries"]
    return entries


def rows(story: Sequence[Input] = STORY, **options: Any) -> list[dict[str, str]]:
    text, _ = export(Csv(ORIGIN), story, **options)
    return list(csv.DictReader(io.StringIO(text.decode(), newline=""), strict=True))


def test_ndjson_has_every_record() -> None:
    text, records = export(Ndjson(ORIGIN))
    assert text.decode() == "".join(f"{to_json(record, ORIGIN)}\n" for record in records)
    assert json.loads(text.splitlines()[-1])["kind"] == "summary"


def test_raw_has_every_byte() -> None:
    text, _ = export(Raw())
    assert text == b"".join(BODIES.values())


@pytest.mark.parametrize("connection", [1, 2, 3, 4])
def test_raw_of_one_connection(connection: int) -> None:
    text, _ = export(Raw(), selection=Selection(connection=connection))
    assert text == BODIES.get(connection, b"")


def test_raw_of_a_part_is_whole_blocks() -> None:
    text, _ = export(Raw(), selection=Selection(0.4, 31.5))
    assert text == (
        b"retry: 100\nid: 1\ndata: eins\ndata: zwei\r\n\r\n".replace(b"retry", b": hello\nretry")
        + events(2, 3)
        + b"event: t\xc3\xbcr\ndata: no id\n\n"
        + events(3, 4, 6, 6, 10, 12)
    )
    text, _ = export(Raw(), selection=Selection(filter=parse_filter("id:6")))
    assert text == events(6, 6)


def test_records_of_a_stretch_of_time_both_ends_included() -> None:
    text, records = export(Ndjson(ORIGIN), selection=Selection(31.4, 33.0))
    expected = [record for record in records if 31.4 <= record.t <= 33.0]
    assert text.decode() == "".join(f"{to_json(record, ORIGIN)}\n" for record in expected)
    assert {record.t for record in expected} >= {31.4, 33.0}


def test_a_time_that_was_read_in_the_export_finds_its_record() -> None:
    story = [replace(each, t=each.t + 0.0000004) if isinstance(each, Chunk) else each for each in STORY]
    _, records = export(Ndjson(ORIGIN), story)
    for event in [record for record in records if isinstance(record, Event)]:
        t = round(event.t, 6)
        text, _ = export(Ndjson(ORIGIN), story, selection=Selection(t, t))
        assert f"{to_json(event, ORIGIN)}\n" in text.decode()


def test_csv_has_a_row_for_each_event() -> None:
    found = rows()
    _, records = export(Ndjson(ORIGIN))
    happened = [record for record in records if isinstance(record, Event)]
    assert [row["data"] for row in found] == [event.data for event in happened]
    assert list(found[0]) == list(COLUMNS)
    first = happened[0]
    assert list(found[0].values()) == [
        "1", ORIGIN.rfc3339(0.4), "0.4", "1", "1", "message", str(first.size), str(first.offset), "", "eins\nzwei"
    ]  # fmt: skip
    assert {row["flags"] for row in found} >= {"", "duplicate replayed"}


def test_csv_is_rfc_4180() -> None:
    text, _ = export(Csv(ORIGIN), [*STORY[:3], Chunk(0.3, b'event: a,"b"\ndata: "x"\ndata: y\n\nid\ndata\n\n')])
    head, *rest = text.decode().split("\r\n")
    assert head == ",".join(COLUMNS)
    assert rest[0].endswith(',,"a,""b""",32,0,,"""x""\ny"')
    assert rest[1].endswith(',"","message",9,32,,""')
    assert rest[2:] == [""]


def test_csv_without_events_has_its_columns() -> None:
    assert export(Csv(ORIGIN), STORY[:3])[0].decode() == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    ("data", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        ("-5\n=1", "'-5\n=1"),
        ("'quoted'", "'quoted'"),
        ("{}", "{}"),
    ],
)
def test_csv_has_no_formulas(data: str, cell: str) -> None:
    block = "".join(f"data: {line}\n" for line in data.split("\n"))
    story = [
        *STORY[:3],
        Chunk(0.3, f"id: {data.split(chr(10))[0]}\nevent: {data.split(chr(10))[0]}\n{block}\n".encode()),
    ]
    (row,) = rows(story)
    assert row["data"] == cell
    assert row["type"][0] == row["id"][0] == (cell[0] if "\n" not in data else data[0])
    assert (cell[1:] if re.match("'+[=+\\-@\t＝]", cell) else cell) == data


def test_har_has_an_entry_for_each_attempt() -> None:
    entries = har()
    _, records = export(Ndjson(ORIGIN))
    assert [entry["comment"] for entry in entries] == [f"connection {number}" for number in (1, 2, 3, 4)]
    assert [entry["response"]["status"] for entry in entries] == [200, 200, 0, 200]
    assert [len(entry["_eventSourceMessages"]) for entry in entries] == [4, 6, 0, 1]
    for number, body in BODIES.items():
        content = entries[number - 1]["response"]["content"]
        assert (content["text"].encode(), content["size"]) == (body, len(body))
    messages = [message for entry in entries for message in entry["_eventSourceMessages"]]
    happened = [record for record in records if isinstance(record, Event)]
    assert [(each["eventName"], each["eventId"], each["data"]) for each in messages] == [
        (event.event, event.last_event_id, event.data) for event in happened
    ]
    times = [each["time"] - UNIX_US / 1e6 for each in messages]
    assert times == pytest.approx([event.t for event in happened], abs=1e-5, rel=0)


def test_har_says_what_an_attempt_was() -> None:
    first, second, refused, _ = har(
        target=Target("http://h/?q=a%20b&q=", headers=(("Cookie", "a=b; c=d"), ("X-A", "1")))
    )
    assert first["startedDateTime"] == ORIGIN.rfc3339(0.0)
    assert first["_resourceType"] == "eventsource"
    assert (first["serverIPAddress"], first["connection"]) == ("127.0.0.1", "80")
    assert first["request"]["queryString"] == [{"name": "q", "value": "a b"}, {"name": "q", "value": ""}]
    assert first["request"]["cookies"] == [{"name": "a", "value": "b"}, {"name": "c", "value": "d"}]
    sent = [(field["name"], field["value"]) for field in second["request"]["headers"]]
    assert ("Accept", "text/event-stream") in sent
    assert sent[-1] == ("Last-Event-ID", "9")
    assert first["response"]["cookies"] == [{"name": "sid", "value": "secret"}]
    assert first["response"]["content"]["mimeType"] == "text/event-stream"
    assert first["timings"] == {
        "blocked": 189.0, "dns": -1, "connect": 1.0, "ssl": -1, "send": 0, "wait": 10.0,
        "receive": first["timings"]["receive"],
    }  # fmt: skip
    assert first["time"] == pytest.approx(sum(t for t in first["timings"].values() if t > 0))
    assert "_error" not in first["response"] or "stall" in first["response"]["_error"]
    assert second["response"]["_error"] == "reset (connection reset by peer)"
    assert refused["response"]["_error"] == "refused (connection refused)"
    assert refused["timings"]["blocked"] == refused["time"]


def test_har_of_a_session_that_was_cut_off() -> None:
    for length in range(1, len(STORY)):
        entries = har(STORY[:length])
        assert len(entries) == len([each for each in STORY[:length] if isinstance(each, Ended)]) + 1 or length > 9


def test_har_of_a_connection_that_another_follows_at_once() -> None:
    story = [
        *STORY[:3],
        Chunk(0.3, events(1)),
        Asked(0.4, "reconnect"),
        Connected(0.5, ""),
        opened(0.6),
        Chunk(0.7, events(2)),
    ]
    first, second = har(story)
    assert [len(entry["_eventSourceMessages"]) for entry in (first, second)] == [1, 1]
    assert (first["time"], second["startedDateTime"]) == (400.0, ORIGIN.rfc3339(0.4))
    assert first["response"]["content"]["compression"] == len(events(1))
    assert [entry["response"]["content"]["text"].encode() for entry in (first, second)] == [events(1), events(2)]


def test_har_of_answers_that_are_no_streams() -> None:
    no_content = Opened(0.2, ResponseHead(204, "2", (), "http://h/"))
    (entry,) = har([Started(0.0, UNIX_US), Connected(0.1, "[::1]:80"), no_content])
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (204, "No Content")
    assert entry["response"]["httpVersion"] == "HTTP/2.0"
    assert entry["response"]["content"] == {"mimeType": "x-unknown", "text": "", "size": 0}
    missing = Opened(
        0.2, ResponseHead(404, "1.0", (("content-type", "text/html; charset=x"),), "http://h/"), peer="[::1]:80"
    )
    (entry,) = har([Started(0.0, UNIX_US), Connected(0.1, "[::1]:80"), missing])
    assert (entry["response"]["status"], entry["serverIPAddress"]) == (404, "::1")
    assert entry["response"]["content"]["mimeType"] == "text/html"


def test_har_of_bytes_that_are_no_text() -> None:
    (entry,) = har(
        [*STORY[:3], Chunk(0.3, b"data: \xff\xe2\x82"), Chunk(0.4, b'\xac "\\\x00\xed\xa0\x80\n\ndata: \xf0')]
    )
    assert entry["response"]["content"]["text"] == 'data: �€ "\\\x00���\n\ndata: �'
    assert entry["_eventSourceMessages"][0]["data"] == '�€ "\\\x00���'


def test_har_of_a_part() -> None:
    selected = har(selection=Selection(filter=parse_filter("id:6")))
    (entry,) = selected
    assert entry["comment"] == "connection 2"
    assert entry["response"]["content"]["text"].encode() == events(6, 6)
    assert [message["eventId"] for message in entry["_eventSourceMessages"]] == ["6", "6"]
    assert [entry["comment"] for entry in har(selection=Selection(connection=3))] == ["connection 3"]
    assert har(selection=Selection(filter=parse_filter("id:none"))) == []


def test_every_format_is_masked_alike() -> None:
    secret = b'data: {"user":{"email":"bob@x.org"},"n":1}\n\n'
    story = [
        *STORY[:3],
        Chunk(0.3, secret[:30]),
        Chunk(0.4, secret[30:]),
        Chunk(0.5, secret[:-2]),
        Ended(0.6, "eof", ""),
        Tick(1.7),
        Connected(1.8, ""),
        opened(1.9),
        Chunk(2.0, secret),
        Asked(3.0, "stop"),
    ]

    def redaction() -> Redaction:
        return Redaction([json_path("data.user.email"), Regex("/x/", re.compile("never"))])

    masked = secret.replace(b"bob@x.org", b"*********")
    assert export(Raw(), story, redaction=redaction())[0] == masked + masked[:-2] + masked
    plain, masks = export(Ndjson(ORIGIN), story)[0], redaction()
    assert export(Ndjson(ORIGIN), story, redaction=masks)[0] == plain.replace(b"bob@x.org", b"*********")
    assert masks.unused == ["/x/"]
    assert [row["data"] for row in rows(story, redaction=redaction())] == [masked[6:-2].decode()] * 2
    first, second = har(story, redaction=redaction())
    assert first["response"]["content"]["text"].encode() == masked + masked[:-2]
    assert second["response"]["content"]["text"].encode() == masked
    assert second["_eventSourceMessages"][0]["data"] == masked[6:-2].decode()
    text, _ = export(Raw(), story, redaction=redaction(), selection=Selection(1.0))
    assert text == masked


def test_a_filter_looks_at_what_a_mask_hides() -> None:
    story = [*STORY[:3], Chunk(0.3, b'data: {"a":"find me"}\n\ndata: {"a":"x"}\n\n')]
    selection = Selection(filter=parse_filter('"find me"'))
    text, _ = export(Raw(), story, selection=selection, redaction=Redaction([json_path("data.a")]))
    assert text == b'data: {"a":"*******"}\n\n'
