"""Spans as sampling sees them, from OTLP's messages, which are checked on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, SpanFlags, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from ninefold.cli._otlp._wrong import WrongError
from ninefold.sampling.simulation import Process, Span

__all__ = ["spans_of"]

_KINDS: Final[Mapping[int, str]] = {
    Message.SPAN_KIND_SERVER: "server",
    Message.SPAN_KIND_CLIENT: "client",
    Message.SPAN_KIND_PRODUCER: "producer",
    Message.SPAN_KIND_CONSUMER: "consumer",
}
_TOLD: Final = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_REMOTE: Final = SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK


def spans_of(found: ResourceSpans) -> Iterator[Span]:
    """The spans of one resource. Raises `WrongError`, which says which span and field is wrong."""
    resource = _attributes(found.resource.attributes)
    name = str(resource.get("service.name") or "unknown_service")
    namespace = resource.get("service.namespace")
    process = Process(
        f"{namespace}/{name}" if namespace else name, str(resource.get("service.instance.id") or "")
    )
    for scope, block in enumerate(found.scope_spans):
        for number, span in enumerate(block.spans):
            trace_id = _id(span.trace_id, 16)
            span_id = _id(span.span_id, 8)
            parent_id = _id(span.parent_span_id, 8) if span.parent_span_id else 0
            if not trace_id or not span_id or parent_id is None or not span.start_time_unix_nano:
                raise WrongError(f"scopeSpans[{scope}].spans[{number}]{_mistake(span)}")
            body = span.ByteSize()
            yield Span(
                trace_id=trace_id,
                span_id=span_id,
                parent_id=parent_id,
                process=process,
                kind=_KINDS.get(span.kind, "internal"),
                start=span.start_time_unix_nano,
                end=span.end_time_unix_nano,
                failed=span.status.code == Status.STATUS_CODE_ERROR,
                # A tag of one byte and the length come before it.
                size=body + 1 + max(1, (body.bit_length() + 6) // 7),
                entry=_entry(span.trace_state) if span.trace_state else None,
                attributes=_attributes(span.attributes),
                local=not span.flags & _REMOTE if span.flags & _TOLD else None,
            )


def _id(found: bytes, length: int) -> int | None:
    return int.from_bytes(found, "big") if len(found) == length else None


def _mistake(span: Message) -> str:
    for name, found, length in (
        ("traceId", span.trace_id, 16),
        ("spanId", span.span_id, 8),
        ("parentSpanId", span.parent_span_id, 8),
    ):
        if not found and name == "parentSpanId":
            continue
        if len(found) != length:
            return f".{name} must have {length} bytes, got {len(found)}"
        if not any(found) and name != "parentSpanId":
            return f".{name} must not be all zeros"
    return ".startTimeUnixNano must be a time in nanoseconds, got 0"


def _entry(trace_state: str) -> str | None:
    """OpenTelemetry's own entry of a trace state."""
    for member in trace_state.split(","):
        key, _, value = member.strip().partition("=")
        if key == "ot":
            return value or None
    return None


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> object:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return tuple(map(_value, value.array_value.values))
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case scalar:
            found: object = getattr(value, scalar)
            return found
