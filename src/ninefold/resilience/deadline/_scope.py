"""Which deadlines hold here: scopes in the context, each of which ends with its call."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

_innermost: ContextVar[Scope | None] = ContextVar("ninefold_deadline", default=None)

innermost: Final = _innermost.get
"""The innermost scope here, though it may have ended: a first look, in a third of `current`'s time.
"""


class Scope:
    """One deadline: over when `clock` reads `at`, within `parent`, until `ended`.

    A task that is created inside keeps the scope for life. Hence the mark: what has ended is looked
    past, by the task as well. An inner deadline is kept as it was said, since it may outlive the
    outer one; the tightest is found when it is asked for.
    """

    __slots__ = ("at", "clock", "ended", "parent")

    def __init__(self, at: float, clock: Callable[[], float], parent: Scope | None) -> None:
        self.at = at
        self.clock = clock
        self.parent = parent
        self.ended = False

    def __repr__(self) -> str:
        return f"Scope(at={self.at!r}, ended={self.ended})"

    def remaining(self, now: float) -> float:
        """Seconds left of this and every live enclosing deadline at `now`, a reading of its clock.

        0.0 when it is over, never less.
        """
        left = self.at - now
        outer = self.parent
        while outer is not None:
            if not outer.ended:
                clock = outer.clock
                # Methods of one object are equal, and the same only by chance.
                other = outer.at - (now if clock == self.clock else clock())
                left = min(left, other)
            outer = outer.parent
        return left if left > 0.0 else 0.0


def enter(at: float, clock: Callable[[], float]) -> Scope:
    """Open a scope that is over when `clock` reads `at`. Give it to `leave` in the end.

    >>> from ninefold.testing import ManualClock
    >>> clock = ManualClock()
    >>> scope = enter(2.0, clock.now)
    >>> clock.advance(0.5)
    >>> remaining()
    1.5
    >>> leave(scope)
    >>> remaining() is None
    True
    """
    parent = _innermost.get()
    while parent is not None and parent.ended:
        parent = parent.parent
    scope = Scope(at, clock, parent)
    _innermost.set(scope)
    return scope


def leave(scope: Scope) -> None:
    """End `scope`, in whatever thread, task or order; a second time changes nothing."""
    scope.ended = True
    # Not by a token: a generator may be closed in another context than it began in, where resetting
    # one raises. There the mark alone has to do.
    if _innermost.get() is scope:
        _innermost.set(scope.parent)


def current() -> Scope | None:
    """The innermost scope here that has not ended, or None."""
    scope = _innermost.get()
    while scope is not None and scope.ended:
        scope = scope.parent
    return scope


def remaining() -> float | None:
    """Seconds left of the tightest deadline that holds here, or None where none does.

    Never negative: 0.0 says that the time is over. Code that cannot be interrupted, such as a
    thread, passes it on as the timeout of what it calls.

    >>> from ninefold.resilience.deadline import deadline
    >>> remaining() is None
    True
    >>> with deadline(2.0):
    ...     with deadline(60.0):
    ...         0.0 < remaining() <= 2.0
    True
    """
    scope = current()
    return None if scope is None else scope.remaining(scope.clock())
