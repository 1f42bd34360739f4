"""Puts the fitting driver around what is guarded, and keeps what that was."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ninefold.core import kind_of_call
from ninefold.errors import ConfigurationError
from ninefold.resilience.policy._async import guarded_async
from ninefold.resilience.policy._parts import NOTHING, Fallback
from ninefold.resilience.policy._sync import guarded
from ninefold.resilience.retry import require_repeatable

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core
    from ninefold.resilience.policy._exchanges import Exchanges

__all__ = ["decorated"]


def decorated(
    target: Any, core: Core, idempotent: bool | None, exchanges: Exchanges | None = None
) -> Any:
    """`target` under the policy of `core`: the same kind of thing. With policies off, itself.

    Raises `ConfigurationError` for a class, a generator function, and an async fallback around a
    function that is not.
    """
    if type(target) in (classmethod, staticmethod):
        return type(target)(decorated(target.__func__, core, idempotent, exchanges))
    require_repeatable(f"the policy {core.name!r}", target)
    is_async = kind_of_call(target) == "coroutine"
    fallback = core.parts.fallback
    if fallback is not NOTHING and not is_async and Fallback(fallback).is_async:
        raise ConfigurationError(
            f"the fallback of {core.name!r} is async and the function it answers for is not; give"
            " a function or a value"
        )
    if core.is_off:
        return target
    driver = guarded_async if is_async else guarded
    return functools.update_wrapper(driver(target, core, idempotent, exchanges), target)
