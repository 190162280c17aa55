"""`open` as a process: without a screen, on one, and on files that cannot be read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.conversion import convert
from sse_inspect.importing import load
from sse_inspect.server import ServerThread
from sse_inspect.store.capture.facts import Facts
from tests.cli.test_screen import ENTER, LEAVE, terminal
from tests.importing.test_har import body_of, entry, har
from tests.importing.test_har import message as told

BODY = b"id: 1\ndata: one\n\nid: 4\ndata: \x1b[31mfour\n\n"


def opened(*arguments: object, temporary: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sse_inspect", "open", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=os.environ | ({"TMPDIR": str(temporary)} if temporary else {}),
    )


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.txt"
    path.write_bytes(BODY)
    return path


def test_an_import_is_written_as_lines_and_leaves_nothing_behind(body: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    result = opened(body, temporary=temporary)
    first, hint, *lines = result.stdout.splitlines()
    assert first.startswith("imported from body; unknown: times, ")
    assert hint.startswith("not told how it ended: ask for curl's exit status")
    assert [line.split()[1] for line in lines[:4]] == ["session", "connecting", "open", "event"]
    assert lines[0].startswith("--:--:--.---  session     undated")
    assert "\x1b" not in result.stdout
    assert "summary     2 events" in result.stdout
    assert (result.returncode, result.stderr) == (0, "")
    assert body.read_bytes() == BODY
    assert not list(temporary.iterdir())


def piped(*arguments: object, data: bytes, temporary: Path) -> subprocess.CompletedProcess[bytes]:
    """The command with this on its standard input; nothing is left of it."""
    temporary.mkdir()
    result = subprocess.run(
        [sys.executable, "-m", "sse_inspect", *map(str, arguments)],
        input=data,
        capture_output=True,
        check=False,
        timeout=30,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    assert not list(temporary.iterdir())
    return result


def test_standard_input_is_as_good_as_a_file(body: Path, tmp_path: Path) -> None:
    result = piped("open", "-", data=BODY, temporary=tmp_path / "temporary")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == opened(body).stdout


def test_a_capture_on_standard_input(body: Path, tmp_path: Path) -> None:
    path = capture(tmp_path / "x.sse", body)
    result = piped("open", "-", data=path.read_bytes(), temporary=tmp_path / "temporary")
    assert (result.returncode, result.stdout.decode()) == (0, opened(path).stdout)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "standard input is empty."), (b"%PDF", "standard input is neither a capture nor a HAR, NDJSON")],
)
def test_standard_input_that_is_nothing(data: bytes, sentence: str, tmp_path: Path) -> None:
    result = piped("open", "-", data=data, temporary=tmp_path / "temporary")
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode().startswith(f"sse-inspect: {sentence}")


def test_of_standard_input_only_so_much_is_taken(tmp_path: Path) -> None:
    code = (
        "import sys; from sse_inspect.cli import main, source; source.STDIN_BYTES = 1000; sys.exit(main(sys.argv[1:]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "open", "-"],
        input=b"data: x\n\n" * 500,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert result.returncode == 0
    assert result.stdout.count(b"  event ") == 111
    assert result.stderr == b"sse-inspect: standard input: only the first 1,000 bytes are taken; of a file all are.\n"


@pytest.mark.parametrize(
    ("number", "status", "events", "told"),
    [
        (signal.SIGINT, 0, 2, f"sse-inspect: standard input: Ctrl-C came after {len(BODY)} bytes; these are taken.\n"),
        (signal.SIGTERM, 143, 0, ""),
    ],
)
def test_ctrl_c_ends_a_stream_that_has_no_end(
    number: signal.Signals, status: int, events: int, told: str, tmp_path: Path
) -> None:
    """What had come by then is shown; another signal is for the program itself."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "sse_inspect", "open", "-"]
    environment = os.environ | {"TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(BODY)
        process.stdin.flush()
        until = time.monotonic() + 20
        while not [path for path in temporary.glob("*/stdin") if path.stat().st_size] and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.stdout.read(), process.stderr.read()
        assert process.wait(20) == status
    assert (out.count(b"  event "), err.decode()) == (events, told)
    assert not list(temporary.iterdir())


def test_on_a_terminal_keys_come_from_there_while_the_stream_comes_from_a_pipe(body: Path) -> None:
    with terminal("open", "-", stdin=str(body)) as screen:
        screen.wait_for(ENTER)
        screen.wait_for(b"stdin")
        screen.press(b"q")
        assert screen.exit_status() == 0


def test_a_terminal_is_no_file() -> None:
    with terminal("open", "-") as screen:
        assert screen.exit_status() == 2
    assert b"FILE: - is standard input, which is a terminal; pipe something into it." in screen.output


def test_what_tail_wrote_tells_what_tail_told(tmp_path: Path) -> None:
    with ServerThread() as server:
        url = server.url("/open", rate=300, drop="4-5", reset_after=8, replay_overlap=2)
        command = [sys.executable, "-m", "sse_inspect", "tail", "-f", "ndjson", "--count", "20", url]
        written = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30).stdout
    path = tmp_path / "tail.ndjson"
    path.write_bytes(written)
    note, *lines = opened(path).stdout.splitlines()
    assert note == "imported from NDJSON; unknown: raw bytes, chunk boundaries"
    records = [json.loads(line) for line in written.splitlines()]
    kinds = [[record["kind"] for record in records], [line.split()[1] for line in lines if len(line.split()) > 1]]
    live, again = ([kind for kind in told if kind != "diagnosis"] for told in kinds)  # some rest on the bytes
    assert again[: len(live)] == live


