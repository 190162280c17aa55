"""What a worker saw, as bytes from one machine to another: only data, of which the types are held."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import GenericAlias
from typing import Any, TypedDict, get_args, get_origin

import msgspec

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.fan_out import Spread
from sse_inspect.load.lateness import Late
from sse_inspect.load.result import Cost, Result
from sse_inspect.load.tally import Seen, Totals


@dataclass(slots=True)
class Parcel:
    """A result without what whoever asked for it knows already."""

    began_unix_us: int
    duration: float
    hindered: str
    clients: list[Seen]
    totals: Totals
    spread: Spread
    late: Late
    costs: list[Cost]

    def unpacked(self, into: Result) -> None:
        """Make it a part of that one; its clients are numbered behind those that are there."""
        for seen in self.clients:
            seen.number += len(into.clients)
        whole = Result(into.plan, into.url, into.version, self.began_unix_us, self.duration, hindered=self.hindered)
        whole.clients, whole.totals, whole.spread = self.clients, self.totals, self.spread
        whole.late, whole.costs = self.late, self.costs
        into.include(whole)


def packed(result: Result) -> bytes:
    """The result as bytes; clients are numbered anew, from 0."""
    clients = sorted(result.clients, key=lambda seen: seen.number)
    for number, seen in enumerate(clients):
        seen.number = number
    parcel = Parcel(
        result.began_unix_us,
        result.duration,
        result.hindered,
        clients,
        result.totals,
        result.spread,
        result.late,
        result.costs,
    )
    return msgspec.msgpack.encode(parcel, enc_hook=_plain)


def received(data: bytes) -> Parcel:
    """What `packed` made; raises ValueError (msgspec's are) for anything else."""
    return msgspec.msgpack.decode(data, type=Parcel, dec_hook=_made)


class _State(TypedDict):
    """What a distribution holds, as for a process beside this one, which gets it pickled."""

    count: int
    total: float
    max: float
    _sorted: list[float] | None
    _classes: dict[int, int]


def _plain(value: Any) -> Any:
    if isinstance(value, Distribution):
        return {name: vars(value)[name] for name in _State.__annotations__}
    raise NotImplementedError(type(value))  # what msgspec asks of such a hook for what it does not know


def _made(wanted: Any, plain: Any) -> Any:
    if wanted is Distribution:
        made = Distribution()
        state = msgspec.convert(plain, _State)
        vars(made).update(state, _classes=Counter(state["_classes"]))
        return made
    if get_origin(wanted) is Counter:
        return Counter(msgspec.convert(plain, GenericAlias(dict, (*get_args(wanted), int))))
    raise NotImplementedError(wanted)  # as above
