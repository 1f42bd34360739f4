"""Measures async functions and async generator functions."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from ninefold.sli.operation._model import Listener

P = ParamSpec("P")
R = TypeVar("R")
Y = TypeVar("Y")
S = TypeVar("S")


def measured_coroutine(
    fn: Callable[P, Awaitable[R]], on: Listener, clock: Callable[[], float]
) -> Callable[P, Awaitable[R]]:
    """Measure from the first step of each call to its end."""
    succeeded, returned, raised, asks = on.succeeded, on.returned, on.raised, on.asks_results

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        started = clock()
        try:
            result = await fn(*args, **kwargs)
        except BaseException as error:
            raised(error, clock() - started)
            raise
        if asks:
            returned(result, clock() - started)
        else:
            succeeded(clock() - started)
        return result

    return call


def measured_async_generator(
    fn: Callable[P, AsyncGenerator[Y, S]], on: Listener, clock: Callable[[], float]
) -> Callable[P, AsyncGenerator[Y, S]]:
    """Measure from the first step to the end; it has no result, so none is asked about."""
    succeeded, raised = on.succeeded, on.raised

    async def call(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[Y, S]:
        started = clock()
        try:
            inner = fn(*args, **kwargs)
            step = _begin(inner)
            while True:
                try:
                    value = await step
                except StopAsyncIteration:
                    # Never the generator's own: Python makes a RuntimeError of one that it raises.
                    break
                thrown: BaseException | None = None
                sent: Any = None
                try:
                    sent = yield value
                except BaseException as error:  # noqa: BLE001 - handed on to the generator below
                    # Handed on outside this clause: what the generator raises after it would
                    # otherwise be told to have happened "during handling" of what it had caught.
                    thrown = error
                if thrown is None:
                    step = inner.asend(sent)
                    continue
                try:
                    if isinstance(thrown, GeneratorExit):
                        await inner.aclose()
                        raise thrown
                    if thrown.__traceback__ is not None:
                        # Our own frame, which comes again when it passes here on its way out.
                        thrown.__traceback__ = thrown.__traceback__.tb_next
                    step = inner.athrow(thrown)
                finally:
                    # A frame that holds an exception that holds the frame would wait for the GC.
                    thrown = None
        except BaseException as error:
            raised(error, clock() - started)
            raise
        succeeded(clock() - started)

    return call


def _begin(inner: AsyncGenerator[Y, Any]) -> Awaitable[Y]:
    """Take the first step, unseen by the event loop.

    A loop that ends closes every generator it has seen, all at once. The outer one closes this one;
    if the loop did so at the same moment, one of the two would fail as "already running".
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return inner.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
