"""What `curl -v` shows, as people send it: of 7.88 into a file and onto a terminal, and with the words of 8.x."""

from __future__ import annotations

from pathlib import Path

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.importing import load, recognise
from sse_inspect.records import Connecting, Diagnosis, Disconnect, End, Event, Open
from sse_inspect.unknown import Unknown
from tests.importing.telling import kinds, told

CALLED = b"*   Trying 192.0.2.1:80...\n* Connected to example.com (192.0.2.1) port 80 (#0)\n"
ASKED = b"> GET /feed HTTP/1.1\r\n> Host: example.com\r\n> Accept: */*\r\n> \r\n"
HEAD = b"< HTTP/1.1 200 OK\r\n< Content-Type: text/event-stream\r\n< Transfer-Encoding: chunked\r\n< \r\n"
BODY = b"{ [18 bytes data]\nid: 1\ndata: one\n\n{ [18 bytes data]\nid: 2\ndata: two\n\n"
METER = b"\r100    48    0    48    0     0     59      0 --:--:-- --:--:-- --:--:--    59"
SHOWN = CALLED + ASKED + HEAD + BODY
CUT = b"data: unfin* transfer closed with outstanding read data remaining\n* Closing connection 0\n"


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "shown.txt"
    path.write_bytes(content)
    return path


def test_request_head_and_body_are_one_connection(tmp_path: Path) -> None:
    path = saved(tmp_path, SHOWN)
    assert recognise(path) == "curl -v"
    found = load(path, version="")
    assert (found.facts.target.url, found.facts.target.method) == ("http://example.com/feed", "GET")
    assert found.facts.unknown == {Unknown.TIMES, Unknown.CHUNKS, Unknown.END}
    inspection, records = told(path)
    opened = next(record for record in records if isinstance(record, Open))
    assert (opened.status, opened.http_version) == (200, "1.1")
    assert opened.headers == {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
    assert [(record.id, record.data) for record in records if isinstance(record, Event)] == [("1", "one"), ("2", "two")]
    disconnect, end = records[-3:-1]
    assert isinstance(disconnect, Disconnect)
    assert isinstance(end, End)
    assert (disconnect.reason, disconnect.bytes, end.reason) == ("unknown", 34, "unknown")
    assert inspection.snapshot().notes[1].startswith("not told how it ended: ask for")


@pytest.mark.parametrize(
    ("tail", "reason", "detail"),
    [
        (b"* Connection #0 to host example.com left intact\n", "eof", "curl took the response for complete"),
        (
            b"* transfer closed with outstanding read data remaining\n* Closing connection 0\n",
            "truncated",
            "transfer cl",
        ),
        (
            b"* closing connection #0\ncurl: (18) transfer closed with 9 bytes remaining to read\n",
            "truncated",
            "curl: (18",
        ),
        (b"* Recv failure: Connection reset by peer\n* Closing connection 0\n", "reset", "Recv failure"),
        (
            b"* HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)\n* Connection #0 to host x left intact",
            "protocol",
            "RST_STREAM INTERNAL_ERROR (2)",
        ),
        (b"* Operation timed out after 3000 milliseconds with 48 bytes received\n", "unknown", "a limit of curl's own"),
        (b"* Closing connection 0\n", "unknown", "the file ends here"),
        (b"^C\n$ \n", "unknown", "the file ends here"),
    ],
)
def test_how_it_ended_is_what_curl_says_last(tail: bytes, reason: str, detail: str, tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, SHOWN + tail))
    disconnect = next(record for record in records if isinstance(record, Disconnect))
    assert (disconnect.reason, disconnect.events) == (reason, 2)
    assert disconnect.detail.startswith(detail)
    end = next(record for record in records if isinstance(record, End))
    assert end.reason == "unknown"


