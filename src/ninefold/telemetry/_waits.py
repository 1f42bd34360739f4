"""Where spans wait for the outcome of their trace, as their driver sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from ninefold.telemetry._pending import Part

__all__ = ["Outcome", "Released", "Waits"]


class Released(Protocol):
    """Spans that go out now."""

    @property
    def part(self) -> Part: ...
    @property
    def threshold(self) -> int | None: ...
    @property
    def spans(self) -> Sequence[tuple[ReadableSpan, int]]: ...


class Outcome(Protocol):
    """What came of an event."""

    @property
    def released(self) -> Sequence[Released] | None: ...
    @property
    def decided(self) -> Sequence[Part] | None: ...
    @property
    def lost(self) -> Sequence[tuple[str, int]] | None: ...


class Waits(Protocol):
    """Where spans wait, and who decides on them."""

    def begin(self, rule: str, sampled: bool, now: float, /) -> Part:
        """A part of a trace begins."""
        ...

    def put(self, part: Any, number: int, span: ReadableSpan, now: float, /) -> bool:
        """A span ended that is no error: whether it waits with the others."""
        ...

    def let_go(self, part: Any, number: int, seconds: float, /) -> bool:
        """A part's first span ended, which is no error: whether the part is let go."""
        ...

    def ended(
        self,
        part: Any,
        number: int,
        span: ReadableSpan,
        now: float,
        /,
        *,
        error: bool,
        seconds: float,
        route: tuple[str, int] | None,
    ) -> Outcome | None:
        """A span of a part ended; None where nothing comes of it."""
        ...

    def sweep(self, now: float, /) -> Outcome:
        """Decide what has waited long enough."""
        ...

    def close(self, now: float, /) -> Outcome:
        """Decide on everything."""
        ...

    def gone(self, weight: int, /) -> None:
        """So many bytes of what was released are gone."""
        ...

    def restart(self) -> None:
        """Hold nothing, under a lock that nobody has."""
        ...
