"""`sse-inspect serve`: which options go together, and a capture served from the command line."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

import pytest

from sse_inspect.cli import main
from sse_inspect.cli.options import understood
from sse_inspect.cli.serve import OPTIONS
from sse_inspect.config import Policy, Target
from sse_inspect.conversion import convert
from sse_inspect.inputs import Chunk, Connected, Ended, Opened, ResponseHead, Started
from sse_inspect.store.capture.facts import Facts


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "customer.sse"
    inputs = [
        Started(0.0, 1_750_000_000_000_000),
        Connected(0.1, "x:1"),
        Opened(0.2, ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))),
        Chunk(0.2, b"data: 1\n\n"),
        Chunk(100.0, b"data: 2\n\n"),
        Ended(200.0, "eof", ""),
    ]
    convert(Facts(Target("http://x/"), Policy(), "0", 1), inputs, path)
    return path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--speed", "2"], "--speed: it goes only with --replay."),
        (["--loop"], "--loop: it goes only with --replay."),
        (["--allow-origin", "*"], "--allow-origin: it goes only with --replay."),
        (["--replay", "FILE", "--rate", "3"], "--rate: it is about made-up streams and does not go with --replay."),
        (["--replay", "FILE", "--linger", "3"], "--linger: it is about made-up streams and does not go with --replay."),
        (
            ["--replay", "/nowhere"],
            "--replay: cannot read '/nowhere' (No such file or directory); expected the name of a file.",
        ),
        *(
            (
                ["--replay", "FILE", "--speed", each],
                f"--speed: {each!r} is no speed; expected a factor such as 10, or max.",
            )
            for each in ("0", "-1", "fast", "", ".", "1e3", "nan", "inf")
        ),
        (
            ["--replay", "FILE", "--allow-origin", "app.example.com"],
            "--allow-origin: 'app.example.com' is no origin; expected one such as https://app.example.com, or *.",
        ),
        (
            ["--replay", "FILE", "--allow-origin", "https://a/b"],
            "--allow-origin: 'https://a/b' is no origin; expected one such as https://app.example.com, or *.",
        ),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], sentence: str, capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "-p", "0", *(str(capture) if each == "FILE" else each for each in arguments)]) == 2
    assert capsys.readouterr() == ("", f"sse-inspect: {sentence}\nTry 'sse-inspect serve --help'.\n")


def test_what_holds_no_stream_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 100)
    assert main(["serve", "-p", "0", "--replay", str(path)]) == 2
    assert capsys.readouterr() == ("", f"sse-inspect: {path} is damaged: file is not a database.\n")


@pytest.mark.parametrize(("written", "speed"), [("1", 1.0), ("10x", 10.0), ("0.5", 0.5), (".5×", 0.5), ("max", inf)])
def test_speeds(written: str, speed: float) -> None:
    assert understood(OPTIONS, {"speed": written}) == {"speed": speed}


@contextmanager
def serving(*arguments: str, command: str = "serve") -> Iterator[list[str]]:
    """The lines that the command writes, while it runs; Ctrl-C ends it."""
    whole = (sys.executable, "-m", "sse_inspect", command, "-p", "0", *arguments)
    with subprocess.Popen(whole, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield [process.stdout.readline().rstrip("\n") for _ in range(5)]
        except BaseException:
            process.kill()
            raise
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def get(url: str) -> tuple[int, str | None, bytes]:
    request = urllib.request.Request(url, headers={"Origin": "https://b.example"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status, response.headers["Access-Control-Allow-Origin"], response.read()


def test_a_capture_is_served_until_ctrl_c(capture: Path) -> None:
    origins = ("--allow-origin", "https://a.example", "--allow-origin", "https://b.example")
    with serving("--replay", str(capture), "--speed", "max", *origins) as lines:
        assert lines[0] == "Capture        customer.sse, 1 connection"
        assert lines[1].endswith("/events, or any other path")
        url = lines[1].split()[2].rstrip(",")
        assert get(url) == (200, "https://b.example", b"data: 1\n\ndata: 2\n\n")
        assert get(url)[0] == 204


def test_replay_server_is_another_name_for_it(capture: Path) -> None:
    with serving(str(capture), "--speed", "max", command="replay-server") as lines:
        assert lines[0] == "Capture        customer.sse, 1 connection"
        assert get(lines[1].split()[2].rstrip(","))[2] == b"data: 1\n\ndata: 2\n\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "FILE: none was given; expected a capture, or a HAR, NDJSON, or a stream that curl saved"),
        (["FILE", "--rate", "3"], "--rate: not an option of this command."),
    ],
)
def test_replay_server_takes_a_file(
    arguments: list[str], sentence: str, capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay-server", "-p", "0", *(str(capture) if each == "FILE" else each for each in arguments)]) == 2
    assert capsys.readouterr().err.startswith(f"sse-inspect: {sentence}")


def test_what_curl_saved_is_served_too_and_at_once(tmp_path: Path) -> None:
    saved = tmp_path / "saved.txt"
    saved.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: b\r\n\r\nid: 1\ndata: a\n\ndata: b")
    with serving("--replay", str(saved), "--loop") as lines:
        assert lines[0] == "Capture        saved.txt, 1 connection"
        address = lines[2].split()[2]
        for _ in range(2):
            assert get(address + "x") == (200, None, b"id: 1\ndata: a\n\ndata: b")
        assert b"saved.txt: (unknown), imported from curl -i; unknown: times" in get(address)[2]
