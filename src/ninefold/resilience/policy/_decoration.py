"""Puts the fitting driver around what is guarded, and keeps what that was."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ninefold.core import kind_of_call, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.policy._async import guarded_async
from ninefold.resilience.policy._parts import NOTHING, Fallback, Own
from ninefold.resilience.policy._sync import guarded
from ninefold.resilience.retry import require_repeatable

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core
    from ninefold.resilience.policy._exchanges import Exchanges

__all__ = ["decorated"]


def decorated(
    target: Any,
    core: Core,
    idempotent: bool | None = None,
    fallback: object = NOTHING,
    exchanges: Exchanges | None = None,
    *,
    once: bool = False,
) -> Any:
    """`target` under the policy of `core`: the same kind of thing. With policies off, itself.

    `once` says that it is for one call, which comes right after and tells by itself what fits.

    Raises `ConfigurationError` for a class, a generator function, an async fallback around a
    function that is not, and a fallback that no call of the function could be made of.
    """
    if type(target) in (classmethod, staticmethod):
        inner = decorated(target.__func__, core, idempotent, fallback, exchanges, once=once)
        return type(target)(inner)
    require_repeatable(f"the policy {core.name!r}", target)
    if idempotent is not None and not isinstance(idempotent, bool):
        raise ConfigurationError(f"idempotent must be True, False or None, got {shown(idempotent)}")
    is_async = kind_of_call(target) == "coroutine"
    own = Own(idempotent, None if fallback is NOTHING else Fallback(fallback), exchanges)
    answers = own.fallback
    if answers is None and core.parts.fallback is not NOTHING:
        answers = Fallback(core.parts.fallback)
    if answers is not None and not is_async and answers.is_async:
        raise ConfigurationError(
            f"the fallback of {core.name!r} is async and the function it answers for is not;"
            " give a function or a value"
        )
    if (
        answers is not None
        and not once
        and exchanges is None
        and not answers.takes_calls_of(target)
    ):
        raise ConfigurationError(
            f"the fallback of {core.name!r} cannot take any call of the function it answers for,"
            f" {shown(target)}; give it the same parameters, and `error` if it is to be told"
        )
    core.answers_threads |= own.fallback is None and not is_async
    if core.is_off:
        return target
    driver = guarded_async if is_async else guarded
    return functools.update_wrapper(driver(target, core, own), target)
