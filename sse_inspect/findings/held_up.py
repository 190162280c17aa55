"""What is this program's own doing."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

HELD_UP = (
    Finding(
        "held-up",
        "info",
        "This program itself was held up: what came meanwhile was read late",
        "Nothing is to be done about the stream: times in that span are left out of every other finding.",
        "the process was stopped, the machine slept or was overloaded, or what reads this program's output is slow",
        "Watch once more with nothing behind it: sse-inspect tail URL > FILE, on a machine with time to spare.",
    ),
)
