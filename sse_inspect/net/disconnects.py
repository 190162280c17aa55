"""Why a connection ended: from the chain of exceptions to a reason of the contract.

The exception on top is a library's wrapping; what the system said, an errno or a TLS alert, is further down.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

import httpcore

from sse_inspect.net.protocol_errors import judge, shortened
from sse_inspect.net.socks import SocksError
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


def classify(error: BaseException, *, opened: bool, responded: bool) -> tuple[DisconnectReason, str]:
    """The reason and what to say of it; `opened`: the response head had arrived; `responded`: a byte of it had.

    A timeout of the system on an open connection is a peer that keep-alive found dead: `reset`.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, socket.gaierror):
            return "dns", _sentence(link)
        if isinstance(link, ssl.SSLError):
            return "tls", _tls(link)
    for link in chain:
        if isinstance(link, OSError) and link.errno in _BY_ERRNO:
            reason = _BY_ERRNO[link.errno]
            detail = os.strerror(link.errno)
            if reason == "timeout" and opened:
                return "reset", f"{detail}: the peer vanished"
            return reason, detail
    for link in chain:
        match link:
            case httpcore.ConnectTimeout() | TimeoutError():
                return "timeout", _sentence(link)
            case SocksError():
                return link.reason, str(link)
            case httpcore.ProtocolError() | httpcore.ProxyError():
                return judge(link, opened=opened, responded=responded)
            case httpcore.ReadError() | httpcore.WriteError():
                return "reset", "the connection broke"
            case httpcore.ConnectError():
                return "unreachable", _sentence(link)
    return judge(error, opened=opened, responded=responded)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and all it was raised from, groups included, each once; httpcore wipes causes, not contexts."""
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


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    reason = getattr(error, "reason", None)  # only OpenSSL's own errors have one
    if reason == "WRONG_VERSION_NUMBER":
        return "the answer is not TLS: is this an http:// address?"
    return reason.replace("_", " ").lower() if reason else _sentence(error)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return shortened(str(error) or type(error).__name__)
