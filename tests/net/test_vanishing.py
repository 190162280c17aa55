"""A server that vanishes without a word, and comes back: its process is stopped, while its system lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.net.scripted import in_loop, session
from tests.net.test_reference_server import nothing_lost

if not hasattr(signal, "SIGSTOP"):
    pytest.skip("no process can be stopped here", allow_module_level=True)  # the cases stop one to be a vanished peer


@pytest.fixture
def server() -> Iterator[tuple[int, str]]:
    """The reference server as a process: its id, and the address of a stream."""
    command = [sys.executable, "-m", "sse_inspect", "serve", "--port", "0", "--rate", "100", "--heartbeat", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.pid, process.stdout.readline().split()[-1]
        finally:
            process.kill()


@in_loop
async def test_a_server_that_vanishes_and_comes_back(server: tuple[int, str]) -> None:
    """Silence on what was open; then its system still takes the connection, and nobody answers."""
    process, url = server
    async with session(url, stall_after=0.15, connect_timeout=0.5) as run:
        await run.until("event", 5)
        os.kill(process, signal.SIGSTOP)
        await run.until("disconnect", 3)
        assert run.reasons == ["stall", "timeout", "timeout"]
        assert run.details[1] == "connected, but no response within 0.15 s"
        os.kill(process, signal.SIGCONT)
        recovered = await run.until("recovered")
        await run.until("event", len(run.ids) + 20)
        await run.stop()
    nothing_lost(run)
    assert len(run.of("stall")) == 1
    assert (recovered.lost, recovered.duplicates) == (0, 0)
    assert recovered.attempts >= 3
    assert recovered.outage >= 0.45
