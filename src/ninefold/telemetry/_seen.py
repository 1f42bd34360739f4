"""What sampling rules see of a span: its kind, and its attributes by what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from opentelemetry.trace import SpanKind

__all__ = ["Seen", "SpanSeen"]

_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_UNREAD: Final = "\0"
"""What is no path; looked for by identity."""
_KINDS: Final = {
    SpanKind.SERVER: "server",
    SpanKind.CLIENT: "client",
    SpanKind.PRODUCER: "producer",
    SpanKind.CONSUMER: "consumer",
}


class Seen(Protocol):
    """What rules may look at of the first span of a trace here."""

    @property
    def sampled_path(self) -> str | None:
        """The path of an HTTP request."""
        ...

    @property
    def sampled_method(self) -> str | None:
        """Its method."""
        ...

    @property
    def sampled_kind(self) -> str:
        """The span's kind."""
        ...

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        """The attributes it starts with."""
        ...


class SpanSeen:
    """A span by its kind and attributes, as rules see it."""

    __slots__ = ("_kind", "_path", "sampled_attributes")

    def __init__(self, kind: SpanKind | None, attributes: Mapping[str, object] | None) -> None:
        self._kind = kind
        self._path: str | None = _UNREAD
        self.sampled_attributes: Mapping[str, object] = attributes or _NONE

    @property
    def sampled_kind(self) -> str:
        """Its kind."""
        return "internal" if self._kind is None else _KINDS.get(self._kind, "internal")

    @property
    def sampled_path(self) -> str | None:
        """The route where it is told, which no client chooses; else the path of its URL."""
        path = self._path
        if path is _UNREAD:
            # Once: every rule asks.
            path = self._path = self._read_path()
        return path

    def _read_path(self) -> str | None:
        found = self._text("http.route") or self._text("url.path")
        if found is not None:
            return found
        # What OpenTelemetry's own instrumentations write, unless they are told to keep to the
        # stable conventions.
        target = self._text("http.target")
        return None if target is None else target.partition("?")[0]

    @property
    def sampled_method(self) -> str | None:
        """The HTTP method."""
        return self._text("http.request.method") or self._text("http.method")

    def _text(self, name: str) -> str | None:
        found = self.sampled_attributes.get(name)
        return found if isinstance(found, str) else None
