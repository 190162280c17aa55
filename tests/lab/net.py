"""A network of its own in which things go wrong: two namespaces, three paths, and faults that end with their block.

    client  ── wifi  10.77.1.2 ─ 10.77.1.1 ──  server, at 10.77.0.1 whatever the path
            ── cell  10.77.2.2 ─ 10.77.2.1 ──
            ── slow  10.77.3.2 ─ 10.77.3.1 ──  with the relay between, which holds packets back

`wifi` and `cell` are veth pairs, `slow` a pair of TUN devices. It needs root, `unshare` and `nsenter` (util-linux),
`ip` and `tc` (iproute2), `nft`, and /dev/net/tun.

The namespaces have no names, and nothing is ever on the host's own network: each of the two, with all that runs in it,
lives as long as a process that reads from a pipe of this one. When the block ends, or this process dies in whatever
way, the pipe closes, that process ends, and the kernel kills what is left and takes the links, rules and queues.

What is not imitated, as it takes netem: jitter, reordering, duplicated or damaged packets, loss in bursts (each packet
is lost by its own chance), and delay on a veth pair. There is no router on a path: nobody sends ICMP, and a link that
goes down is seen at the far end too, whose TCP then tries again sooner than it would behind one. Packets are lost as
the kernel hands them up: segments it has put together are lost together. Both ends are one kernel's, on one clock.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

SERVER = "10.77.0.1"
_PATHS = {"wifi": ("10.77.1.2", "10.77.1.1"), "cell": ("10.77.2.2", "10.77.2.1"), "slow": ("10.77.3.2", "10.77.3.1")}
"""Addresses of the client and of the server, by path."""
_RELAY = Path(__file__).with_name("relay.py")


class LabError(Exception):
    """A command that the lab is built with failed; the message is that command and what it said."""


@dataclass(frozen=True)
class Host:
    """One end of the network: a network and a process namespace, held by a process (`pid` here, outside)."""

    pid: int
    programs: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, command: str, stdin: str = "") -> str:
        """Run a command of the network's to its end, and give what it wrote; raises LabError."""
        argv = ["nsenter", f"--net=/proc/{self.pid}/ns/net", *shlex.split(command)]
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise LabError(f"{command}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    def start(self, *argv: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start a program that ends with the lab at the latest."""
        inside = [f"--net=/proc/{self.pid}/ns/net", f"--pid=/proc/{self.pid}/ns/pid_for_children"]
        # A session of its own: Ctrl-C is for the test, which then takes everything down in order.
        program = subprocess.Popen(["nsenter", *inside, *argv], stdout=stdout, text=True, start_new_session=True)
        self.programs.append(program)
        return program


@contextmanager
def _host() -> Iterator[Host]:
    command = ["unshare", "--net", "--pid", "--fork", "sh", "-c", "echo ready && exec cat"]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    host = Host(holder.pid)
    try:
        with holder:  # leaving it closes the pipe, and waits until the kernel has killed all that ran in there
            assert holder.stdout is not None
            if not holder.stdout.readline():
                raise LabError(f"{shlex.join(command)}: it needs root, and a kernel with these namespaces")
            yield host
    finally:
        for program in host.programs:
            with program:
                pass


class Lab:
    """Client and server, and what the network between them does. Paths go by name; seconds, percent."""

    def __init__(self, client: Host, server: Host) -> None:
        self.client, self.server = client, server

    def use(self, path: str) -> None:
        """Send what the client sends by this path, from its address there."""
        near, far = _PATHS[path]
        self.client.run(f"ip route replace {SERVER} via {far} dev {path} src {near}")

    def hand_off(self, old: str, new: str) -> None:
        """Take address and link of the old path away, and use the new one: neither end is told (no FIN, no RST)."""
        self.client.run(f"ip address flush dev {old}")
        self.client.run(f"ip link set {old} down")
        self.use(new)

    @contextmanager
    def link_off(self, path: str) -> Iterator[None]:
        """The client's link is down, its address stays."""
        self.client.run(f"ip link set {path} down")
        try:
            yield
        finally:
            self.client.run(f"ip link set {path} up")
            self.use(path)  # a link that goes down takes its routes with it

    @contextmanager
    def loss(self, path: str, percent: int) -> Iterator[Callable[[], list[int]]]:
        """Each packet is lost by this chance, both ways; yields what counts the lost ones, at client and server."""
        with self._drop(path, f"numgen random mod 100 < {percent}") as lost:
            yield lost

    @contextmanager
    def black_hole(self, path: str) -> Iterator[Callable[[], list[int]]]:
        """Every packet disappears, both ways, without an answer; yields what counts them, at client and server."""
        with self._drop(path, "") as lost:
            yield lost

    @contextmanager
    def _drop(self, path: str, condition: str) -> Iterator[Callable[[], list[int]]]:
        chain = f'type filter hook input priority 0; iifname "{path}" {condition} counter drop;'
        with self._at_both(
            lambda host: host.run("nft -f -", f"table inet lab {{ chain input {{ {chain} }}; }}\n"),
            lambda host: host.run("nft delete table inet lab"),
        ):
            yield lambda: self._count("packets", "nft list table inet lab")

    @contextmanager
    def rate(self, path: str, rate: str) -> Iterator[Callable[[], list[int]]]:
        """A token bucket in each direction, `rate` as tc writes it; yields what counts the packets that had to wait."""
        with self._at_both(
            lambda host: host.run(f"tc qdisc add dev {path} root tbf rate {rate} burst 1600 latency 3s"),
            lambda host: host.run(f"tc qdisc del dev {path} root"),
        ):
            yield lambda: self._count("overlimits", f"tc -s qdisc show dev {path}")

    @contextmanager
    def _at_both(self, begin: Callable[[Host], object], end: Callable[[Host], object]) -> Iterator[None]:
        with ExitStack() as stack:
            for host in (self.client, self.server):
                begin(host)
                stack.callback(end, host)
            yield

    def _count(self, name: str, command: str) -> list[int]:
        return [_number(name, host.run(command)) for host in (self.client, self.server)]


@contextmanager
def lab(delay: float = 0.0) -> Iterator[Lab]:
    """The network, `wifi` in use; `slow` is there if `delay` is given, in seconds each way. Raises LabError."""
    with _host() as client, _host() as server:
        for host in (client, server):
            host.run("ip link set lo up")
        server.run(f"ip address add {SERVER}/32 dev lo")
        for path in ("wifi", "cell"):
            client.run(f"ip link add {path} type veth peer name {path} netns {server.pid}")
            _address(client, server, path)
        if delay:
            relay = client.start(sys.executable, str(_RELAY), "slow", "far", str(delay))
            assert relay.stdout is not None
            with relay.stdout:
                if not relay.stdout.readline():
                    raise LabError(f"{_RELAY.name}: it needs /dev/net/tun")
            # A TUN device may move: the relay keeps both of them open, whichever namespace they are in.
            client.run(f"ip link set far netns {server.pid}")
            server.run("ip link set far name slow")
            _address(client, server, "slow")
        network = Lab(client, server)
        network.use("wifi")
        yield network


def _address(client: Host, server: Host, path: str) -> None:
    near, far = _PATHS[path]
    for host, here, there in ((client, near, far), (server, far, near)):
        host.run(f"ip address add {here} peer {there} dev {path}")
        host.run(f"ip link set {path} up")


def _number(name: str, text: str) -> int:
    found = re.search(rf"{name} (\d+)", text)
    assert found, text
    return int(found[1])
