"""What a source does not tell of the session it is about: a closed vocabulary.

A session that was watched tells everything, and nothing of it is unknown. What somebody else saved tells less, and what
it does not tell is never made up: it travels with the capture, and those who show ask `records.Origin`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Unknown(StrEnum):
    """Something a source does not tell; the values are the words for it, in the order in which they are told."""

    TIMES = "times"
    """When anything happened, of whatever kind."""
    CLOCK = "time of the request"
    """The wall clock when the session began."""
    OPENING = "when the response began"
    ARRIVALS = "times of what arrived"
    ENDING = "when it ended"
    REQUEST = "request"
    FIELDS = "request fields"
    """The header fields of the requests, and so which ID was sent with each."""
    HEAD = "response head"
    COMMENTS = "comments"
    RETRIES = "retry fields"
    IDS = "repeated IDs"
    """Whether an event without an ID of its own repeated the one before."""
    BYTES = "raw bytes"
    CHUNKS = "chunk boundaries"
    SILENT = "silent failures"
    """Whether a person was shown in time what went wrong."""
    END = "how it ended"


PARTS_OF_TIMES = frozenset({Unknown.CLOCK, Unknown.OPENING, Unknown.ARRIVALS, Unknown.ENDING, Unknown.SILENT})
"""What need not be said where there are no times at all."""
_SPELLED_BEFORE = {"times of events": Unknown.ARRIVALS}


def unknown_of(words: Iterable[str]) -> frozenset[Unknown]:
    """What these words name; those of a later vocabulary are passed over."""
    known = {**_SPELLED_BEFORE, **{each.value: each for each in Unknown}}
    return frozenset(known[word] for word in words if word in known)


def words_of(unknown: Iterable[Unknown]) -> tuple[str, ...]:
    """The words for it, each once and always in the same order."""
    wanted = frozenset(unknown)
    return tuple(each.value for each in Unknown if each in wanted)
