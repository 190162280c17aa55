"""A URL where there is little room."""

from __future__ import annotations

import pytest

from sse_inspect.present.address import host_of, shortened
from sse_inspect.present.safe import cells

URL = "https://events.example.com:8443/api/v2/orders?from=2026"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, URL),
        (54, "events.example.com:8443/api/v2/orders?from=2026"),
        (40, "events.example.com:8443/…rders?from=2026"),
        (26, "events.example.com:8443/…"),
        (23, "events.example.com:8443"),
        (15, "events.…om:8443"),
        (5, "even…"),
        (0, ""),
    ],
)
def test_the_host_is_the_last_to_go(width: int, shown: str) -> None:
    assert shortened(URL, width) == shown


def test_it_fits_and_is_visible_whatever_it_is() -> None:
    for url in (
        "",
        "x",
        "https://",
        "/only/a/path",
        "https://\x1b[2J\u202e.example/日本語日本語日本語日本語",
        "日本" * 3000,
    ):
        for width in range(40):
            assert cells(shortened(url, width)) <= width
            assert shortened(url, width).isprintable()
    assert host_of("localhost:8000/events") == "localhost:8000"
