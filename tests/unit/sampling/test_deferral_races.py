"""Spans of one trace that end at the same moment, in several threads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType

import pytest

from ninefold.sampling import Buffer, Deferral, Keep, Outcome


class _Between:
    """A lock before which something else happens, once: another thread that was quicker."""

    def __init__(self, inner: AbstractContextManager[object], first: Callable[[], object]) -> None:
        self._inner = inner
        self._first: list[Callable[[], object]] = [first]

    def __enter__(self) -> None:
        if self._first:
            self._first.pop()()
        self._inner.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.__exit__(kind, error, trace)


@pytest.mark.parametrize("last", [1, 2], ids=["the first span", "a span below"])
def test_an_error_is_kept_whoever_ends_first(last: int) -> None:
    """Nothing is decided while the end of a span is on its way in."""
    engine: Deferral[str] = Deferral(Keep(), Buffer(), lambda span: 1)
    part = engine.begin("default", False, 0.0)
    part.joined(1)
    part.joined(2)
    outcomes: list[Outcome[str] | None] = []

    def quicker() -> None:
        outcomes.append(engine.ended(part, 3 - last, "", 1.0, error=False, seconds=1.0))

    engine._lock = _Between(engine._lock, quicker)  # type: ignore[assignment]
    outcomes.append(engine.ended(part, last, "error", 1.0, error=True, seconds=1.0))
    out = [
        span
        for outcome in outcomes
        for released in (outcome and outcome.released) or ()
        for span, _ in released.spans
    ]
    assert part.kept
    assert out == ["", "error"]
