"""Parts: what a policy is made of, checked once; any of them may be left out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from ninefold.core import kind_of_call, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.breaker import Breaker
from ninefold.resilience.bulkhead import Bulkhead
from ninefold.resilience.retry import Failures, Predicate, Retry

if TYPE_CHECKING:
    from ninefold.resilience.policy._exchanges import Exchanges

__all__ = ["NOTHING", "NOTHING_OWN", "Fallback", "Nothing", "Own", "Parts"]


class Nothing(Enum):
    """No fallback: None is an answer that a caller may want."""

    NOTHING = "nothing"

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing.NOTHING


class Fallback:
    """What answers in place of a call that failed: a value, or a function of the same arguments.

    The function is given the exception, or the result that was a failure, as `error` if it has a
    parameter of that name.
    """

    __slots__ = ("_function", "_takes_error", "_value", "is_async")

    def __init__(self, given: object) -> None:
        self._function: Callable[..., Any] | None = None
        self._value = given
        self._takes_error = self.is_async = False
        if callable(given):
            if isinstance(given, type) or kind_of_call(given).endswith("generator"):
                raise ConfigurationError(
                    "fallback must be a value, or a function that gives what the call would have"
                    f" given; got {shown(given)}"
                )
            self._function = given
            self.is_async = kind_of_call(given) == "coroutine"
            self._takes_error = _has_parameter(given, "error")

    def __call__(self, args: Any, kwargs: dict[str, Any], error: object) -> Any:
        """The answer; of an async function, what is to be awaited for it."""
        if self._function is None:
            return self._value
        if self._takes_error:
            return self._function(*args, **{**kwargs, "error": error})
        return self._function(*args, **kwargs)

    def takes_calls_of(self, target: Callable[..., Any]) -> bool:
        """Whether any call of `target` can be answered, as far as its signature tells."""
        if self._function is None:
            return True
        try:
            own = inspect.signature(self._function)
            # Not of what a decorator is around: that one may give arguments of its own.
            called = inspect.signature(target, follow_wrapped=False).parameters.values()
        except (TypeError, ValueError):
            return True
        if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in called):
            return True
        wanted = [one for one in called if one.default is one.empty]
        return any(self._binds(own, by) for by in (wanted, list(called)))

    def _binds(self, own: inspect.Signature, parameters: list[inspect.Parameter]) -> bool:
        """Whether a call with all these can be answered, by position or by name."""
        named = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
        placed = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
        first = sum(one.kind is one.POSITIONAL_ONLY for one in parameters)
        for count in (len(placed), first):
            kwargs = dict.fromkeys([*placed[count:], *named])
            if self._takes_error:
                kwargs["error"] = None
            try:
                own.bind(*placed[:count], **kwargs)
            except TypeError:
                continue
            return True
        return False


@dataclass(frozen=True, slots=True)
class Own:
    """What is said of one function, and wins over its policy."""

    idempotent: bool | None = None
    fallback: Fallback | None = None
    exchanges: Exchanges | None = None


NOTHING_OWN: Final = Own()


def _has_parameter(function: Callable[..., Any], name: str) -> bool:
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a policy does: fallback > deadline > retry > breaker > bulkhead > attempt timeout."""

    fallback: object = NOTHING
    deadline: float | timedelta | None = None
    retry: Retry | None = None
    breaker: Breaker | None = None
    bulkhead: Bulkhead | None = None
    attempt_timeout: float | timedelta | None = None
    fail_on: Predicate | tuple[Predicate, ...] = ()
    excluded: Any = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("deadline", "attempt_timeout"):
            if getattr(self, name) is not None:
                put(self, name, seconds(name, getattr(self, name)))
        for name, kind in (("retry", Retry), ("breaker", Breaker), ("bulkhead", Bulkhead)):
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise ConfigurationError(
                    f"{name} must be an nf.{kind.__name__}, got {shown(value)}; write"
                    f" {name}=nf.{kind.__name__}(...)"
                )
        if self.fallback is not NOTHING:
            Fallback(self.fallback)
        Failures("fail_on", self.fail_on)
        if self.excluded != ():
            Failures("excluded", self.excluded)
