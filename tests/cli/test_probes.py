"""`probe` as a process: what it says first, what it writes, and its exit status."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sse_inspect.server import ServerThread
from tests.cli.test_tail import run, running
from tests.net.scripted import unused_port


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


def test_what_will_be_done_is_said_before_and_what_was_found_is_written(server: ServerThread, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    url = server.url("/cli", rate=50)
    result = run(
        "probe", "--for", "0.3", "--only", "identity,compressed,direct", "--direct", url, "--json", str(file), url
    )
    assert result.returncode == 0
    first, *_ = result.stderr.splitlines()
    assert first.startswith("Opens 2 connections, one at a time, of 0.3 s at most (0.6 s in all), to http://127.0.0.1:")
    assert result.stdout.startswith("What the probes show\n")
    assert "\x1b" not in result.stdout
    found = json.loads(file.read_text())
    assert (found["schema"], found["connected"], [each["name"] for each in found["probes"]]) == (
        1,
        True,
        ["identity", "compressed"],
    )
    assert found["sides"]["b"]["status"] == 200


def test_json_on_stdout_stands_alone(server: ServerThread) -> None:
    result = run("probe", "--for", "200ms", "--only", "identity", "--json", "-", server.url("/json", rate=50))
    assert json.loads(result.stdout)["probes"][0]["events"] > 2


def test_nobody_there() -> None:
    result = run("probe", "--for", "1", f"http://127.0.0.1:{unused_port()}/")
    assert result.returncode == 3
    assert "No stream opened: no answer (refused)" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "all"], "--only: 'all' is no probe"),
        (["--origin", "me"], "--origin: expected an origin"),
        (["--direct", "ftp://x/"], "--direct: the scheme 'ftp'"),
        (["--for", "0"], "--for: 0 is out of range"),
        (["--json", "/nowhere/x"], "--json: '/nowhere/x' cannot be written"),
        (["--http2"], "--http2: not an option of this command."),
    ],
)
def test_wrong_use(arguments: list[str], said: str) -> None:
    result = run("probe", *arguments, "http://127.0.0.1:1/")
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr


def test_interrupted_what_was_seen_is_still_told(server: ServerThread) -> None:
    with running("probe", server.url("/interrupted", rate=50)) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("1 of "):
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "It was ended before all was done." in out
