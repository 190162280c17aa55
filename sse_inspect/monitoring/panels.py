"""The dashboard for Grafana, a file of this package: importing it asks for the data source."""

from __future__ import annotations

from importlib.resources import files


def dashboard() -> str:
    """Its JSON."""
    return files(__package__).joinpath("dashboard.json").read_text(encoding="utf-8")
