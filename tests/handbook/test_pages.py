"""The pages: what they say is what the program does, and they come as they are wanted."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections import Counter

import pytest

from sse_inspect.analysis.limits import IDLE_LIMITS
from sse_inspect.check.limits import Limits
from sse_inspect.cli import exits, main
from sse_inspect.cli.commands import COMMANDS, DEFAULT
from sse_inspect.cli.handbook import NAMES
from sse_inspect.cli.handbook_facts import FACTS
from sse_inspect.cli.program import completed, made
from sse_inspect.config import Policy
from sse_inspect.findings import CODES
from sse_inspect.handbook import NAMES as THERE
from sse_inspect.handbook import page, title
from sse_inspect.handbook.troubleshooting import SYMPTOMS
from sse_inspect.records import KINDS
from sse_inspect.tui.keys import KEYS
from tests.handbook.examples import EXAMPLES
from tests.handbook.readme import README, written

PAGES = {name: page(name, FACTS) for name in NAMES}
LINES = 66
"""Of a printed page, of A4 or Letter: six lines to an inch, and a margin."""


def first_column(text: str, head: str) -> list[str]:
    """The first cells of the table with this first heading."""
    rows = re.match(r"[^\n]*\n[^\n]*\n((?:\|.*\n?)+)", text[text.index(f"| {head}") :])
    assert rows
    return [row.split("|")[1].strip().strip("`") for row in rows[1].strip().split("\n")]


def test_without_a_name_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handbook"]) == 0
    assert NAMES == THERE
    told = dict(re.findall(r"^(\w+) +(.+)$", capsys.readouterr().out, re.MULTILINE))
    assert {name: f"{name}: {what}" for name, what in told.items()} == {name: title(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_goes_through_a_pipe_as_markdown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handbook", name.upper()]) == 0
    assert capsys.readouterr().out == PAGES[name]
    assert "{{" not in re.sub(r"```.*?```", "", PAGES[name], flags=re.DOTALL)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["servers"], "NAME: 'servers' is no page; did you mean server? pages are quick, server, client, trouble"),
        (["x"], "NAME: 'x' is no page; pages are quick, server, client, troubleshooting."),
        (["quick", "server"], "NAME: only one is taken, and 'server' is left over."),
    ],
)
def test_another_name_is_wrong_use(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handbook", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_shell_completes_the_names() -> None:
    words = {"COMP_WORDS": "sse-inspect handbook ", "COMP_CWORD": "2", "_SSE_INSPECT_COMPLETE": "complete_bash"}
    argv = [sys.executable, "-m", "sse_inspect"]
    done = subprocess.run(argv, env={**os.environ, **words}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == list(NAMES)


def test_the_help_names_it_and_does_not_load_it() -> None:
    script = (
        "import json, sys; from sse_inspect.cli import main; main(['--help'])\n"
        "print(json.dumps(sorted({'sse_inspect.handbook', 'rich.markdown'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    *told, loaded = done.stdout.strip().split("\n")
    assert "sse-inspect handbook" in " ".join(told)
    assert json.loads(loaded) == []


@pytest.mark.parametrize(("name", "width"), [*((name, 80) for name in NAMES), ("troubleshooting", 160)])
def test_a_terminal_shows_all_of_a_page(name: str, width: int) -> None:
    reader, writer = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(width)}
    argv = [sys.executable, "-m", "sse_inspect", "handbook", name]
    with subprocess.Popen(argv, stdout=writer, env=env) as process:
        os.close(writer)
        shown = b"".join(iter(lambda: read(reader), b"")).decode()
    os.close(reader)
    assert process.returncode == 0
    assert "\x1b[" in shown
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).split("\r\n")
    assert max(map(len, lines)) <= min(width, 120)
    prose = re.sub(r"```.*?```", "", PAGES[name], flags=re.DOTALL)
    words = "".join(lines).replace(" ", "")
    assert words.count("…") == prose.count("…") + "".join(re.findall(r"```.*?```", PAGES[name], re.DOTALL)).count("…")
    if name != "troubleshooting":  # there long words are folded within narrow columns
        for word in re.findall(r"`([^`\s]+)`", prose):
            assert word in words


def read(terminal: int) -> bytes:
    """What the terminal has next; nothing once nobody writes to it any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_the_quick_page_can_be_printed_on_one_sheet() -> None:
    lines = PAGES["quick"].strip("\n").split("\n")
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 80


