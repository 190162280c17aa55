"""Whose machines a load may reach: this one, and another only if it is said to be the user's."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.config import Target, is_loopback
from sse_inspect.errors import UsageError
from sse_inspect.net.addresses import parse_proxy, parse_url
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.network import Guard
from sse_inspect.net.route import proxy_in_use

OWNED = "--i-own-this-target"


def check_target(target: Target, owned: bool) -> None:
    """Raise UsageError for a target, or a proxy on the way, that is not this machine, unless it is `owned`."""
    if owned:
        return
    if not is_loopback(target.url):
        raise UsageError(
            "URL", f"a load is for servers of one's own, and this is not this machine; {OWNED} says that it is yours."
        )
    option, proxy = proxy_in_use(target, parse_url(target.url))
    if proxy and not is_here(parse_proxy(proxy, option).host):
        raise UsageError(
            option,
            "a load is for servers of one's own, and this proxy is not on this machine; "
            f"{OWNED} says that it is yours.",
        )


def is_here(host: str) -> bool:
    """Whether a name or an address without brackets is one for this machine."""
    return is_loopback(f"http://{f'[{host}]' if ':' in host else host}/")


def only_here(refused: Callable[[str], object]) -> Guard:
    """A guard that lets nobody leave this machine: it tells `refused` why, and raises AttemptError."""

    def guard(host: str) -> None:
        if not is_here(host):
            why = f"the way leads to {host}, which is not this machine; {OWNED} says that it is yours"
            refused(why)
            raise AttemptError(why, "unreachable")

    return guard
