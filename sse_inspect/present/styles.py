"""The names of styles: what a piece of text is, never what it looks like. The screen maps each name to a colour.

Nothing is told by style alone: wherever one of these says that something is wrong, a sign or a word says so too.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

StyleName = Literal[
    "",
    "dim",
    "good",
    "warn",
    "bad",
    "header",
    "rule",
    "time",
    "event.n",
    "event.delta",
    "event.id",
    "event.type",
    "event.message",
    "event.size",
    "event.data",
    "event.replayed",
    "comment",
    "retry",
    "badge.duplicate",
    "badge.replayed",
    "badge.late",
    "badge.cut",
    "mark.session",
    "mark.connecting",
    "mark.open",
    "mark.disconnect",
    "mark.backoff",
    "mark.recovered",
    "mark.gap",
    "mark.filled",
    "mark.duplicate",
    "mark.stall",
    "mark.resumed",
    "mark.fault",
    "mark.end",
    "mark.summary",
    "finding.info",
    "finding.warning",
    "finding.error",
    "alert.firing",
    "alert.resolved",
    "json.key",
    "json.string",
    "json.number",
    "json.word",
    "json.punct",
    "bytes.offset",
    "bytes.hex",
    "bytes.text",
    "bytes.field",
    "bytes.end",
]

STYLES: tuple[StyleName, ...] = get_args(StyleName)
"""Every style name; a theme must know them all. The empty name is plain text."""

Span: TypeAlias = tuple[str, StyleName]
"""A piece of visible text and the name of its style."""
