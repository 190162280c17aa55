"""A report for a ticket: what was connected to, what happened, the findings, the bytes; without secrets."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_inspect.inspected import Told

FORMATS = {".md": "markdown", ".html": "html", ".json": "json"}
"""The modules that write it, by the end of the file's name."""


def report(
    told: Told,
    suffix: str,
    version: str,
    *,
    capture: str = "",
    with_data: bool = False,
    step: Callable[[], object] = lambda: None,
) -> str:
    """The report of a session as the text of a file of that suffix; see `gather`."""
    from sse_inspect.ticket.gather import gather

    written: Callable[..., str] = import_module(f"{__name__}.{FORMATS[suffix]}").written
    return written(gather(told, version, capture=capture, with_data=with_data, step=step))
