"""Why a connection ended: from the chain of exceptions to a reason of the contract.

The exception on top may be a library's wrapping; what the system said, an errno or a TLS alert, is further down.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

from sse_inspect.errors import UsageError
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.sentences import NO_TLS, sentence, shortened, told
from sse_inspect.records import DisconnectReason

_BY_ERRNO: dict[int, DisconnectReason] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ECONNABORTED: "reset",
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.EACCES: "unreachable",
    errno.EPERM: "unreachable",
    errno.ETIMEDOUT: "timeout",
}


def classify(error: BaseException, *, opened: bool, stood: bool) -> tuple[DisconnectReason, str]:
    """The reason and what to say of it; `opened`: the response head had arrived; `stood`: the connection had, with TLS.

    A timeout of the system on an open connection is a peer that keep-alive found dead: `reset`.
    """
    chain = list(_chain(error))
    for link in chain:
        match link:
            case AttemptError():
                return link.reason, shortened(str(link))
            case UsageError():  # certificates are only read where a redirect leads to https://
                return "tls", str(link)
            case socket.gaierror():
                return "dns", shortened(link.strerror or "the name could not be looked up")
            case ssl.SSLError():
                return "tls", _tls(link, stood=stood)
    for link in chain:
        if isinstance(link, OSError) and link.errno in _BY_ERRNO:
            reason = _BY_ERRNO[link.errno]
            detail = os.strerror(link.errno)
            if reason == "timeout" and opened:
                return "reset", f"{detail}: the peer vanished"
            return reason, detail
    for link in chain:
        match link:
            case TimeoutError():
                return "timeout", sentence(link)
            case OSError() if stood or isinstance(link, ConnectionError):
                return "reset", "the connection broke"
            case OSError():
                return "unreachable", os.strerror(link.errno) if link.errno else sentence(link)
    return "protocol", sentence(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was raised from, groups included, each once."""
    seen: set[int] = set()
    stack: list[BaseException | None] = [error]
    while stack:
        link = stack.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        stack += [link.__context__, link.__cause__]
        if isinstance(link, BaseExceptionGroup):
            stack += link.exceptions


def _tls(error: ssl.SSLError, *, stood: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    reason = getattr(error, "reason", None)  # only OpenSSL's own errors have one
    text = told(reason.replace("_", " ").lower() if reason else error.strerror or "the connection broke")
    return "what came is not TLS" if stood and text == NO_TLS else text
