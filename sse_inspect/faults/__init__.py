"""The fault vocabulary: what can be broken on purpose, how it is spelled, and when what is planned is due."""

from sse_inspect.faults.agenda import Agenda, Plan, When
from sse_inspect.faults.spelling import parse, parse_plan
from sse_inspect.faults.vocabulary import KINDS, OFF_ON_PERIOD, UNTIL, Argument, Fault, FaultKind, Lasts, written

__all__ = [
    "KINDS",
    "OFF_ON_PERIOD",
    "UNTIL",
    "Agenda",
    "Argument",
    "Fault",
    "FaultKind",
    "Lasts",
    "Plan",
    "When",
    "parse",
    "parse_plan",
    "written",
]
