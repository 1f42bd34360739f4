"""A retry by itself around a function: first tried, and only then thought about."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from ninefold.config import is_resilience_on
from ninefold.core import Runtime, kind_of_call, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.retry._model import Retry
from ninefold.resilience.retry._trial import Trial

__all__ = ["decorated", "require_repeatable"]

P = ParamSpec("P")
R = TypeVar("R")


def require_repeatable(what: str, target: object) -> None:
    """`target` must be something whose call can be made anew. Raises `ConfigurationError`."""
    if isinstance(target, type) or not callable(target):
        raise ConfigurationError(
            f"{what} goes around functions and methods, got {shown(target)}; put it directly above"
            " the def (below @property and the like)"
        )
    kind = kind_of_call(target)
    if kind.endswith("generator"):
        name = getattr(target, "__qualname__", type(target).__name__)
        raise ConfigurationError(
            f"{what} cannot go around the {kind} function {name}: what it has yielded cannot be"
            " taken back; guard the call that opens the stream, and read it outside"
        )


def decorated(retry: Retry, target: Any) -> Any:
    """`target` with `retry` around it: the same kind of thing."""
    if type(target) in (classmethod, staticmethod):
        return type(target)(decorated(retry, target.__func__))
    require_repeatable("a retry", target)
    if not is_resilience_on():
        return target
    make = _async if kind_of_call(target) == "coroutine" else _sync
    return functools.update_wrapper(make(retry, target, retry.runtime or Runtime()), target)


def _sync(retry: Retry, fn: Callable[P, R], runtime: Runtime) -> Callable[P, R]:
    made: Callable[..., R] = fn  # called anew with what the caller gave
    funded = None if retry.tokens is None else retry.tokens.succeeded
    failures, clock, bounded = retry.failures, runtime.clock, retry.deadline is not None
    asks = failures.asks_results

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        began = clock() if bounded else None
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            trial = Trial(retry, runtime, clock() if began is None else began, tokens=retry.tokens)
            wait = trial.raised(error)
            if wait is None:
                raise
        else:
            if not asks or not failures.is_result(result):
                if funded is not None:
                    funded()
                return result
            trial = Trial(retry, runtime, clock() if began is None else began, tokens=retry.tokens)
            wait = trial.returned(result)
            if wait is None:
                return result
        return again(trial, wait, args, kwargs)

    def again(trial: Trial, wait: float, args: Any, kwargs: Any) -> R:
        while True:
            runtime.sleep(wait)
            try:
                result = made(*args, **kwargs)
            except Exception as error:
                longer = trial.raised(error)
                if longer is None:
                    raise
            else:
                if not asks or not failures.is_result(result):
                    if funded is not None:
                        funded()
                    return result
                longer = trial.returned(result)
                if longer is None:
                    return result
            wait = longer

    return call


def _async(
    retry: Retry, fn: Callable[P, Awaitable[R]], runtime: Runtime
) -> Callable[P, Awaitable[R]]:
    made: Callable[..., Awaitable[R]] = fn  # called anew with what the caller gave
    funded = None if retry.tokens is None else retry.tokens.succeeded
    failures, clock, bounded = retry.failures, runtime.clock, retry.deadline is not None
    asks = failures.asks_results

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        began = clock() if bounded else None
        try:
            result = await fn(*args, **kwargs)
        except Exception as error:
            trial = Trial(retry, runtime, clock() if began is None else began, tokens=retry.tokens)
            wait = trial.raised(error)
            if wait is None:
                raise
        else:
            if not asks or not failures.is_result(result):
                if funded is not None:
                    funded()
                return result
            trial = Trial(retry, runtime, clock() if began is None else began, tokens=retry.tokens)
            wait = trial.returned(result)
            if wait is None:
                return result
        return await again(trial, wait, args, kwargs)

    async def again(trial: Trial, wait: float, args: Any, kwargs: Any) -> R:
        while True:
            await runtime.async_sleep(wait)
            try:
                result = await made(*args, **kwargs)
            except Exception as error:
                longer = trial.raised(error)
                if longer is None:
                    raise
            else:
                if not asks or not failures.is_result(result):
                    if funded is not None:
                        funded()
                    return result
                longer = trial.returned(result)
                if longer is None:
                    return result
            wait = longer

    return call
