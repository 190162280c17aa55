"""The parts of README.md that the handbook makes.

python -m tests.handbook.readme   writes them
"""

from __future__ import annotations

from pathlib import Path

from sse_inspect.cli.handbook_facts import FACTS
from sse_inspect.handbook import page

README = Path(__file__).parents[2] / "README.md"
PARTS = ("quick", "troubleshooting")


def written(text: str) -> str:
    """The text of README.md with these parts as the program prints them; raises ValueError where one has no place."""
    for name in PARTS:
        body = page(name, FACTS).partition("\n")[2].strip("\n").replace("\n## ", "\n### ")
        begin, end = f"<!-- handbook {name} -->", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"README.md has no place for {name}, between {begin} and {end}.")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{body}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
