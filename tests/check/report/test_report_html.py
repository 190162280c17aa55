"""The HTML report: one page that asks for nothing, in which nothing from the wire is markup."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.check.report import FORMATS
from sse_inspect.present.documents.page import POLICY
from sse_inspect.present.documents.text import line
from tests.check.report.reports import HOSTILE, report
from tests.exporting.test_devtools import Browser, browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "line"}


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes, checked to be nested, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_hostile_page_has_the_structure_of_a_harmless_one() -> None:
    harmless, hostile = (Outline(FORMATS["html"](report(text))) for text in ("plain", HOSTILE))
    assert hostile.elements == harmless.elements
    assert line(HOSTILE) in hostile.text
    assert FORMATS["html"](report(HOSTILE)).encode()


def test_it_asks_for_nothing() -> None:
    page = Outline(FORMATS["html"](report(HOSTILE)))
    assert page.elements[3] == ("meta", ("http-equiv", "content"))
    assert ("content", POLICY) in page.values
    assert {name for name, _ in page.values}.isdisjoint(
        {"src", "srcset", "action", "style-src", "background", "xlink:href"}
    )
    assert all(value.startswith("#") for name, value in page.values if name == "href")
    assert not [name for name, _ in page.values if name.startswith("on")]
    assert {"script", "link", "iframe", "img", "form", "base", "object"}.isdisjoint(tag for tag, _ in page.elements)
    assert "url(" not in FORMATS["html"](report())


def test_its_names_are_unlike_and_its_links_lead_somewhere() -> None:
    page = Outline(FORMATS["html"](report()))
    assert len(page.ids) == len(set(page.ids))
    assert {value[1:] for name, value in page.values if name == "href"} <= set(page.ids)
    assert {each for name, value in page.values if name == "aria-labelledby" for each in value.split()} <= set(page.ids)


def test_the_timeline_says_in_words_what_it_shows() -> None:
    text = Outline(FORMATS["html"](report())).text
    assert "8.00 s, 10 events. Link: connecting 0.0 to 0.2 s, open 0.2 to 3.5 s, stalled 3.5 to 4.1 s" in text
    for told in (
        "Fault injected, or over at 3.0 s",
        "disconnected at 4.0 s",
        "stalled at 3.5 s",
        "gap in the IDs at 5.2 s",
        "gap filled at 5.4 s",
        "duplicate at 5.4 s",
        "open again at 5.1 s",
    ):
        assert told in text
    assert "4.0, 8.0" not in text  # by then the run is over: the check itself left


# In a browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


FACTS = """({
    wide: document.documentElement.scrollWidth, inner: innerWidth, ran: typeof ran,
    tags: [...new Set([...document.querySelectorAll("*")].map(each => each.localName))],
    svg: [...document.querySelectorAll("svg[role=img]")].map(each => each.getBoundingClientRect().width),
    over: [...document.querySelectorAll("main *")].filter(each => !each.closest("svg") &&
        each.getBoundingClientRect().right > innerWidth + 0.5).length,
    ground: getComputedStyle(document.body).backgroundColor, text: document.body.innerText,
})"""


def looked_at(chromium: Browser, page: Path, width: int, scheme: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the page is like at a width, and what the console and the log of the browser say."""
    target = chromium.ask("Target.createTarget", url="about:blank")["targetId"]
    session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    chromium.ask("Page.enable", session)
    chromium.ask(
        "Page.addScriptToEvaluateOnNewDocument",
        session,
        source=(
            "window.violations = []; window.onerror = (...what) => violations.push(String(what));"
            "document.addEventListener('securitypolicyviolation', each => violations.push(each.violatedDirective));"
        ),
    )
    chromium.ask(
        "Emulation.setDeviceMetricsOverride", session, width=width, height=800, deviceScaleFactor=1, mobile=width < 600
    )
    chromium.ask("Emulation.setEmulatedMedia", session, features=[{"name": "prefers-color-scheme", "value": scheme}])
    chromium.ask("Page.navigate", session, url=page.as_uri())
    deadline = time.monotonic() + 30.0
    ready = "location.protocol + document.readyState"
    while (
        chromium.ask("Runtime.evaluate", session, expression=ready)["result"]["value"] != "file:complete"
        and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    facts = chromium.ask("Runtime.evaluate", session, expression=FACTS, returnByValue=True)["result"]["value"]
    said = chromium.ask("Runtime.evaluate", session, expression="violations", returnByValue=True)["result"]["value"]
    chromium.ask("Target.closeTarget", targetId=target)
    return facts, said


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("text", [HOSTILE, "w" * 1500])
def test_a_browser_shows_it_without_complaint(chromium: Browser, tmp_path: Path, width: int, text: str) -> None:
    page = tmp_path / "report.html"
    page.write_text(FORMATS["html"](report(text)), encoding="utf-8")
    light, complaints = looked_at(chromium, page, width, "light")
    dark, _ = looked_at(chromium, page, width, "dark")
    assert complaints == []
    assert light["inner"] == width
    assert light["wide"] <= width
    assert light["over"] == 0
    assert {"script", "img", "iframe"}.isdisjoint(light["tags"])
    assert len(light["svg"]) == 2
    assert min(light["svg"]) > 200
    assert line(text).split(" ")[0] in light["text"]
    assert light["ground"] != dark["ground"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_policy_of_the_page_is_in_force(chromium: Browser, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    made = FORMATS["html"](report())
    page.write_text(
        made.replace("</main>", "<script>var ran = 1</script><img src='other.png'></main>"), encoding="utf-8"
    )
    facts, complaints = looked_at(chromium, page, 1280, "light")
    assert facts["ran"] == "undefined"
    assert sorted(complaints) == ["img-src", "script-src-elem"]
