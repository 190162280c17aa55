"""A result as lines for people, as JSON and as a page."""
