"""The trace a request belongs to, read from its headers.

Nearly every request that carries a trace carries `traceparent` alone. That is read here, by the
W3C's grammar; anything else (trace state, baggage, B3 and other formats) goes to the propagator
that `OTEL_PROPAGATORS` or the application chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import Getter, TextMapPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ninefold.telemetry._w3c import sound

Header = tuple[bytes, bytes]

W3C_FIELDS = frozenset({b"traceparent", b"tracestate", b"baggage"})
"""The headers of W3C Trace Context and W3C Baggage."""

W3C_KEYS = tuple((f"HTTP_{field.decode('ascii').upper()}", field) for field in sorted(W3C_FIELDS))
"""The same as a WSGI environ has them."""

_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})").fullmatch


_NO_SPAN = b"0" * 16
_HEX = {b"%02x" % value: value for value in range(256)}


def traceparent(value: bytes) -> tuple[int, bytes, int] | None:
    """Trace id, span id in hex, and flags of a version 00 `traceparent`; None for anything else.

    What this does not take (another version, white space, nonsense, ids of zero) is left to the
    propagator's judgement.

    >>> traceparent(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")[1:]
    (b'b7ad6b7169203331', 1)
    """
    match = _TRACEPARENT(value)
    if match is None:
        return None
    trace_id, span_id, flags = match.groups()
    number = int(trace_id, 16)
    return (number, span_id, _HEX[flags]) if number and span_id != _NO_SPAN else None


class _Headers(Getter[list[Header]]):
    """Reads ASGI headers, joining repeated ones as RFC 9110, section 5.3, says."""

    def get(self, carrier: list[Header], key: str) -> list[str] | None:
        wanted = key.lower().encode("latin-1")
        found = [value.decode("latin-1") for name, value in carrier if name == wanted]
        return found or None

    def keys(self, carrier: list[Header]) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_getter = _Headers()


class Propagation:
    """Reads the parent of a request by the global propagator, quickly where it is the usual one."""

    __slots__ = ("_propagator", "w3c")

    def __init__(self) -> None:
        self._propagator: TextMapPropagator | None = None
        self.w3c: TextMapPropagator | None = None
        """The global propagator when last looked at, if that reads W3C's headers alone."""

    def is_w3c(self) -> bool:
        """Whether the global propagator reads W3C Trace Context, and baggage at most, beside it."""
        propagator = propagate.get_global_textmap()
        if propagator is not self._propagator:
            self._propagator = propagator
            self.w3c = propagator if _is_w3c(propagator) else None
        return self.w3c is not None

    def of_environ(self, environ: Mapping[str, Any]) -> list[Header]:
        """The headers in a WSGI environ that the propagator may read."""
        if not self.is_w3c():
            return [
                (_header_name(key), value.encode("latin-1", "replace"))
                for key, value in environ.items()
                if key.startswith("HTTP_") and isinstance(value, str)
            ]
        return [
            (name, environ[key].encode("latin-1", "replace"))
            for key, name in W3C_KEYS
            if key in environ
        ]

    def parent(self, headers: Iterable[Header]) -> Context | None:
        """What a request's headers say of its trace, or None when they carry nothing.

        Raises whatever a third party's propagator does.
        """
        # `fields` names what a propagator writes; some read more (B3, Jaeger's baggage).
        w3c = self.is_w3c()
        found = sound([header for header in headers if not w3c or header[0] in W3C_FIELDS])
        propagator = self._propagator
        if not found or propagator is None:
            return None
        return self._extracted(propagator, found)

    @staticmethod
    def _extracted(propagator: TextMapPropagator, headers: list[Header]) -> Context | None:
        present = contexts.get_current()
        parent = propagator.extract(headers, present, _getter)
        return None if parent is present else parent


def _header_name(key: str) -> bytes:
    return key[5:].lower().replace("_", "-").encode("latin-1", "replace")


def _is_w3c(propagator: TextMapPropagator) -> bool:
    if isinstance(propagator, CompositePropagator):
        parts = getattr(propagator, "_propagators", ())
        return any(type(part) is TraceContextTextMapPropagator for part in parts) and all(
            type(part) in (TraceContextTextMapPropagator, W3CBaggagePropagator) for part in parts
        )
    return type(propagator) is TraceContextTextMapPropagator
