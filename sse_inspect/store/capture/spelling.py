"""How inputs and records are spelled in a capture, and read again: strictly, since it may come from anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar, get_args
from urllib.parse import urlsplit

import msgspec

from sse_inspect import inputs
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Chunk, Input, Opened
from sse_inspect.records import KINDS, Record
from sse_inspect.store.capture.schema import CHUNK

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_INPUT_DECODERS: dict[str, msgspec.json.Decoder[Input]] = {
    cls.__name__.lower(): msgspec.json.Decoder(cls) for cls in get_args(inputs.Input) if cls is not inputs.Chunk
}
_RECORD_DECODERS: dict[str, msgspec.json.Decoder[Record]] = {
    kind: msgspec.json.Decoder(cls) for kind, cls in KINDS.items()
}
T = TypeVar("T")


def spelled(value: DataclassInstance) -> str:
    """An input, a record or a snapshot as JSON, all its fields in it."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):  # a lone surrogate, or an ID of more than 19 digits
        return json.dumps(asdict(value))


def read_as(cls: type[T], text: str) -> T:
    """What `spelled` made of an instance of `cls`; raises CaptureError where it did not."""
    return _read({cls.__name__: msgspec.json.Decoder(cls)}, cls.__name__, text)


def read_input(kind: str, detail: str) -> Input:
    """The input of a row; raises CaptureError where it is none."""
    happened = _read(_INPUT_DECODERS, kind, detail)
    if isinstance(happened, Opened):
        try:
            urlsplit(happened.head.url)
        except ValueError as error:
            raise CaptureError(f"the capture is damaged: a response came from what is no URL ({error}).") from None
    return happened


def read_record(kind: str, detail: str) -> Record:
    """The record of a row; raises CaptureError where it is none."""
    return _read(_RECORD_DECODERS, kind, detail)


def _read(decoders: Mapping[str, msgspec.json.Decoder[T]], kind: str, detail: str) -> T:
    decoder = decoders.get(kind)
    if decoder is None:
        raise CaptureError(f"the capture is damaged: it holds a row of the unknown kind {kind!r}.")
    try:
        return decoder.decode(detail)
    except (msgspec.MsgspecError, UnicodeError, TypeError):
        try:
            return msgspec.convert(json.loads(detail), decoder.type)
        except (ValueError, TypeError, RecursionError, msgspec.MsgspecError) as error:
            what = f"a row of the kind {kind!r} cannot be read ({error})"
            raise CaptureError(f"the capture is damaged: {what}.") from None


def read_chunks(chunks: bytes, data: bytes) -> Iterator[Chunk]:
    """The chunks of a run; raises CaptureError where their sizes do not add up."""
    if len(chunks) % CHUNK.size:
        raise CaptureError("the capture is damaged: a list of chunks is cut.")
    at = 0
    for t, size, wire_size in CHUNK.iter_unpack(chunks):
        yield Chunk(t, data[at : at + size], wire_size)
        at += size
    if at != len(data):
        raise CaptureError("the capture is damaged: its chunks and their bytes do not add up.")
