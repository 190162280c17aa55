from __future__ import annotations

import signal

import pytest

from sse_inspect.cli.exits import exit_status
from sse_inspect.records import End, EndReason


@pytest.mark.parametrize(
    ("reason", "responded", "signalled", "status"),
    [
        ("completed", True, None, 0),
        ("no-content", True, None, 0),
        ("limit", True, None, 0),
        ("interrupted", True, None, 0),  # the reader of a pipe went away, or the user left the screen
        ("interrupted", False, None, 0),
        ("fatal", True, None, 1),
        ("max-retries", True, None, 1),
        ("fatal", False, None, 3),
        ("max-retries", False, None, 3),
        ("completed", False, None, 3),  # a POST that was refused ends at its first disconnect
        ("limit", False, None, 3),
        ("interrupted", True, signal.SIGINT, 130),
        ("interrupted", False, signal.SIGINT, 130),
        ("interrupted", True, signal.SIGTERM, 143),
        ("fatal", True, signal.SIGTERM, 143),  # the signal came while the last records were being written
    ],
)
def test_exit_status(reason: EndReason, responded: bool, signalled: int | None, status: int) -> None:
    assert exit_status(End(1.0, 1, reason, ""), responded, signalled) == status
