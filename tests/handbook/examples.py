"""The servers of the handbook as processes, each run from a copy of the file that the handbook shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import httpx

import sse_inspect
from tests.servers.installing import debian, debian_version, node
from tests.servers.running import Service

EXAMPLES = Path(sse_inspect.__file__).parent / "handbook" / "examples"


class Example(Service):
    """One of them: `every` seconds an event, `history` events kept, a comment after `heartbeat` seconds of silence."""

    file: ClassVar[str]

    def __init__(self, every: float = 0.1, history: int = 10_000, heartbeat: float = 1) -> None:
        super().__init__()
        self._settings = {"EVERY": str(every), "HISTORY": str(history), "HEARTBEAT": str(heartbeat)}

    def environment(self) -> dict[str, str]:
        return {"PORT": str(self.port), **self._settings}

    def copy(self) -> Path:
        """The file, in the folder where the server runs."""
        return Path(shutil.copy(EXAMPLES / self.file, self.folder))

    @property
    def url(self) -> str:
        """The stream."""
        return f"http://127.0.0.1:{self.port}/events"

    def state(self) -> dict[str, Any]:
        """What a client would begin with."""
        state: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/state", trust_env=False).json()
        return state


class FastApi(Example):
    """In this interpreter: fastapi and uvicorn are there for the tests."""

    title = "FastAPI"
    file = "server.py"

    @property
    def version(self) -> str:
        return f"fastapi {version('fastapi')}, uvicorn {version('uvicorn')}"

    def argv(self) -> list[str]:
        return [sys.executable, str(self.copy())]


class Express(Example):
    """Under Node, with Express of the registry."""

    title = "Express"
    file = "server.mjs"
    package: ClassVar = "express@5"

    @property
    def version(self) -> str:
        package = json.loads((node(self.package) / "node_modules" / "express" / "package.json").read_text())
        runtime = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
        return f"express {package['version']}, Node {runtime.strip().removeprefix('v')}"

    def argv(self) -> list[str]:
        modules = self.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(node(self.package) / "node_modules")
        return ["node", str(self.copy())]


class Go(Example):
    """Built with the Go of the system's release."""

    title = "Go, net/http"
    file = "server.go"

    @property
    def version(self) -> str:
        return f"Go {debian_version(debian('golang-go'), 'golang-go').partition('~')[0]}"

    def argv(self) -> list[str]:
        [root] = (debian("golang-go") / "usr" / "lib").glob("go-*")
        built = self.folder / "server"
        environment = {"GOROOT": str(root), "GOCACHE": str(self.folder / "cache"), "PATH": str(root / "bin")}
        argv = [str(root / "bin" / "go"), "build", "-o", str(built), str(self.copy())]
        done = subprocess.run(argv, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return [str(built)]


EXAMPLE_SERVERS: tuple[type[Example], ...] = (FastApi, Express, Go)
