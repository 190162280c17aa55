"""The reports of a check: for programs, for CI, for a ticket, for a browser, and for the terminal."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.check.report.html import to_html
from sse_inspect.check.report.json import to_json
from sse_inspect.check.report.junit import to_junit
from sse_inspect.check.report.markdown import to_markdown
from sse_inspect.check.report.terminal import summary_lines
from sse_inspect.check.result import Report

__all__ = ["FORMATS", "summary_lines"]

FORMATS: dict[str, Callable[[Report], str]] = {
    "json": to_json,
    "junit": to_junit,
    "markdown": to_markdown,
    "html": to_html,
}
"""By the name of the option that asks for them; each text ends with a line end."""
