"""What this program stands on, looked at: facts for a bug report, and what could be wrong with what to do about it.

Nothing here leaves this machine, and no secret is told.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shutil
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from urllib.request import getproxies, proxy_bypass

from sse_inspect.errors import UsageError
from sse_inspect.net.addresses import parse_proxy
from sse_inspect.present.units import seconds, size

LITTLE_SPACE = 100_000_000
"""Bytes below which the older records of a busy stream may find no room."""
NARROW, LOW = 80, 24
"""Columns and rows below which only the list of events is shown."""
LATE = 0.05
"""Seconds by which a timer may be late before the arrival times of events suffer."""
NAP = 0.01
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)([^;]*)(.*)")
_WHERE_NEEDED = ("backports.zstd", "brotli", "brotlicffi")
"""Packages that not every Python needs, told of where they are."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the report."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What could be wrong and what to do, as sentences; `broken`: certainly wrong."""

    text: str
    broken: bool = False


Finding = Fact | Advice
Check = Callable[[], Iterator[Finding]]


def versions() -> Iterator[Finding]:
    """The program, Python, OpenSSL and the packages it needs."""
    yield Fact("sse-inspect", metadata.version("sse-inspect"))
    yield Fact("python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Fact("openssl", ssl.OPENSSL_VERSION)
    for name in sorted(_required()):
        try:
            yield Fact(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Fact(name, "not installed")
            yield Advice(f"The package {name} is missing; install sse-inspect anew, with pip or pipx.", broken=True)
    for name in _WHERE_NEEDED:
        with suppress(metadata.PackageNotFoundError):
            yield Fact(name, metadata.version(name))


def _required() -> Iterator[str]:
    """The packages this one can nowhere do without."""
    for line in metadata.requires("sse-inspect") or ():
        match = _REQUIREMENT.match(line)
        if match and not match[3]:
            yield match[1].lower()


def system() -> Iterator[Finding]:
    """The operating system."""
    yield Fact("platform", platform.platform())
    yield Fact("processors", str(os.cpu_count()))


def terminal() -> Iterator[Finding]:
    """Whether the screen has what it needs."""
    term, encoding = os.environ.get("TERM", ""), (sys.stdout.encoding if sys.stdout else "") or ""
    is_terminal = bool(sys.stdout) and sys.stdout.isatty()
    columns, rows = shutil.get_terminal_size()
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        yield Fact(name, os.environ.get(name, "not set"))
    yield Fact("stdout", f"{'a terminal' if is_terminal else 'no terminal'}, {encoding or 'no encoding'}")
    if is_terminal:
        yield Fact("size", f"{columns} columns, {rows} rows")
        if columns < NARROW or rows < LOW:
            yield Advice(f"The terminal is smaller than {NARROW} × {LOW}, so that parts of the screen are left out.")
    if term in ("", "dumb"):
        yield Advice("TERM names no terminal, so that lines are written instead of a screen; set TERM=xterm-256color.")
    if encoding.lower().replace("-", "").replace("_", "") != "utf8":
        yield Advice(f"Text is written as {encoding or 'nothing known'}, not UTF-8; set LANG=C.UTF-8.")


def certificates() -> Iterator[Finding]:
    """Where the roots come from that servers are verified with."""
    from sse_inspect.net.trust import roots, why

    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        yield Fact(name, os.environ.get(name, "not set"))
    known, unreadable = 0, []
    for place in roots(None):
        try:
            count = place.count()
        except OSError as error:
            unreadable.append((place, why(error)))
            yield Fact("roots", f"{place.source}, none in {place.path}")
        else:
            yield Fact("roots", f"{place.source}, {count} in {place.path}")
            known += count
    for place, reason in unreadable:
        remedy = f"point {place.source} at PEM certificates, or unset it" if place.is_chosen else "install certifi anew"
        yield Advice(
            f"The root certificates in {place.path} cannot be read ({reason}); {remedy}.",
            broken=not known or not place.is_folder,
        )
    if not known and not unreadable:
        yield Advice("There is no root certificate anywhere, so that every https:// fails; set SSL_CERT_FILE.", True)


def proxies() -> Iterator[Finding]:
    """The environment's proxies, without their passwords."""
    found = {scheme: address for scheme, address in sorted(getproxies().items()) if scheme in ("http", "https", "all")}
    for scheme, address in found.items():
        try:
            url = parse_proxy(address, f"{scheme}_proxy")
        except UsageError as error:
            yield Fact(f"proxy for {scheme}", "set, but no address")
            yield Advice(f"No proxy can be used for {scheme}: {error}", broken=True)
        else:
            yield Fact(f"proxy for {scheme}", f"{url.scheme}://{url.netloc.decode('ascii')}")
    yield Fact("no proxy for", os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "not set")
    if found:
        yield Advice("A proxy of the environment is used; give -x '' to go without it, where it holds a stream back.")
        if not proxy_bypass("127.0.0.1"):
            yield Advice("The proxy is used for this machine's own servers too; set NO_PROXY=localhost,127.0.0.1,::1.")


