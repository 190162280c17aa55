"""`--metrics [HOST:]PORT`: the numbers of the session, for Prometheus."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Self

from sse_inspect.cli import values
from sse_inspect.cli.options import OUTPUT, Given, Option, understood
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.inspection import Inspection

LOOPBACK = "127.0.0.1"


def _where(given: str) -> tuple[str, int]:
    """An address and a port; a port alone is one of this machine only."""
    host, colon, port = given.strip().rpartition(":")
    if not colon:
        return LOOPBACK, values.port(port)
    if not host.strip("[]"):
        raise ValueError(f"the address is missing; expected PORT alone for this machine, or 0.0.0.0:{port} for all.")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"{values.shown(given)} is no address and port; an IPv6 address has brackets: [::1]:9464.")
    return values.address(host.removeprefix("[").removesuffix("]")), values.port(port)


METRICS = Option(
    "metrics",
    ("--metrics",),
    "[HOST:]PORT",
    "Serve the metrics for Prometheus while the session lasts, to this machine only unless an address is named.",
    OUTPUT,
    _where,
)


class Exposure:
    """Where the sessions of a command can be scraped, from when it is made; nowhere if that was not asked for.

    Raises UsageError where it cannot listen, or where the library is missing. Leaving its block ends it.
    """

    def __init__(self, given: Given) -> None:
        self._scrape = None
        where = understood((METRICS,), given).get(METRICS.name)
        if where is None:
            return
        try:
            from sse_inspect.monitoring.scrape import Scrape
        except ModuleNotFoundError as error:
            if error.name != "prometheus_client":
                raise
            raise UsageError(METRICS.flag, "it needs a library: pip install prometheus-client") from None
        from sse_inspect import __version__

        host, port = where
        try:
            self._scrape = Scrape(host, port, __version__)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
            raise UsageError(METRICS.flag, f"cannot listen on {host} port {port} ({why}).") from None

    @property
    def url(self) -> str:
        """Where, or empty."""
        return self._scrape.url if self._scrape else ""

    def watch(self, inspection: Inspection, endpoint: str = "") -> None:
        """Expose this session, which begins."""
        if self._scrape:
            self._scrape.exposition.watch(inspection, endpoint)

    def tell(self) -> None:
        """Say where."""
        if self._scrape and sys.stderr:
            sys.stderr.write(f"sse-inspect: metrics at {self.url}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._scrape:
            self._scrape.close()
