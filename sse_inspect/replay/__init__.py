"""A capture to look at: the state of every moment comes from handling its inputs again.

Records are read from the capture's own index (`log`), so that any of them is there at once. What was true at a moment
is found by handling the inputs up to it (`walk`), on a thread of its own (`player`), which publishes what it finds: who
looks never waits for it. On the way states are put aside (`states`), so that a later look begins near the moment it is
about. Nothing of the file is changed.
"""

from sse_inspect.inspected import LOOKING
from sse_inspect.replay.cursor import FASTEST
from sse_inspect.replay.player import Replay

__all__ = ["FASTEST", "LOOKING", "Replay"]
