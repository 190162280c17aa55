"""From an exception to a reason, where no server of a test can cause it."""

from __future__ import annotations

import errno
import socket

import httpcore
import pytest

from sse_inspect.net.disconnects import classify


def wrapped(inner: BaseException, outer: BaseException) -> BaseException:
    """As httpcore leaves it: the cause wiped, the context kept."""
    outer.__context__, outer.__suppress_context__ = inner, True
    return outer


def system(number: int) -> OSError:
    return OSError(number, "as the system says")


@pytest.mark.parametrize(
    ("inner", "opened", "reason"),
    [
        (system(errno.ETIMEDOUT), False, "timeout"),
        (system(errno.ETIMEDOUT), True, "reset"),  # keep-alive found the peer dead
        (system(errno.EHOSTUNREACH), False, "unreachable"),
        (system(errno.EHOSTUNREACH), True, "unreachable"),
        (system(errno.ENETDOWN), False, "unreachable"),
        (system(errno.EPIPE), True, "reset"),
        (system(errno.ECONNABORTED), True, "reset"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), False, "dns"),
        (ExceptionGroup("all", [ValueError(), system(errno.ECONNREFUSED)]), False, "refused"),
        (system(errno.EMFILE), False, "unreachable"),
    ],
)
def test_what_the_system_said_decides(inner: BaseException, opened: bool, reason: str) -> None:
    told, detail = classify(wrapped(inner, httpcore.ConnectError("wrapping")), opened=opened, responded=opened)
    assert told == reason
    assert detail


def test_an_exception_nobody_knows_is_told_by_its_name() -> None:
    assert classify(ZeroDivisionError(), opened=False, responded=False) == ("protocol", "ZeroDivisionError")


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify(first, opened=False, responded=False) == ("protocol", "first")
