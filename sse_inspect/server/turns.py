"""Which exchange of a recording a request gets."""

from __future__ import annotations

from collections import OrderedDict, deque

Who = tuple[str, ...]
"""What tells one listener from another: its address, its User-Agent, the path it asks for."""

LISTENERS = 1024
PLACES = 64


class Turns:
    """Gives the requests of a listener the exchanges in turn.

    A request goes on behind an exchange that was served to its end; if there is none it begins at the first. So a
    client that reconnects gets the next one, and a page that is loaded again in the middle the whole from its start.
    Behind the last one request is told to stop, unless `stops` is False; after that it begins at the first again.
    """

    def __init__(self, count: int, *, stops: bool) -> None:
        self._count = count
        self._stops = stops
        self._places: OrderedDict[Who, deque[int]] = OrderedDict()

    def take(self, who: Who) -> int | None:
        """The index of the exchange for this request; None where it is to be told that there are no more."""
        places = self._places.get(who)
        if not places:
            return 0
        index = places.popleft()
        return index if index < self._count else None

    def served(self, who: Who, index: int) -> None:
        """That exchange was served to its end."""
        if index + 1 == self._count and not self._stops:
            return
        self._places.setdefault(who, deque(maxlen=PLACES)).append(index + 1)
        self._places.move_to_end(who)
        if len(self._places) > LISTENERS:
            self._places.popitem(last=False)
