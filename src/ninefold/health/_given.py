"""What users give in more than one form: checks, and lists of names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Check
from ninefold.health.checks._function import as_check

__all__ = ["checks_of", "listed"]


def checks_of(check: object) -> tuple[Check, ...]:
    """The checks that were given: one, several, or none.

    Raises `ConfigurationError` for what is no check.
    """
    if check is None:
        return ()
    if isinstance(check, (list, tuple)):
        if not check:
            raise ConfigurationError(
                "check must not be an empty list; leave it out where there is nothing to check"
            )
        several: Sequence[Any] = check
        return tuple(as_check(each) for each in several)
    return (as_check(check),)


def listed(name: str, given: Iterable[str]) -> tuple[str, ...]:
    """The names that were given. Raises `ConfigurationError` for what is no list of them."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigurationError(
            f"{name} must be a list of names, got {shown(given)}; write {name}=['postgres']"
        )
    return tuple(given)
