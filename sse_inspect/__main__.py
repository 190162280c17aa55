"""`python -m sse_inspect` is `sse-inspect`."""

from __future__ import annotations

import sys

from sse_inspect.cli import main

if __name__ == "__main__":
    sys.exit(main())
