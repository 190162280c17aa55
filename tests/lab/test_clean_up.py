"""Nothing of a lab outlives the process that made it, however that ends, and the host's own network never changes."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.net import lab
from tests.lab.program import PYTHON

pytestmark = pytest.mark.lab

MAKER = """
import os, time
from tests.lab.net import lab
with lab(delay=0.01) as net:
    for host in (net.client, net.server):
        host.start("sleep", "600")
        host.start("setsid", "--fork", "sleep", "600")
    print(*(os.readlink(f"/proc/{host.pid}/ns/net") for host in (net.client, net.server)), flush=True)
    time.sleep(600)
"""


def of_the_host() -> list[str]:
    """What a lab could leave behind, or change, outside."""
    commands = (["ip", "-br", "link"], ["ip", "-br", "address"], ["ip", "netns"], ["nft", "list", "ruleset"])
    return [subprocess.run(command, check=True, capture_output=True, text=True).stdout for command in commands]


def living_in(namespaces: set[str]) -> list[str]:
    """Processes whose network is one of these."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str((process / "ns/net").readlink()) in namespaces:
                found.append(process.name)
        except OSError:
            pass  # it is gone by now, or has no network any more
    return found


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_remains_of_an_interrupted_lab(by: signal.Signals) -> None:
    before = of_the_host()
    argv = [*PYTHON, "-c", MAKER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as maker:
        assert maker.stdout is not None
        namespaces = set(maker.stdout.readline().split())
        assert len(namespaces) == 2
        assert len(living_in(namespaces)) >= 8
        assert of_the_host() == before
        maker.send_signal(by)
        assert maker.wait(10)
    patience = time.monotonic() + 10
    while living_in(namespaces) and time.monotonic() < patience:
        time.sleep(0.02)
    assert living_in(namespaces) == []
    assert of_the_host() == before


def test_a_failing_test_takes_its_lab_along() -> None:
    programs = []

    def failing() -> None:
        with lab() as net, net.black_hole("wifi"), net.rate("wifi", "1mbit"), net.link_off("cell"):
            programs.append(net.client.start("sleep", "600"))
            raise AssertionError("of the test")

    with pytest.raises(AssertionError, match="of the test"):
        failing()
    assert programs[0].poll() is not None
