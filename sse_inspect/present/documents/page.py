"""An HTML page that needs nothing else: no script, no resource from anywhere."""

from __future__ import annotations

from sse_inspect.present.documents.style import CSS
from sse_inspect.present.documents.text import html

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The Content-Security-Policy of the page: nothing is loaded, nothing runs."""


def page(title: str, body: str) -> str:
    """The page of this title, which is text of any origin, and this body, which is HTML already."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f"{body}</main>\n</body>\n</html>\n"
    )
