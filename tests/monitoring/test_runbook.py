"""The pages of the alerts: one for each, and what they tell to do can be done."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sse_inspect.cli import main
from sse_inspect.cli.commands import COMMANDS, DEFAULT
from sse_inspect.cli.program import made
from sse_inspect.findings import CODES
from sse_inspect.monitoring.exposition import BY_REASON, COUNTERS, GAUGES
from sse_inspect.monitoring.runbook import NAMES, page, title
from sse_inspect.server import ServerThread

PARTS = ["What it means", "How to look", "What usually causes it", "How to fix it", "How to see that it is over"]
METRICS = {f"sse_inspect_{each.name}" for each in (*GAUGES, *COUNTERS, *BY_REASON)}
COMMANDS_OF = {name: re.findall(r"^    (sse-inspect .*)$", page(name), re.MULTILINE) for name in NAMES}
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


@pytest.mark.parametrize("line", [each for name in NAMES for each in COMMANDS_OF[name]])
def test_commands_that_a_page_names_are_understood(line: str) -> None:
    words = shlex.split(line.partition(" | ")[0])[1:]
    name, arguments = (words[0], words[1:]) if words[0] in COMMANDS else (DEFAULT.name, words)
    given = made(name).make_context(name, arguments).params
    for option in COMMANDS.get(name, DEFAULT).command.options:
        if given[option.name]:
            option.value(given[option.name])


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with ServerThread() as server:
        yield server.url("")


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
@pytest.mark.parametrize(("name", "line"), [(n, line) for n in NAMES for line in COMMANDS_OF[n] if " | " in line])
def test_a_pipe_shows_what_it_is_to_show(name: str, line: str, base: str) -> None:
    """In a second and a half. What waits for the end of its input is given one by the page itself."""
    waits = {words.split()[0] for words in line.split(" | ")} & {"sort", "uniq", "wc", "head", "tail"}
    assert not waits or " --for " in line
    fault = {"LowCompletionRate": "drop_every=5", "MessageLoss": "drop_every=5", "DuplicateDelivery": "repeat_every=5"}
    fault |= {"SlowReconnect": "reset_after=5", "StreamStalled": "silent_after=5&silent_for=0.5"}
    line = line.replace(" --for 10m", "").replace("https://HOST/PATH", f"'{base}/{name}?rate=50&{fault[name]}'")
    options = "--for 1.5 --stall-after 0.2 --backoff-initial 0"
    line = line.replace("sse-inspect tail", f"'{sys.executable}' -m sse_inspect tail {options}")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


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
