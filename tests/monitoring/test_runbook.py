"""The pages of the alerts: one for each, and what they tell to do can be done."""

from __future__ import annotations

import re
import shlex

import pytest

from sse_inspect.cli import main
from sse_inspect.cli.program import COMMANDS, DEFAULT, program
from sse_inspect.findings import CODES
from sse_inspect.monitoring.exposition import BY_REASON, COUNTERS, GAUGES
from sse_inspect.monitoring.runbook import NAMES, page, title

PARTS = ["What it means", "How to look", "What usually causes it", "How to fix it", "How to see that it is over"]
METRICS = {f"sse_inspect_{each.name}" for each in (*GAUGES, *COUNTERS, *BY_REASON)}
CODE = re.compile(r"`([a-z]+(?:-[a-z0-9]+)+)`")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_all_that_a_page_says_on_one_page(name: str) -> None:
    text = page(name)
    assert title(name).startswith(f"{name}: ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    assert re.findall(r"^- \*\*(Client|Server|Proxy)\*\*:", text, re.MULTILINE) == ["Client", "Server", "Proxy"]
    lines = text.split("\n")
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 130


@pytest.mark.parametrize("name", NAMES)
def test_findings_and_metrics_that_a_page_names_exist(name: str) -> None:
    assert set(CODE.findall(page(name))) <= set(CODES)
    assert set(re.findall(r"`(sse_inspect_\w+)`", page(name))) <= METRICS


@pytest.mark.parametrize("line", re.findall(r"^    (sse-inspect .*)$", "".join(map(page, NAMES)), re.MULTILINE))
def test_commands_that_a_page_names_are_understood(line: str) -> None:
    words = shlex.split(line.partition(" | ")[0])[1:]
    name, arguments = (words[0], words[1:]) if words[0] in COMMANDS else (DEFAULT.name, words)
    given = program().commands[name].make_context(name, arguments).params
    for option in ({DEFAULT.name: DEFAULT} | COMMANDS)[name].options:
        if given[option.name]:
            option.value(given[option.name])


def test_without_a_name_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.strip().split("\n")] == list(NAMES)


@pytest.mark.parametrize("spelled", ["MessageLoss", "messageloss"])
def test_a_page_is_printed(spelled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", spelled]) == 0
    assert capsys.readouterr().out == page("MessageLoss")


def test_another_name_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "StreamStaled"]) == 2
    assert capsys.readouterr().err.startswith(
        "sse-inspect: NAME: 'StreamStaled' is no alert; did you mean StreamStalled? alerts are LowCompletionRate, "
    )
