"""What can be expected of an endpoint: named predicates, by subject."""

from __future__ import annotations

from sse_inspect.check.expectations import buffering, ids, liveness, loss, ordinary, outages, response, resuming, wire
from sse_inspect.check.expectations.base import EXPECTATIONS, Expectation, Seen

__all__ = ["EXPECTATIONS", "Expectation", "Seen"]

_MODULES = (buffering, ids, liveness, loss, ordinary, outages, response, resuming, wire)
"""Importing them enters their expectations."""
