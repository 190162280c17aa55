"""Probes: the same request asked in several ways, or on two ways at once, to confirm or refute a cause."""
