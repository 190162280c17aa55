"""A finding as a page: what was recognised, how sure, on which numbers, why, what mends it, what would confirm it."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.present import units
from sse_inspect.present.findings import Explained
from sse_inspect.present.safe import fit
from sse_inspect.present.signs import SEVERITIES
from sse_inspect.present.styles import StyleName
from sse_inspect.records import Diagnosis, Origin
from sse_inspect.tui.pages import Line

_LABEL = 12
_PRODUCT = 18
_CHOSEN = "▸ "


def page(found: Explained, record: Diagnosis, origin: Origin, chosen: int) -> tuple[list[Line], int | None]:
    """The lines, and which of them is the `chosen` setting, if there is any."""
    sign = SEVERITIES[found.severity]
    lines = [_words([(f"{sign.sign} {sign.word}  ", sign.style), (found.title, "bold")], indent=2), Line([])]
    lines.append(_labelled("code", found.code))
    if found.sure:
        lines.append(_labelled("how sure", found.sure))
    for label, text in (("evidence", found.numbers), ("cause", found.cause), ("what to do", found.fix)):
        if text:
            lines.append(_labelled(label, text))
    if found.probe:
        lines.append(_labelled("to confirm", found.probe))
    lines.append(_labelled("recognised", _place(record, origin)))
    if not found.settings:
        return lines, None
    lines += [Line([]), Line([("Settings that mend it", "bold")]), _words([(_hint(found), "dim")])]
    chosen_line = None
    for number, (product, setting) in enumerate(found.settings):
        if number == chosen:
            chosen_line = len(lines)
        lines += _setting(product, setting, is_named=product in found.named, is_chosen=number == chosen)
    return lines, chosen_line


def _setting(product: str, setting: str, *, is_named: bool, is_chosen: bool) -> Iterator[Line]:
    """The product beside the first line of its setting, the other lines below that."""
    first, *others = setting.split("\n")
    lead, style = (_CHOSEN if is_chosen else "  "), ("accent" if is_named else "")
    yield _words([(lead, "accent"), (fit(product, _PRODUCT - 2), style), _coloured(first)], indent=_PRODUCT)
    for line in others:
        inside = len(line) - len(line.lstrip(" "))
        yield _words([(" " * _PRODUCT, ""), _coloured(line)], indent=_PRODUCT + inside)


def _coloured(line: str) -> tuple[str, StyleName]:
    return line, "dim" if line.startswith("#") else "json.string"


def _hint(found: Explained) -> str:
    known = [product for product, _ in found.settings if product in found.named]
    if known:
        return f"{', '.join(known)} first, which the response head names: a hint, no proof."
    if found.named:
        return f"The response head names {', '.join(found.named)}, for which none is known; choose what is on the way."
    return "The response head names no product that is known: choose what is on the way."


def _place(record: Diagnosis, origin: Origin) -> str:
    if origin.time_of(record) is None:
        return "at a time that is not told"
    clock = f" ({units.clock(record.t, origin)})" if origin.is_known else ""
    where = f", connection {record.connection}" if record.connection else ""
    return f"first at {units.hms(record.t)}{clock}{where}"


def _labelled(label: str, text: str) -> Line:
    return _words([(fit(label, _LABEL), "label"), (text, "")], indent=_LABEL)


def _words(spans: list[tuple[str, str]], indent: int = 0) -> Line:
    return Line(spans, words=True, indent=indent)
