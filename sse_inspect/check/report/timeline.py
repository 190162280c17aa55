"""A run's timeline as a report shows it."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.analysis.snapshot import Bucket, Link, Mark, Timeline


def watched(timeline: Timeline) -> Timeline:
    """The timeline without the end that the check itself made of the run, which is in the last stretch."""
    *before, last = timeline.buckets or (Bucket(),)
    link = before[-1].link if before and last.link is Link.WAITING else last.link
    return replace(timeline, buckets=(*before, Bucket(link, last.events, last.marks & ~Mark.DISCONNECT)))
