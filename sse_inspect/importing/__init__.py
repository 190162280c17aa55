"""Reads what people already have of a stream that no capture was made of, as the inputs of a session.

What a source does not tell is not made up: `Facts.unknown` names it, and times that are not told are all 0.
"""

from sse_inspect.importing.recognise import Format, load, recognise
from sse_inspect.importing.source import Import, SeveralStreamsError

__all__ = ["Format", "Import", "SeveralStreamsError", "load", "recognise"]
