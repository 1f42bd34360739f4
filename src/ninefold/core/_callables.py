"""What a call of something gives: told once, where it is decorated, and never at a call."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any, Literal, TypeAlias

__all__ = ["FUNCTIONS", "CallKind", "function_of", "kind_of_call"]

CallKind: TypeAlias = Literal["function", "coroutine", "generator", "async generator"]

# Told by their exact type: another library's proxy for one says that it is one, and binds itself.
FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def kind_of_call(target: Any) -> CallKind:
    """What a call of `target`, a function or another object that can be called, gives.

    A generator function under `types.coroutine` gives a coroutine, as its generators are awaited.

    >>> async def fetch(): ...
    >>> kind_of_call(functools.partial(fetch))
    'coroutine'
    """
    target = function_of(target)
    if inspect.iscoroutinefunction(target):
        return "coroutine"
    if inspect.isasyncgenfunction(target):
        return "async generator"
    if inspect.isgeneratorfunction(target):
        awaited = target.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
        return "coroutine" if awaited else "generator"
    return "function"


def function_of(target: Any) -> Any:
    """The function that a call of `target` runs: of a partial, or of an object with `__call__`."""
    while isinstance(target, functools.partial):
        target = target.func
    # Of an object that is called, its class has the function.
    return target if isinstance(target, FUNCTIONS) else type(target).__call__
