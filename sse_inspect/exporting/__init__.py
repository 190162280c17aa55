"""Exports: what a capture holds, as NDJSON, HAR, CSV or the raw bytes; inputs and records go in, bytes come out."""

from sse_inspect.exporting.exporter import Exporter, Format, Step
from sse_inspect.exporting.redaction import Redaction, Regex
from sse_inspect.exporting.selection import Selection

__all__ = ["Exporter", "Format", "Redaction", "Regex", "Selection", "Step"]
