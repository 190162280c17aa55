"""One attempt at a URL: how far it came, and what to do where that is not far enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from sse_inspect.cli.checkup import Advice, Fact, Finding
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.live import Live
from sse_inspect.present.units import seconds
from sse_inspect.records import Connecting, Disconnect, End, Open, Record

PATIENCE = 10.0
"""Seconds the answer gets."""

REMEDIES = {
    "dns": "Check the spelling of the host, and the name server.",
    "refused": "Nobody listens there: start the server, or check the port.",
    "unreachable": "There is no way to that address: check the network, the VPN, the firewall.",
    "timeout": "Nothing answers: check the firewall, and whether the server is stuck.",
    "tls": "Check the certificate, or whether http:// is meant; --cacert FILE trusts another authority.",
    "reset": "The server, or a proxy before it, hangs up: look into its log.",
    "protocol": "What answers does not speak HTTP as it should: check the port.",
    "status": "The server answers, but with no stream: check the path and the credentials.",
    "content-type": "What answers is no event stream: check the path; the server must send text/event-stream.",
    "redirect": "The server redirects to nowhere: check the URL.",
    "encoding": "The compression is broken; try --encoding identity.",
}
"""What to do, by the reason for which no stream opened."""


def probe(target: Target, policy: Policy) -> Iterator[Finding]:
    """Ask once, and hang up as soon as it is known whether a stream opens; of the policy the time to connect counts."""
    told: list[Record] = []

    def tap(records: Sequence[Record]) -> None:
        told.extend(records)
        if any(isinstance(record, Open) for record in records):
            live.stop()

    once = Policy(max_retries=0, connect_timeout=policy.connect_timeout, stall_after=PATIENCE)
    live = Live(target, once, look_back=False)
    live.inspection.tap(tap)
    asyncio.run(live.run())
    yield Fact("url", shown_url(target.url))
    opened = False
    for record in told:
        match record:
            case Connecting():
                yield Fact("method", target.method)
            case Open():
                opened = True
                yield from _opened(record)
            case Disconnect() if not opened:
                yield Fact("no stream", f"{record.reason}: {record.detail}")
                remedy = REMEDIES.get(record.reason, "")
                yield Advice(f"The URL opens no stream ({record.reason}: {record.detail}). {remedy}".strip(), True)
            case End(reason="no-content"):
                yield Fact("answer", "204")
                yield Advice("The server answers 204, which asks clients not to come back: there is no stream now.")


def _opened(record: Open) -> Iterator[Finding]:
    yield Fact("peer", record.peer)
    yield Fact("answer", f"{record.status}, HTTP/{record.http_version}, {record.headers.get('content-type', '')}")
    for name, value in record.timings.items():
        yield Fact(name.replace("_", " "), seconds(value))
    if coding := record.headers.get("content-encoding"):
        yield Fact("content-encoding", coding)
        yield Advice(f"The stream is compressed ({coding}); where events come in bursts, try --encoding identity.")
