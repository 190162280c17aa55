"""A session that is left running: its numbers for Prometheus, the alert rules over them, and a page for each alert."""
