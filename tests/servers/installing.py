"""Servers from the package registries, each in a folder of its own under the cache: nothing of the system changes.

Debian packages are downloaded and unpacked, not installed: no root, no service that starts by itself. The folder is
`$XDG_CACHE_HOME/sse-inspect-servers`, `~/.cache` where that is not set; remove it to install again.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sse-inspect-servers"
PATIENCE = 300
"""Seconds that one command of an installation may take."""


class NotInstalledError(Exception):
    """A command that installs a server failed; the message is that command and the last it said."""


def debian(*packages: str) -> Path:
    """A root with these packages of the system's release, and of what they need whatever the system lacks."""

    def fill(folder: Path) -> None:
        download = ("--download-only", "--reinstall", "--yes", "--no-install-recommends", *packages)
        options = ("-o", f"Dir::Cache={folder}", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root")
        for name in ("archives", "lists"):
            (folder / name / "partial").mkdir(parents=True)
        try:
            _run("apt-get", "install", *options, *download)
        except NotInstalledError:  # the system's lists may be missing or old: with lists of its own
            options = (*options, "-o", f"Dir::State::lists={folder / 'lists'}")
            _run("apt-get", "update", *options)
            _run("apt-get", "install", *options, *download)
        for package in sorted((folder / "archives").glob("*.deb")):
            _run("dpkg-deb", "--extract", str(package), str(folder / "root"))

    return _once(packages, fill) / "root"


def debian_version(root: Path, package: str) -> str:
    """The upstream version of a package under such a root."""
    [found] = (root.parent / "archives").glob(f"{package}_*.deb")
    return re.sub(r"^\d+:|[-+].*$", "", found.name.split("_")[1].replace("%3a", ":"))


def python(*requirements: str) -> Path:
    """The interpreter of an environment with these requirements; all versions in it are those of today."""

    def fill(folder: Path) -> None:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)

    return _once(requirements, fill) / "bin" / "python"


def python_version(interpreter: Path, distribution: str) -> str:
    """The version of a distribution in such an environment."""
    packages = interpreter.parent.parent.glob("lib/python*/site-packages")
    [found] = (each for folder in packages for each in folder.glob(f"{distribution}-*.dist-info"))
    return found.name.removesuffix(".dist-info").rpartition("-")[2]


def node(*packages: str) -> Path:
    """A folder whose `node_modules` has these packages; their install scripts are not run."""

    def fill(folder: Path) -> None:
        _run("node", "--version")
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier")
        _run("npm", "install", *options, "--prefix", str(folder), *packages)

    return _once(packages, fill)


def _once(wanted: tuple[str, ...], fill: Callable[[Path], None]) -> Path:
    """The folder for what is wanted, filled by the first who asks; others wait for that one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / re.sub(r"[^\w.=-]", "_", "+".join(wanted))
    complete = folder / "complete"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            complete.touch()
    return folder


def _run(*argv: str) -> None:
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(f"{shlex.join(argv)}: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or str(done.returncode)).split("\n")[-1]
        raise NotInstalledError(f"{shlex.join(argv)}: {said}")
