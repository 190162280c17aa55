from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.present.rows import clip_spans, header, layout, row
from sse_inspect.present.safe import cells
from sse_inspect.present.styles import STYLES, Span
from sse_inspect.present.units import clock
from sse_inspect.records import Alert, Comment, Disconnect, Record, Recovered
from tests.present.samples import HOSTILE, ORIGIN, event, one_of_each
from tests.present.test_safe import ANY_TEXT

SHORT = Recovered(54.1, 2, 1.05, 1.04, 1, 12, 12, 0)
LONG = Recovered(900.0, 9, 725.0, 723.0, 42, 1000, 1000, 1042)


def text(spans: list[Span]) -> str:
    return "".join(part for part, _ in spans)


def drawn(record: Record, width: int = 100, previous: float | None = None, sent: str | None = None) -> str:
    return text(row(record, ORIGIN, previous, layout(width, 1042), sent=sent)).replace(clock(record.t, ORIGIN), "T")


@pytest.mark.parametrize("foreign", ["x", HOSTILE, "日本" * 500, "\u0301" * 5000, ""])
@pytest.mark.parametrize("width", [*range(0, 70, 3), 80, 120, 160, 400])
def test_no_row_is_wider_than_its_line_or_unsafe(width: int, foreign: str) -> None:
    columns = layout(width, 10**7)
    for record in one_of_each(foreign):
        spans = row(record, ORIGIN, 0.5, columns, sent=foreign)
        assert cells(text(spans)) <= width
        assert sum(cells(part) for part, _ in spans) == cells(text(spans))
        assert text(spans).isprintable()
        assert {style for _, style in spans} <= set(STYLES)
    assert cells(text(header(columns))) <= width


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.integers(0, 120))
def test_hostile_events_keep_to_the_line(data: str, kind: str, ident: str, width: int) -> None:
    shown = text(row(event(data, type=kind, id=ident), ORIGIN, None, layout(width)))
    assert cells(shown) <= width
    assert shown.isprintable()


def test_the_columns_of_an_event() -> None:
    assert drawn(event(t=1.999), previous=1.0) == (
        " 1042  T  +0.999  1042      tick            121  " + '{"price": 101.3}'
    )
    assert drawn(event("a\nb", type="message", id=None, duplicate=True, size=16_777_216)) == (
        " 1042  T                    message  DUP  16.8M  a␊b"
    )


def test_an_empty_id_differs_from_none_and_a_long_one_keeps_its_end() -> None:
    assert '""' in drawn(event("", id=""))
    assert '""' not in drawn(event("", id=None))
    assert "…0001042" in drawn(event(id="feed-0000001042"))


def test_the_story_between_events() -> None:
    lines = [drawn(record, sent="1042") for record in one_of_each("x")]
    starts = [
        "▷ ── session · GET https://api.example.com/x · sse-inspect 0.1.0 ─",
        "○ ── connecting, attempt 1 · sends Last-Event-ID x ─",
        "● ── open · 200 after 12 ms · sent Last-Event-ID 1042 · HTTP/1.1 · 127.0.0.1:80 ─",
        " 1042  T          x         x               121  x",
        "    ♥  T          : x",
        "    ↻  T          retry: 3000 ms",
        "◇ ── gap x1051–1053 · 3 missing ─",
        "◆ ── filled x1051–1053 · gap closed ─",
        "‖ ── stall: no byte for 30.0 s · no event for 42.5 s ─",
        "▶ ── resumed after 31.2 s ─",
        "✂ ── disconnected: forced · 44 events · 5.3 kB · 44.2 s · 12 B of an unfinished e… ─",
        "… ── attempt 1 in 1.03 s (exponential) ─",
        "↺ ── recovered in 1.04 s · 0 lost · outage 1.05 s · 12 replayed · 2 duplicates · 3 attempts ─",
        "! ── id-restart: The event IDs have begun again · x ─",
        "▲ ── alert firing: MessageLoss · 3 (limit 0) ─",
        "↯ ── fault on purpose: offline:8 · x ─",
        "■ ── end: as asked · x ─",
        "Σ ── summary · 1,042 events · 99.71 % complete · 3 lost · 12 duplicates · 1 stall · 2 connections ·…",
    ]
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), line


