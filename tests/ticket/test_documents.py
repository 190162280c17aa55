"""The report as Markdown, HTML and JSON: the same figures, and hostile text that stays text."""

from __future__ import annotations

import json
import re
from html import escape
from html.parser import HTMLParser

import pytest

from sse_inspect.findings import advice
from sse_inspect.records import DisconnectReason
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


CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?[^`\n]\1(?!`)")
"""A code span on one line, as CommonMark 6.1 reads it."""


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
    rest = CODE.sub("", "\n".join(outside))
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
        assert "id: 1␊" in text
        assert "ABC" not in text
    assert 'data: {"symbol"' in written(story, ".md", with_data=True)
    assert "<svg" in html


def outside_of_fences(text: str) -> str:
    return "".join(re.split(r"^(`{3,})text\n.*?^\1\n", text, flags=re.MULTILINE | re.DOTALL)[::2])


def cut(*, times: int, server: str = "example") -> Story:
    """Connections that are cut after the same silence."""
    story = Story()
    for _ in range(times):
        story.open(headers=(("via", f"1.1 {server}"),)).events(3).wait(12.0).end("truncated", "cut short")
    return ended(story)


def test_settings_can_be_copied_as_they_are() -> None:
    text, html = (written(cut(times=3), suffix) for suffix in (".md", ".html"))
    settings = [(name, setting) for name, setting in advice("idle-cut") if not setting.startswith("# no setting")]
    assert len(settings) > 5
    for product, setting in settings:
        if all(line.startswith("#") for line in setting.split("\n")):
            assert f"{product}: {setting.removeprefix('# ')}" in text
        else:
            assert f"\n{product}:\n\n```text\n{setting}\n```\n" in text
            assert f"<p>{product}:</p>\n<pre>{escape(setting)}</pre>" in html


def test_of_a_product_that_was_seen_only_its_settings_are_shown() -> None:
    text = written(cut(times=3, server="Caddy"), ".md")
    of = dict(advice("idle-cut"))
    assert f"Caddy, which the response head names:\n\n```text\n{of['Caddy']}\n```\n" in text
    assert "proxy_read_timeout" not in text
    assert "settings for nginx, HAProxy, Envoy, ALB, Cloudflare, the application too" in text


def test_settings_that_two_findings_share_stand_once() -> None:
    story = Story()
    for _ in range(3):
        story.open(headers=(("via", "1.1 nginx"),)).events(6, heartbeat=1000.0).wait(25.0).end("truncated", "cut short")
    text = written(ended(story), ".md")
    assert text.count("proxy_read_timeout 1h;") == 1
    assert re.search(r"^Settings: those of [a-z-]+\.$", text, re.MULTILINE)


@pytest.mark.parametrize("reason", ["truncated", "reset", "timeout", "stall", "refused", "tls"])
def test_after_a_failure_it_is_not_said_that_there_is_no_fault(reason: DisconnectReason) -> None:
    story = Story().open().events(3).end(reason, "why").open().events(2)
    text = written(ended(story), ".md")
    assert "No fault was recognised" not in text
    assert f"There were failures ({reason} 1 ×), and no rule names the cause." in text
    assert "sse-inspect probe URL --direct URL2" in text


def test_what_is_information_only_is_named_in_the_first_sentence() -> None:
    story = ended(Story(ids=False).open().events(6))
    (found,) = {each.title for each in story.inspection.snapshot().findings}
    first = written(story, ".md").split("\n")[2]
    assert first == f"As information only: {found[:1].lower()}{found[1:]}."
    assert written(ended(Story().open().events(6)), ".md").split("\n")[2] == "No fault was recognised."


def test_a_simple_session_has_a_short_report() -> None:
    chunked = (("transfer-encoding", "chunked"), ("server", "nginx"))
    story = Story()
    for count in (60, 20, 35, 80):
        story.open(headers=chunked).events(count, heartbeat=1e9).end("reset", "connection reset by peer")
    story.open(headers=chunked).events(30, heartbeat=1e9)
    assert len(written(ended(story), ".md").encode()) < 8000


def test_the_answer_stands_first() -> None:
    headings = re.findall(r"^## (.*)$", written(ended(states.with_gap()), ".md"), re.MULTILINE)
    assert headings[:3] == ["Findings", "What happened", "Connections"]


def test_duplicates_are_said_to_reach_others() -> None:
    story = ended(Story().open().events(9).end("eof").open().replay(5).event())
    for text in (written(story, ".md"), written(story, ".html")):
        assert "it delivers the 5 events that came again to the page a second time" in text
        assert "it hands on the 5 events that came again a second time" in text
        assert "Duplicates are met because this program removes them" in text
    assert "came again" not in written(ended(Story().open().events(9)), ".md")


def test_no_hidden_character_is_in_the_title_or_the_settings() -> None:
    text = written(cut(times=3), ".md")
    assert text.startswith(f"# sse-inspect: `GET {states.URL}`\n")
    assert "&#" not in "".join(re.findall(r"^`{3,}text\n(.*?)^`{3,}\n", text, re.MULTILINE | re.DOTALL))
    assert "proxy&#95;" not in outside_of_fences(text)


def test_the_timeline_is_described_once_and_by_lengths_that_are_one() -> None:
    html = written(ended(Story().open().events(3).end("reset").wait(1.0).open().events(3)), ".html")
    assert html.count("Link: ") == 1
    assert not re.search(r"(\d+\.\d) to \1 s", html)


def first_paragraph(story: Story) -> str:
    return written(story, ".md").split("\n")[2]


def test_the_first_paragraph_tells_numbers_cause_and_how_sure_it_is() -> None:
    first = first_paragraph(cut(times=5))
    assert first.startswith("Connections are cut after the same silence. 5 of 5 ends came 12.0")
    assert re.search(r"ikely, \d+ %: an idle timeout on the way\.", first)
    story = ended(Story().open().events(3).end("reset", "why").open().events(2))
    assert "&#" not in first_paragraph(story)


def test_ends_of_one_sort_stand_together_whatever_was_thrown_away() -> None:
    story = Story()
    for left in (b"da", b"data: x", b"data: xy", b"id"):
        story.open().events(2).chunk(left).end("eof")
    (line,) = re.findall(r"^- Ends: (.*)$", written(ended(story), ".md"), re.MULTILINE)
    assert line.startswith("4 × eof (")
    assert "thrown away" in line
    assert not re.search(r"\d bytes", line)


def test_the_rarest_sorts_of_ends_are_named_too() -> None:
    story = Story()
    for reason in ("reset", "truncated", "timeout", "tls", "tls", "tls"):
        story.open().events(2).end(reason, "why")
    (line,) = re.findall(r"^- Ends: (.*)$", written(ended(story), ".md"), re.MULTILINE)
    assert line.startswith("3 × tls (")
    assert line.endswith("; in other ways 1 × timeout.")


def test_settings_and_addresses_are_code_and_nothing_is_spelled_in_references() -> None:
    story = ended(Story().open().events(3).end("refused", "see https://a.example/b_c?d=1 or `option x-y` (5 < 6 & 7)"))
    text = outside_of_fences(written(story, ".md"))
    assert "`https://a.example/b_c?d=1`" in text
    assert "`option x-y`" in text
    assert "&#96;" not in text
    assert "&#58;" not in text
    assert "& 7" in text
