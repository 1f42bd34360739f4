"""Puts the fitting driver around whatever is decorated, and keeps what that was."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from ninefold.core import FUNCTIONS, function_of, shown
from ninefold.errors import ConfigurationError
from ninefold.sli.operation._async import measured_async_generator, measured_coroutine
from ninefold.sli.operation._model import Listener
from ninefold.sli.operation._sync import measured_function, measured_generator

_DESCRIPTORS = (classmethod, staticmethod)


def require_measurable(name: str, target: object) -> None:
    """`target` must be a function, a method or another object to be called, and no class.

    Raises `ConfigurationError`.
    """
    if type(target) in _DESCRIPTORS:
        target = getattr(target, "__func__", None)
    if isinstance(target, type):
        raise ConfigurationError(
            f"measure({name!r}) cannot decorate the class {target.__qualname__}; decorate its"
            " methods, or use `with service.measure(...)` where it is made"
        )
    if not callable(target):
        raise ConfigurationError(
            f"measure({name!r}) decorates functions, got {shown(target)}; put it directly above"
            " the def (below @property and the like), or use `with service.measure(...)`"
        )


# What is decorated has any type, and comes out as it went in: `Operation.__call__` says so.
def decorated(target: Any, on: Listener, clock: Callable[[], float]) -> Any:
    """Measure a target that is measurable: the same kind of thing, which tells `on` of each run."""
    if type(target) in _DESCRIPTORS:
        return type(target)(decorated(target.__func__, on, clock))
    driver = _driver(target)
    if type(target) in FUNCTIONS:
        return functools.wraps(target)(driver(target, on, clock))
    return _proxy(target, driver(_call, on, clock))


def _driver(target: Any) -> Callable[[Any, Listener, Callable[[], float]], Any]:
    target = function_of(target)
    if inspect.iscoroutinefunction(target):
        return measured_coroutine
    if inspect.isasyncgenfunction(target):
        return measured_async_generator
    if inspect.isgeneratorfunction(target):
        if _is_awaitable(target):
            return _measured_iterable_coroutine
        return measured_generator
    return measured_function


def _is_awaitable(function: Any) -> bool:
    return bool(function.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE)


def _measured_iterable_coroutine(
    fn: Any, on: Listener, clock: Callable[[], float]
) -> Callable[..., Any]:
    """For a generator function under `types.coroutine`, whose generators can be awaited."""
    return types.coroutine(measured_generator(fn, on, clock))


def _call(target: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return target(*args, **kwargs)


def _proxy(target: Any, run: Callable[..., Any]) -> Any:
    """For a partial, a cached function or an object with `__call__`: all else stays as it is."""
    import wrapt  # few decorate an object, and the others need not wait for it

    def wrapper(
        wrapped: Callable[..., Any], instance: object, args: Any, kwargs: dict[str, Any]
    ) -> Any:
        del instance
        return run(wrapped, *args, **kwargs)

    return wrapt.FunctionWrapper(target, wrapper)
