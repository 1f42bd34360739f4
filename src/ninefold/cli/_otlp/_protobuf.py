"""OTLP as protobuf: one message, or one after the other as the file exporters write them.

- One `TracesData`, or `ExportTraceServiceRequest`, which on the wire is the same.
- The Collector's file exporter has the length before each message, in 4 bytes, the highest first.
- OpenTelemetry's specification of a file exporter has it as a varint (protobuf, "Streaming").
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # has no stubs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

from ninefold.cli._otlp._wrong import WrongError

__all__ = ["messages"]

_RESOURCE_SPANS: Final = 0x0A  # field 1, with a length: all that the messages have
_LONGEST_VARINT: Final = 10
_LARGEST: Final = 1 << 31  # what protobuf allows a message


def messages(stream: io.BufferedReader, start: bytes) -> Iterator[tuple[str, ResourceSpans]]:
    """Each `ResourceSpans`, and where it is; `start` is how the file begins."""
    if start[0] == _RESOURCE_SPANS:
        return _of_one_message(stream)
    if (len(start) > 4 and start[4] == _RESOURCE_SPANS) or start[:4] == bytes(4):
        return _of_several(stream, by_varint=False)
    if _after_varint(start) == _RESOURCE_SPANS:
        return _of_several(stream, by_varint=True)
    raise WrongError(
        f"at byte 0: neither JSON nor protobuf of OTLP traces, it begins with {start[:8].hex(' ')};"
        " give what a Collector's file exporter wrote, or a TracesData"
    )


def _of_one_message(stream: io.BufferedReader) -> Iterator[tuple[str, ResourceSpans]]:
    """Its `ResourceSpans` one by one: it need not fit into memory."""
    at = 0
    while tag := stream.read(1):
        where = f"byte {at}"
        if tag[0] != _RESOURCE_SPANS:
            raise WrongError(
                f"{where}: OTLP traces go on with 0a, for resource_spans, got {tag.hex()}; the file"
                " is damaged, or of another kind"
            )
        length, width = _varint(stream, at + 1)
        found = ResourceSpans()
        _parse(found, _exactly(stream, length, where), where)
        yield where, found
        at += 1 + width + length


def _of_several(
    stream: io.BufferedReader, *, by_varint: bool
) -> Iterator[tuple[str, ResourceSpans]]:
    at = number = 0
    while stream.peek(1):
        number += 1
        where = f"message {number} at byte {at}"
        if by_varint:
            length, width = _varint(stream, at)
        else:
            width = 4
            length = int.from_bytes(_exactly(stream, width, where), "big")
        found = TracesData()
        _parse(found, _exactly(stream, length, where), where)
        for each in found.resource_spans:
            yield where, each
        at += width + length


def _exactly(stream: io.BufferedReader, length: int, where: str) -> bytes:
    if length > _LARGEST:
        raise WrongError(f"{where}: no message has {length} bytes; the file is damaged")
    found = stream.read(length)
    if len(found) < length:
        raise WrongError(
            f"{where}: it ends after {len(found)} of {length} bytes; it was cut off, or is still"
            " being written"
        )
    return found


def _varint(stream: io.BufferedReader, at: int) -> tuple[int, int]:
    """A varint, and how many bytes it takes."""
    value = 0
    for width in range(_LONGEST_VARINT):
        read = stream.read(1)
        if not read:
            raise WrongError(
                f"byte {at}: it ends within a length; it was cut off, or is still being written"
            )
        value |= (read[0] & 0x7F) << 7 * width
        if read[0] < 0x80:
            return value, width + 1
    raise WrongError(f"byte {at}: no length has more than {_LONGEST_VARINT} bytes; it is damaged")


def _after_varint(start: bytes) -> int | None:
    for place, byte in enumerate(start[:_LONGEST_VARINT]):
        if byte < 0x80:
            return start[place + 1] if place + 1 < len(start) else None
    return None


def _parse(message: ResourceSpans | TracesData, content: bytes, where: str) -> None:
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise WrongError(f"{where}: no protobuf of OTLP traces: {error}") from None
