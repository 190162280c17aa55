"""The Markdown report, as a renderer of CommonMark with tables reads it."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sse_inspect.check.report import FORMATS
from sse_inspect.present.documents.text import line
from sse_inspect.present.documents.text import markdown as escaped
from tests.check.report.reports import HOSTILE, report

ZERO = "\u200b"
BY_THEMSELVES = re.compile(r"(?i)@\w|#\d|://|www\.|GH-\d")
"""What GitHub makes links of without any markup."""


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        found += [token, *(token.children or ())]
    return found


PARTS = HOSTILE.split(" ")
CASES = [
    HOSTILE,
    *PARTS,
    "a|b",
    "\\|",
    "\\\\|",
    "- x",
    "+ x",
    "12. x",
    "12) x",
    "-",
    "---",
    "# x",
    "> x",
    "    x",
    "```",
    "&lt;b&gt;",
    "<http://e.example>",
    "mailto:a@b.example",
    "a@b.example",
    "~~x~~",
    "$x$",
    "[x]: y",
    "\t- x",
    "=====",
    "http://x|y",
]


@pytest.mark.parametrize("text", CASES)
def test_a_text_is_nothing_but_text(text: str) -> None:
    for before, after in (("", ""), ("- ", ""), ("| a |\n| - |\n| ", " |")):
        made = tokens(f"{before}{escaped(text)}{after}")
        types = {each.type for each in made} - {"softbreak"}
        plain = tokens(f"{before}x{after}")
        assert types <= {each.type for each in plain} | {"text", "text_special"}
        shown = "".join(each.content for each in made if each.type in ("text", "text_special"))
        assert shown.replace(ZERO, "").removeprefix("a" if after else "").strip() == line(text).strip()
        assert not BY_THEMSELVES.search(shown)


def test_a_hostile_report_has_the_structure_of_a_harmless_one() -> None:
    harmless, hostile = (tokens(FORMATS["markdown"](report(text))) for text in ("plain", HOSTILE))
    structure = [[each.type for each in made if each.type != "text"] for made in (harmless, hostile)]
    assert structure[0] == structure[1]
    assert not {"html_block", "html_inline", "link_open", "image"} & set(structure[1])
    loose = "".join(each.content for each in hostile if each.type == "text")
    assert not BY_THEMSELVES.search(loose.replace("://h/", ""))


def test_it_tells_all_that_is_no_pass() -> None:
    text = FORMATS["markdown"](report())
    assert "| ✖ FAIL | Outage plain | 2 IDs lost: plain |" in text
    assert "## ✖ FAIL: Outage plain" in text
    assert "- **What to do:** Resume. plain" in text
    assert "## ! warning: Twice" in text
    assert "## ? unknown: Resume" in text
    assert "Heartbeat\n" not in text
    assert "sse-inspect open 'dir/plain outage.sse'" in text
    assert re.search(r"^  3\.00 s  fault +on purpose: offline:2 · plain$", text, re.MULTILINE)
