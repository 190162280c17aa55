"""The table of README.md: its form, and that its scenarios, servers and verdicts are those there are."""

from __future__ import annotations

import re

from sse_inspect.check.result import Verdict
from sse_inspect.check.scenario import load
from tests.servers.checking import SERVERS
from tests.servers.table import BEHIND, HEADING, README, column, replaced, section

SCENARIOS = [each.name for each in load()]


def reported(verdict: str) -> dict[str, object]:
    results = [{"verdict": "pass", "sentence": "Fine."}, {"verdict": verdict, "sentence": "Odd | so."}]
    return {"scenarios": [{"name": name, "verdict": verdict, "results": results} for name in ("first", "second")]}


def test_the_table_of_the_readme() -> None:
    text = README.read_text().partition(HEADING)[2].partition("\n## ")[0]
    head, rule, *rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\|.*$", text, re.M)
    ]
    assert head == ["scenario", *(kind.title for kind in SERVERS)]
    assert set(rule) == {"---"}
    assert [row[0].strip("`") for row in rows] == SCENARIOS
    assert {len(row) for row in rows} == {len(head)}
    assert {cell for row in rows for cell in row[1:]} <= set(Verdict)
    versions = dict(re.findall(r"^- ([^:`]+): (.*)$", text, re.M))
    assert list(versions) == head[1:]
    assert all(re.search(r"\d+\.\d+", version) for version in versions.values())
    told = re.findall(r"^- ([^:`]+), `([^`]+)`: \S", text, re.M)
    assert sorted(told) == sorted(
        (title, row[0].strip("`"))
        for row in rows
        for title, verdict in zip(head[1:], row[1:], strict=True)
        if verdict != "pass"
    )


def test_what_is_expected_of_a_server_names_scenarios_and_verdicts() -> None:
    for kind in SERVERS:
        assert set(kind.verdicts) <= set(SCENARIOS)
        assert {verdict for verdicts in kind.verdicts.values() for verdict in verdicts} <= set(Verdict)


def test_a_section_is_made_of_reports() -> None:
    made = section([column("one", "one 1.0", reported("warning")), column("two", "two 2.0", reported("pass"))])
    assert "| scenario | one | two |\n| --- | --- | --- |\n| `first` | warning | pass |\n| `second` | warning" in made
    assert made.endswith("why:\n\n- one, `first`: Odd \\| so.\n- one, `second`: Odd \\| so.\n\n")


def test_a_section_takes_the_place_of_the_old_one() -> None:
    readme = f"# Title\n\n{BEHIND}\n\nText.\n"
    once = replaced(readme, f"{HEADING}\n\nold\n\n")
    assert once == f"# Title\n\n{HEADING}\n\nold\n\n{BEHIND}\n\nText.\n"
    assert replaced(once, f"{HEADING}\n\nnew\n\n") == once.replace("old", "new")