def capture(path: Path, body: Path) -> Path:
    found = load(body, version="1")
    facts = Facts(Target("http://h/"), Policy(stall_after=0.0), "1", 0)
    convert(facts, found.inputs, path)
    return path


def test_a_capture_is_opened_as_it_is(body: Path, tmp_path: Path) -> None:
    path = capture(tmp_path / "x.sse", body)
    before = path.read_bytes()
    result = opened(path)
    assert result.stdout.splitlines()[0].endswith("GET http://h/ · sse-inspect 1")
    assert result.stdout.count("  event ") == 2
    assert path.read_bytes() == before


OLDER_ANALYSIS = """
UPDATE facts SET value = '0' WHERE name = 'analysis'; DELETE FROM single_events; DELETE FROM event_runs;
"""
OLDER_SCHEMA = """
UPDATE facts SET value = '3' WHERE name = 'analysis'; PRAGMA user_version = 1;
DROP VIEW events; DROP TABLE single_events; DROP TABLE event_runs; CREATE TABLE events (n INTEGER PRIMARY KEY, t REAL);
"""


@pytest.mark.parametrize("older", [OLDER_ANALYSIS, OLDER_SCHEMA], ids=["analysis", "schema"])
def test_an_index_of_another_version_is_made_anew_elsewhere(body: Path, tmp_path: Path, older: str) -> None:
    path = capture(tmp_path / "x.sse", body)
    as_it_is = opened(path).stdout
    database = sqlite3.connect(path)
    database.executescript(older)
    database.close()
    before = path.read_bytes()
    assert opened(path).stdout == as_it_is
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("PRAGMA user_version = 9", "written by a newer sse-inspect (schema 9)"),
        ("PRAGMA application_id = 1", "an SQLite database, but no capture"),
        ("DROP TABLE inputs; UPDATE facts SET value = 0 WHERE name = 'analysis'", "is damaged"),
        ("UPDATE facts SET value = '[[' WHERE name = 'target'", "its facts cannot be read"),
        ("UPDATE inputs SET detail = '{}'", "damaged"),
    ],
)
def test_a_capture_that_cannot_be_read(change: str, message: str, body: Path, tmp_path: Path) -> None:
    path = capture(tmp_path / "x.sse", body)
    database = sqlite3.connect(path)
    database.executescript(change)
    database.close()
    result = opened(path)
    assert result.returncode == 2
    assert result.stderr.startswith("sse-inspect: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_files_that_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.sse").touch()
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "cut.sse").write_bytes(b"SQLite format 3\0" + b"\0" * 50)
    for name, message in (
        ("", "is a directory"),
        ("missing", "no such file"),
        ("empty.sse", "is empty"),
        ("picture", "neither a capture nor"),
        ("cut.sse", "cut.sse"),
    ):
        result = opened(tmp_path / name)
        assert (result.returncode, result.stdout) == (2, ""), name
        assert message in result.stderr
        assert str(tmp_path / name) in result.stderr
        assert result.stderr.count("\n") == 1


def test_the_argument_is_one_file(body: Path) -> None:
    for arguments, message in (((), "FILE: none was given"), ((body, body), "FILE: only one is taken")):
        result = opened(*arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert message in result.stderr


def test_one_of_several_streams_is_asked_for(tmp_path: Path) -> None:
    path = har(tmp_path, entry(_eventSourceMessages=[told(1, "first")]), body_of("data: second\n\n"))
    result = opened(path)
    assert result.returncode == 2
    listed, also, complaint, _ = result.stderr.splitlines()
    assert listed.split() == ["1", "2026-11-23", "10:00:00", "1", "event", "https://example.com/feed"]
    assert also.split()[0] == "2"
    assert "--entry:" in complaint
    assert "second" in opened(path, "--entry", "2").stdout
    assert opened(path, "--entry", "7").returncode == 2


def test_a_signal_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"data: x\n\n" * 2_000_000)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", "open", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    with process:
        while not list(temporary.glob("*/*.sse")):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=30)
    assert (process.returncode, output) == (128 + signal.SIGTERM, (b"", b""))
    assert not list(temporary.iterdir())


def test_on_a_terminal_it_is_the_screen(body: Path) -> None:
    with terminal("open", str(body)) as screen:
        screen.wait_for(ENTER)
        screen.wait_for(b"body.txt")
        screen.wait_for(b"the file ends here")
        screen.press(b"q")
        assert screen.exit_status() == 0
    assert LEAVE in screen.output
    assert b"\x1b[31mfour" not in screen.output
