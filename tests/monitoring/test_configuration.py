"""The configuration of Prometheus that the README gives."""

from __future__ import annotations

import re
from pathlib import Path

from sse_inspect.monitoring.rules import rules
from tests.monitoring.promtool import needs_promtool, promtool

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@needs_promtool
def test_promtool_accepts_it_with_the_rules_beside_it(tmp_path: Path) -> None:
    [text] = re.findall(r"^```yaml\n(# prometheus\.yml.*?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(text)
    (tmp_path / "rules.yml").write_text(rules())
    status, said = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert status == 0, said
    assert "5 rules found" in said
