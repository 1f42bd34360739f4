"""What is said of an operation, and what one run of it came to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from ninefold.core import require_name, shown
from ninefold.errors import ConfigurationError
from ninefold.registry import OperationOutcome

Classifier: TypeAlias = type[Exception] | Callable[[Any], object]
"""An exception class, or what is asked with a result or exception and answers yes or no."""

Said: TypeAlias = Literal["failure", "ignored"] | None
"""What the code inside a `with` block said of its run."""


class Ending(NamedTuple):
    """What one run is recorded as."""

    outcome: OperationOutcome
    error_type: str | None = None


SUCCESS: Final = Ending("success")
IGNORED: Final = Ending("ignored")


class Listener(Protocol):
    """What a driver tells how each run ended, `elapsed` in seconds; it raises no `Exception`."""

    @property
    def asks_results(self) -> bool:
        """Whether `returned` is to be told of a result; otherwise `succeeded` is enough."""
        ...

    @property
    def succeeded(self) -> Callable[[float], None]:
        """What is told of a run that gave a result which nobody asks about."""
        ...

    def returned(self, result: object, elapsed: float) -> None:
        """The run gave a result."""
        ...

    def raised(self, error: BaseException, elapsed: float) -> None:
        """The run raised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOperation:
    """One operation that a service measures, and who answers for it."""

    name: str
    owner: str | None = None

    def __post_init__(self) -> None:
        require_name("operation name", self.name)
        if self.owner is not None:
            require_name("owner", self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifiers:
    """What counts as good and what is to be left out, of exceptions and of results.

    - `good_errors` are a success when raised; every one of `good_results` must be content with a
      result.
    - `ignored_errors` are no event when raised, nor is what any one of `ignored` says yes to.
    """

    good_errors: tuple[type[Exception], ...] = ()
    good_results: tuple[Callable[[Any], object], ...] = ()
    ignored_errors: tuple[type[Exception], ...] = ()
    ignored: tuple[Callable[[Any], object], ...] = ()


NONE: Final = Classifiers()


def classifiers(
    good: Classifier | Iterable[Classifier] | None,
    ignore: Classifier | Iterable[Classifier] | None,
) -> Classifiers:
    """Sort what a user gave as `good` and `ignore`.

    Raises `ConfigurationError` for what is neither an exception class nor can be asked.

    >>> classifiers((KeyError, bool), ignore=()).good_errors
    (<class 'KeyError'>,)
    """
    if good is None and ignore == ():
        return NONE
    good_errors, good_results = _sorted("good", good)
    ignored_errors, ignored = _sorted("ignore", ignore)
    return Classifiers(
        good_errors=good_errors,
        good_results=good_results,
        ignored_errors=ignored_errors,
        ignored=ignored,
    )


def _sorted(
    name: str, given: object
) -> tuple[tuple[type[Exception], ...], tuple[Callable[[Any], object], ...]]:
    if given is None:
        return (), ()
    # A callable that can be iterated over as well, such as an Enum class, is meant as a callable.
    several = isinstance(given, Iterable) and not callable(given) and not isinstance(given, str)
    errors: list[type[Exception]] = []
    asked: list[Callable[[Any], object]] = []
    for one in given if several and isinstance(given, Iterable) else (given,):
        if isinstance(one, type) and issubclass(one, BaseException):
            if not issubclass(one, Exception):
                raise ConfigurationError(
                    f"{name} must hold subclasses of Exception, got {shown(one)}; what stops a"
                    " program or a task always has the outcome cancelled: leave it out"
                )
            errors.append(one)
            continue
        if not callable(one):
            raise ConfigurationError(
                f"{name} must be an exception class, a function that is asked, or a tuple of"
                f" these, got {shown(one)}; write {name}=(KeyError, lambda result: ...)"
            )
        if _is_no_answer(one):
            raise ConfigurationError(
                f"{name} must hold functions that answer at once, got {shown(one)}, which is async"
                " or a generator, so that its answer would always be yes; write a plain def"
            )
        asked.append(one)
    return tuple(errors), tuple(asked)


def _is_no_answer(asked: Callable[..., object]) -> bool:
    return any(
        kind(each)
        for each in (asked, getattr(type(asked), "__call__", None))  # noqa: B004 - not whether, but which
        for kind in (
            inspect.iscoroutinefunction,
            inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        )
    )


class Measurement:
    """One run that is under way inside a `with` block, for code that has no result to classify.

    What was said last counts, when the block ends. A cancellation stays one, whatever was said.
    """

    __slots__ = ("_owner", "_said", "_started")

    def __init__(self, owner: object) -> None:
        self._owner = owner
        self._said: Said = None
        self._started = 0.0

    def fail(self) -> None:
        """Have the run count as a failure; `error.type` is `_OTHER`, or the exception's if any."""
        self._said = "failure"

    def ignore(self) -> None:
        """Have the run be no event, even if the block raises."""
        self._said = "ignored"
