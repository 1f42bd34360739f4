"""Who decides on traces, as the sampler and the middleware see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ninefold.telemetry._seen import Seen, Started

__all__ = ["Decides"]


class Decides(Protocol):
    """Who decides on traces."""

    @property
    def is_plain(self) -> bool:
        """Whether `keeps` is all there is to ask about a root."""
        ...

    @property
    def obeys(self) -> bool:
        """Whether a caller that drops a trace has decided, so that nobody else need be asked."""
        ...

    @property
    def entry(self) -> str | None:
        """The `ot` entry of a root that `keeps` keeps."""
        ...

    def keeps(self, trace_id: int, parent_sampled: bool | None, /) -> bool:
        """Whether a trace is kept whose parent, if it has one, told no more than that."""
        ...

    def decide(
        self,
        trace_id: int,
        parent_sampled: bool | None,
        entry: str | None,
        seen: Seen | Started | None,
        /,
    ) -> tuple[bool, str | None, str]:
        """Whether it is kept, the `ot` entry that goes on, and the rule that decided."""
        ...

    @property
    def defers(self) -> bool:
        """Whether a trace that is not kept at first may be kept for how it ends."""
        ...

    @property
    def propagates(self) -> bool:
        """Whether a trace that waits is told to be sampled to those that are called."""
        ...

    def is_final(self, rule: str, /) -> bool:
        """Whether what the rule drops is dropped however it ends."""
        ...

    @property
    def looks_at_routes(self) -> bool:
        """Whether `by_route` is to be asked."""
        ...

    def by_route(
        self,
        rule: str,
        trace_id: int,
        entry: str | None,
        route: str,
        seen: Seen,
        /,
        *,
        kept: bool,
    ) -> tuple[str, int] | None:
        """The rule by route that a trace reaches as it ends, and its threshold."""
        ...

    def told(self, entry: str | None, threshold: int, /) -> str | None:
        """An `ot` entry with this threshold in the place of its own."""
        ...
