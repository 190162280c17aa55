"""A URL where there is little room: its host is the last to go."""

from __future__ import annotations

from sse_inspect.present.safe import ELLIPSIS, cells, clip, clip_left, visible

_LONGEST = 4096
_LEAST_HEAD = 3
_LEAST_TAIL = 6


def host_of(url: str) -> str:
    """The host with its port, visible."""
    return _parts(url)[0]


def shortened(url: str, width: int) -> str:
    """The URL in at most `width` cells.

    First its scheme goes, then the middle of what stands behind the host, then the middle of the host.
    """
    whole = visible(url[:_LONGEST])
    if cells(whole) <= width:
        return whole
    host, rest = _parts(url)
    if cells(host + rest) <= width:
        return host + rest
    room = width - cells(host) - 1
    if room > 0:
        return f"{host}/{clip_left(rest[1:], room) if room >= _LEAST_TAIL else ELLIPSIS}"
    if cells(host) <= width:
        return host
    head = (width - 1) // 2
    if head < _LEAST_HEAD:
        return clip(host, width)
    return clip(host, head + 1) + clip_left(host, width - head).removeprefix(ELLIPSIS)


def _parts(url: str) -> tuple[str, str]:
    """The host with its port, and what follows it, both visible."""
    whole = visible(url[:_LONGEST])
    scheme, found, after = whole.partition("://")
    host, slash, path = (after if found else scheme).partition("/")
    return host, slash + path
