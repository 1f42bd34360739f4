"""One metric family, and what it declares."""

from __future__ import annotations

from dataclasses import dataclass, field

from ninefold.conformance._facts import (
    Attribute,
    Buckets,
    Declaration,
    Kind,
    Labels,
    Position,
    Text,
)

SCOPE = "otel_scope_name"
"""The label in which OpenTelemetry's exporters say the meter."""


@dataclass(slots=True)
class Family:
    """What has been read of one family. Positions are those of names, help, type and unit."""

    name: str
    first: Position
    kind: Kind | None = None
    stored: str = ""
    named: Position | None = None
    help: Text | None = None
    unit: Text | None = None
    sampled: bool = False
    closed: bool = False
    labels: dict[str, Position] = field(default_factory=dict)
    values: set[tuple[str, str]] = field(default_factory=set)
    bounds: list[float] = field(default_factory=list)
    bounded: tuple[tuple[str, str], ...] | None = None
    bounds_at: Position | None = None
    series: list[tuple[Position, tuple[Attribute, ...]]] = field(default_factory=list)

    def declaration(self, *, from_opentelemetry: bool) -> Declaration:
        """The family as a declaration, at its TYPE line where it has one."""
        position = self.named or self.first
        labels = tuple(Text((name,), where) for name, where in self.labels.items())
        bounds = None
        if self.bounds_at is not None:
            bounds = Buckets(tuple(self.bounds), self.bounds_at)
        return Declaration(
            api="exposition",
            kind=self.kind or "unknown",
            name=Text((self.stored or self.name,), position),
            position=position,
            unit=self.unit,
            description=self.help,
            buckets=bounds,
            scope=self._scope(position) if from_opentelemetry else None,
            labels=Labels(labels, labels[0].position if labels else position),
            profile="prometheus",
        )

    def _scope(self, position: Position) -> Text:
        scopes = [value for key, value in self.values if key == SCOPE]
        if len(scopes) == 1:
            return Text((scopes[0],), position)
        return Text((None,), position, "the exposition does not say it")
