"""When each finding is told: the rules by theme, in the order in which they are asked."""

from sse_inspect.analysis.rules.base import Rule, Suspicion
from sse_inspect.analysis.rules.breaks import BREAKS
from sse_inspect.analysis.rules.cuts import CUTS
from sse_inspect.analysis.rules.delivery import DELIVERY
from sse_inspect.analysis.rules.heartbeat import HEARTBEAT
from sse_inspect.analysis.rules.held_up import HELD_UP
from sse_inspect.analysis.rules.ids import IDS
from sse_inspect.analysis.rules.response import RESPONSE
from sse_inspect.analysis.rules.text import TEXT

__all__ = ["LIVE", "RULES", "Rule", "Suspicion"]

RULES: tuple[Rule, ...] = (*DELIVERY, *CUTS, *BREAKS, *RESPONSE, *IDS, *HEARTBEAT, *TEXT, *HELD_UP)
LIVE = tuple(rule for rule in RULES if rule.live)