def test_the_quick_page_is_whole() -> None:
    text = PAGES["quick"]
    assert first_column(text, "sse-inspect") == ["URL", *COMMANDS]
    assert set(first_column(text, "key ")) <= {key.first for key in KEYS}
    assert {"?", "d", "o", "q", "w"} <= {*first_column(text, "key "), *re.findall(r"where `(.)`", text)}
    assert re.findall(r"`(\w+)`", text[text.index("the kinds are") : text.index("| exit status")]) == list(KINDS)
    statuses = [exits.DONE, exits.FAILED, exits.WRONG_USE, exits.NEVER_CONNECTED, exits.SIGNALLED]
    assert first_column(text, "exit status") == list(map(str, statuses))
    assert len(first_column(text, "metric")) == 6


def test_numbers_are_those_of_the_program() -> None:
    text = " ".join(PAGES["server"].split())
    assert f"## A heartbeat every {Limits().max_heartbeat:g} s" in text
    assert f"hears nothing for {Policy().stall_after:g} s" in text
    assert f"at least {100 * Limits().min_completion:g} % of the events" in text
    assert f"a reconnect within {Limits().max_reconnect_p95:g} s" in text
    cuts = [f"{wall.seconds:g} s" for limit in IDLE_LIMITS for wall in limit.walls]
    assert first_column(PAGES["server"], "silent for") == list(dict.fromkeys(cuts))


def test_the_statuses_that_pass_are_those_of_the_examples() -> None:
    [told] = re.findall(r"^\| ([\d, ]+) and 5xx \|", PAGES["client"], re.MULTILINE)
    assert f"status in ({told}) or status >= 500" in (EXAMPLES / "client.py").read_text()
    assert f"[{told}].includes(status) || status >= 500" in (EXAMPLES / "client.mjs").read_text()


@pytest.mark.parametrize("file", ["server.py", "server.mjs", "server.go", "client.py", "client.mjs"])
def test_examples_are_short_enough_to_read_and_keep_the_numbers(file: str) -> None:
    text = (EXAMPLES / file).read_text()
    assert f"\n{text.strip()}\n```" in PAGES[file.partition(".")[0]]
    assert max(len(line.replace("\t", "    ")) for line in text.split("\n")) <= 80
    usual = Limits().max_heartbeat if file.startswith("server") else Policy().stall_after
    setting = r"HEARTBEAT\W+(?:,|\?\?)\W*(\d+)" if file.startswith("server") else r"stall = (\d+)"
    assert [float(each) for each in re.findall(setting, text)] == [usual]


def test_every_finding_is_in_the_troubleshooting_table_once() -> None:
    codes = [finding.code for _, findings in SYMPTOMS for finding in findings]
    assert sorted(codes) == sorted(CODES)
    assert Counter(re.findall(r"^\| [^|]*\(`([^`]+)`\) \|", PAGES["troubleshooting"], re.MULTILINE)) == Counter(codes)
    rows = [row for row in PAGES["troubleshooting"].split("\n") if row.startswith("| ")]
    assert {row.count(" | ") for row in rows} == {2}
    assert "&#" not in PAGES["troubleshooting"]
    assert "`*`" in PAGES["troubleshooting"]


@pytest.mark.parametrize(
    "line", [*re.findall(r"^    (sse-inspect .*)$", "\n".join(PAGES.values()), re.MULTILINE), "sse-inspect handbook"]
)
def test_commands_that_a_page_names_are_understood(line: str) -> None:
    words = shlex.split(line)[1:]
    name, arguments = (words[0], words[1:]) if words[0] in COMMANDS else (DEFAULT.name, words)
    given = made(name).make_context(name, completed(arguments)).params
    for option in COMMANDS.get(name, DEFAULT).command.options:
        if given[option.name]:
            option.value(given[option.name])


def test_the_readme_has_what_the_program_prints() -> None:
    text = README.read_text()
    assert written(text) == text, "python -m tests.handbook.readme"
