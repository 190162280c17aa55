"""`--second-opinion`: what other clients would have made of the session, in words."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from sse_inspect.cli.options import OUTPUT, Given, Option, understood

if TYPE_CHECKING:
    from sse_inspect.inspected import Told
    from sse_inspect.inspection import Inspection
    from sse_inspect.ticket.elsewhere import Elsewhere

WIDTH = 100
"""Columns that are filled at most."""

SECOND_OPINION = Option(
    "second_opinion",
    ("--second-opinion",),
    "",
    "Say what other clients would have made of the session: the same bytes through the decoder of httpx-sse, and "
    "EventSource in a browser by rule. Of a live session on stderr in the end, of a file on stdout.",
    OUTPUT,
)


def is_asked(given: Given) -> bool:
    """Whether it is asked for."""
    return SECOND_OPINION.name in understood((SECOND_OPINION,), given)


class Hearing:
    """Listens to a session from its begin on."""

    def __init__(self, inspection: Inspection) -> None:
        from sse_inspect.ticket.elsewhere import Listening

        self._inspection = inspection
        self._listening = Listening(inspection.target)
        inspection.tap_inputs(self._listening.take)

    def tell(self) -> None:
        """Say on stderr what it came to."""
        if sys.stderr:
            sys.stderr.write(_in_words(self._listening.elsewhere(self._inspection.origin)))
            sys.stderr.flush()


def told_of(told: Told) -> str:
    """The same of a session that is kept."""
    from sse_inspect.ticket.elsewhere import Following

    following = Following(told)
    following.follow()
    return _in_words(following.view)


def _in_words(found: Elsewhere) -> str:
    from sse_inspect.ticket.elsewhere_words import text

    return text(found, min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH))
