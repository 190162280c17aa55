from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from sse_inspect.present import safe
from sse_inspect.present.safe import MARKS, cells, clip, clip_left, fit, preview, preview_end, visible
from tests.present.samples import HOSTILE

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
"""All of Unicode, lone surrogates included."""

FORBIDDEN = {
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x17B4, 0x17B6),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xD800, 0xF900),
    *range(0xFE00, 0xFE10),
    *range(0xFFF9, 0xFFFC),
    *range(0x1F3FB, 0x1F400),
    *range(0xE0000, 0xE1000),
    *range(0xF0000, 0x110000),
}


def test_no_code_point_of_unicode_gets_through_that_should_not() -> None:
    # The planes in between hold nothing but unassigned code points.
    for start in (*range(0, 0x33000, 64), *range(0xDFF00, 0xE1100, 64), *range(0xFFF00, 0x100100, 64)):
        shown = visible("a".join(map(chr, range(start, start + 64))))
        assert shown.isprintable()
        assert not FORBIDDEN.intersection(map(ord, shown)), hex(start)


@given(ANY_TEXT)
@example(HOSTILE)
@example("\u0301" * 100)
@example("a" + "\u1161" * 100)
def test_visible_text_is_printable_and_its_own_visible_form(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not FORBIDDEN.intersection(map(ord, shown))
    assert visible(shown) == shown
    shown.encode()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_is_unchanged(text: str) -> None:
    assert visible(text) is text


@given(ANY_TEXT)
def test_marks_never_pile_up(text: str) -> None:
    run = 0
    for char in visible(text):
        run = run + 1 if cells(char) == 0 else 0
        assert run <= MARKS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("line\nnext\r\n\tx", "line␊next␍␊␉x"),
        ("\x1b[31m\x07\x7f", "␛[31m␇␡"),
        ("\x9b31m", "⟨009B⟩31m"),
        ("a\u202eb", "a⟨202E⟩b"),
        ("👩\u200d💻", "👩⟨200D⟩💻"),
        ("\ud83d", "⟨D83D⟩"),
        ("\ue000\U0010fffe", "⟨E000⟩⟨10FFFE⟩"),
        ("\U000e0041", "⟨E0041⟩"),
        ("1\u00a0000", "1⟨00A0⟩000"),
        ("日本語 é ü ж ☃ 😀", "日本語 é ü ж ☃ 😀"),
        ("\u0301x", "◌\u0301x"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 13 + "f", "e" + "\u0301" * 4 + "⟨+9⟩f"),
        (r"\u202e", r"\u202e"),
        ("[red]x[/nope]", "[red]x[/nope]"),
    ],
)
def test_how_things_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_is_remembered_is_bounded() -> None:
    every = "".join(map(chr, (*range(0x4E00, 0x9FA6), *range(0xAC00, 0xD7A4))))
    before = visible(HOSTILE)
    assert visible(every) == every
    assert len(safe._shown) <= safe._REMEMBERED + 1
    assert visible(HOSTILE) == before


@given(ANY_TEXT, st.integers(-1, 40))
def test_clipping_keeps_to_the_width(text: str, width: int) -> None:
    shown = visible(text)
    for cut in (clip(shown, width), clip_left(shown, width), preview(text, width), preview_end(text, width)):
        assert cells(cut) <= max(width, 0)
        assert cut.isprintable()
    if cells(shown) <= width:
        assert clip(shown, width) == clip_left(shown, width) == shown
    elif width > 0:
        assert clip(shown, width).endswith("…")
        assert clip_left(shown, width).startswith("…")


@given(ANY_TEXT, st.integers(0, 40), st.booleans())
def test_fitted_text_fills_its_column(text: str, width: int, right: bool) -> None:
    assert cells(fit(visible(text), width, right)) == width


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abcdef", 4, "abc…"),
        ("日本語", 4, "日…"),
        ("日本語", 5, "日本…"),
        ("e\u0301e\u0301e", 2, "e\u0301…"),
        ("ab", 0, ""),
    ],
)
def test_clip(text: str, width: int, cut: str) -> None:
    assert clip(text, width) == cut


def test_clip_left_keeps_marks_with_their_letter() -> None:
    assert clip_left("feed-1042", 5) == "…1042"
    assert clip_left("xxe\u0301y", 2) == "…y"
    assert clip_left("xxe\u0301y", 3) == "…e\u0301y"


def test_a_preview_says_that_there_is_more_and_reads_only_its_share() -> None:
    assert preview("short", 10) == "short"
    assert preview("x" * 16_000_000, 10) == "xxxxxxxxx…"
    assert preview("\u0301" * 16_000_000, 12).endswith("…")
    assert preview_end("0" * 16_000_000 + "42", 5) == "…0042"


def test_importing_it_takes_of_rich_only_the_width_table() -> None:
    code = "import sys, sse_inspect.present.safe; print(*(name for name in sys.modules if name.startswith('rich.')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = {name for name in out.split() if not name.startswith("rich._")}
    assert loaded == {"rich.cells"}


def test_what_is_told_without_the_table_is_as_in_the_table() -> None:
    shown = [char for char in map(chr, range(0x20, 0x3100)) if char.isprintable()]
    assert [char for char in shown if cells(char) != cell_len(char)] == []
    assert cells("… ─ █ ␊ ü") == 9
    assert cells("日…") == 3
