"""OTLP as JSON: a document, or one on each line, as the Collector's file exporter writes it.

Strict in what OTLP/JSON says (OpenTelemetry Protocol, "JSON Protobuf Encoding"): ids in hexadecimal
digits, 64-bit numbers as decimal text or as numbers. Unknown fields are passed over, as it says.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from ninefold.cli._otlp._fields import (
    Base64,
    Code,
    Double,
    Kind,
    ParentId,
    Signed,
    SpanId,
    TraceId,
    Unsigned,
    decoded,
)
from ninefold.cli._otlp._wrong import WrongError

__all__ = ["is_begun", "messages"]

_BEGIN: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:[\"}]|$)|\[\s*[{\[\]])")


class _Message(msgspec.Struct, rename="camel"):
    """A message whose absent and null fields have their defaults, as protobuf's JSON says."""


class _Any(_Message):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Signed | None = None
    double_value: Double | None = None
    array_value: _Values | None = None
    kvlist_value: _Pairs | None = None
    bytes_value: Base64 | None = None


class _Values(_Message):
    values: list[_Any] | None = None


class _Pair(_Message):
    key: str = ""
    value: _Any | None = None


class _Pairs(_Message):
    values: list[_Pair] | None = None


class _Resource(_Message):
    attributes: list[_Pair] | None = None


class _Scope(_Message):
    name: str | None = None
    version: str | None = None


class _Event(_Message):
    time_unix_nano: Unsigned | None = None
    name: str | None = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: int | None = None


class _Link(_Message):
    trace_id: TraceId
    span_id: SpanId
    trace_state: str | None = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: int | None = None
    flags: int | None = None


class _Status(_Message):
    message: str | None = None
    code: Code | None = None


class _Span(_Message):
    trace_id: TraceId
    span_id: SpanId
    trace_state: str | None = None
    parent_span_id: ParentId | None = None
    flags: int | None = None
    name: str | None = None
    kind: Kind | None = None
    start_time_unix_nano: Unsigned | None = None
    end_time_unix_nano: Unsigned | None = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: int | None = None
    events: list[_Event] | None = None
    dropped_events_count: int | None = None
    links: list[_Link] | None = None
    dropped_links_count: int | None = None
    status: _Status | None = None


class _ScopeSpans(_Message):
    scope: _Scope | None = None
    spans: list[_Span] | None = None
    schema_url: str | None = None


class _ResourceSpans(_Message):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None
    schema_url: str | None = None


class _Request(_Message):
    resource_spans: list[_ResourceSpans] | None = None
    # Other signals are there or not; what they say is nobody's concern here.
    resource_metrics: msgspec.Raw = msgspec.Raw()
    resource_logs: msgspec.Raw = msgspec.Raw()
    resource_profiles: msgspec.Raw = msgspec.Raw()


_BUILT: Final[dict[type[_Message], Any]] = {
    _Any: AnyValue,
    _Values: ArrayValue,
    _Pair: KeyValue,
    _Pairs: KeyValueList,
    _Resource: Resource,
    _Scope: InstrumentationScope,
    _Event: Span.Event,
    _Link: Span.Link,
    _Status: Status,
    _Span: Span,
    _ScopeSpans: ScopeSpans,
    _ResourceSpans: ResourceSpans,
}
"""The message that each is in protobuf; the fields have the same names."""


def is_begun(start: bytes) -> bool:
    """Whether a file that begins so is JSON: `{` alone may be a length in protobuf."""
    return _BEGIN.match(start) is not None


def messages(stream: io.BufferedReader) -> Iterator[tuple[str, list[ResourceSpans] | None]]:
    """The `ResourceSpans` of each line, and where it is; None for a line of another signal."""
    decoder = msgspec.json.Decoder(_Request, dec_hook=decoded)
    number = 0
    began = False
    while line := stream.readline():
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            request = _request(decoder, line, where)
        except msgspec.DecodeError as error:
            if began:
                raise WrongError(_malformed(error, line, number)) from None
            # Not the first of several documents: one that goes on over several lines.
            where, line = f"the document from line {number} on", line + stream.read()
            try:
                request = _request(decoder, line, where)
            except msgspec.DecodeError as other:
                raise WrongError(_malformed(other, line, number)) from None
        began = True
        found = request.resource_spans
        if found is None:
            others = (request.resource_metrics, request.resource_logs, request.resource_profiles)
            if any(map(bytes, others)):
                yield where, None
            elif line.translate(None, b" \t\r\n") != b"{}":
                raise WrongError(f"{where}: no OTLP traces, as it has no resourceSpans")
            continue
        try:
            yield where, [_built(each) for each in found]
        except ValueError as error:
            raise WrongError(f"{where}: {error}") from None


def _request(decoder: msgspec.json.Decoder[_Request], content: bytes, where: str) -> _Request:
    """What a document says; what is no JSON raises msgspec's `DecodeError`."""
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        raise WrongError(f"{where}: {error}") from None
    except UnicodeDecodeError as error:
        # Its position is that within one text.
        found = error.object[error.start : error.start + 1].hex()
        raise WrongError(f"{where}: a text is no UTF-8, as it has the byte {found}") from None
    except RecursionError:
        raise WrongError(f"{where}: values within values, deeper than any exporter has") from None


def _built(message: _Message) -> Any:
    told: dict[str, object] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if isinstance(value, _Message):
            told[name] = _built(value)
        elif isinstance(value, list):
            told[name] = [_built(each) for each in value]
        elif value is not None:
            told[name] = value
    return _BUILT[type(message)](**told)


def _malformed(error: msgspec.DecodeError, content: bytes, first: int) -> str:
    said = str(error)
    place = re.search(r" ?\(byte (\d+)\)$", said)
    at = len(content.rstrip()) if place is None else int(place[1])
    before = content[:at]
    line = first + before.count(b"\n")
    column = at - (before.rfind(b"\n") + 1) + 1
    told = said if place is None else said[: place.start()]
    hint = "; it was cut off, or is still being written" if place is None else ""
    return f"line {line}, column {column}: {told}{hint}"
