"""The detail pane: pages, tabs, huge and hostile data, and that looking costs what is in sight."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from sse_inspect.inputs import Asked
from sse_inspect.records import Diagnosis, Disconnect
from sse_inspect.tui.pages import pages_of
from sse_inspect.tui.widgets.detail import Detail
from sse_inspect.tui.wrapping import wrap
from tests.tui.feed import HOSTILE, Feed, drive, lines


def last(feed: Feed, kind: str) -> int:
    """The ordinal of the last record of a kind."""
    return max(at for at, record in enumerate(feed.inspection.log.slice(0, 1 << 30)) if record.kind == kind)


def test_data_that_is_json_is_laid_out() -> None:
    feed = Feed()
    at = feed.event('{"symbol": "ABC", "price": 101.30}')
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(at)
        shown = lines(view)
        assert shown[0].startswith("JSON │ Text │ Bytes │ Headers")
        assert shown[1:5] == ["{", '  "symbol": "ABC",', '  "price": 101.30', "}"]
        assert view.title == "Event 1"
        assert view.text() == '{\n  "symbol": "ABC",\n  "price": 101.30\n}'

    drive(view, script)


def test_data_that_is_no_json_is_text_and_the_wish_stays() -> None:
    feed = Feed()
    plain, laid_out = feed.event("two\nlines"), feed.event("[1]")
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(plain)
        assert lines(view)[1:3] == ["two", "lines"]
        view.show(laid_out)
        assert lines(view)[1:4] == ["[", "  1", "]"]

    drive(view, script)


def test_the_pages_come_in_turn_and_by_click() -> None:
    feed = Feed()
    at = feed.event("hello")
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(at)
        view.next_view()
        shown = "\n".join(lines(view))
        assert "data: hello" in shown
        assert "LF" in shown
        view.next_view()
        shown = "\n".join(lines(view))
        assert "HTTP/1.1 200" in shown
        view.end()
        assert "last event id   1" in "\n".join(lines(view))
        await pilot.click(view, offset=(lines(view)[0].index("Text") + 1, 0))
        assert view.view == "text"
        assert lines(view)[1] == "hello"

    drive(view, script)


def test_headers_show_the_head_of_the_event_s_own_connection() -> None:
    feed = Feed()
    at = feed.event()
    feed.drop()
    feed.connect()
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.choose("headers")
        view.show(at)
        shown = lines(view)
        assert "HTTP/1.1 200  from 127.0.0.1:1" in shown
        assert "first byte      12 ms" in shown
        assert "content-type: text/event-stream" in shown
        assert "x-⟨202E⟩odd: ␛[31m" in shown

    drive(view, script, size=(80, 30))


def test_a_disconnect_shows_its_fields() -> None:
    feed = Feed()
    feed.event()
    feed.drop()
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        at = last(feed, "disconnect")
        assert isinstance(feed.inspection.log[at], Disconnect)
        view.show(at)
        shown = lines(view)
        assert shown[0].startswith("Fields │ Headers")
        assert shown[1] == "✂ disconnected: reset"
        assert "reason          reset" in shown
        assert "events          1" in shown
        assert any(line.startswith("detail          gone ␛]0;x␇") for line in shown)
        assert view.title == "Disconnected"

    drive(view, script, size=(80, 20))


def test_a_diagnosis_is_wrapped_between_words() -> None:
    feed = Feed()
    fix = "Send a comment every fifteen seconds so that proxies keep the connection open."
    feed.inspection.log.append(
        [Diagnosis(1.0, 1, "no-heartbeat", "warning", "No sign of life", "44 s of silence", fix)]
    )
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(last(feed, "diagnosis"))
        shown = [line.rstrip(" ▐") for line in lines(view)]
        start = next(at for at, line in enumerate(shown) if line.startswith("fix "))
        said = [line[16:].strip() for line in shown[start : start + 4]]
        assert " ".join(said).startswith(fix)
        assert all(line[:16] == " " * 16 for line in shown[start + 1 : start + 3])

    drive(view, script, size=(50, 20))


def test_every_kind_of_record_has_pages_that_can_be_shown() -> None:
    feed = Feed()
    feed.events(4)
    feed.chunk(b": ping\nretry: 5\n\n")
    feed.n += 2
    feed.event()
    feed.drop()
    feed.connect()
    feed.event(n=5)
    feed.event()
    feed.inspection.handle(Asked(feed.t, "stop"))
    view = Detail(feed.inspection)
    kinds = set()

    async def script(pilot: Pilot[None]) -> None:
        for at, record in enumerate(feed.inspection.log.slice(0, 1000)):
            view.show(at)
            for _ in pages_of(record):
                view.next_view()
                assert all(
                    segment.text.isprintable() for strip in view.render_lines(view.size.region) for segment in strip
                )
                assert view.text()
            kinds.add(record.kind)

    drive(view, script, size=(60, 20))
    assert kinds >= {"session", "connecting", "open", "event", "comment", "retry", "gap", "disconnect", "backoff"}
    assert kinds >= {"gap_filled", "recovered", "alert", "end", "summary"}


@pytest.mark.parametrize("name", ["json", "text", "bytes", "headers"])
def test_nothing_harmful_gets_into_a_segment_or_a_copy(name: str) -> None:
    feed = Feed()
    data = json.dumps({HOSTILE: [HOSTILE, "\ud800"]}, ensure_ascii=False).encode("utf-8", "replace").decode()
    at = feed.event(data.replace("\x85", ""), kind=HOSTILE)
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.choose(name)
        view.show(at)
        for strip in view.render_lines(view.size.region):
            assert all(segment.text.isprintable() and segment.control is None for segment in strip)
            assert sum(segment.cell_length for segment in strip) == strip.cell_length == view.size.width
        assert all(line.isprintable() for line in view.text().split("\n"))

    drive(view, script, size=(44, 30))


@pytest.mark.parametrize("data", ["x" * 3_000_000, "é日" * 200_000, "[" + "1234," * 60_000 + "1]"])
def test_looking_at_megabytes_makes_only_the_rows_in_sight(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed()
    at = feed.event(data)
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        slices = 0
        plain = view.work

        def work() -> bool:
            nonlocal slices
            slices += 1
            return plain()

        monkeypatch.setattr(view, "work", work)
        view.show(at)
        assert view.window < view.total < 5_000
        assert slices == 1
        assert lines(view)[5]
        view.end()
        assert lines(view)[-1]

    drive(view, script)


def test_all_rows_are_made_in_the_end() -> None:
    feed = Feed()
    at = feed.event("\n".join(f"line {n}" for n in range(5000)))
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(at)
        while view.total < 5000:
            await pilot.pause()
        view.end()
        assert lines(view)[-1].startswith("line 4999")
        view.page(-1)
        view.move(-1)
        assert lines(view)[1].startswith(f"line {5000 - 2 * view.window}")
        view.home()
        assert lines(view)[1].startswith("line 0")

    drive(view, script)


def test_a_narrower_screen_wraps_anew() -> None:
    feed = Feed()
    at = feed.event("0123456789" * 10)
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(at)
        assert lines(view)[1] == ("0123456789" * 10)[:79]
        await pilot.resize_terminal(41, 12)
        await pilot.pause()
        assert lines(view)[1:4] == ["0123456789" * 4, "0123456789" * 4, "0123456789" * 2]

    drive(view, script)


def test_nothing_selected_is_said_and_bears_every_action() -> None:
    feed = Feed()
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.next_view()
        view.end()
        view.page(1)
        assert lines(view)[0] == "nothing selected"
        assert view.text() == ""
        view.show(0)
        view.show(None)
        assert lines(view)[0] == "nothing selected"
        assert view.text() == ""

    drive(view, script)


def test_a_copy_is_bounded_and_says_so() -> None:
    feed = Feed()
    at, whole = feed.event("x" * 3_000_000), feed.event("y" * 100_000)
    view = Detail(feed.inspection)

    async def script(pilot: Pilot[None]) -> None:
        view.show(at)
        assert view.text() == "x" * (1 << 20) + "…"
        view.show(whole)
        assert view.text() == "y" * 100_000

    drive(view, script)


class TestWrap:
    @pytest.mark.parametrize("width", [1, 2, 3, 7, 10, 80])
    @pytest.mark.parametrize("words", [False, True])
    def test_no_row_is_wider_and_nothing_but_spaces_is_lost(self, width: int, words: bool) -> None:
        text = "Zwölf Boxkämpfer jagen 日本語のテキスト quer über e\u0301e\u0301e\u0301 den Deich  ende"
        rows = list(wrap([(text[:20], "a"), ("", "b"), (text[20:], "c")], width, words=words, indent=2))
        joined = "".join(part for row in rows for part, style in row if style)
        assert joined.replace(" ", "") == text.replace(" ", "")
        if not words:
            assert joined == text
        if width > 4:
            assert all(sum(cell_len(part) for part, _ in row) <= width for row in rows)

    def test_an_empty_line_is_one_empty_row(self) -> None:
        assert list(wrap([], 10)) == [[]]
        assert list(wrap([("", "a")], 10)) == [[]]

    def test_a_line_that_just_fits_is_one_row(self) -> None:
        assert list(wrap([("0123456789", "a")], 10)) == [[("0123456789", "a")]]

    def test_words_stay_whole_across_spans(self) -> None:
        rows = list(wrap([("key: ", "k"), ("some value here", "v")], 12, words=True, indent=5))
        assert ["".join(part for part, _ in row) for row in rows] == ["key: some ", "     value ", "     here"]
