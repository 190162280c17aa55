"""What others would make of a session, in words: for a page of the screen, and for the end of `tail`."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import TextWrapper

from sse_inspect.analysis.browser import Remark
from sse_inspect.present.safe import fit, preview, visible
from sse_inspect.present.signs import SEVERITIES, VERDICTS
from sse_inspect.present.styles import Span, StyleName
from sse_inspect.present.units import counted, hms, size
from sse_inspect.second_opinion import Difference
from sse_inspect.ticket.elsewhere import Elsewhere
from sse_inspect.ticket.others import OUTCOMES
from sse_inspect.ticket.reread import CLIENT
from sse_inspect.ticket.twice import again

Row = tuple[list[Span], int]
"""A line, and how far its further rows stand in where it is too long."""

EXAMPLE = 60
"""Cells of an example."""
_OUTCOME = 16
_STYLES: dict[str, StyleName] = {"cannot": "bad", "gives-up": "bad", "differs": "warn", "same": "dim"}


def rows(found: Elsewhere, about: str = "") -> list[Row]:
    """All of it; `about` says which part of a session that is over it is about, in a sentence."""
    head = [_row(about, "dim"), _blank()] if about else []
    return [*head, *_opinion(found), _blank(), *_browser(found)]


def text(found: Elsewhere, width: int) -> str:
    """All of it as lines of at most so many characters."""
    lines: list[str] = []
    for spans, indent in rows(found):
        wrapper = TextWrapper(width, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False)
        lines += wrapper.wrap("".join(said for said, _ in spans)) or [""]
    return "\n".join([*lines, ""])


def _row(said: str, style: StyleName = "", indent: int = 0) -> Row:
    return [(" " * indent + said, style)], indent


def _blank() -> Row:
    return [], 0


# The same bytes through another decoder


def _opinion(found: Elsewhere) -> Iterator[Row]:
    yield _row(f"The same bytes through {CLIENT}, a common client library", "header")
    if found.why_not:
        yield _row(f"There is no second opinion: {found.why_not}.", "", 2)
        return
    if not found.received:
        yield _row("No byte came that could be read.", "", 2)
        return
    part = "All" if found.examined >= found.received else "The first"
    yield _row(
        f"{part} {size(found.examined)} of {counted(found.opened, 'response')}: {counted(found.events, 'event')} "
        f"delivered there, {found.ours:,} here.",
        "",
        2,
    )
    if found.comments:
        yield _row(f"{counted(found.comments, 'comment')} came, of which it gives no sign.", "", 2)
    if found.duplicates:
        yield _row(f"It drops no duplicates: it hands on {again(found.duplicates)} a second time.", "", 2)
    if found.opened > 1:
        yield _row("It does not connect again by itself: a loop over its events ends with the first response.", "", 2)
    if found.ours or found.events:
        yield _blank()
        width = max((len(f"{each.count:,}") for each in found.differences), default=0)
        for each in found.differences:
            yield from _difference(each, width)
        if not found.differences:
            said = f"{'Else no' if found.duplicates else 'No'} difference: it delivers the same events."
            yield _signed(VERDICTS[True].sign, VERDICTS[True].style, said)


def _difference(each: Difference, width: int) -> Iterator[Row]:
    """One difference; its count is `width` cells wide, so that those of all stand below each other."""
    sign, indent = SEVERITIES["warning"], width + 7
    yield [(f"  {sign.sign} ", sign.style), (f"{each.count:>{width},} × {each.effect}", "")], indent
    yield _row(f"because of {visible(each.cause)}", "dim", indent)
    yield _row(f"first {_place(each)}{f': “{preview(each.example, EXAMPLE)}”' if each.example else ''}", "dim", indent)


def _place(each: Difference) -> str:
    if each.kind in ("phantom", "retry-misread"):
        event = f"behind event {each.n:,}" if each.n else "before any event"
    else:
        event = f"event {each.n:,}"
    return f"in connection {each.connection} at byte {each.offset:,}, {event}"


# A browser


def _browser(found: Elsewhere) -> Iterator[Row]:
    yield _row("EventSource in a browser, by rule", "header")
    yield _verdict(found)
    for remark in found.remarks:
        style = _STYLES[remark.outcome]
        said = f"{visible(remark.sentence)}{_more(remark)}"
        yield [("    ", ""), (fit(OUTCOMES[remark.outcome], _OUTCOME), style), (said, "")], 4 + _OUTCOME


def _verdict(found: Elsewhere) -> Row:
    """What becomes of the connection at hand there."""
    outcomes = {each.outcome for each in found.remarks}
    here = f"connection {found.connection:,}"
    no, odd, yes = VERDICTS[False], SEVERITIES["warning"], VERDICTS[True]
    if "cannot" in outcomes:
        return _signed(no.sign, no.style, "A page cannot ask so: no EventSource comes this far.")
    if found.gave_up and found.gave_up < found.connection:
        return _signed(
            no.sign, no.style, f"It would not have made {here}: it gave up for good at connection {found.gave_up:,}."
        )
    if "gives-up" in outcomes:
        return _signed(no.sign, no.style, f"It gives up for good at {here}.")
    if "differs" in outcomes:
        return _signed(odd.sign, odd.style, f"It goes on with {here}, but not all is as here.")
    return _signed(yes.sign, yes.style, f"It does with {here} as is done here, as far as rules tell.")


def _more(remark: Remark) -> str:
    parts = [preview(remark.evidence, EXAMPLE)] if remark.evidence else []
    if remark.count > 1:
        parts.append(f"{remark.count:,} times" + (f", first at {hms(remark.t)}" if remark.t is not None else ""))
    return f" ({'; '.join(parts)})" if parts else ""


def _signed(sign: str, style: StyleName, said: str) -> Row:
    return [(f"  {sign} ", style), (said, "")], 4
