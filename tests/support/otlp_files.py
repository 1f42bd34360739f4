"""Files of OTLP traces in every form that exporters write, made by protobuf's own means."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf import json_format
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Span,
    Status,
    TracesData,
)

_IDS: Final = ("traceId", "spanId", "parentSpanId")


def span(
    trace_id: int,
    span_id: int = 1,
    parent_id: int = 0,
    *,
    start: float = 1.0,
    seconds: float = 0.25,
    failed: bool = False,
    state: str = "",
    kind: Span.SpanKind.ValueType = Span.SPAN_KIND_SERVER,
    flags: int = 0,
    **attributes: str | int | float | bool,
) -> Span:
    """A span; attributes have `_` for the dots of their names."""
    return Span(
        trace_id=trace_id.to_bytes(16, "big"),
        span_id=span_id.to_bytes(8, "big"),
        parent_span_id=parent_id.to_bytes(8, "big") if parent_id else b"",
        name="GET",
        kind=kind,
        start_time_unix_nano=round(start * 1e9),
        end_time_unix_nano=round((start + seconds) * 1e9),
        trace_state=state,
        flags=flags,
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
        attributes=_pairs({name.replace("_", "."): value for name, value in attributes.items()}),
    )


def traces(*spans: Span, service: str = "shop", instance: str = "1") -> TracesData:
    """What one process exports at once."""
    resource = {"service.name": service, "service.instance.id": instance}
    return TracesData(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=_pairs(resource)),
                scope_spans=[ScopeSpans(spans=spans)],
            )
        ]
    )


def as_json(data: TracesData, *, indent: int | None = None) -> bytes:
    """As OTLP/JSON: what protobuf makes of it, with ids in hexadecimal digits."""
    told = json_format.MessageToDict(data, use_integers_for_enums=True)
    _with_hex(told)
    return json.dumps(told, indent=indent).encode()


def json_lines(*several: TracesData) -> bytes:
    """As the Collector's file exporter writes JSON."""
    return b"".join(as_json(each) + b"\n" for each in several)


def json_document(*several: TracesData) -> bytes:
    """One document over many lines."""
    return as_json(_merged(several), indent=2)


def protobuf(*several: TracesData) -> bytes:
    """One message."""
    return bytes(_merged(several).SerializeToString())


def protobuf_stream(*several: TracesData) -> bytes:
    """As the Collector's file exporter writes protobuf: the length in 4 bytes before each."""
    found = [each.SerializeToString() for each in several]
    return b"".join(len(each).to_bytes(4, "big") + each for each in found)


def protobuf_delimited(*several: TracesData) -> bytes:
    """As protobuf delimits messages: the length as a varint before each."""
    found = [each.SerializeToString() for each in several]
    return b"".join(_varint(len(each)) + each for each in found)


FORMS: Final[Mapping[str, Callable[..., bytes]]] = {
    "json_lines": json_lines,
    "json_document": json_document,
    "protobuf": protobuf,
    "protobuf_stream": protobuf_stream,
    "protobuf_delimited": protobuf_delimited,
}


def _merged(several: tuple[TracesData, ...]) -> TracesData:
    return TracesData(resource_spans=[block for each in several for block in each.resource_spans])


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _pairs(attributes: Mapping[str, str | int | float | bool]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: str | int | float | bool) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(string_value=value) if isinstance(value, str) else AnyValue(double_value=value)


def _with_hex(told: Any) -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            if key in _IDS:
                told[key] = base64.b64decode(value).hex()
            else:
                _with_hex(value)
    elif isinstance(told, list):
        for each in told:
            _with_hex(each)
