"""`--report` as a process: of a session that is watched, and of a capture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sse_inspect.server import ServerThread

BODY = b"id: 1\ndata: one\n\nid: 4\ndata: four\n\n"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def run(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sse_inspect", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )


def test_tail_and_the_capture_of_it_give_one_report(server: ServerThread, tmp_path: Path) -> None:
    url = server.url("/report", rate=200, drop="15", reset_after=30, heartbeat=0.05)
    told, over, capture = tmp_path / "told.json", tmp_path / "over.json", tmp_path / "session.sse"
    quick = ("--backoff-initial", "0", "--jitter", "0", "-f", "data", "--count", "50")
    result = run("tail", url, *quick, "--report", told, "--record", capture, "-H", "Authorization: Bearer hush-hush")
    assert (result.returncode, result.stderr) == (0, "")
    result = run("open", capture, "--report", over)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"sse-inspect: the report is in {over}.\n"
    live, captured = (json.loads(path.read_text()) for path in (told, over))
    credentials = live["session"].pop("credentials"), captured["session"].pop("credentials")
    assert credentials == ([], None)  # a capture does not keep which options gave any
    assert live == captured
    assert live["summary"]["events"] == 50
    assert live["summary"]["messages_lost"] == 1
    assert [row["reason"] for row in live["connections"]["rows"]] == ["reset", "forced"]
    assert [each["title"] for each in live["wire"]["excerpts"]][:3] == [
        "the begin of connection 1",
        "the end of connection 1 (reset)",
        "the gap 15",
    ]
    assert live["session"]["capture"] == str(capture)
    assert "hush-hush" not in told.read_text() + over.read_text()


def test_a_report_is_written_after_ctrl_c_too(server: ServerThread, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    command = [sys.executable, "-m", "sse_inspect", "tail", server.url("/ctrl-c", rate=50), "--report", str(report)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            while "event" not in process.stdout.readline():
                pass
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait(10) == 130
        finally:
            process.kill()
    assert "interrupted" in report.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_session_that_never_connected_has_its_report_and_its_status(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    result = run("tail", "http://127.0.0.1:1/", "--max-retries", "0", "--report", report)
    assert result.returncode == 3
    assert "refused" in report.read_text()


def test_the_inspector_without_a_screen_writes_it_too(server: ServerThread, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    result = run(server.url("/inspect", rate=100), "--count", "3", "--report", report, "--report-data")
    assert result.returncode == 0
    assert report.read_text().startswith(f"# sse-inspect: `GET {server.url('/inspect', rate=100)}`\n")


def test_what_curl_saved_has_a_report(tmp_path: Path) -> None:
    saved, report = tmp_path / "body.txt", tmp_path / "report.md"
    saved.write_bytes(BODY)
    result = run("open", saved, "--report", report, "--report-data")
    assert (result.returncode, result.stdout) == (0, "")
    text = report.read_text()
    assert "data: four" in text
    assert "**Not told:** times" in text
    assert "| 1 | – | – |" in text
    assert "00:00:00" not in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ticket.txt", "--report: 'ticket.txt' tells no format; expected a name that ends with .md, .html or .json."),
        ("none/ticket.md", "--report: 'none/ticket.md' cannot be written; expected a file in a folder that exists."),
        ("there.md", "--report: there.md exists; name another file."),
    ],
)
@pytest.mark.parametrize("command", [("tail", "http://127.0.0.1:1/"), ("open", "body.txt"), ("http://127.0.0.1:1/",)])
def test_wrong_use_is_told_before_anything_is_asked(
    command: tuple[str, ...], name: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "there.md").write_text("mine")
    (tmp_path / "body.txt").write_bytes(BODY)
    result = run(*command, "--report", name, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"sse-inspect: {sentence}\n")
    assert (tmp_path / "there.md").read_text() == "mine"


def test_data_without_a_report_is_wrong_use() -> None:
    result = run("tail", "http://127.0.0.1:1/", "--report-data")
    assert result.returncode == 2
    assert "--report-data: there is no report for it" in result.stderr


def test_a_folder_that_went_away_is_told_with_status_1(server: ServerThread, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    command = [sys.executable, "-m", "sse_inspect", "tail", server.url("/gone", rate=50), "--report", f"{folder}/r.md"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while "event" not in process.stdout.readline():
                pass
            folder.rmdir()
            process.terminate()
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 1
    assert errors == f"sse-inspect: --report: {folder}/r.md cannot be written (No such file or directory).\n"
