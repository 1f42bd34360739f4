"""Spans and log records as they leave the process: no secret in what they tell of exceptions.

Our own server spans tell an exception's class alone. What an application records by
`span.record_exception` or lets out of `start_as_current_span` has its message, in the event, in its
stack trace and in the description of the status: often one with a connection string. Log records
carry the same attributes, from `logging`'s `exc_info` or from FastAPI's own telemetry.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Status

from ninefold.core import redacted_text

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

__all__ = ["LONGEST_TEXT", "redact_record", "redacted_span"]

LONGEST_TEXT: Final = 16_384
"""How much an exception's message or stack trace may hold, in characters."""

_EVENT: Final = "exception"
_HEAD: Final = ("exception.message",)
_TAIL: Final = ("exception.stacktrace",)


def redacted_span(span: ReadableSpan) -> ReadableSpan:
    """The span itself, or where an exception's text held a secret or was too long, a copy.

    What is too long keeps its beginning, a stack trace its end.
    """
    description = span.status.description
    if not description and not span.events:
        return span
    events = [_redacted(event) for event in span.events]
    told = description and _text(description)
    if told == description and all(map(_is, events, span.events)):
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=events,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, told),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _redacted(event: Event) -> Event:
    attributes: Mapping[str, AttributeValue] = event.attributes or {}
    told = _changed(attributes) if event.name == _EVENT else {}
    return Event(event.name, {**attributes, **told}, event.timestamp) if told else event


def redact_record(record: Any) -> None:
    """Redact what a log record of the SDK's, of whatever version, tells of an exception; in place.

    Its body is the application's own text, and stays.
    """
    attributes: MutableMapping[str, Any] | None = record.log_record.attributes
    if attributes:
        for key, text in _changed(attributes).items():
            attributes[key] = text


def _changed(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Those of an exception's texts that held a secret or were too long, as they may be told."""
    texts = {key: attributes.get(key) for key in (*_HEAD, *_TAIL)}
    told = {
        key: _text(text, last=key in _TAIL) for key, text in texts.items() if isinstance(text, str)
    }
    return {key: text for key, text in told.items() if text != texts[key]}


def _text(text: str, *, last: bool = False) -> str:
    # A little more than what is kept: a secret at the edge must be seen with its key.
    near = text[-LONGEST_TEXT - 1024 :] if last else text[: LONGEST_TEXT + 1024]
    shown = redacted_text(near)
    return shown[-LONGEST_TEXT:] if last else shown[:LONGEST_TEXT]


def _is(one: object, other: object) -> bool:
    return one is other
