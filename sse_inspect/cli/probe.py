"""One attempt at a URL: how far it came, and what to do where that is not far enough."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from sse_inspect.cli.checkup import Advice, Fact, Finding
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.inputs import Connected, Input
from sse_inspect.live import Live
from sse_inspect.present.units import seconds
from sse_inspect.records import Connecting, Disconnect, End, Open, Record

PATIENCE = 10.0
"""Seconds the answer gets."""

REMEDIES = {
    "dns": "Check the spelling of the host, and the name server.",
    "refused": "Nobody listens there: start the server, or check the port.",
    "unreachable": "There is no way to that address: check the network, the VPN, the firewall.",
    "timeout": "No connection came about: check the address, the port and the firewall.",
    "tls": "Check the certificate, or whether http:// is meant; --cacert FILE trusts another authority.",
    "reset": "The server, or a proxy before it, hangs up: look into its log.",
    "protocol": "What answers does not speak HTTP as it should: check the port.",
    "status": "The server answers, but with no stream: check the path and the credentials.",
    "content-type": "What answers is no event stream: check the path; the server must send text/event-stream.",
    "redirect": "The server redirects to nowhere: check the URL.",
    "encoding": "The compression is broken; try --encoding identity.",
}
"""What to do, by the reason for which no stream opened."""
NO_HEAD = (
    "The connection stands, so it is no firewall; but no response head comes. The application sends none before its "
    "first event, or is stuck, or a proxy that buffers or compresses holds the head back: try --encoding identity and "
    "a URL without the proxy; sse-inspect probe compares them."
)
"""What to do where the connection stood, and nothing came over it in time."""


def probe(target: Target, policy: Policy) -> Iterator[Finding]:
    """Ask once, and hang up as soon as it is known whether a stream opens; of the policy the time to connect counts."""
    told: list[Record] = []
    connected = False

    def tap(records: Sequence[Record]) -> None:
        told.extend(records)
        if any(isinstance(record, Open) for record in records):
            live.stop()

    def tap_inputs(happened: Input, _connection: int, _records: Sequence[Record]) -> None:
        nonlocal connected
        connected = connected or isinstance(happened, Connected)

    once = Policy(max_retries=0, connect_timeout=policy.connect_timeout, stall_after=PATIENCE)
    live = Live(target, once, look_back=False)
    live.inspection.tap(tap)
    live.inspection.tap_inputs(tap_inputs)
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
                remedy = NO_HEAD if connected and record.reason == "timeout" else REMEDIES.get(record.reason, "")
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
