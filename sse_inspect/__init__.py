"""sse-inspect: a terminal inspector for Server-Sent Events.

Public names are resolved when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sse_inspect.config import Policy, Target
    from sse_inspect.errors import CaptureError, SseInspectError, UsageError
    from sse_inspect.inspection import Inspection
    from sse_inspect.session import Session
    from sse_inspect.wire import Parser

__version__ = "0.1.0"

__all__ = [
    "CaptureError",
    "Inspection",
    "Parser",
    "Policy",
    "Session",
    "SseInspectError",
    "Target",
    "UsageError",
    "__version__",
]

_HOME = {
    "CaptureError": "errors",
    "Inspection": "inspection",
    "Parser": "wire",
    "Policy": "config",
    "Session": "session",
    "SseInspectError": "errors",
    "Target": "config",
    "UsageError": "errors",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"sse_inspect.{_HOME[name]}"), name)
    raise AttributeError(f"module 'sse_inspect' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
