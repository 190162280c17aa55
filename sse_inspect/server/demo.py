"""The first minute of `sse-inspect demo`: one stream that lives through everything, and words for it.

The times fit a client with a stall limit of `STALL_AFTER` and the default backoff (1, 2, 4, 4 … seconds).
"""

from __future__ import annotations

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.script import Close, Drop, Refuse, Repeat, Reset, Rewind, Script, Silence, Step

DEMO_PATH = "/demo"
STALL_AFTER = 6.0


def demo_script() -> Script:
    """Steps for the server, and banners (seconds, text) for the screen; seconds from the first request on."""
    return Script(
        steps=(
            Step(8.0, Reset()),
            Step(18.0, Drop(4)),
            Step(20.4, Rewind(10)),
            Step(20.4, Close()),
            Step(26.0, Drop(3, forever=True)),
            Step(31.0, Repeat(5)),
            Step(36.0, Silence()),
            Step(48.0, Refuse(3, status=503)),
            Step(48.0, Reset()),
        ),
        banners=(
            (0.0, "Steady events, a heartbeat every 2 s"),
            (8.0, "The server resets the connection, and on reconnect sends what was missed"),
            (18.0, "The server skips four IDs: a gap"),
            (20.4, "The server closes; its replay goes back: the gap is filled, others come twice"),
            (26.0, "Three IDs never come: a gap that stays"),
            (31.0, "Five events are sent again: duplicates"),
            (36.0, "Silence, no heartbeat either, on an open connection: after 6 s it is a stall"),
            (48.0, "A reset, and three times the answer 503: the delays of the attempts grow"),
            (60.0, "Steady again, for as long as you like: now break something yourself (f)"),
        ),
    )


def demo_options(port: int = 0) -> ServerOptions:
    """A loopback server whose stream at `DEMO_PATH` plays the script."""
    return ServerOptions(
        port=port,
        defaults=Behaviour(rate=4.0, heartbeat=2.0),
        scripts={DEMO_PATH: demo_script()},
    )