def test_a_rule_fills_the_line_and_tells_the_time_where_there_is_room() -> None:
    record = Disconnect(10.0, 1, "eof", "", 44.2, 44, 5300, 0)
    spans = row(record, ORIGIN, None, layout(100))
    assert cells(text(spans)) == 100
    assert text(spans).endswith(f"─ {clock(10.0, ORIGIN)} ──")
    narrow = text(row(record, ORIGIN, None, layout(60)))
    assert narrow == "✂ ── disconnected: eof · 44 events · 5.3 kB · 44.2 s " + "─" * 7


@pytest.mark.parametrize(
    ("width", "recovered", "said"),
    [
        (98, SHORT, "recovered in 1.04 s · 0 lost · outage 1.05 s · 12 replayed · 12 duplicates · 1 attempt"),
        (77, SHORT, "recovered 1.04 s · 0 lost · outage 1.05 s · 12 RPL · 12 DUP · 1 attempt"),
        (77, LONG, "recovered 12 min 03 s · 1,042 lost · outage 12 min 05 s · 42 attempts"),
        (66, SHORT, "recovered 1.04 s · 0 lost · outage 1.05 s · 1 attempt"),
    ],
)
def test_what_an_outage_cost_fits_in_fewer_words(width: int, recovered: Recovered, said: str) -> None:
    line = text(row(recovered, ORIGIN, None, layout(width)))
    assert line.startswith(f"↺ ── {said}")
    assert "…" not in line


def test_long_words_give_way_to_the_time() -> None:
    record = Disconnect(
        10.0, 1, "truncated", "the peer closed the connection in the middle of a chunk", 44.2, 44, 5300, 0
    )
    line = text(row(record, ORIGIN, None, layout(80)))
    assert cells(line) == 80
    assert line.startswith("✂ ── disconnected: truncated · 44 events · 5.3 kB · 44.2 s ·")
    assert line.endswith(f" ─ {clock(10.0, ORIGIN)} ──")


def test_an_attempt_that_never_opened_is_no_disconnect() -> None:
    refused = Disconnect(10.0, 1, "refused", "Connection refused", 0.003, 0, 0, 0)
    assert drawn(refused).startswith("✂ ── attempt failed: refused · 3 ms · Connection refused ─")


def test_an_alert_is_said_in_its_own_measure() -> None:
    low = Alert(10.0, 1, "LowCompletionRate", "firing", 0.972222, 0.995)
    slow = Alert(10.0, 1, "SlowReconnect", "firing", 11.2534, 5.0)
    assert "LowCompletionRate · 97.22 % (limit 99.50 %) ─" in drawn(low)
    assert "SlowReconnect · 11.3 s (limit 5.00 s) ─" in drawn(slow)


def test_data_is_the_last_column_to_go() -> None:
    assert text(header(layout(100))).split() == ["n", "time", "Δ", "id", "type", "size", "data"]
    assert text(header(layout(66))).split() == ["n", "time", "Δ", "id", "type", "data"]
    assert text(header(layout(40))).split() == ["n", "id", "type", "data"]
    assert text(header(layout(12))).split() == ["data"]
    for width in range(10, 400):
        assert layout(width).data >= 10


def test_the_header_stands_over_its_columns() -> None:
    shown = text(row(event(), ORIGIN, 0.0, layout(120)))
    head = text(header(layout(120)))
    assert head.index("data") == shown.index("{")
    assert head.index("type") == shown.index("tick")
    assert head.index("time") == shown.index(clock(1.0, ORIGIN))


def test_the_number_column_grows_with_the_session() -> None:
    assert text(row(event(n=12_345_678), ORIGIN, None, layout(100, 12_345_678))).startswith("12345678  ")
    assert text(row(event(n=12_345_678), ORIGIN, None, layout(100))).startswith("…5678  ")


def test_clipped_spans_end_where_the_width_does() -> None:
    assert clip_spans([("abc", "dim"), ("def", "good"), ("ghi", "")], 5) == [("abc", "dim"), ("d…", "good")]


def test_a_comment_as_long_as_a_body_is_a_line() -> None:
    assert cells(drawn(Comment(1.0, 1, "x" * 1_000_000))) <= 100
