"""Which failures may go away: by class, by HTTP status, or by asking a function."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ninefold.core import require_count, shown
from ninefold.errors import ConfigurationError

__all__ = ["Failures", "Predicate", "Status", "status"]

Predicate: TypeAlias = "type[BaseException] | Status | Callable[[Any], object]"

_log = logging.getLogger("ninefold.resilience")


@dataclass(frozen=True, slots=True)
class Status:
    """Some HTTP status codes, on a response or on the exception that a client made of one."""

    codes: frozenset[int]

    def __call__(self, outcome: object) -> bool:
        """Whether an outcome, a result or an exception, has one of the codes."""
        return status_of(outcome) in self.codes

    def __repr__(self) -> str:
        return f"status({', '.join(map(str, sorted(self.codes)))})"


def status(*codes: int) -> Status:
    """A predicate: responses, and exceptions with a `response`, that have one of these codes.

    It knows what httpx, requests, aiohttp, urllib3 and `urllib.request` give back or raise:
    `status_code`, `status` or `code`, on the outcome itself or on its `response`.

    Raises `ConfigurationError` for no code, and for one that is none (100 to 599).

    >>> import ninefold as nf
    >>> nf.status(429, 503)
    status(429, 503)
    """
    if not codes:
        raise ConfigurationError("status() must be given at least one code, as in status(429, 503)")
    for code in codes:
        require_count("a status", code, minimum=100)
        if code > 599:
            raise ConfigurationError(f"a status must be between 100 and 599, got {code}")
    return Status(frozenset(codes))


def status_of(outcome: object) -> int | None:
    """The HTTP status of a result or an exception, or None."""
    for holder in (outcome, _attribute(outcome, "response")):
        for name in ("status_code", "status", "code"):
            found = _attribute(holder, name)
            if isinstance(found, int):
                return found
    return None


def _attribute(holder: object, name: str) -> object:
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - a property of somebody else's object
        return None


class Failures:
    """What `on=` was given: exception classes, told quickly, and everything that is asked.

    `name` is the argument's, for the message. Raises `ConfigurationError`.
    """

    __slots__ = ("_asked", "_told", "asks_results", "classes")

    def __init__(self, name: str, given: object) -> None:
        every = given if isinstance(given, tuple) else (given,)
        classes: list[type[BaseException]] = []
        asked: list[Callable[[Any], object]] = []
        for one in every:
            if isinstance(one, type) and issubclass(one, BaseException):
                if not issubclass(one, Exception):
                    raise ConfigurationError(
                        f"{name} must not hold {one.__name__}: who cancels or interrupts a call"
                        " wants it to end; name subclasses of Exception"
                    )
                classes.append(one)
            elif callable(one) and not isinstance(one, type):
                asked.append(one)
            else:
                raise ConfigurationError(
                    f"{name} must hold exception classes, nf.status(...), or functions of an"
                    f" exception or a result, got {shown(one)}"
                )
        self.classes = tuple(classes)
        self._asked = tuple(asked)
        self.asks_results = bool(asked)
        """Whether a result can be a failure; where not, nobody need ask."""
        self._told = False

    def is_error(self, error: BaseException) -> bool:
        """Whether an exception is meant."""
        if isinstance(error, self.classes):
            return True
        return isinstance(error, Exception) and self.is_result(error)

    def is_result(self, result: object) -> bool:
        """Whether a result is meant. A function that raises has said no; the log tells once."""
        for ask in self._asked:
            try:
                if ask(result):
                    return True
            except Exception as error:  # noqa: BLE001 - a predicate never reaches the caller
                if not self._told:
                    self._told = True
                    _log.warning(
                        "a predicate of a retry or policy raised %s about a %s, and counts as no;"
                        " it is asked about exceptions and about results (said once)",
                        type(error).__name__,
                        type(result).__name__,
                    )
        return False
