"""`sse-inspect serve`: the reference server alone."""

from __future__ import annotations

import sys

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import Command, Given, Option, understood
from sse_inspect.errors import UsageError

ADDRESS, STREAMS = "Address", "What a stream does, unless its URL says otherwise"
OPTIONS = (
    Option("host", ("--host",), "ADDRESS", "Address to listen on. [127.0.0.1]", ADDRESS, values.address),
    Option("port", ("-p", "--port"), "PORT", "Port to listen on; 0 takes a free one. [8000]", ADDRESS, values.port),
    Option("rate", ("--rate",), "N", "Events per second. [1]", STREAMS),
    Option("heartbeat", ("--heartbeat",), "SECONDS", "Time between two heartbeat comments; 0: none. [10]", STREAMS),
    Option("retry", ("--retry",), "MS", "Reconnection time to send, in milliseconds. [none]", STREAMS),
    Option("buffer", ("--buffer",), "N", "Events held for replay. [1000]", STREAMS),
    Option(
        "linger",
        ("--linger",),
        "SECONDS",
        "How long a stream runs on that nobody listens to. [3600]",
        STREAMS,
        values.seconds,
    ),
)
BEHAVIOUR = ("rate", "heartbeat", "retry", "buffer")


def run(given: Given) -> int:
    """Run the command until a signal ends it."""
    import signal
    import time

    from sse_inspect.cli.signals import SIGNALS
    from sse_inspect.server import Behaviour, ServerOptions, ServerThread

    # Another start, other data, as with a real server: IDs that begin again are then told from a replay.
    settings = {"port": 8000, "seed": time.time_ns()} | understood(OPTIONS, given)
    asked = {name: settings.pop(name) for name in BEHAVIOUR if name in settings}
    try:
        defaults = Behaviour.from_texts(asked, Behaviour())
    except UsageError as error:
        raise UsageError(f"--{error.option}", error.message) from None
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before there are threads: they inherit it
    try:
        with ServerThread(ServerOptions(**settings, defaults=defaults)) as server:
            sys.stdout.write(_welcome(server.url("/events"), server.url("/")))
            sys.stdout.flush()
            received = signal.sigwait(SIGNALS)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return exits.SIGNALLED + received


def _welcome(stream: str, page: str) -> str:
    return (
        f"Event stream   {stream}\n"
        f"All it can do  {page}\n"
        f"Try            sse-inspect '{stream}?rate=5&reset_after=20'\n"
        "Ctrl-C ends the server.\n"
    )


COMMAND = Command("serve", "Run the reference server; its streams misbehave on request.", OPTIONS, run)