@pytest.mark.parametrize(
    "behind", [b"", b"curl: (18) transfer closed\n", b"\n$ \n", METER + b"\n* Closing connection 0\n"]
)
def test_what_curl_says_behind_an_unfinished_line_is_not_of_the_body(behind: bytes, tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, SHOWN + METER + CUT + behind))
    disconnect = next(record for record in records if isinstance(record, Disconnect))
    assert (disconnect.reason, disconnect.events, disconnect.partial) == ("truncated", 2, len(b"data: unfin"))
    assert [record.code for record in records if isinstance(record, Diagnosis)] == ["cut-inside-event"]


def test_what_a_server_says_of_the_end_is_not_believed(tmp_path: Path) -> None:
    lies = b"* Connection #0 to host example.com left intact\ndata: x* transfer closed with nothing\n\n"
    _, records = told(saved(tmp_path, SHOWN + lies + b"data: more\n\n"))
    assert [record.data for record in records if isinstance(record, Event)][2:] == [
        "x* transfer closed with nothing",
        "more",
    ]
    assert next(record.reason for record in records if isinstance(record, Disconnect)) == "unknown"


def test_a_terminal_is_copied_with_what_stands_around_it(tmp_path: Path) -> None:
    shown = b"user@host:~$ curl -vN http://example.com/feed\n" + SHOWN.replace(b"{ [18 bytes data]\n", b"")
    path = saved(tmp_path, shown.replace(b"\n", b"\r\n") + b"\r\nuser@host:~$ \r\n")
    assert Unknown.BYTES in load(path, version="").facts.unknown
    _, records = told(path)
    assert kinds(records).count("event") == 2
    assert next(record.partial for record in records if isinstance(record, Disconnect)) <= len(b"\nuser@host:~$ \n")


def test_the_progress_meter_and_the_clock_are_passed_over(tmp_path: Path) -> None:
    begin = b"  % Total    % Received % Xferd  Average Speed\n                      Dload  Upload   Total\n"
    clocked = b"".join(b"22:44:00.933606 " + line + b"\n" for line in (CALLED + ASKED + HEAD).split(b"\n") if line)
    for shown in (begin + METER + CALLED + ASKED + HEAD + METER + BODY, clocked + BODY):
        _, records = told(saved(tmp_path, shown))
        assert [record.data for record in records if isinstance(record, Event)] == ["one", "two"]


def test_a_redirect_leads_elsewhere(tmp_path: Path) -> None:
    moved = b"< HTTP/1.1 302 Found\r\n< Location: https://b.example/feed\r\n< \r\n* Ignoring the response-body\n"
    again = b"* Issue another request to this URL: 'https://b.example/feed'\n* SSL connection using TLSv1.3\n"
    path = saved(tmp_path, CALLED + ASKED + moved + again + ASKED.replace(b"example.com", b"b.example") + HEAD + BODY)
    assert load(path, version="").facts.target.url == "http://example.com/feed"
    _, records = told(path)
    assert kinds(records).count("event") == 2
    (found,) = (record for record in records if isinstance(record, Diagnosis))
    assert (found.code, "https://b.example/feed" in found.evidence) == ("redirected", True)


@pytest.mark.parametrize(
    ("said", "asked", "url"),
    [
        (b"* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n", ASKED, "https://example.com/feed"),
        (b"", ASKED, ""),
        (b"", b"> GET http://h.example/x HTTP/1.1\r\n> Host: h.example\r\n> \r\n", "http://h.example/x"),
        (CALLED, b"> GET /feed HTTP/1.1\r\n> \r\n", ""),
        (
            b"> CONNECT h.example:443 HTTP/1.1\r\n> \r\n< HTTP/1.1 200 Yes\r\n< \r\n* ALPN: offers h2,http/1.1\n",
            b"> GET /feed HTTP/2\r\n> Host: h.example\r\n> \r\n",
            "https://h.example/feed",
        ),
    ],
    ids=["TLS", "nothing says how", "a proxy's", "no host", "a tunnel"],
)
def test_a_url_is_told_only_with_its_scheme(said: bytes, asked: bytes, url: str, tmp_path: Path) -> None:
    found = load(saved(tmp_path, said + asked + HEAD + BODY), version="")
    assert (found.facts.target.url == url, Unknown.REQUEST in found.facts.unknown) == (bool(url), not url)