def credentials() -> Iterator[Finding]:
    """Whether the environment holds credentials; not what they are."""
    for name in ("SSE_INSPECT_USER", "SSE_INSPECT_BEARER"):
        yield Fact(name, "set" if os.environ.get(name) else "not set")
    if os.environ.get("SSE_INSPECT_USER") and os.environ.get("SSE_INSPECT_BEARER"):
        yield Advice("SSE_INSPECT_USER and SSE_INSPECT_BEARER are both set, which no request can use; unset one.", True)


def storage() -> Iterator[Finding]:
    """Room for the records that do not fit into memory."""
    try:
        folder = tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            file.write(b"\0")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Fact("temporary files", f"nowhere ({error.strerror})")
        yield Advice("No folder for temporary files can be written to, so that old records are lost; set TMPDIR.", True)
        return
    yield Fact("temporary files", f"{folder}, {size(free)} free")
    if free < LITTLE_SPACE:
        yield Advice(f"Only {size(free)} are free in {folder}: old records may be lost; free some, or set TMPDIR.")


def clocks() -> Iterator[Finding]:
    """How exact times are: the clock's steps, and how late a timer of the event loop comes."""
    yield Fact("clock", f"steps of {time.get_clock_info('monotonic').resolution:g} s")

    async def nap() -> tuple[str, float]:
        began = time.monotonic()
        await asyncio.sleep(NAP)
        return type(asyncio.get_running_loop()).__name__, time.monotonic() - began - NAP

    loop, late = asyncio.run(nap())
    yield Fact("event loop", f"{loop}, a timer was {seconds(late)} late")
    if late > LATE:
        yield Advice(f"A timer came {seconds(late)} late, so that times of arrival are inexact; is the machine busy?")


def loopback() -> Iterator[Finding]:
    """Whether this machine can connect to itself."""
    for name, family, address in (("IPv4", socket.AF_INET, "127.0.0.1"), ("IPv6", socket.AF_INET6, "::1")):
        try:
            with socket.create_server((address, 0), family=family) as server:
                socket.create_connection(server.getsockname()[:2], timeout=2).close()
        except OSError as error:
            yield Fact(f"{name} loopback", f"no ({error.strerror or error})")
            if name == "IPv4":
                yield Advice("This machine cannot connect to itself, so that the demo cannot run; bring lo up.", True)
            else:
                yield Advice("There is no IPv6 on this machine: a server that listens on ::1 alone is out of reach.")
        else:
            yield Fact(f"{name} loopback", "yes")


CHECKS: dict[str, tuple[Check, ...]] = {
    "Versions": (versions,),
    "System": (system, clocks, storage, loopback),
    "Terminal": (terminal,),
    "Network": (certificates, proxies, credentials),
}
"""What is looked at, by the heading it comes under."""
