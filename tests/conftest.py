"""How many tests run at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SUITE = Path(__file__).parent / "streaming"


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two for each processor, since the tests of the screen wait more than they work; one where only figures are made.

    Each worker costs a second of its own, which the resilience suite by itself does not win back.
    """
    processors = os.cpu_count() or 1
    asked = [Path(config.invocation_params.dir, each.partition("::")[0]) for each in config.args]
    return processors if all(each.is_relative_to(SUITE) for each in asked) else 2 * processors
