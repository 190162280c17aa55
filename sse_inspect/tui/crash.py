"""What is told and kept when the screen fails: one line on stderr, and where it went wrong in a file."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from traceback import TracebackException

from sse_inspect import __version__
from sse_inspect.inspected import Inspected
from sse_inspect.present.safe import preview, visible
from sse_inspect.present.secrets import redacted
from sse_inspect.tui.save import new_file

DEBUG = "SSE_INSPECT_DEBUG"
"""The environment variable that brings the traceback to stderr instead."""

_FRAME = '  File "'


def report(error: BaseException, inspection: Inspected, environ: Mapping[str, str]) -> str:
    """What to write on stderr, line ends included; unless `environ` asks for it there, the traceback goes to a file.

    Both are harmless to a terminal and hold no secret of the session's.
    """
    said = f"{type(error).__name__}: {redacted(str(error), inspection.target)}"
    line = f"sse-inspect: the screen crashed: {preview(said, 200)}"
    trace = traceback(error, inspection)
    if environ.get(DEBUG):
        return f"{trace}{line}\n"
    try:
        path = _keep(trace, _state_folder(environ))
    except OSError as problem:
        return f"{line}; where, {DEBUG}=1 tells (no file: {problem.strerror})\n"
    return f"{line}; where: {visible(str(path))}\n"


def traceback(error: BaseException, inspection: Inspected) -> str:
    """The traceback as lines of visible text, under a line that says what ran where."""
    ran = f"sse-inspect {__version__}, Textual {version('textual')}, Python {platform.python_version()}"
    # Frames are the program's own lines; only what was said of the error may hold what came from outside.
    chunks = (
        chunk if chunk.startswith(_FRAME) else _without_secrets(chunk, inspection)
        for chunk in TracebackException.from_exception(error).format()
    )
    return "\n".join(map(visible, f"{ran}, {platform.platform()}\n{''.join(chunks)}".split("\n")))


def _without_secrets(said: str, inspection: Inspected) -> str:
    """A line such as `KeyError: 'x'`, whose first word is a class and not the name of a key."""
    name, colon, message = said.partition(": ")
    return f"{name}{colon}{redacted(message, inspection.target)}"


def _keep(text: str, folder: Path) -> Path:
    """Write it to a new file that only its owner may read; raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with new_file(folder, "crash", ".txt", 0o600) as (path, file):
        file.write(text)
    return path


def _state_folder(environ: Mapping[str, str]) -> Path:
    """Where the XDG base directory specification wants what is kept between runs but is no setting."""
    given = environ.get("XDG_STATE_HOME", "")
    # A relative path is invalid there and must be ignored.
    return (Path(given) if os.path.isabs(given) else Path.home() / ".local" / "state") / "sse-inspect"
