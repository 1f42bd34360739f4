"""What is asked when a reader collects: a callable of the application's, under a name."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Generic, TypeVar

from ninefold.core import require_name, shown
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.telemetry import Faults

T = TypeVar("T")


def require_callable(name: str, value: object, *, write: str) -> None:
    """`value` must be a plain callable; `write` is the example that the message ends with.

    Raises `ConfigurationError`. A coroutine function is refused: a reader collects on a thread that
    has no event loop.
    """
    if not callable(value):
        raise ConfigurationError(f"{name} must be a callable, got {shown(value)}; write {write}")
    if iscoroutinefunction(value):
        raise ConfigurationError(
            f"{name} must be a plain function, got the coroutine function {shown(value)}; keep the"
            f" value where a plain function finds it, and write {write}"
        )


def ask(callback: Callable[[], T], faults: Faults) -> tuple[T] | None:
    """What `callback` answers, in a tuple, or None, counted as `internal_error`, if it raises."""
    try:
        return (callback(),)
    except Exception as error:  # noqa: BLE001 - one bad callback must not cost the others
        faults.internal_error("metrics", error)
        return None


class _Entry(Generic[T]):
    """One registration, told from another of the same thing under the same name."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value


class Named(Generic[T]):
    """Things by name, each registered once and for good. From any thread, without a lock."""

    __slots__ = ("_entries", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, _Entry[T]] = {}

    def register(self, name: str, value: T) -> None:
        """Add `value`; raises `ConfigurationError` for a name that is none or is taken."""
        require_name(f"{self._what} name", name)
        mine = _Entry(value)
        if self._entries.setdefault(str.__str__(name), mine) is not mine:
            raise ConfigurationError(
                f"{self._what} name must be new, got {shown(name)}, which is registered already;"
                " register each once, under a name of its own"
            )

    def items(self) -> list[tuple[str, T]]:
        """What is registered, in that order."""
        return [(name, entry.value) for name, entry in list(self._entries.items())]

    def names(self) -> tuple[str, ...]:
        """The names, in the order in which they were registered."""
        return tuple(self._entries)
