"""What the check says about well-known servers, as a table in README.md.

python -m tests.servers.table          makes it: installs, starts and checks every server, and writes the section
python -m tests.servers.table --print  the same on standard output, and leaves README.md alone
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.checking import SERVERS, check
from tests.servers.installing import NotInstalledError

README = Path(__file__).parents[2] / "README.md"
HEADING = "## What the check says about well-known servers"
BEHIND = "## A server to play with"
"""The section that the new one is put in front of, where README.md has none yet."""
INTRODUCTION = """\
Made by `python -m tests.servers.table`, which installs each server, starts it on loopback, and checks it with `--fast`
at ten events a second. The applications on top are a few lines each: that they replay, and from memory, is theirs.

Each was checked once, and what an outage costs may be otherwise the next time. IDs of nchan begin anew every second, so
that nothing is known to be whole where the stream went on with a new one (`unknown`); the SDK of MCP is live again a
moment after its replay, and what comes between reaches nobody (seldom `fail`).
"""


@dataclass(frozen=True)
class Column:
    """A server, and what the check said: verdicts by scenario, and a sentence for each that is no pass."""

    title: str
    version: str
    verdicts: dict[str, str]
    notes: dict[str, str]


def column(title: str, version: str, report: dict[str, Any]) -> Column:
    """What the report of a check says about a server."""
    scenarios = report["scenarios"]
    notes = {
        each["name"]: " ".join(result["sentence"] for result in each["results"] if result["verdict"] != "pass")
        for each in scenarios
        if each["verdict"] != "pass"
    }
    return Column(title, version, {each["name"]: each["verdict"] for each in scenarios}, notes)


def measured() -> list[Column]:
    """A check of each server that can be installed; of the others is said why not."""
    columns = []
    for kind in SERVERS:
        try:
            with kind() as server:
                sys.stderr.write(f"{server.title}: {server.version}\n")
                columns.append(column(server.title, server.version, check(server)))
        except NotInstalledError as error:
            sys.stderr.write(f"{kind.title} is left out: {error}\n")
    return columns


def section(columns: Sequence[Column]) -> str:
    """The section of README.md, with its heading."""
    names = list(columns[0].verdicts)
    lines = [_row("scenario", *(each.title for each in columns)), _row(*["---"] * (len(columns) + 1))]
    lines += [_row(f"`{name}`", *(each.verdicts[name] for each in columns)) for name in names]
    versions = [f"- {each.title}: {each.version}" for each in columns]
    notes = [
        f"- {each.title}, `{name}`: {sentence}".replace("|", "\\|")
        for each in columns
        for name, sentence in each.notes.items()
    ]
    parts = (INTRODUCTION, "\n".join(lines), "What ran:", "\n".join(versions), "What did not pass, and why:")
    return "\n\n".join([HEADING, *(part.strip("\n") for part in parts), "\n".join(notes)]) + "\n\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def replaced(readme: str, new: str) -> str:
    """The text with this section in the place of the old one."""
    before, found, old = readme.partition(HEADING)
    if not found:
        before, found, old = readme.partition(BEHIND)
        return before + new + found + old
    _, following, rest = old.partition("\n## ")
    return before + new + following.lstrip("\n") + rest


def main() -> None:
    """Make the table."""
    new = section(measured())
    if "--print" in sys.argv[1:]:
        sys.stdout.write(new)
    else:
        README.write_text(replaced(README.read_text(), new))


if __name__ == "__main__":
    main()
