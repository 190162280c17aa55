"""What a path of some length is, for kernels without netem: two TUN devices and a program that holds packets back.

`python relay.py NAME NAME SECONDS` makes both devices, writes a line, and relays every IP packet from each to the other
that much later, until it is killed. The delay is constant, so packets stay in order; one may be late by as much as this
program is kept from running, a millisecond or two.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # <linux/if_tun.h>
LARGEST = 65536


@dataclass
class Way:
    """One direction: packets on their way from a device to the other, each with the moment it is due."""

    source: int
    target: int
    packets: deque[tuple[float, bytes]] = field(default_factory=deque)

    def take(self, due: float) -> None:
        """Read all that is there."""
        with suppress(BlockingIOError):
            while True:
                self.packets.append((due, os.read(self.source, LARGEST)))

    def give(self, now: float) -> None:
        """Write all that is due; a device that is down loses it, as a cable would."""
        while self.packets and self.packets[0][0] <= now:
            with suppress(OSError):
                os.write(self.target, self.packets.popleft()[1])


def tun(name: str) -> int:
    """Make a TUN device; whoever writes to it is the network."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def relay(near: int, far: int, delay: float) -> None:
    """Relay for ever."""
    ways = {near: Way(near, far), far: Way(far, near)}
    while True:
        due = [way.packets[0][0] for way in ways.values() if way.packets]
        rest = max(0.0, min(due) - time.monotonic()) if due else None
        readable, _, _ = select.select(list(ways), [], [], rest)
        now = time.monotonic()
        for device in readable:
            ways[device].take(now + delay)
        for way in ways.values():
            way.give(now)


if __name__ == "__main__":
    devices = [tun(name) for name in sys.argv[1:3]]
    print("ready", flush=True)
    try:
        relay(devices[0], devices[1], float(sys.argv[3]))
    except OSError as error:
        if error.errno != errno.EBADFD:  # a device went with its namespace: the network is over
            raise
