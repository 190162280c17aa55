"""What is wrong, or asks for trouble, in the text of the stream; the first ten are the codes of `analysis.lint`."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

_BYTES = "Look at the bytes: key v on the event, page Bytes."

TEXT = (
    Finding(
        "byte-order-mark",
        "warning",
        "A byte order mark stands in front of the stream",
        "Do not write a BOM: encode with utf-8, not utf-8-sig.",
        "an encoder that writes one; many clients take it for a part of the first field and lose the first event",
        _BYTES,
    ),
    Finding(
        "invalid-utf8",
        "error",
        "There are bytes that are not UTF-8",
        "Encode every field as UTF-8, and never cut text in the middle of a character.",
        "another encoding, or text that was cut in the middle of a character: clients put U+FFFD in its place",
        _BYTES,
    ),
    Finding(
        "nul-in-id",
        "error",
        "An ID has a NUL in it, and clients ignore it",
        "Leave U+0000 out of event IDs.",
        "binary data used as an ID: a reconnect resumes from an earlier event",
        _BYTES,
    ),
    Finding(
        "unknown-field",
        "warning",
        "There are fields that the standard does not know",
        "Known are data, event, id and retry; write every line of the data as a data field of its own.",
        "a line break in data that was not escaped, or a misspelt field name: clients ignore such lines",
        _BYTES,
    ),
    Finding(
        "no-colon",
        "warning",
        "There are lines without a colon that are no field names",
        "Write every line of the data as a data field of its own: 'data: first' and 'data: second'.",
        "a line break in data that was not escaped: clients ignore what stands behind it",
        _BYTES,
    ),
    Finding(
        "bad-retry",
        "warning",
        "A retry field is no whole number of milliseconds, and clients ignore it",
        "Write digits only, such as 'retry: 3000'.",
        "a unit, a sign or a fraction in the number",
        _BYTES,
    ),
    Finding(
        "no-data",
        "warning",
        "There are blocks with an event type but no data, which clients never dispatch",
        "Send a data field too, an empty one if need be: 'data:'.",
        "an event without data is written without its data field",
        _BYTES,
    ),
    Finding(
        "unfinished",
        "warning",
        "The stream ends with an event that has no blank line, and clients throw it away",
        "End every event with an empty line, the last one too.",
        "the blank line is written between events instead of behind each",
        _BYTES,
    ),
    Finding(
        "odd-line-ends",
        "info",
        "There is U+2028, U+2029 or U+0085 in data",
        "Write them as \\u2028 and the like where the data is JSON.",
        "text of users; clients that split lines as their language does (Python's splitlines) tear the event there",
        _BYTES,
    ),
    Finding(
        "large-event",
        "warning",
        "There are events of more than 1 MiB",
        "Send a reference, or several smaller events.",
        "whole documents in one event: the MCP SDK for Python takes 1 MiB, Akka 8 KiB by default",
        "sse-inspect export CAPTURE -f csv lists the sizes of all events.",
    ),
    Finding(
        "mixed-line-ends",
        "info",
        "Lines end in different ways",
        "End all lines with LF.",
        "data with CRLF is written between lines that end with LF",
        _BYTES,
    ),
    Finding(
        "blank-line-missing",
        "error",
        "Data comes, but no event is ever complete",
        "End every event with a blank line: two line ends in a row.",
        "events are written with one line end instead of two",
        _BYTES,
    ),
    Finding(
        "retry-too-long",
        "warning",
        "The server tells clients to wait more than an hour before they reconnect",
        "Send a retry of a few thousand milliseconds; answer 204 to clients that are to stay away.",
        "a wrong unit (the field is in milliseconds), or a number that was not checked: a stream that breaks off once "
        "stays broken",
        _BYTES,
    ),
)
