"""`load` as a command: what it refuses, what it writes, its exit status, and Ctrl-C."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sse_inspect.cli.load_display import Board, Lines
from sse_inspect.cli.process import run
from sse_inspect.errors import UsageError
from sse_inspect.load import memory
from sse_inspect.load.files import SPARE, room_for_clients
from sse_inspect.load.plan import Plan
from sse_inspect.load.result import Now, together
from sse_inspect.server import ServerThread
from tests.net.scripted import unused_port


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def test_a_report_in_all_its_forms(server: ServerThread, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    as_json, as_html = tmp_path / "load.json", tmp_path / "load.html"
    url = server.url("/load", rate=50, text="hostile")
    asked = ["--clients", "8", "--ramp", "80/s", "--for", "800ms", "--json", str(as_json), "--html", str(as_html)]
    assert run(["load", *asked, url]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("8 clients, 80 more each second, for 0.8 s: http://127.0.0.1:")
    assert out.startswith("✔ All 8 clients had their streams to the end, and no event is missing.\n")
    assert "first attempts" in out
    found = json.loads(as_json.read_text())
    assert (found["good"], found["counts"]["connected"], len(found["clients"])) == (True, 8, 8)
    assert found["counts"]["events"] == sum(client["events"] for client in found["clients"]) > 8 * 10
    assert found["times"]["behind_first_client"]["count"] > 0
    assert found["own"]["process"][0]["memory_bytes"] > 1e6
    page = as_html.read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "All 8 clients" in page


def test_the_help_asks_for_one_url(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["load", "--help"]) == 0
    assert "sse-inspect load [OPTIONS] [URL]\n" in capsys.readouterr().out


@pytest.mark.parametrize(("asked", "is_cut"), [((), True), (("--max-event-bytes", "1M"), False)])
def test_an_event_is_cut_at_its_share_unless_more_is_asked_for(
    server: ServerThread,
    asked: tuple[str, ...],
    is_cut: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(memory, "TOGETHER", 128 << 10)
    url = server.url("/large", rate=50, size=100_000)
    assert run(["load", "--clients", "2", "--for", "500ms", "--json", "-", *asked, url]) == 0
    assert ("event-too-long" in json.loads(capsys.readouterr().out)["findings"]) == is_cut


def test_a_report_replaces_what_the_file_held(server: ServerThread, tmp_path: Path) -> None:
    report = tmp_path / "load.json"
    report.write_text("an older one")
    assert run(["load", "--clients", "1", "--for", "200ms", "--json", str(report), server.url("/one", rate=50)]) == 0
    assert json.loads(report.read_text())["schema"] == 1


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--clients", "3", "--ramp", "100", "--for", "300ms", "--json", "-"]
    assert run(["load", *asked, f"http://127.0.0.1:{unused_port()}/"]) == 3
    out = json.loads(capsys.readouterr().out)
    assert out["verdict"] == "None of 3 clients got the stream."
    assert next(iter(out["refusals"])).startswith("refused")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://example.com/feed"], "URL: a load is for servers of one's own, and this is not this machine"),
        (["--clients", "10001", "http://127.0.0.1:1/"], "--clients: 10,001 is out of range; expected 1 to 10,000."),
        (["--for", "2h", "http://127.0.0.1:1/"], "--for: 7200 s is out of range; expected up to an hour."),
        (["--for", "3", "--clients", "1000", "http://127.0.0.1:1/"], "--for: 1,000 clients at 100 a second have come"),
        (["--ramp", "0/s", "http://127.0.0.1:1/"], "--ramp: 0 clients a second never come"),
        (["--ramp", "fast", "http://127.0.0.1:1/"], "--ramp: 'fast' is no rate"),
        (["--workers", "9", "--clients", "8", "http://127.0.0.1:1/"], "--workers: 9 is out of range"),
        (["--timestamp", "data..at", "http://127.0.0.1:1/"], "--timestamp: 'data..at' does not name one value"),
        (["--json", "-", "--html", "-", "http://127.0.0.1:1/"], "--html: only one report can go to standard output."),
        (["--json", "./same", "--html", "same", "http://127.0.0.1:1/"], "--html: same is the file of --json too"),
        (["--record", "x.sse", "http://127.0.0.1:1/"], "--record: not an option of this command."),
    ],
)
def test_wrong_use(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["load", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, said in err) == ("", True), err


def test_interrupted_with_its_workers_what_was_seen_is_still_told(server: ServerThread) -> None:
    asked = ["--clients", "4", "--ramp", "100", "--for", "60", "--workers", "2", server.url("/stopped", rate=20)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", "load", *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        streams = server.server.streams
        # After so many events the clients have read their heads too.
        while "/stopped" not in streams or streams["/stopped"].counts.open < 4 or streams["/stopped"].counts.sent < 80:
            assert process.poll() is None
            os.sched_yield()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of them get it
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "All 4 clients had their streams to the end" in out
    assert "It was ended before its time." in out
    assert "Traceback" not in err


def test_who_interrupts_learns_what_once_more_does_where_the_end_takes_long(server: ServerThread) -> None:
    asked = ["--clients", "2", "--ramp", "100", "--for", "60", "--workers", "2", server.url("/slow-end", rate=20)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", "load", *asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        streams = server.server.streams
        while "/slow-end" not in streams or streams["/slow-end"].counts.open < 2:
            assert process.poll() is None
            os.sched_yield()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        hung = next(int(each) for each in children if "spawn_main" in Path(f"/proc/{each}/cmdline").read_text())
        os.kill(hung, signal.SIGSTOP)
        try:
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert next(line for line in lines if line.startswith("ending, which may take some seconds; Ctrl-C once "))
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()
            os.kill(hung, signal.SIGKILL)  # it holds the outputs too
        assert process.communicate(timeout=20)[0] == ""


def test_a_report_that_nobody_reads_can_be_interrupted(server: ServerThread, tmp_path: Path) -> None:
    pipe = tmp_path / "report.json"
    os.mkfifo(pipe)
    asked = ["--clients", "1", "--for", "60", "--json", str(pipe), server.url("/unread", rate=20)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", "load", *asked], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        streams = server.server.streams
        while "/unread" not in streams or streams["/unread"].counts.open < 1:
            assert process.poll() is None
            os.sched_yield()
        for _ in range(50):  # one that comes soon after the first is the same one
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
                break
        else:
            process.kill()
        assert process.returncode == 130


def test_the_limit_of_open_files_is_raised_as_far_as_needed_and_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(256, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    assert room_for_clients(100) == ""
    assert room_for_clients(1000) == "the limit of open files is raised from 256 to 1,064, of 4,096 that are allowed"
    assert limits[1:] == [(1000 + SPARE, 4096)]
    with pytest.raises(UsageError, match="--clients: 5,000 connections in one process need 5,064 open files"):
        room_for_clients(5000)


def test_the_rate_is_that_of_all_workers_though_each_tells_for_itself() -> None:
    """Two of them, with 100 events a second each, tell what is new every half second, the second 3 ms later."""
    board, parts = Board(Plan(2, seconds=30, workers=2)), [Now(0.0), Now(0.0)]
    for half in range(1, 9):
        for worker in (0, 1):
            parts[worker] = Now(half / 2 + 0.003 * worker, 1, 1, events=50 * half)
            board(together(parts))
            if half > 4:
                rate = int(dict(board.rows())["events"].split()[1])
                assert 150 <= rate <= 210, (half, worker)


def test_how_it_goes() -> None:
    now = together([Now(5.2, 10, 8, 1, 1, 0, 520, 3, late_p99=0.002), Now(5.0, 10, 9, 1, late_p99=0.01)])
    assert (now.t, now.begun, now.open, now.lost, now.late_p99, now.behind_p99) == (5.2, 20, 17, 3, 0.01, None)
    said: list[str] = []
    lines = Lines(said.append)
    lines(Now(1.0))
    lines(now)
    lines(Now(6.0))
    (line,) = said
    assert line == (
        "5 s: 17 open, 2 connecting, 1 waiting, 0 over; 100 events/s, 3 missing, 0 disconnects; "
        "behind the first client –, own lateness 10 ms (p99)"
    )
    board = Board(Plan(20, seconds=30))
    assert dict(board.rows()) == {"load": "begins"}
    board(now)
    rows = dict(board.rows())
    assert rows["clients"] == "20 of 20 begun: 17 open, 2 connecting, 1 waiting, 0 over"
    assert rows["events"] == "520, 100 a second"
    assert board.table().row_count == len(rows)
