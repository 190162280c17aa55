"""`--second-opinion` as a process: of a session that is watched, and of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sse_inspect.server import ServerThread
from tests.cli.test_reporting import run


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def test_tail_and_the_capture_of_it_are_of_one_opinion(server: ServerThread, tmp_path: Path) -> None:
    url, capture = server.url("/opinion", rate=200, reset_after=30, retry=10), tmp_path / "session.sse"
    quick = ("--backoff-initial", "0", "--jitter", "0", "-f", "data", "--count", "50")
    plain = run("tail", url, *quick)
    asked = run("tail", url, *quick, "--second-opinion", "--record", capture)
    assert (plain.returncode, asked.returncode, plain.stderr) == (0, 0, "")
    assert len(asked.stdout.split("\n")) == len(plain.stdout.split("\n"))
    assert "2 × an httpx-sse client gets an empty event here" in asked.stderr
    assert "EventSource in a browser, by rule" in asked.stderr
    opened = run("open", capture, "--second-opinion")
    assert (opened.returncode, opened.stderr) == (0, "")
    assert opened.stdout == asked.stderr


def test_with_a_report_both_are_written(tmp_path: Path) -> None:
    body, report = tmp_path / "body", tmp_path / "report.md"
    body.write_bytes(b"id: 1\ndata: one\n\n: ping\n\n")
    result = run("open", body, "--second-opinion", "--report", report)
    assert result.returncode == 0
    assert "1 × an httpx-sse client gets an empty event here" in result.stdout
    assert "an httpx-sse client gets an empty event here" in report.read_text()


def test_where_nothing_answers_a_browser_is_told_all_the_same() -> None:
    result = run("tail", "localhost:9", "--max-retries", "0", "--second-opinion")
    assert result.returncode == 3
    assert "No byte came that could be read." in result.stderr
    assert "An attempt without a response is made again" in result.stderr
