"""`check` as a process: what it says, what it writes, and its exit status."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sse_inspect.server import ServerThread
from sse_inspect.store.capture.reader import CaptureReader
from tests.cli.test_tail import run, running
from tests.net.scripted import unused_port

OWN = """
name = "mine"
title = "Mine"
does = "Watches for a moment."
[run]
{0}
limit = 2
[[expect]]
name = "{1}"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread() as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a scenario that takes a moment."""
    return written(tmp_path, "seconds = 0.2", "ids-present")


def written(folder: Path, *parts: str) -> Path:
    (folder / "mine.toml").write_text(OWN.format(*parts))
    return folder


def test_the_list_needs_no_endpoint(own: Path) -> None:
    result = run("check", "--list", "--scenarios", str(own), "--skip", "response,wire")
    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr, len(lines)) == (0, "", 17)
    assert lines[0].startswith("heartbeat ")
    assert lines[-1].split(maxsplit=1) == ["mine", "Mine: Watches for a moment."]


def test_what_will_be_done_is_said_first(server: ServerThread, own: Path) -> None:
    result = run("check", "--scenarios", str(own), "--only", "mine", server.url("/said", rate=50) + "&token=geheim")
    first, second, third, *_ = result.stderr.splitlines()
    assert result.returncode == 1  # the server knows no such parameter: nothing opened
    assert "geheim" not in result.stderr + result.stdout
    assert first.startswith("sse-inspect check: http://127.0.0.1:")
    assert second == "1 scenario in 1 session, one connection at a time, 2.0 s at most:"
    assert third == "  Mine: Watches for a moment."


def test_all_passed(server: ServerThread, own: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    arguments = ("check", "--scenarios", str(own), "--only", "mine", "--capture", str(kept))
    result = run(*arguments, "--profile", "ci", server.url("/passed", rate=50))
    assert (result.returncode, "[1/1]" in result.stderr) == (0, False)
    assert "Mine" in result.stdout
    reader = CaptureReader(kept / "mine.sse")
    assert reader.is_complete
    reader.close()
    again = run(*arguments, server.url("/passed", rate=50))
    assert (again.returncode, again.stdout) == (2, "")
    assert f"--capture: {kept / 'mine.sse'} exists" in again.stderr


def test_progress_is_told_in_lines(server: ServerThread, own: Path) -> None:
    result = run("check", "--scenarios", str(own), "--only", "mine", server.url("/progress", rate=50))
    assert "[1/1] Mine" in result.stderr
    assert "open · 200" in result.stderr
    assert "\x1b" not in result.stderr + result.stdout


def test_a_failure_and_what_strict_makes_of_the_rest(server: ServerThread, own: Path) -> None:
    arguments = ("check", "--scenarios", str(own), "--only", "mine")
    assert run(*arguments, server.url("/failed", rate=50, ids=False)).returncode == 1
    unknown = server.url("/unknown", rate=0)
    assert run(*arguments, unknown).returncode == 0
    assert run(*arguments, "--strict", unknown).returncode == 1


def test_nobody_listens(own: Path) -> None:
    result = run(
        "check",
        "--scenarios",
        str(own),
        "--only",
        "mine",
        "--backoff-initial",
        "0",
        f"http://127.0.0.1:{unused_port()}/",
    )
    assert result.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "nonsense", "localhost"), "--only: 'nonsense' is not known; known are response, heartbeat"),
        (("--min-completion", "2", "localhost"), "--min-completion: 2 is no part of 1"),
        (("--for", "3", "localhost"), "--for: not an option of this command"),
        (("--record", "x", "localhost"), "--record: not an option of this command"),
        (("--json", "/nowhere/x.json", "localhost"), "--json: '/nowhere/x.json' cannot be written"),
        (("--json", "-", "--html", "-", "localhost"), "--html: only one report can go to standard output"),
        (("--json", "./same", "--html", "same", "localhost"), "--html: same is the file of --json too; name another."),
        (("--scenarios", "/nowhere", "localhost"), "--scenarios: '/nowhere' is no folder"),
        (("--profile", "gpt", "localhost"), "--profile: 'gpt' is not known"),
        (("--max-retries", "0", "localhost"), "--max-retries: a check has to reconnect"),
        ((), "URL: none was given"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], words: str) -> None:
    result = run("check", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_scenario_that_cannot_be_read(tmp_path: Path) -> None:
    result = run("check", "--list", "--scenarios", str(written(tmp_path, "sekunden = 3", "opens")))
    assert result.returncode == 2
    assert "mine.toml: 'run.sekunden' is not known" in result.stderr


def test_an_interruption_reports_what_was_done(server: ServerThread, tmp_path: Path) -> None:
    (tmp_path / "z.toml").write_text(
        OWN.format("seconds = 30", "ids-present").replace("limit = 2", "limit = 40").replace("mine", "long")
    )
    folder = str(written(tmp_path, "seconds = 0.1", "ids-present"))
    url = server.url("/interrupted", rate=50)
    with running("check", "--scenarios", folder, "--only", "mine,long", url) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        for line in process.stderr:
            if line.startswith("[2/2]"):
                break
        process.send_signal(signal.SIGINT)
        out = process.stdout.read()
        process.stderr.read()
        assert process.wait() == 128 + signal.SIGINT
    assert "Mine" in out


def test_a_report_on_standard_output(server: ServerThread, own: Path) -> None:
    result = run("check", "--scenarios", str(own), "--only", "mine", "--json", "-", server.url("/json", rate=50))
    assert result.returncode == 0
    json.loads(result.stdout)
