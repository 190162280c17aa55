"""`tail`, `demo` and `serve` as processes, against the reference server."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
import urllib.request
from array import array
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest

from sse_inspect.cli.signals import AT_ONCE_AFTER
from sse_inspect.server import ServerThread
from tests.conformance.case import Connection
from tests.conformance.server import Server

QUICK = ("--backoff-initial", "0", "--jitter", "0")


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sse_inspect", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
    )


def ndjson(text: str) -> list[dict[str, Any]]:
    """The records; every line is whole."""
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_ndjson_is_one_record_per_line(server: ServerThread) -> None:
    result = run("tail", "-f", "ndjson", "--count", "3", server.url("/ndjson", rate=200))
    records = ndjson(result.stdout)
    kinds = [record["kind"] for record in records if record["kind"] != "comment"]
    assert kinds == ["session", "connecting", "open", "event", "event", "event", "disconnect", "end", "summary"]
    assert records[0]["url"].startswith("http://127.0.0.1:")
    assert (records[-2]["reason"], records[-1]["events"]) == ("limit", 3)
    assert (result.returncode, result.stderr) == (0, "")


def test_pretty_is_for_people_and_has_no_escape_sequences(server: ServerThread) -> None:
    result = run("tail", "--count", "5", server.url("/pretty", rate=200, text="hostile"))
    assert "\x1b" not in result.stdout
    assert all(char.isprintable() for char in result.stdout.replace("\n", ""))
    assert result.stdout.count("  event ") == 5
    assert "summary" in result.stdout
    assert (result.returncode, result.stderr) == (0, "")


def test_data_leaves_duplicates_out(server: ServerThread) -> None:
    url = server.url("/data", rate=200, repeat_every=2, size=40)
    lines = run("tail", "-f", "data", "--count", "6", url).stdout.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(set(lines)) == 4  # events 1 2 2 3 4 4
    assert all(len(line) == 40 for line in lines)


def test_raw_is_the_body_as_it_came(server: ServerThread) -> None:
    url = server.url("/raw", rate=500, count=20, newline="crlf", heartbeat=0)
    with urllib.request.urlopen(url) as response:
        body = response.read()
    again = server.url("/raw2", rate=500, count=20, newline="crlf", heartbeat=0)
    result = subprocess.run(
        command("tail", "-f", "raw", "--max-retries", "0", again), stdout=subprocess.PIPE, check=False, timeout=30
    )
    assert result.returncode == 0
    assert result.stdout == body


@pytest.mark.parametrize("newline", ["lf", "crlf", "cr"])
@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("limit", [("--count", "2"), ("--until", "^second$")])
def test_raw_ends_with_the_event_that_ends_the_session(newline: str, bom: bool, limit: tuple[str, str]) -> None:
    end = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}[newline]
    first = [": hé", "data: 1", "", "", "id: 7", "data: second", "", ""]
    body = "\ufeff" * bom + end.join(first)
    rest = end.join(["", "data: 3", "", ""])
    with Server([Connection(pieces=((body + rest).encode(),))]) as server:
        arguments = command("tail", "-f", "raw", *limit, "-x", "", server.addresses["url"])
        result = subprocess.run(arguments, stdout=subprocess.PIPE, check=False, timeout=30)
    assert result.stdout == body.encode()
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("parameters", "options", "status"),
    [
        ({"count": 3, "rate": 500}, ["--max-retries", "0"], 0),
        ({"status": 204}, [], 0),
        ({"status": 404}, [], 1),
        ({"instead": "html"}, [], 1),
        ({"status": 503}, ["--max-retries", "1"], 1),
        ({"rate": 500, "count": 5}, ["-d", "x"], 0),
    ],
)
def test_exit_status(
    server: ServerThread, parameters: dict[str, Any], options: list[str], status: int, request: pytest.FixtureRequest
) -> None:
    url = server.url(f"/{abs(hash(request.node.name))}", **parameters)
    result = run("tail", "-f", "ndjson", *QUICK, *options, url)
    assert ndjson(result.stdout)[-1]["kind"] == "summary"
    assert result.returncode == status, result.stdout
    assert bool(result.stderr) == bool(status)


def test_never_connected_is_3() -> None:
    with ServerThread() as gone:
        url = gone.url("/x")
    result = run("tail", "-f", "data", "--max-retries", "1", *QUICK, url)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.startswith("sse-inspect: the session ended (max-retries): refused")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_session_in_order(server: ServerThread, number: signal.Signals, status: int) -> None:
    with running("tail", "-f", "ndjson", server.url("/signal", rate=200)) as process:
        assert process.stdout is not None
        before = [process.stdout.readline() for _ in range(5)]
        process.send_signal(number)
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()  # communicate would pass over what readline buffered
        process.wait(10)
    records = ndjson("".join(before) + out)
    assert [record["kind"] for record in records[-3:]] == ["disconnect", "end", "summary"]
    assert records[-2]["reason"] == "interrupted"
    assert (process.returncode, err) == (status, "")


def test_another_signal_later_ends_at_once(server: ServerThread) -> None:
    """Nobody reads what is written, so that the program waits in order to write the rest."""
    with running("tail", "-f", "ndjson", server.url("/second", rate=2000, size=2000)) as process:
        assert process.stdout is not None
        until_full(process.stdout)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(AT_ONCE_AFTER + 0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130


def until_full(pipe: IO[str]) -> None:
    """Wait until nothing more goes into a pipe that nobody reads."""
    before, now = -1, 0
    for _ in range(100):
        if now and now == before:
            return
        time.sleep(0.1)
        held = array("i", [0])
        fcntl.ioctl(pipe, termios.FIONREAD, held)
        before, now = now, held[0]
    pytest.fail("the pipe did not fill")


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_the_same_signal_told_twice_takes_no_record_away(server: ServerThread, second: signal.Signals) -> None:
    with running("tail", "-f", "ndjson", server.url("/twice", rate=1)) as process:
        assert process.stdout is not None
        before = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        process.send_signal(second)
        out = process.stdout.read()
        process.wait(10)
    assert [record["kind"] for record in ndjson("".join(before) + out)[-2:]] == ["end", "summary"]
    assert process.returncode in (130, 128 + second)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_program_is_loaded_waits_for_the_session(
    server: ServerThread, number: signal.Signals, status: int
) -> None:
    held = (
        "import os, signal, sys\n"
        f"signal.pthread_sigmask(signal.SIG_BLOCK, [{int(number)}])\n"
        f"os.kill(os.getpid(), {int(number)})\n"
        "from sse_inspect.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", held, "tail", "-f", "ndjson", server.url("/early")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    records = ndjson(result.stdout)
    assert [record["kind"] for record in (records[0], *records[-2:])] == ["session", "end", "summary"]
    assert (result.returncode, result.stderr) == (status, "")


@pytest.mark.parametrize("form", ["ndjson", "pretty", "data", "raw"])
def test_a_reader_that_leaves_ends_it_quietly(server: ServerThread, form: str) -> None:
    with running("tail", "-f", form, server.url(f"/leaves-{form}", rate=100)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("name", "why"), [("exists.sse", "exists; a capture is never written over: name another file."), ("no/x.sse", "")]
)
def test_what_cannot_be_recorded_is_told_at_once_and_at_the_end(
    name: str, why: str, server: ServerThread, tmp_path: Path
) -> None:
    (tmp_path / "exists.sse").write_text("mine")
    url = server.url(f"/{name}", rate=200)
    result = run("tail", "-f", "data", "--count", "3", "--record", str(tmp_path / name), url)
    assert (result.returncode, result.stdout.count("\n")) == (0, 3)
    first, last = result.stderr.splitlines()
    assert first.startswith(f"sse-inspect: --record: {tmp_path / name} {why}")
    assert first.endswith(" The session goes on.")
    assert last.startswith(f"sse-inspect: --record: nothing was recorded: {tmp_path / name} {why}")
    assert (tmp_path / "exists.sse").read_text() == "mine"


def test_until_when_it_was_recorded_is_told_last(server: ServerThread, tmp_path: Path) -> None:
    """No file may grow beyond 200 kB here, as on a disk that becomes full."""
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); "
    code = limited + "from sse_inspect.cli import main; sys.exit(main(sys.argv[1:]))"
    path = tmp_path / "x.sse"
    url = server.url("/full", rate=500, size=2000)
    options = ("tail", "-f", "ndjson", "--count", "500", "--record", str(path))
    result = subprocess.run([sys.executable, "-c", code, *options, url], capture_output=True, check=False, timeout=30)
    assert result.returncode == 0
    records = ndjson(result.stdout.decode())
    assert records[-1]["events"] == 500
    first, last = result.stderr.decode().splitlines()
    assert first.startswith(f"sse-inspect: --record: {path} cannot be written any more: ")
    told = re.fullmatch(r"sse-inspect: --record: only the part until (\d\d:\d\d:\d\d) was recorded: .*", last)
    assert told
    kept = run("export", str(path)).stdout
    assert result.stdout.decode().startswith(kept)
    until = datetime.fromisoformat(ndjson(kept)[-1]["time"]).astimezone()
    assert (
        abs(
            (
                until
                - until.replace(**dict(zip(("hour", "minute", "second"), map(int, told[1].split(":")), strict=True)))
            ).total_seconds()
        )
        < 2
    )


def test_a_reader_that_leaves_a_quiet_stream_is_noticed(server: ServerThread) -> None:
    with running("tail", "-f", "ndjson", server.url("/quiet", rate=0, heartbeat=0)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0


def test_records_come_at_once(server: ServerThread) -> None:
    """Each line is there long before the next: nothing waits in a buffer for company."""
    with running("tail", "-f", "data", server.url("/slow", rate=0.01)) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), True)
        assert process.stdout.readline().strip()


def test_without_a_terminal_the_inspector_writes_lines(server: ServerThread) -> None:
    result = run("--count", "2", server.url("/lines", rate=200))
    assert result.returncode == 0
    assert result.stdout.count("  event ") == 2
    assert "summary" in result.stdout


def test_the_demo_without_a_terminal() -> None:
    result = run("demo", "--count", "3", "--quiet-demo")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("  event ") == 3
    assert "summary" in result.stdout


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_server_runs_until_a_signal(number: signal.Signals, status: int) -> None:
    with running("serve", "--port", "0", "--rate", "500", "--retry", "7") as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        tail = run("tail", "-f", "ndjson", "--count", "2", address)
        assert [record["reconnection_time"] for record in ndjson(tail.stdout) if record["kind"] == "retry"] == [7]
        process.send_signal(number)
        _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (status, "")
