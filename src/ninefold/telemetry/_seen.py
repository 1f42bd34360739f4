"""What sampling rules see of a span: its kind, and its attributes by what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from opentelemetry.trace import SpanKind

__all__ = ["Seen", "SpanSeen", "Started", "kind_of", "method_of", "path_of"]

_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_UNREAD: Final = "\0"
"""What is no path; looked for by identity."""
_SERVER: Final = SpanKind.SERVER
# By identity: an enumeration's own hash is computed in Python, at every look-up.
_KINDS: Final = {
    id(kind): kind.name.lower()
    for kind in (SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER)
}

Started: TypeAlias = tuple[str, Mapping[str, object]]
"""A span as rules see it, where they are looked up together: its kind, and its attributes."""


def kind_of(kind: SpanKind | None) -> str:
    """A span's kind, as rules name it."""
    return "server" if kind is _SERVER else _KINDS.get(id(kind), "internal")


def path_of(attributes: Mapping[str, object]) -> str | None:
    """The route where it is told, which no client chooses; else the path of the URL."""
    found = _text(attributes, "http.route") or _text(attributes, "url.path")
    if found is not None:
        return found
    # What OpenTelemetry's own instrumentations write, unless they are told to keep to the
    # stable conventions.
    target = _text(attributes, "http.target")
    return None if target is None else target.partition("?")[0]


def method_of(attributes: Mapping[str, object]) -> str | None:
    """The HTTP method."""
    return _text(attributes, "http.request.method") or _text(attributes, "http.method")


def _text(attributes: Mapping[str, object], name: str) -> str | None:
    found = attributes.get(name)
    return found if isinstance(found, str) else None


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
        return kind_of(self._kind)

    @property
    def sampled_path(self) -> str | None:
        """The route where it is told, which no client chooses; else the path of its URL."""
        path = self._path
        if path is _UNREAD:
            # Once: every rule asks.
            path = self._path = path_of(self.sampled_attributes)
        return path

    @property
    def sampled_method(self) -> str | None:
        """The HTTP method."""
        return method_of(self.sampled_attributes)
