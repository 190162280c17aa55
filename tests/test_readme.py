"""README.md and the program say the same."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from sse_inspect.check.scenario import read
from sse_inspect.cli.commands import COMMANDS, DEFAULT
from sse_inspect.cli.options import SHARED
from sse_inspect.cli.program import completed, made
from sse_inspect.records import KINDS
from sse_inspect.tui.keys import KEYS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
EXAMPLES = re.findall(r"^(sse-inspect .*)$", "".join(BLOCKS), re.MULTILINE)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose head begins with this cell, without the head; cells as they are written."""
    _, found, rest = README.partition(f"| {heading} |")
    assert found, f"README.md has no table of {heading}"
    rows = re.match(r".*\n *\|[-| ]+\|\n((?: *\|.*\n)+)", rest)
    assert rows
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))] for row in rows[1].strip().split("\n")
    ]


def test_the_two_lines_stand_at_the_top_word_for_word() -> None:
    assert BLOCKS[:2] == [
        "python3 -m venv .venv && .venv/bin/python -m pip install -q . && .venv/bin/sse-inspect demo\n",
        "python3 -m venv .venv && .venv/bin/python -m pip install -q '.[test]' && .venv/bin/pytest\n",
    ]


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:|#)([^)]+)\)", README))
def test_linked_files_exist(link: str) -> None:
    assert (ROOT / link).is_file()


@pytest.mark.parametrize(
    "example", [*EXAMPLES, *re.findall(r"`(sse-inspect (?:demo|serve|codes|https?:)[^`]*)`", README)]
)
def test_examples_are_understood(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(example.partition(" | ")[0])[1:]
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith(".sse"):
            Path(word).touch()
    name, arguments = (words[0], words[1:]) if words[0] in COMMANDS else (DEFAULT.name, words)
    given = made(name).make_context(name, completed(arguments)).params
    for option in COMMANDS.get(name, DEFAULT).command.options:
        if given[option.name]:
            option.value(given[option.name])


def test_options_are_those_of_the_program() -> None:
    def spelled(takes: str) -> str:
        return takes if takes.startswith("[=") or not takes else f" {takes}"

    written = [row[0].strip("`").replace("\\|", "|") for row in table("option")]
    assert written == [", ".join(option.flags) + spelled(option.takes) for option in SHARED]


def test_defaults_are_those_of_the_help() -> None:
    for option, row in zip(SHARED, table("option"), strict=True):
        told = re.search(r"\[([^\]]+)\]$", option.help)
        if told and re.fullmatch(r"[\w.]+", told[1]) and told[1] != "environment":
            assert row[2] == told[1], option.flag


def test_records_are_those_of_the_program() -> None:
    written = {row[0].strip("`"): re.findall(r"`(\w+)`", row[2]) for row in table("kind")}
    assert written == {kind: [each.name for each in fields(cls)][2:] for kind, cls in KINDS.items()}


def test_keys_are_those_of_the_screen() -> None:
    known = {
        name for key in KEYS for name in [*key.shown.split(" "), *(each.capitalize() for each in key.keys if each[1:])]
    }
    for text in re.findall(r"^ *\| key \|.*\n.*\n((?: *\|.*\n)+)", README, re.MULTILINE):
        for written in re.findall(r"^ *\| `([^`]+)`", text, re.MULTILINE):
            assert written in known


def test_commands_are_named() -> None:
    for name in COMMANDS:
        assert f"sse-inspect {name}" in README
    assert set(re.findall(r"sse-inspect ([a-z]{3,}) ", README)) <= set(COMMANDS) | {"demo"}


def test_the_scenario_is_understood() -> None:
    (scenario,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert read(scenario.encode(), "README.md").title == "Offline for a minute"
