"""The exceptions of this program.

    SseInspectError
    ├── UsageError      wrong use: an option, a URL or a file that cannot be what was meant (exit status 2)
    ├── CaptureError    a capture that is damaged, foreign, or of a newer schema
    └── BugError        a state the program should never reach: please report it

What the network does is never an exception: it is a record (`disconnect`, with its reason).
"""


class SseInspectError(Exception):
    """Base of all exceptions this program raises on purpose; its text is one sentence for people."""


class UsageError(SseInspectError):
    """Wrong use: `option` names what was wrong ("--stall-after", "URL"), the text says what it takes.

    Without a name for it the text alone says what is wrong.
    """

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option}: {message}" if option else message)
        self.option = option
        self.message = message


class CaptureError(SseInspectError):
    """A capture file that cannot be read; nothing of it was changed."""


class BugError(SseInspectError):
    """A state that the program should never reach."""
