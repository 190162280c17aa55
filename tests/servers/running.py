"""A server as a process on a loopback port of its own, that can be killed and started again there."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

APPS = Path(__file__).with_name("apps")
CERTIFICATE = Path(__file__).parents[1] / "net" / "certificate.pem"
"""For 127.0.0.1, with its private key."""
PATIENCE = 15.0
"""Seconds until a server has to take connections."""


class Service(ABC):
    """A program that listens: started by entering the block, ended with it, however that ends.

    It is bound to this process's life too: the kernel kills it if this one dies (`setpriv`, of util-linux).
    """

    title: ClassVar[str]

    @property
    @abstractmethod
    def version(self) -> str:
        """What runs, with its versions; installs it, or raises NotInstalledError."""

    def __init__(self) -> None:
        self.port = unused_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._life = ExitStack()
        self.folder: Path
        """Where it runs, while it does."""

    @abstractmethod
    def argv(self) -> list[str]:
        """The command that runs it in the foreground, on `port`; installs it, or raises NotInstalledError."""

    def environment(self) -> dict[str, str]:
        """What it gets beyond PATH."""
        return {}

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert self._process is None
        bound = ("setpriv", "--pdeathsig", "KILL", "--")
        environment = {"PATH": os.defpath + ":" + os.environ["PATH"], "HOME": str(self.folder), **self.environment()}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                (*bound, *self.argv()),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        patience = time.monotonic() + PATIENCE
        while not accepts(self.port):
            if self._process.poll() is not None or time.monotonic() > patience:
                said = (self.folder / "log").read_text(errors="replace")[-2000:]
                self.end(signal.SIGKILL)
                raise AssertionError(f"{self.title} does not listen: {said}")
            time.sleep(0.02)

    def end(self, by: signal.Signals) -> None:
        """End it by a signal, with all it started; at once where it does not heed that one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(by)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        with ExitStack() as life:
            folder = tempfile.TemporaryDirectory(prefix="sse-inspect-servers-")
            self.folder = Path(life.enter_context(folder))
            life.callback(self.end, signal.SIGTERM)
            self.start()
            self._life = life.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._life.close()


class Server(Service):
    """A server of event streams: ten numbered events a second at `url`, only heartbeats at `idle_url`.

    The data of each event is a JSON object that holds `n`, its ordinal since the server started.
    """

    ids: ClassVar[str]
    """What event IDs look like, as a regular expression."""
    line_end: ClassVar[bytes]
    comment: ClassVar[str | None]
    """How a heartbeat begins; None where there is none every second."""
    killed: ClassVar[tuple[str, ...]]
    """What the end of a connection looks like whose server was killed: the reasons it may have."""
    verdicts: ClassVar[dict[str, tuple[str, ...]]]
    """What `check` may say of it, by scenario, where that is not a pass."""
    options: tuple[str, ...] = ()
    """What a client needs."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The stream of events, with replay."""

    @property
    @abstractmethod
    def idle_url(self) -> str:
        """A stream on which only heartbeats come, one a second."""


def unused_port() -> int:
    """A port nobody listens on, below those that the kernel gives to clients.

    One of theirs could connect to itself while the server is down, and keep it from starting again.
    """
    for _ in range(100):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def accepts(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
