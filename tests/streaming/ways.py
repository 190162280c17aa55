"""The ways in which an outage shows: what the open connection meets, and what an attempt meets while it lasts."""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.records import DisconnectReason


@dataclass(frozen=True, slots=True)
class Way:
    """`cuts` is how the open connection ends at once, None where it falls silent; `lasting`: it is dead for good then.

    `refuses` is what an attempt is told at once; None where what it sends vanishes. `asks_names`: it is the look-up
    of the name that vanishes, which a resolver repeats less often than TCP repeats its SYN.
    """

    name: str
    cuts: DisconnectReason | None
    refuses: DisconnectReason | None
    lasting: bool = True
    asks_names: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether only silence tells that the connection is gone."""
        return self.cuts is None

    def __str__(self) -> str:
        return self.name


REFUSED = Way("refused", cuts="reset", refuses="refused")
"""The server's process is gone: its connections are reset, its port refuses."""
UNAVAILABLE = Way("unavailable", cuts="truncated", refuses="status")
"""The proxy in front is there, and answers 503."""
UNREACHABLE = Way("unreachable", cuts="reset", refuses="unreachable")
"""This machine has no network, and says so."""
DNS = Way("dns", cuts="reset", refuses="dns")
"""The name cannot be resolved, and the resolver says so."""
DNS_SILENT = Way("dns silent", cuts="reset", refuses=None, asks_names=True)
"""No name server answers: a resolver asks again after 5 s (resolv.conf(5), `timeout`)."""
BLACK_HOLE = Way("black hole", cuts="reset", refuses=None)
"""The connection is reset, and then every packet vanishes: SYNs too, which TCP repeats (RFC 6298, 2 and 5)."""
FREEZE = Way("freeze", cuts=None, refuses=None, lasting=False)
"""Every packet vanishes, and afterwards the connection goes on where it was."""
HANDOFF = Way("handoff", cuts=None, refuses=None)
"""Another network and another address: nothing arrives on the old connection ever again, and nobody says so."""

WAYS = (REFUSED, UNAVAILABLE, UNREACHABLE, DNS, DNS_SILENT, BLACK_HOLE, FREEZE, HANDOFF)


@dataclass(frozen=True, slots=True)
class Outage:
    """`seconds` without network, in one of the ways."""

    way: Way
    seconds: float
