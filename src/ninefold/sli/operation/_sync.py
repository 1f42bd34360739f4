"""Measures functions and generator functions."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

from ninefold.sli.operation._model import Listener

P = ParamSpec("P")
R = TypeVar("R")


def measured_function(
    fn: Callable[P, R], on: Listener, clock: Callable[[], float]
) -> Callable[P, R]:
    """Measure each call."""
    succeeded, returned, raised, asks = on.succeeded, on.returned, on.raised, on.asks_results

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        started = clock()
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            raised(error, clock() - started)
            raise
        if asks:
            returned(result, clock() - started)
        else:
            succeeded(clock() - started)
        return result

    return call


def measured_generator(
    fn: Callable[P, Generator[Any, Any, R]], on: Listener, clock: Callable[[], float]
) -> Callable[P, Generator[Any, Any, R]]:
    """Measure from the first step to the end; a generator that never began is no event."""
    returned, raised = on.returned, on.raised

    def call(*args: P.args, **kwargs: P.kwargs) -> Generator[Any, Any, R]:
        started = clock()
        try:
            result = yield from fn(*args, **kwargs)
        except BaseException as error:
            raised(error, clock() - started)
            raise
        returned(result, clock() - started)
        return result

    return call
