"""A span as far as sampling is concerned, and what one process did of a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Part", "Process", "Span"]


class Process(NamedTuple):
    """Who decides: an instance of a service, which is empty where none is told."""

    service: str
    instance: str = ""


class Span(NamedTuple):
    """One span. Times are in nanoseconds of Unix time.

    - `parent_id` is 0 for a root.
    - `size` is how many bytes it takes in an export.
    - `entry` is the `ot` entry of its trace state.
    - `local` is whether its parent is of the same process; None where that is not told.
    """

    trace_id: int
    span_id: int
    parent_id: int
    process: Process
    kind: str
    start: int
    end: int
    failed: bool
    size: int
    entry: str | None
    attributes: Mapping[str, object]
    local: bool | None = None

    @property
    def sampled_kind(self) -> str:
        """The kind, as rules name it."""
        return self.kind

    @property
    def sampled_method(self) -> str | None:
        """The method of an HTTP request, by the conventions of today or those before 1.23."""
        return self._text("http.request.method") or self._text("http.method")

    @property
    def sampled_path(self) -> str | None:
        """The path of an HTTP request; its route where that alone is told."""
        target = self._text("url.path") or self._text("http.target")
        return self._text("http.route") if target is None else target.partition("?")[0]

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        """The attributes: those that it ended with, as nobody records what it began with."""
        return self.attributes

    def _text(self, name: str) -> str | None:
        found = self.attributes.get(name)
        return found if isinstance(found, str) and found else None


class Part:
    """What one process did of a trace below one of its first spans, `first`, which is decided on.

    `failed` is whether any of its spans is an error; `parent` is the part that called it, where
    that is known.
    """

    __slots__ = ("failed", "first", "parent", "size", "spans")

    def __init__(self, first: Span, spans: int = 1, size: int | None = None) -> None:
        self.first = first
        self.spans = spans
        self.size = first.size if size is None else size
        self.failed = first.failed
        self.parent: Part | None = None

    @property
    def seconds(self) -> float:
        """How long the first span took."""
        return max(0, self.first.end - self.first.start) / 1e9
