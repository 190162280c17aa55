"""Captures: the inputs of a session in one SQLite file, with an index of the records they led to."""
