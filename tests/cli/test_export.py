"""`export` against captures that `tail --record` wrote: the same records, byte for byte, whatever the stream did."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, get_args

import pytest

from sse_inspect.cli.process import run as program
from sse_inspect.cli.source import ready
from sse_inspect.inputs import Chunk, Input
from sse_inspect.records import json_pieces
from sse_inspect.server import Behaviour, ServerOptions, ServerThread
from sse_inspect.server.script import Action, Close, Drop, Refuse, Repeat, Reset, Rewind, Script, Silence, Step, Tear
from sse_inspect.store.capture.reader import CaptureReader
from tests.importing.test_unknown import source
from tests.store.captures import STORY, events, opened, write

QUICK = ("--backoff-initial", "0.01", "--jitter", "0.5")


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "sse_inspect", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30)


def told(result: subprocess.CompletedProcess[bytes]) -> tuple[int, str]:
    return result.returncode, result.stderr.decode()


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return write(tmp_path / "story.sse").path


def exported(capture: Path, *options: object) -> bytes:
    """What `export` writes to a file, in this process."""
    output = capture.with_suffix(".out")
    assert program(["export", str(capture), *map(str, options), "-o", str(output), "--force"]) == 0
    assert [path.name for path in output.parent.glob("*.part")] == []
    return output.read_bytes()


def opened_as_lines(capture: Path) -> bytes:
    """The records that `open` shows, as `tail` would have written them."""
    with ready(capture) as path, closing(CaptureReader(path)) as reader:
        lines = ["".join(json_pieces(record, reader.origin)) for record in reader.slice(0, len(reader))]
    return "".join(f"{line}\n" for line in lines).encode()


SCENARIOS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "steady": ({"text": "unicode"}, ("--count", "30")),
    "hostile": ({"text": "hostile", "lines": 3}, ("--count", "30")),
    "reset": ({"reset_after": 7}, ("--count", "30")),
    "truncated": ({"truncate_after": 7}, ("--count", "30")),
    "torn": ({"torn_after": 7, "replay_overlap": 3}, ("--count", "30")),
    "closed": ({"close_after": 7, "retry": 20}, ("--count", "30")),
    "gaps": ({"drop_every": 5, "drop_mode": "forever"}, ("--count", "30")),
    "gaps-filled": ({"drop": "5,8-12", "reset_after": 15}, ("--count", "40")),
    "duplicates": ({"repeat_every": 4, "reorder_every": 6}, ("--count", "30")),
    "restart": ({"restart_after": 12}, ("--count", "40")),
    "prefixed": ({"id_prefix": "feed-", "drop": "4"}, ("--count", "20")),
    "bom-crlf": ({"bom": 1, "newline": "crlf", "chunks_per_event": 9}, ("--count", "20")),
    "cr": ({"newline": "cr", "events_per_chunk": 7}, ("--count", "20")),
    "invalid-utf8": ({"invalid_utf8_every": 3}, ("--count", "20")),
    "cut": ({"size": 500, "lines": 4}, ("--count", "10", "--max-event-bytes", "100")),
    "stall": ({"silent_after": 5, "once": 1}, ("--count", "20", "--stall-after", "0.2")),
    "stall-warned": (
        {"silent_after": 5, "silent_for": 0.5},
        ("--count", "20", "--stall-after", "0.2", "--on-stall", "warn"),
    ),
    "heartbeats": ({"rate": 5, "heartbeat": 0.05}, ("--for", "0.6")),
    "until": ({}, ("--until", '"n": 7')),
    "no-content": ({"stop_after": 1, "close_after": 5}, ()),
    "not-found": ({"status": 404}, ()),
    "unavailable": ({"status": 503, "fail_first": 2, "retry_after": 0}, ("--count", "10")),
    "login-page": ({"instead": "html"}, ()),
    "redirected": ({"redirect": 3}, ("--count", "10")),
    "too-many-redirects": ({"redirect": 30}, ()),
    "post": ({"count": 5}, ("-d", "x")),
    "resumed": ({}, ("--count", "10", "--last-event-id", "3", "--last-event-id-param")),
    "asked-in-the-query": ({"last_event_id": "3"}, ("--count", "10")),
    "one-type": ({"first_id": 1000, "type": "tick"}, ("--count", "20")),
    "no-ids": ({"ids": 0, "reset_after": 7}, ("--count", "20")),
    "too-small-a-buffer": ({"buffer": 2, "close_after": 7}, ("--count", "30")),
    "silent-but-for-heartbeats": (
        {"silent_after": 5, "silent_for": 0.3, "silent_heartbeats": 1, "heartbeat": 0.05},
        ("--count", "20"),
    ),
    "wrong-charset": ({"charset": "iso-8859-1", "text": "unicode"}, ("--count", "10")),
    "wrong-content-type": ({"content_type": "text/plain"}, ()),
    "late-head": ({"head_delay": 0.2}, ("--count", "10")),
    "json": ({"instead": "json"}, ()),
    "unavailable-until-a-date": (
        {"status": 503, "fail_first": 1, "retry_after": 0, "retry_after_date": 1},
        ("--count", "10"),
    ),
    "moved": ({"redirect": 2, "redirect_status": 301}, ("--count", "10")),
}
SCRIPT = Script(
    (
        *(Step(0.1, Reset()), Step(0.3, Drop(4)), Step(0.4, Rewind(10)), Step(0.4, Close())),
        *(Step(0.6, Drop(3, forever=True)), Step(0.7, Repeat(5)), Step(0.8, Silence())),
        *(Step(1.2, Refuse(3, status=503)), Step(1.2, Reset()), Step(1.6, Tear(truncated=True))),
    )
)
"""What the demo's stream lives through, in less time, and a tear."""