def test_fields_that_matter_are_those_that_were_sent(tmp_path: Path) -> None:
    fields = b"> Last-Event-ID: 7\r\n> Origin: https://app.example\r\n> Cookie: a=secret; b=c\r\n> \r\n"
    path = saved(tmp_path, CALLED + ASKED.replace(b"> \r\n", fields) + HEAD + BODY)
    target = load(path, version="").facts.target
    assert (target.last_event_id, target.cookies) == ("7", ("a=***", "b=***"))
    _, records = told(path)
    assert next(record.last_event_id for record in records if isinstance(record, Connecting)) == "7"
    assert "cors-refused" in {record.code for record in records if isinstance(record, Diagnosis)}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"* connect to 127.0.0.1 port 1 failed: Connection refused\n* Closing connection 0\n", "refused"),
        (b"* Could not resolve host: nowhere.example\n", "dns"),
        (b"* Connection timed out after 1002 milliseconds\n", "timeout"),
        (b"* OpenSSL/3.0\ncurl: (60) SSL certificate problem: self-signed certificate\n", "tls"),
        (b"* Empty reply from server\n", "unknown"),
    ],
)
def test_why_no_response_came(said: bytes, reason: str, tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, b"* Trying\n" + said))
    records = [record for record in records if not isinstance(record, Diagnosis)]
    reasons = [record.reason for record in records if isinstance(record, Disconnect)]
    assert (kinds(records)[-2:], reasons) == (["end", "summary"], [] if reason == "unknown" else [reason])


def test_a_response_that_is_no_stream_tells_so(tmp_path: Path) -> None:
    head = b"< HTTP/1.1 401 Unauthorized\r\n< Content-Type: text/html\r\n< \r\n{ [9 bytes data]\n<p>no</p>\n"
    inspection, records = told(saved(tmp_path, CALLED + ASKED + head + b"* Closing connection 0\n"))
    assert next((record.reason, record.detail) for record in records if isinstance(record, Disconnect)) == (
        "status",
        "HTTP 401",
    )
    assert len(inspection.snapshot().notes) == 1


def test_a_second_request_is_not_taken_for_the_body(tmp_path: Path) -> None:
    more = b"* Connection #0 to host example.com left intact\n" + ASKED + HEAD + b"data: other\n\n"
    _, records = told(saved(tmp_path, SHOWN + more))
    assert [record.data for record in records if isinstance(record, Event)] == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"== Info:   Trying 127.0.0.1:80...\n=> Send header, 83 bytes (0x53)\n",
            r"trace.*`curl -v -N URL > FILE 2>&1`",
        ),
        (CALLED + ASKED + HEAD[:40], "the head of the response is cut off"),
        (ASKED, "neither a response .* `curl -v -N URL > FILE 2>&1`"),
        (CALLED + ASKED + b"< HTTP/1.1 200 OK\n< no colon\n< \n", "a line of the response head has no colon"),
        (CALLED + ASKED + b"< HTTP/1.1 200 OK\n" + b"< x: y\n" * 60_000, "longer than 1 MiB"),
    ],
)
def test_what_cannot_be_read_says_what_to_ask_for(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=message):
        told(saved(tmp_path, content))


def test_a_body_is_cut_into_pieces_anywhere(tmp_path: Path) -> None:
    long = b"data: " + b"y" * 70_000 + b"\n\n"
    _, records = told(saved(tmp_path, SHOWN + long * 5 + b"* Connection #0 to host example.com left intact\n"))
    assert [len(record.data) for record in records if isinstance(record, Event)][2:] == [70_000] * 5
