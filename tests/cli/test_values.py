from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sse_inspect.cli import values
from sse_inspect.cli.signals import released


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30", 30.0),
        ("0", 0.0),
        (" 0.5 ", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("2 M", 120.0),
        ("1h", 3600.0),
        ("30s", 30.0),
        ("-5", -5.0),  # the policy says that it is out of range
    ],
)
def test_seconds(written: str, meant: float) -> None:
    assert values.seconds(written) == pytest.approx(meant)


@pytest.mark.parametrize(
    "written", ["", "abc", "nan", "inf", "1e999", "--5", "5x", "1.2.3", "５５px", "1" * 5000 + "x"]
)
def test_no_seconds(written: str) -> None:
    with pytest.raises(ValueError, match="is not a number; expected seconds such as 30") as caught:
        values.seconds(written)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("65536", 65536),
        ("64k", 65536),
        ("64K", 65536),
        ("64kB", 65536),
        ("64KiB", 65536),
        ("16MiB", 16 << 20),
        ("1 g", 1 << 30),
        ("0", 0),
    ],
)
def test_size(written: str, meant: int) -> None:
    assert values.size(written) == meant


@pytest.mark.parametrize("written", ["", "k", "-1", "1.5k", "1t", "9" * 30])
def test_no_size(written: str) -> None:
    with pytest.raises(ValueError, match="expected bytes such as 65536"):
        values.size(written)


@pytest.mark.parametrize("written", ["", "1.5", "five", "1_000", "٣", "9" * 5000])
def test_no_integer(written: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number; expected one such as 5"):
        values.integer(written)


def test_text_must_be_utf8() -> None:
    assert values.text("naïve ☃") == "naïve ☃"
    with pytest.raises(ValueError, match="not UTF-8"):
        values.text("a\udcff")


def test_body_is_the_exact_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "body").write_bytes(b"\xff\r\n@x\n")
    assert values.body("a\udcff ☃\n") == b"a\xff \xe2\x98\x83\n"
    assert values.body(f"@{tmp_path / 'body'}") == b"\xff\r\n@x\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from\xfestdin")))
    assert values.body("@-") == b"from\xfestdin"


@pytest.mark.parametrize("read", [values.body, values.headers])
@pytest.mark.parametrize("name", ["/nowhere", "/", "a\0b"])
def test_unreadable_file(read: values.Reader, name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read .*; expected the name of a file"):
        read(f"@{name}")


def test_headers_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "headers").write_bytes("A: 1\r\n\r\nB:  zwei ☃ \nC:\n".encode())
    assert values.headers(f"@{tmp_path / 'headers'}") == (("A", "1"), ("B", "zwei ☃"), ("C", None))
    (tmp_path / "headers").write_bytes(b"A: \xff\n")
    with pytest.raises(ValueError, match="is not UTF-8 text"):
        values.headers(f"@{tmp_path / 'headers'}")


@pytest.mark.parametrize(
    ("read", "sentence"), [(values.headers, "it holds more than 1 MiB"), (values.body, "it holds more than 2 MiB")]
)
def test_a_file_without_end(read: values.Reader, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MOST_BODY", 2 << 20)
    with pytest.raises(ValueError, match=rf"cannot read '/dev/zero' \({sentence}\); expected "):
        read("@/dev/zero")


def test_a_file_may_be_as_large_as_it_may(tmp_path: Path) -> None:
    (tmp_path / "most").write_bytes(b"x" * (1 << 20))
    assert values.contents(tmp_path / "most", 1 << 20) == b"x" * (1 << 20)
    with pytest.raises(ValueError, match="it holds more than 0 MiB"):
        values.contents(tmp_path / "most", (1 << 20) - 1)


@pytest.mark.parametrize(
    "command",
    [["watch", "PIPE"], ["tail", "-H", "@PIPE", "URL"], ["tail", "-d", "@PIPE", "URL"], ["tail", "-d", "@-", "URL"]],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait_for_a_pipe(command: list[str], number: signal.Signals, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = [word.replace("PIPE", str(pipe)).replace("URL", "http://127.0.0.1:1/") for word in command]
    is_named = "PIPE" in "".join(command)
    with subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdin
            assert process.stderr
            writer = os.open(pipe, os.O_WRONLY) if is_named else None  # it is open when somebody reads
            if writer is None:
                process.stdin.write(b"x" * (1 << 20))  # more than a pipe holds: it is written when somebody reads
            process.send_signal(number)
            status = process.wait(timeout=20)
            if writer is not None:
                os.close(writer)
            assert status == -number
            assert process.stderr.read() == b""
        finally:
            process.kill()


def test_while_something_is_read_the_system_ends_the_program() -> None:
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in signals]
    with released():
        assert [signal.getsignal(number) for number in signals] == [signal.SIG_DFL, signal.SIG_DFL]
    assert [signal.getsignal(number) for number in signals] == before
    with ThreadPoolExecutor(1) as pool, released():
        assert pool.submit(values.contents, os.devnull, 1).result() == b""


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"A: 1\n" * 30_000)
        assert values.headers(f"@{pipe}") == (("A", "1"),) * 30_000
        assert written.result() == 150_000


@pytest.mark.parametrize(
    ("read", "secret"), [(values.credentials, "hunter2"), (values.token, "hünter2"), (values.cookies, "hunter2\t")]
)
def test_messages_repeat_no_secret(read: values.Reader, secret: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        read(secret)
    assert secret not in str(caught.value)


def test_pattern() -> None:
    assert values.pattern("^a.b$").search("axb")
    with pytest.raises(ValueError, match=r"'\(' is no regular expression"):
        values.pattern("(")


@pytest.mark.parametrize("written", ["(a+)+$", "(a|aa)*b", ".*.*.*.*"])
def test_a_pattern_that_can_take_for_ever(written: str) -> None:
    with pytest.raises(ValueError, match=r"^takes "):
        values.pattern(written)


def test_quoted_text_is_short_and_visible() -> None:
    assert values.shown("\x1b[31m\u202e") == r"'\x1b[31m\u202e'"
    assert len(values.shown("x" * 1000)) < 70
    assert len(values.shown("\x00" * 1000)) < 300