def recorded(capture: Path, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> bytes:
    """What `tail` writes to stdout in this process while it records."""
    program(["tail", "-f", "ndjson", "--record", str(capture), *QUICK, *arguments])
    return capfdbinary.readouterr().out


@pytest.mark.parametrize("name", SCENARIOS)
def test_ndjson_is_what_tail_wrote(
    name: str, server: ServerThread, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    parameters, options = SCENARIOS[name]
    url = server.url(f"/{name}", **{"rate": 500, "once": 0} | parameters)
    wrote = recorded(tmp_path / "x.sse", capfdbinary, *options, url)
    assert wrote.endswith(b"\n")
    assert exported(tmp_path / "x.sse") == wrote
    assert opened_as_lines(tmp_path / "x.sse") == wrote


def test_the_scenarios_use_all_that_a_stream_can_be_asked_for() -> None:
    asked = {name for parameters, _ in SCENARIOS.values() for name in parameters}
    assert asked | {"rate"} == {each.name for each in fields(Behaviour)}


def test_a_script_makes_the_round_trip_too(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert {type(step.action) for step in SCRIPT.steps} == set(get_args(Action))
    options = ServerOptions(defaults=Behaviour(rate=100.0), scripts={"/x": SCRIPT})
    with ServerThread(options) as server:
        url = server.url("/x")
        wrote = recorded(tmp_path / "x.sse", capfdbinary, "--for", "2", "--stall-after", "0.2", url)
    assert wrote.count(b'"kind":"disconnect"') > 5
    assert exported(tmp_path / "x.sse") == opened_as_lines(tmp_path / "x.sse") == wrote


def test_ndjson_is_what_tail_wrote_where_nobody_listened(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with ServerThread() as gone:
        url = gone.url("/x")
    wrote = recorded(tmp_path / "x.sse", capfdbinary, "--max-retries", "2", url)
    assert exported(tmp_path / "x.sse") == wrote
    assert wrote.count(b'"reason":"refused"') == 3


def test_stdout_of_two_processes(server: ServerThread, tmp_path: Path) -> None:
    capture = tmp_path / "x.sse"
    url = server.url("/two", rate=500, reset_after=7, text="unicode")
    tail = run("tail", "-f", "ndjson", "--record", capture, "--count", "20", *QUICK, url)
    export = run("export", capture)
    assert (export.stdout, *told(export)) == (tail.stdout, 0, "")


class Compressed(BaseHTTPRequestHandler):
    """Answers with a stream that is compressed, and with cookies."""

    BODY = events(*range(1, 200))

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "sid=hunter2; Path=/")
        self.end_headers()
        self.wfile.write(gzip.compress(self.BODY))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def compressed() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Compressed) as http:
        thread = Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/?api_key=hunter2&q=1"
        http.shutdown()
        thread.join()


def test_secrets_are_left_out_twice(compressed: str, tmp_path: Path) -> None:
    """Of what is recorded, unless it is kept; and of what is exported even then."""
    options = ("-f", "ndjson", "--max-retries", "0", "-H", "X-Token: hunter2", "-b", "a=hunter2")
    kept, left_out = tmp_path / "kept.sse", tmp_path / "left_out.sse"
    tail = run("tail", *options, "--record", kept, "--keep-secrets", compressed)
    assert exported(kept, "--keep-secrets") == tail.stdout
    assert exported(kept) == re.sub(rb'sid=hunter2[^"]*', b"sid=***", tail.stdout)
    for form in ("ndjson", "har", "csv", "raw"):
        assert b"hunter2" not in exported(kept, "-f", form)
    archive = exported(kept, "-f", "har", "--keep-secrets")
    assert archive.count(b"hunter2") > 3
    content = json.loads(archive)["log"]["entries"][0]["response"]["content"]
    assert content["text"].encode() == exported(kept, "-f", "raw") == Compressed.BODY
    assert content["compression"] == len(Compressed.BODY) - len(gzip.compress(Compressed.BODY))
    tail = run("tail", *options, "--record", left_out, compressed)
    assert (
        exported(left_out)
        == exported(left_out, "--keep-secrets")
        == re.sub(rb'sid=hunter2[^"]*', b"sid=***", tail.stdout)
    )


def test_formats_and_selections(capture: Path) -> None:
    records = [json.loads(line) for line in exported(capture).splitlines()]
    happened = [record for record in records if record["kind"] == "event"]
    rows = list(csv.DictReader(io.StringIO(exported(capture, "-f", "csv").decode(), newline="")))
    assert [row["data"] for row in rows] == [record["data"] for record in happened]
    bodies = [each.data for each in STORY if isinstance(each, Chunk)]
    assert exported(capture, "-f", "raw") == b"".join(bodies)
    assert exported(capture, "-f", "raw", "--connection", 2) == b"".join(bodies[6:8])
    entries = json.loads(exported(capture, "-f", "har"))["log"]["entries"]
    assert [len(entry["_eventSourceMessages"]) for entry in entries] == [4, 6, 0, 1]
    assert exported(capture, "-f", "raw", "--filter", "id:6", "--from", "00:31") == events(6, 6)


@pytest.mark.parametrize(
    ("start", "end"),
    [("0.4", "31.4"), ("400ms", "0:31.4"), ("0:00.4", "0:00:31.4"), ("{0.4}", "{31.4}")],
)
def test_the_ways_to_name_a_moment(capture: Path, start: str, end: str) -> None:
    times = {record["t"]: record["time"] for record in map(json.loads, exported(capture).splitlines())}
    for t in (0.4, 31.4):
        start, end = (text.replace(f"{{{t}}}", times.get(t, times[0.41])) for text in (start, end))
    found = [json.loads(line)["t"] for line in exported(capture, "--from", start, "--to", end).splitlines()]
    assert found
    assert found == [t for t in (json.loads(line)["t"] for line in exported(capture).splitlines()) if 0.4 <= t <= 31.4]


def test_what_open_reads_is_exported_too(tmp_path: Path) -> None:
    """A body that curl saved, from a file and from standard input, and NDJSON."""
    path = tmp_path / "saved.txt"
    path.write_bytes(events(1, 2, 5))
    result = run("export", path, "-f", "raw")
    assert (result.returncode, result.stdout) == (0, events(1, 2, 5))
    assert result.stderr.startswith(b"sse-inspect: saved.txt is imported from body; unknown: times, ")
    piped = subprocess.run(command("export", "-"), input=events(1, 2, 5), capture_output=True, check=False, timeout=30)
    assert piped.stdout == run("export", path).stdout
    kinds = [json.loads(line)["kind"] for line in piped.stdout.splitlines()]
    assert [kind for kind in kinds if kind != "alert"] == [
        "session",
        "connecting",
        "open",
        "event",
        "event",
        "gap",
        "event",
        "disconnect",
        "end",
        "summary",
    ]
    (tmp_path / "x.ndjson").write_bytes(piped.stdout)
    assert run("export", tmp_path / "x.ndjson", "-f", "raw").stdout == events(1, 2, 5)


def test_moments_by_the_clock_need_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    timings = dict.fromkeys(("dns", "tcp", "tls", "first_byte"))
    opened = {"status": 200, "http_version": "1.1", "headers": {"content-type": "text/event-stream"}}
    opened |= {"timings": timings, "peer": ""}
    event = {"n": 1, "data": "x", "event": "message", "id": None, "last_event_id": "", "truncated": False}
    rows: list[dict[str, object]] = [
        {"kind": "session", "t": 0, "schema": 1, "version": "1", "url": "http://h/", "method": "GET"},
        {"kind": "connecting", "t": 0, "connection": 1, "attempt": 1, "last_event_id": None},
        {"kind": "open", "t": 1, "connection": 1} | opened,
        {"kind": "event", "t": 2, "connection": 1, "offset": 0, "size": 8} | event,
    ]
    rows = [{"time": None} | row for row in rows]
    path = tmp_path / "saved.ndjson"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert json.loads(exported(path, "--from", "2", "--to", "2.5", "--filter", "kind:event"))["data"] == "x"
    assert program(["export", str(path), "--from", "2026-11-23T17:54:12Z"]) == 2
    told = capfd.readouterr().err
    assert "sse-inspect: --from: nothing tells what time it was; expected a time since the session " in told


@pytest.mark.parametrize(
    ("moments", "flag"),
    [(("--from", "3", "--to", "5"), "--from"), (("--to", "5"), "--to"), (("--from", "2026-11-23T10:00:00Z"), "--from")],
)
@pytest.mark.parametrize("name", ["body", "a HAR with a body", "a HAR without times"])
def test_moments_need_arrivals(
    name: str, moments: tuple[str, ...], flag: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = source(tmp_path, name)
    assert program(["export", str(path), *moments]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"sse-inspect: {flag}: nothing tells when events came; leave --from and --to out.")
    assert exported(path)


def test_an_output_that_exists_is_told_before_a_stream_is_read_that_comes_only_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with subprocess.Popen(
        command("export", "-", "-o", tmp_path / "out"), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(20) == 2  # though nothing came yet, nor the end
        assert process.stderr is not None
        assert process.stderr.read().startswith(b"sse-inspect: --output: out exists;")


def test_a_time_of_day_counts_from_the_begin_and_that_is_told(capture: Path) -> None:
    result = run("export", capture, "--from", "17:54:12")
    assert result.stdout == b""
    assert "--from and --to count from its begin unless they name a date." in told(result)[1]
    shown = re.search(r"begins at (\S+) and", told(result)[1])
    assert shown
    assert exported(capture, "--from", shown[1])  # can be put where it is asked for


def test_masks_and_what_they_did_not_find(tmp_path: Path) -> None:
    story: list[Input] = [*STORY[:3], Chunk(0.3, events(1, data='{{"user":{{"email":"b@x"}}}}'))]
    capture = write(tmp_path / "x.sse", story).path
    rules = ("--redact", "data.user.email", "--redact", "/b@y/", "--redact", "data..none")
    result = run("export", capture, "-f", "raw", *rules)
    assert result.stdout == events(1, data='{{"user":{{"email":"***"}}}}')
    assert told(result) == (0, "sse-inspect: --redact: nothing was masked by /b@y/, data..none.\n")


def test_a_session_that_was_cut_off(server: ServerThread, tmp_path: Path) -> None:
    """What a dead program left is exported; that there is no end is said."""
    capture = tmp_path / "x.sse"
    with subprocess.Popen(
        command("tail", "-f", "ndjson", "--record", capture, server.url("/killed", rate=200)), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        deadline = time.monotonic() + 10
        while not _events_in(capture) and time.monotonic() < deadline:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout.readlines()
    result = run("export", capture)
    assert told(result)[0] == 0
    assert told(result)[1].startswith("sse-inspect: x.sse does not hold the end of its session")
    assert len(result.stdout.splitlines()) > 4  # session, connecting, open, a comment, an event at least
    assert b"".join(lines).startswith(result.stdout) or result.stdout.startswith(b"".join(lines[:-1]))
    assert json.loads(run("export", capture, "-f", "har").stdout)["log"]["entries"][0]["_eventSourceMessages"]


def _events_in(capture: Path) -> int:
    database = sqlite3.connect(f"{capture.as_uri()}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])
    finally:
        database.close()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--from", "soon"), "--from: 'soon' is no moment; expected seconds such as 12.5, mm:ss"),
        (("--to", "2026-11-23T10:00:00"), "--to: '2026-11-23T10:00:00' names no time zone;"),
        (("--from", "2", "--to", "1"), "--to: it is before --from;"),
        (("--redact", "user.email"), "--redact: 'user.email' is no path into event data;"),
        (("--redact", "/(/"), "--redact: '(' is no regular expression"),
        (("--filter", "kind:nothing"), "--filter: kind:nothing is unknown;"),
        (("--connection", "0"), "--connection: 0 is no connection;"),
        (("--connection", "9"), "--connection: there is no 9, the capture holds 4."),
        (("-f", "xml"), "--format: 'xml' is not known; expected ndjson or har or csv or raw."),
        (("-o", "{capture}"), "--output: it is the file itself that is read, or a part of it;"),
        (("-o", "{capture}", "--force"), "--output: it is the file itself that is read, or a part of it;"),
        (("-o", "{folder}/exists"), "--output: exists exists; name another file, or replace it with --force."),
        (("-o", "{folder}/none/x"), "--output: "),
        (("another.sse",), "FILE: only one is taken, and 'another.sse' is left over."),
        (("--entry", "1"), "--entry: "),
    ],
)
def test_wrong_use(capture: Path, options: tuple[str, ...], sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    (capture.parent / "exists").write_text("mine")
    before = capture.read_bytes()
    arguments = [option.format(capture=capture, folder=capture.parent) for option in options]
    assert program(["export", str(capture), *arguments]) == (1 if "none/x" in options[-1] else 2)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"sse-inspect: {sentence}")
    assert capture.read_bytes() == before
    assert (capture.parent / "exists").read_text() == "mine"
    assert sorted(path.name for path in capture.parent.iterdir()) == ["exists", "story.sse"]


@pytest.mark.parametrize("content", [b"", b"no capture", b"SQLite format 3\0" + b"x" * 5000, None])
def test_what_is_no_capture(content: bytes | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.sse"
    if content is not None:
        path.write_bytes(content)
    assert program(["export", str(path), "-o", str(tmp_path / "out")]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE inputs SET detail = '{}' WHERE seq = (SELECT max(seq) FROM inputs)", ()),
        ("UPDATE inputs SET detail = '{\"t\":1e300}' WHERE kind = 'tick'", ()),
        ("UPDATE inputs SET detail = '{\"t\":0,\"unix_us\":9000000000000000000}' WHERE kind = 'started'", ()),
        (
            "UPDATE bodies SET chunks = CAST(? || substr(chunks, 9) AS BLOB) WHERE seq = 4",
            (struct.pack("<d", float("nan")),),
        ),
        ("UPDATE bodies SET data = x'00'", ()),
    ],
)
def test_a_damaged_capture_leaves_no_half_file(
    statement: str, values: tuple[bytes, ...], capture: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    database = sqlite3.connect(capture)
    with database:
        database.execute(statement, values)
    database.close()
    assert program(["export", str(capture), "-o", str(capture.parent / "out")]) == 2
    assert "is damaged" in capfd.readouterr().err
    assert [path.name for path in capture.parent.iterdir()] == ["story.sse"]


def test_a_file_is_replaced_with_force_only(capture: Path) -> None:
    output = capture.parent / "out"
    output.write_text("mine")
    assert program(["export", str(capture), "-o", str(output), "--force"]) == 0
    assert output.read_bytes() == exported(capture)


def test_a_device_is_written_to_and_not_replaced(capture: Path) -> None:
    assert program(["export", str(capture), "-o", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture that takes seconds to export."""
    block = events(*range(200), data="x" * 50 + "{}")
    story = [*STORY[:2], opened(0.2), *(Chunk(1.0 + number, block) for number in range(400))]
    return write(tmp_path_factory.mktemp("long") / "long.sse", story, each=100).path


def test_a_reader_that_leaves_ends_it_quietly(long: Path) -> None:
    with subprocess.Popen(command("export", long), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_half_file(long: Path, number: signal.Signals, status: int) -> None:
    output = long.parent / f"out-{status}"
    with subprocess.Popen(command("export", long, "-o", output), stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while not list(long.parent.glob(f"{output.name}.*.part")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (status, b"")
    assert list(long.parent.glob(f"{output.name}*")) == []


def test_a_bar_on_a_terminal(long: Path) -> None:
    """On stderr, and gone at the end; here without the second of patience, which a fast machine needs no bar in."""
    impatient = (
        "import sys; from sse_inspect.cli import main, progress; progress.PATIENCE = 0.0; sys.exit(main(sys.argv[1:]))"
    )
    mine, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [sys.executable, "-c", impatient, "export", str(long), "-f", "har"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(mine, 4096)
            except OSError:  # the other end is closed
                break
            seen += part
        assert process.wait(20) == 0
    os.close(mine)
    assert b"export" in seen
    assert b"%" in seen
    assert seen.rstrip().endswith(b"\x1b[2K")
