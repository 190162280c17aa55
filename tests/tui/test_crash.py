"""What is kept and told of an error inside the screen."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.inspection import Inspection
from sse_inspect.tui.crash import report

TARGET = Target(
    "https://me:hunter2@example.com/feed?access_token=s3cr3t&page=2",
    headers=(("X-Api-Key", "k-12345"), ("Accept-Language", "de")),
    bearer="b-67890",
    cookies=("sid=c-24680",),
)
INSPECTION = Inspection(TARGET, Policy(), clock=lambda: 0.0, random=lambda: 0.5, version="0.1.0")
LEAKY = (
    "no way to paint https://me:hunter2@example.com/feed?access_token=s3cr3t&page=2 with k-12345, b-67890, c-24680, "
    "Authorization: Bearer other-1, {'set-cookie': 'sid=other-2'}, password=other-3\n\x1b]0;owned\x07\u202e"
)
SECRETS = ("hunter2", "s3cr3t", "k-12345", "b-67890", "c-24680", "other-")


def planted(message: str = "division by zero") -> BaseException:
    """An error with a traceback and a cause."""
    try:
        try:
            raise KeyError(message)
        except KeyError as cause:
            raise ValueError(message) from cause
    except ValueError as error:
        return error


def kept(folder: Path) -> Path:
    """The one file in the state folder."""
    (file,) = (folder / "sse-inspect").iterdir()
    return file


def test_a_crash_is_one_line_and_its_traceback_a_file(tmp_path: Path) -> None:
    said = report(planted(), INSPECTION, {"XDG_STATE_HOME": str(tmp_path)})
    file = kept(tmp_path)
    assert said == f"sse-inspect: the screen crashed: ValueError: division by zero; where: {file}\n"
    assert file.name.startswith("crash-")
    assert file.suffix == ".txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, *lines = file.read_text(encoding="utf-8").split("\n")
    assert first.startswith("sse-inspect 0.1.0, Textual ")
    assert lines[0] == "Traceback (most recent call last):"
    assert any("test_crash.py" in line and "in planted" in line for line in lines)
    assert "KeyError: 'division by zero'" in lines
    assert lines[-2:] == ["ValueError: division by zero", ""]


def test_two_crashes_have_two_files(tmp_path: Path) -> None:
    for _ in range(2):
        report(planted(), INSPECTION, {"XDG_STATE_HOME": str(tmp_path)})
    assert len(list((tmp_path / "sse-inspect").iterdir())) == 2


def test_for_debugging_the_traceback_is_on_stderr_and_no_file(tmp_path: Path) -> None:
    said = report(planted(), INSPECTION, {"XDG_STATE_HOME": str(tmp_path), "SSE_INSPECT_DEBUG": "1"})
    assert "in planted" in said
    assert said.endswith("\nsse-inspect: the screen crashed: ValueError: division by zero\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["", "relative/path"])
def test_without_a_state_folder_the_usual_one_is_taken(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    report(planted(), INSPECTION, {"XDG_STATE_HOME": given})
    assert kept(tmp_path / ".local" / "state").exists()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = report(planted(), INSPECTION, {"XDG_STATE_HOME": str(tmp_path / "file")})
    assert said == (
        "sse-inspect: the screen crashed: ValueError: division by zero; "
        "where, SSE_INSPECT_DEBUG=1 tells (no file: Not a directory)\n"
    )


@pytest.mark.parametrize("debug", ["", "1"])
def test_neither_line_nor_file_holds_a_secret_or_a_control_code(debug: str, tmp_path: Path) -> None:
    said = report(planted(LEAKY), INSPECTION, {"XDG_STATE_HOME": str(tmp_path), "SSE_INSPECT_DEBUG": debug})
    text = said if debug else said + kept(tmp_path).read_text(encoding="utf-8")
    assert "page=2" in text
    assert "paint https://example.com/feed?access_token=***" in text
    for secret in SECRETS:
        assert secret not in text
    assert text.replace("\n", "").isprintable()
