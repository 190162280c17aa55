"""The program as a process: standard output, the exit status, and what went wrong in one sentence on stderr."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

from sse_inspect.cli import exits
from sse_inspect.errors import CaptureError, SseInspectError, UsageError

NAME = "sse-inspect"
VERSION = "--version"

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What writing to a full, broken or read-only standard output fails with."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status, and tells wrong use in one sentence on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every locale can spell every sign
    try:
        if sys.stdout is None:
            raise UsageError("stdout", "it is closed; there is nothing to write to.")
        status = _run(arguments)
        if sys.stdout:
            sys.stdout.flush()
        return status
    except UsageError as error:
        return _complain(str(error), exits.WRONG_USE, arguments)
    except CaptureError as error:
        return _complain(str(error), exits.WRONG_USE)
    except SseInspectError as error:
        return _complain(str(error), exits.FAILED)
    except BrokenPipeError:
        _discard_stdout()
        return exits.DONE
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        _discard_stdout()
        return _complain(f"stdout: it cannot be written to ({error.strerror}); the rest is lost.", exits.FAILED)


def _run(arguments: list[str]) -> int:
    if arguments == [VERSION]:  # loading what reads arguments would take most of the time
        write_version()
        return exits.DONE
    return _program()(arguments)


@cache
def _program() -> Callable[[list[str]], int]:
    """What reads the arguments and runs the command they choose.

    What loading it makes stays to the end, so the collector need not look at it: neither now, nor later, nor when the
    interpreter ends. That is a fifth of the time that `--help` takes.
    """
    gc.disable()
    from sse_inspect.cli.program import run

    gc.freeze()
    gc.enable()
    return run


def write_version() -> None:
    """Write the name of the program and its version."""
    from sse_inspect import __version__

    sys.stdout.write(f"{NAME} {__version__}\n")


def _complain(sentence: str, status: int, arguments: Sequence[str] | None = None) -> int:
    """Tell it on stderr, on one line and with nothing invisible in it; with `arguments` also where to read on."""
    lines = [f"{NAME}: " + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in sentence)]
    if arguments is not None:
        from sse_inspect.cli.commands import COMMANDS

        command = f" {arguments[0]}" if arguments and arguments[0] in COMMANDS else ""
        lines.append(f"Try '{NAME}{command} --help'.")
    if sys.stderr:
        with suppress(OSError):
            sys.stderr.write("\n".join([*lines, ""]))
            sys.stderr.flush()
    return status


def _discard_stdout() -> None:
    """Let what is still buffered go nowhere, so that the end of the interpreter does not complain about it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
