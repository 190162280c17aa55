"""The wire format of event streams: bytes to tokens and back (WHATWG HTML 9.2.5, 9.2.6)."""

from sse_inspect.wire.parser import Parser
from sse_inspect.wire.run import EventRun
from sse_inspect.wire.tokens import CommentToken, CutToken, EventToken, IdToken, RetryToken, Token

__all__ = ["CommentToken", "CutToken", "EventRun", "EventToken", "IdToken", "Parser", "RetryToken", "Token"]
