"""A function as a check, and what else a user may give where a check is wanted."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from ninefold.core import function_of, kind_of_call
from ninefold.errors import ConfigurationError
from ninefold.health._model import Check, Finding

__all__ = ["AsyncFunctionCheck", "FunctionCheck", "as_check", "function"]

Found: TypeAlias = "Finding | bool | None"


@dataclass(frozen=True, slots=True)
class FunctionCheck:
    """What `function` makes of a function."""

    name: str
    call: Callable[[float], object] = field(repr=False)

    def run(self, timeout: float, /) -> Finding:
        """Call it, with `timeout` where it takes one. Raises what it raises, and `TypeError`."""
        return _found(self.name, self.call(timeout))

    def __repr__(self) -> str:
        return f"function({self.name})"


@dataclass(frozen=True, slots=True)
class AsyncFunctionCheck:
    """What `function` makes of a coroutine function."""

    name: str
    call: Callable[[float], Awaitable[object]] = field(repr=False)

    async def run(self, timeout: float, /) -> Finding:
        """Await it, with `timeout` where it takes one. Raises what it raises, and `TypeError`."""
        return _found(self.name, await self.call(timeout))

    def __repr__(self) -> str:
        return f"function({self.name})"


def function(
    fn: Callable[..., Found] | Callable[..., Awaitable[Found]],
) -> FunctionCheck | AsyncFunctionCheck:
    """A check that calls `fn`, which looks and says what it found.

    `fn` is called without arguments, or with `timeout=`, the probe's seconds, where it has an
    argument of that name. What it gives:

    - None or True: all is well, `up`.
    - False: `down`.
    - a `Finding`: that.
    - an exception: what went wrong. Its class and, redacted, its text are told.
    - anything else: the check raises `TypeError`, as it may have been meant either way.

    A function runs on a worker thread and cannot be interrupted: hand `timeout` on to the client
    that it asks. A coroutine function runs on an event loop, and is cancelled at its timeout.

    Raises `ConfigurationError` for what cannot be called or is a class, for generator functions,
    and for a function that must be given other arguments.

    >>> from ninefold.health import checks
    >>> def has_stock() -> bool:
    ...     return False
    >>> checks.function(has_stock).run(2.0)
    Finding(level='down', detail='has_stock answered False', up=None, of=None, pool=False, \
cause=None)
    """
    _require_function(fn)
    name = _name(fn)
    kind = kind_of_call(fn)
    if kind not in ("function", "coroutine"):
        raise ConfigurationError(
            f"the check {name} must be a function or a coroutine function, got one that makes"
            f" {'an' if kind[0] == 'a' else 'a'} {kind}; return what was found instead of yielding"
        )
    call = _with_timeout(name, fn)
    if kind == "coroutine":
        return AsyncFunctionCheck(name, cast(Callable[[float], Awaitable[object]], call))
    return FunctionCheck(name, call)


def as_check(thing: object) -> Check:
    """The check that `thing` is, or that a function makes.

    Raises `ConfigurationError` for anything else, without showing it: an address that was given by
    mistake may hold a password.

    >>> as_check(lambda: True).run(2.0)
    Finding(level='up', detail='', up=None, of=None, pool=False, cause=None)
    """
    if not isinstance(thing, type) and _runs(getattr(thing, "run", None)):
        return cast(Check, thing)
    if callable(thing):
        return function(cast(Callable[..., Found], thing))
    raise ConfigurationError(
        "check must be a check, such as nf.checks.tcp('db.internal', 5432), or a function, got a"
        f" {type(thing).__name__}; nf.checks says which there are"
    )


def _require_function(fn: object) -> None:
    if isinstance(fn, type) or not callable(fn):
        what = f"the class {fn.__name__}" if isinstance(fn, type) else f"a {type(fn).__name__}"
        raise ConfigurationError(
            f"what is called as a check must be a function, got {what}; give a function of your own"
            " that looks, as lambda: pool.ping()"
        )


def _runs(run: object) -> bool:
    """Whether `run` can be called with a timeout, and gives what a check does."""
    if not callable(run) or kind_of_call(run) not in ("function", "coroutine"):
        return False
    try:
        inspect.signature(run).bind(1.0)
    except (TypeError, ValueError):
        return False
    return True


def _with_timeout(name: str, fn: Callable[..., object]) -> Callable[[float], object]:
    """`fn` as a function of the timeout, whether it takes that or not."""
    try:
        parameters = inspect.signature(fn).parameters
    except (TypeError, ValueError):  # some that are written in C do not tell
        return lambda _: fn()
    wanted = [
        each.name
        for each in parameters.values()
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and each.name != "timeout"
    ]
    if wanted:
        raise ConfigurationError(
            f"the check {name} must take no arguments, or timeout alone, got one that wants"
            f" {', '.join(wanted)}; bind them by functools.partial or a lambda"
        )
    timeout = parameters.get("timeout")
    if timeout is None or timeout.kind in (timeout.VAR_POSITIONAL, timeout.VAR_KEYWORD):
        return lambda _: fn()
    if timeout.kind is timeout.POSITIONAL_ONLY:
        return lambda seconds: fn(seconds)
    return lambda seconds: fn(timeout=seconds)


def _found(name: str, given: Any) -> Finding:
    if isinstance(given, Finding):
        return given
    if given is None or given is True:
        return Finding()
    if given is False:
        return Finding("down", f"{name} answered False")
    if inspect.iscoroutine(given):
        given.close()  # or Python warns that it was never awaited, far from here
    raise TypeError(
        f"the check {name} must return None, True, False or a Finding, got a {type(given).__name__}"
    )


def _name(fn: object) -> str:
    """What a function is called; of a partial, or an object, that of what is called."""
    for named in (fn, getattr(fn, "func", None), function_of(fn)):
        name = getattr(named, "__qualname__", None)
        if isinstance(name, str):
            return name.rpartition("<locals>.")[2]
    return type(fn).__name__
