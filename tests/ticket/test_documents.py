"""The report as Markdown, HTML and JSON: the same figures, and hostile text that stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tests.ticket.reports import ended, written
from tests.tui import states
from tests.tui.states import Story

EVIL = b"</pre><script>alert(1)</script>| [x](javascript:y) `````` ![](http://evil.example/x.png) @everyone #1 <!--"


def hostile() -> Story:
    story = states.hostile()
    story.chunk(b"id: 1\nevent: " + EVIL + b"\ndata: " + EVIL + b"\n\n")
    story.chunk(b"id: " + EVIL + b"\nretry: 5\ndata: x\n\n")
    story.end("reset", EVIL.decode()).open(headers=(("x-evil", EVIL.decode()),)).event(8).event(12)
    return ended(story)


class Tags(HTMLParser):
    """Which tags there are, and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}


@pytest.mark.parametrize("with_data", [False, True])
def test_html_has_no_markup_but_its_own(with_data: bool) -> None:
    text = written(hostile(), ".html", with_data=with_data)
    parser = Tags()
    parser.feed(text)
    assert not parser.tags & {"script", "img", "a", "link", "iframe", "object"}
    assert not [name for name in parser.names if name.startswith("on") or name in ("href", "src")]
    assert "default-src 'none'" in text
    assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize("with_data", [False, True])
def test_markdown_stays_text(with_data: bool) -> None:
    text = written(hostile(), ".md", with_data=with_data)
    assert all(char.isprintable() or char == "\n" for char in text)
    fence, outside, tables = "", [], set()
    for line in text.split("\n"):
        opening = re.match(r"(`{3,})(text)?$", line)
        if opening and not fence:
            fence = opening[1]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            outside.append(line)
            if line.startswith("|"):
                tables.add(line.count("|"))
    assert not fence
    rest = "\n".join(outside)
    assert not re.search(r"[<>`\[\]]|@(?!&#8203;)", rest)
    assert "://" not in rest
    assert {line.count("|") for line in outside if "|" in line} == tables


def test_json_has_the_names_of_the_report() -> None:
    story = ended(states.with_gap())
    report = json.loads(written(story, ".json"))
    assert list(report) == [
        "schema", "program", "session", "response", "metrics", "summary", "findings", "story", "timeline",
        "connections", "second_opinion", "browser", "wire",
    ]  # fmt: skip
    assert report["schema"] == 1
    assert report["session"]["url"] == states.URL
    assert report["summary"]["messages_lost"] == 3
    assert sum(report["timeline"]["events"]) == report["summary"]["events"]
    assert report["wire"]["data_included"] is False


def test_people_read_the_same_figures() -> None:
    story = ended(states.with_gap())
    summary = story.inspection.snapshot().summary
    markdown, html = written(story, ".md", capture="a b.sse"), written(story, ".html", capture="a b.sse")
    for text in (markdown, html.replace("&#x27;", "'")):
        assert f"{summary.events} events over 2 connections" in text
        assert "gap 34–37 · 4 missing" in text
        assert "filled 37 · gap closed" in text
        assert "sse-inspect open 'a b.sse'" in text
        assert "id: 1 " in text
        assert "ABC" not in text
    assert 'data: {"symbol"' in written(story, ".md", with_data=True)
    assert "<svg" in html
