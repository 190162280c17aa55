"""A server whose events tell when they were made, to stand behind a proxy."""

from __future__ import annotations

import platform
import sys

from tests.servers.running import APPS, Service


class Stamped(Service):
    """`/10` has ten events a second, `/100` a hundred, of about 200 bytes; `/10/uneven` ten without their times."""

    title = "http.server, with times in the data"

    @property
    def version(self) -> str:
        return f"Python {platform.python_version()}"

    def argv(self) -> list[str]:
        return [sys.executable, str(APPS / "stamped_feed.py"), str(self.port)]
