"""From an exception to a reason, where no server of a test can cause it."""

from __future__ import annotations

import errno
import socket

import pytest

from sse_inspect.errors import UsageError
from sse_inspect.net.disconnects import classify


def wrapped(inner: BaseException, outer: BaseException) -> BaseException:
    """As libraries leave it: the cause wiped, the context kept."""
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
    told, detail = classify(wrapped(inner, ValueError("wrapping")), opened=opened, stood=opened)
    assert told == reason
    assert detail


def test_an_exception_nobody_knows_is_told_by_its_name() -> None:
    told = classify(ZeroDivisionError(), opened=False, stood=False)
    assert told == ("protocol", "the response could not be read (ZeroDivisionError)")


def test_certificates_that_a_redirect_asks_for_in_vain() -> None:
    error = UsageError("SSL_CERT_FILE", "cannot read it.")
    assert classify(error, opened=False, stood=True) == ("tls", "SSL_CERT_FILE: cannot read it.")


def test_what_the_system_says_has_no_number_in_it() -> None:
    error = wrapped(system(errno.EMFILE), ValueError("[Errno 24] Too many open files"))
    assert classify(error, opened=False, stood=False) == ("unreachable", "Too many open files")


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify(first, opened=False, stood=False) == ("protocol", "first")
