"""The peers: programs of others, installed into a folder of their own, and what drives them, a script each.

The scripts run on what `requirements.txt` and `package.json` name, and import nothing of this project.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.measure import Missing

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
FOLDER = HERE.parent / ".peers"
CURL = "curl"
NODE = "node"
_PYTHON = FOLDER / "venv" / "bin" / "python"
_REQUIREMENTS = "requirements.txt"
_PACKAGE = "package.json"


def set_up() -> None:
    """Install the peers; those of Node only where there is npm."""
    FOLDER.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER / "venv"], check=True)
    requirements = HERE.parent / _REQUIREMENTS
    subprocess.run([_PYTHON, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    subprocess.run([_PYTHON, "-m", "compileall", "-q", FOLDER / "venv" / "lib"], check=False)
    if shutil.which("npm"):
        shutil.copy(HERE.parent / _PACKAGE, FOLDER)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)


def python_script(name: str) -> list[str]:
    """The command that runs a script of this folder on the peers' Python; raises Missing where it is not set up."""
    if not _PYTHON.exists():
        raise Missing("not set up: python -m tests.bench --setup")
    return [str(_PYTHON), str(HERE / name)]


def node_script(name: str) -> list[str]:
    """The command that runs a script of this folder with Node, to which the place of its modules is the first argument.

    Raises Missing where there is no Node, or it is not set up.
    """
    modules = FOLDER / "node_modules"
    if not modules.exists():
        raise Missing("not set up: python -m tests.bench --setup, with Node and npm installed")
    return [program(NODE), str(HERE / name), str(modules)]


def program(name: str) -> str:
    """The path of an installed program; raises Missing where there is none."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def installed() -> dict[str, str]:
    """The versions of what is installed in the peers' folder."""
    found: dict[str, str] = {}
    if _PYTHON.exists():
        command = [_PYTHON, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found |= {each["name"]: each["version"] for each in json.loads(listed)}
    for package in FOLDER.glob("node_modules/*/package.json"):
        about = json.loads(package.read_text())
        found[package.parent.name] = about["version"]
    return found
