"""What the network loads, and what only where it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sse_inspect

HEAVY = ("h2", "hpack", "httpcore", "backports.zstd")
SCRIPT = """
import json, sys
from sse_inspect.config import Policy, Target
from sse_inspect.live import Live
Live(Target("http://127.0.0.1:1/", http2=sys.argv[1] == "2"), Policy())
loaded = sorted(set(sys.modules) & set(sys.argv[2:]))
print(json.dumps(loaded))
"""


@pytest.mark.parametrize(("version", "loaded"), [("1.1", []), ("2", ["h2", "hpack"])])
def test_what_no_stream_needs_is_not_loaded(version: str, loaded: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, version, *HEAVY],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(sse_inspect.__file__).parent.parent,
    )
    assert not result.returncode, result.stderr
    assert json.loads(result.stdout) == loaded
