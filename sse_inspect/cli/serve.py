"""`sse-inspect serve`: the reference server alone, or a capture, served again."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import Command, Given, Option, understood
from sse_inspect.cli.source import ENTRY, STDIN, named, ready
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.server import ListenerThread

ADDRESS, STREAMS, REPLAY = (
    "Address",
    "What a stream does, unless its URL says otherwise",
    "Serving a capture again",
)
_SPEED = re.compile(r"(\d{1,9}|\d{0,9}\.\d{1,9})[x×]?")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+|null|\*")


def _speed(given: str) -> float:
    """`10`, `0.5`, `10x`; `max` leaves out all pauses."""
    match = _SPEED.fullmatch(given.strip())
    speed = inf if given == "max" else float(match[1]) if match else 0.0
    if not speed:
        raise ValueError(f"{values.shown(given)} is no speed; expected a factor such as 10, or max.")
    return speed


def _origin(given: str) -> tuple[str, ...]:
    if not (given.isprintable() and _ORIGIN.fullmatch(given)):
        raise ValueError(f"{values.shown(given)} is no origin; expected one such as https://app.example.com, or *.")
    return (given,)


def _file(given: str) -> str:
    return given if given == STDIN else values.existing_file(given)


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
    Option(
        "replay",
        ("--replay",),
        "FILE",
        "Serve the connections of this capture in turn: bytes, chunks, pauses, disconnects. What open reads will do.",
        REPLAY,
        _file,
    ),
    Option("speed", ("--speed",), "N|max", "How many times as fast; max leaves out all pauses. [1]", REPLAY, _speed),
    Option(
        "loop",
        ("--loop",),
        "",
        "Begin again behind the last connection; otherwise clients are told to stop there (204).",
        REPLAY,
    ),
    Option(
        "origins",
        ("--allow-origin",),
        "ORIGIN",
        "Let pages of this origin read it too, * those of any; pages on loopback always may. Repeatable.",
        REPLAY,
        _origin,
        many=True,
    ),
    replace(ENTRY, section=REPLAY),
)
REPLAY_OPTIONS = tuple(each for each in OPTIONS if each.section in (ADDRESS, REPLAY) and each.name != "replay")
BEHAVIOUR = ("rate", "heartbeat", "retry", "buffer")


def run(given: Given) -> int:
    """Run the command until a signal ends it."""
    settings = {"port": 8000} | understood(OPTIONS, given)
    replays = "replay" in settings
    for option in OPTIONS:
        if option.name in settings and option.section == (STREAMS if replays else REPLAY):
            why = "it is about made-up streams and does not go" if replays else "it goes only"
            raise UsageError(option.flag, f"{why} with --replay.")
    return _replay(settings) if replays else _make_up(settings)


def run_replay(given: Given) -> int:
    """Run `replay-server FILE`, which is `serve --replay FILE`."""
    with named(given["file"] or []) as path:
        return _serve(path, {"port": 8000} | understood(REPLAY_OPTIONS, given))


def _make_up(settings: dict[str, Any]) -> int:
    """Run the reference server."""
    import time

    from sse_inspect.server import Behaviour, ServerOptions, ServerThread

    asked = {name: settings.pop(name) for name in BEHAVIOUR if name in settings}
    try:
        defaults = Behaviour.from_texts(asked, Behaviour())
    except UsageError as error:
        raise UsageError(f"--{error.option}", error.message) from None
    # Another start, other data, as with a real server: IDs that begin again are then told from a replay.
    options = ServerOptions(**settings, defaults=defaults, seed=time.time_ns())
    return _listen(ServerThread(options), lambda address: _welcome(f"{address}/events", f"{address}/"))


def _replay(settings: dict[str, Any]) -> int:
    with named([settings.pop("replay")]) as path:
        return _serve(path, settings)


def _serve(path: Path, settings: dict[str, Any]) -> int:
    """Run the server of a capture, or of what can be read as one."""
    from sse_inspect.present.safe import visible
    from sse_inspect.server import ListenerThread, Recording, ReplayServer, ServerOptions
    from sse_inspect.server.replay import PATIENCE

    entry = settings.pop(ENTRY.name, None)
    asked = {name: settings.pop(name) for name in ("speed", "loop", "origins") if name in settings}
    options = ServerOptions(**settings, write_timeout=PATIENCE)

    def tell(sentence: str) -> None:
        if sys.stderr:
            sys.stderr.write(f"sse-inspect: {visible(sentence)}\n")

    def welcome(address: str) -> str:
        count = recording.exchange_count
        return (
            f"Capture        {visible(path.name)}, {count} connection{'s, served in turn' if count > 1 else ''}\n"
            f"Event stream   {address}/events, or any other path\n"
            f"About it       {address}/\n"
            f"Try            sse-inspect '{address}/events'\n"
            "Ctrl-C ends the server.\n"
        )

    with ready(path, entry) as capture, closing(Recording(capture)) as recording:
        server = ListenerThread(lambda: ReplayServer(recording, options, name=path.name, tell=tell, **asked))
        return _listen(server, welcome)


def _listen(server: ListenerThread[Any], welcome: Callable[[str], str]) -> int:
    """Listen until a signal comes; `welcome` makes of the address what is said of it."""
    import signal

    from sse_inspect.cli import SIGNALS

    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before there are threads: they inherit it
    try:
        with server:
            sys.stdout.write(welcome(server.server.address))
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


COMMAND = Command(OPTIONS, run)
REPLAY_COMMAND = Command(REPLAY_OPTIONS, run_replay, takes_file=True)
