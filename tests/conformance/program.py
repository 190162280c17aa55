"""The program run on a case, in this process or as a process of its own; both give status, stdout and stderr."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import sse_inspect
from sse_inspect.cli import main, program
from tests.conformance.case import Case
from tests.conformance.server import Request, Server

ROOT = Path(sse_inspect.__file__).parent.parent
LONGEST = 30.0
QUICK = ("-f", "ndjson", "--backoff-initial", "0", "--jitter", "0", "--stall-after", "10", "--for", "15")
"""What every case is called with, so that none waits; its own arguments come after, and the last one counts."""
_PROGRAM = functools.cache(program.program)  # building it takes half the time of a short session
_PROXIES = {f"{name}_proxy" for name in ("http", "https", "all", "no")}


@dataclass
class Outcome:
    """What came out, and what the server was asked."""

    status: int
    stdout: bytes
    stderr: str
    requests: list[tuple[int, Request]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)

    def shown(self) -> str:
        """All of it, for a message."""
        return f"exit {self.status}\n{self.stdout.decode(errors='replace')}\n{self.stderr}\n{self.requests}"


def run(case: Case, folder: Path, *, process: bool, cut: Callable[[bytes], Iterable[bytes]] | None = None) -> Outcome:
    """Run the program against a server that follows the case."""
    server = Server(case.connections, then=case.then, listen=case.listen, cut=cut)
    try:
        names = {**server.addresses, "dir": str(folder)}
        for name, content in case.files.items():
            (folder / name).write_bytes(content)

        def filled(text: str) -> str:
            for name, value in names.items():
                text = text.replace(f"{{{name}}}", value)
            return text

        argv = ["tail", *QUICK, *case.args, case.url] if case.argv is None else case.argv
        arguments = [filled(each) for each in argv]
        environment = {key: value for key, value in os.environ.items() if key.lower() not in _PROXIES}
        environment |= {key: filled(value) for key, value in case.env.items()}
        call = in_a_process if process else in_this_process
        outcome = call(arguments, environment, case, folder)
    finally:
        server.close()
    assert not server.failures, server.failures
    outcome.requests = sorted(server.requests, key=lambda each: each[0])
    outcome.addresses = names
    return outcome


def in_this_process(arguments: list[str], environment: dict[str, str], case: Case, folder: Path) -> Outcome:
    """Call `main` with its standard streams and its environment exchanged."""
    path, errors = folder / "stdout", io.StringIO()
    stdin = io.TextIOWrapper(io.BytesIO(case.stdin))
    with (
        path.open("w", encoding="utf-8") as stdout,
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "stdin", stdin),
        patch.object(program, "program", _PROGRAM),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(errors),
    ):
        status = main(arguments)
    return Outcome(status, path.read_bytes(), errors.getvalue())


def in_a_process(arguments: list[str], environment: dict[str, str], case: Case, _folder: Path) -> Outcome:
    """Run `python -m sse_inspect`."""
    environment |= {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "sse_inspect", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        if case.leave_after is not None:
            stdout = b"".join(process.stdout.readline() for _ in range(case.leave_after))
            process.stdout.close()
            process.stdin.close()
            stderr = process.stderr.read()
            process.wait(LONGEST)
        else:
            early = _signalled(process, case) if case.signal else b""
            stdout, stderr = process.communicate(case.stdin, timeout=LONGEST)
            stdout = early + stdout
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    return Outcome(process.returncode, stdout, stderr.decode(errors="replace"))


def _signalled(process: subprocess.Popen[bytes], case: Case) -> bytes:
    """Send the signal once a record of that kind is written; what was read by then."""
    assert process.stdout is not None
    read = []
    for line in iter(process.stdout.readline, b""):
        read.append(line)
        if json.loads(line)["kind"] == case.signal["after"]:
            process.send_signal(signal.Signals[f"SIG{case.signal['name']}"])
            break
    return b"".join(read)
