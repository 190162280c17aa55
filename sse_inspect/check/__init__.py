"""Certifies an endpoint: scenarios are run against it, and what they showed is judged and reported."""
