"""What a call tells the calls inside it: that it is retrying, and which dependency it is for.

A mark ends with its call: a task that was created inside and lives on sees one that is over.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from ninefold.resilience.breaker import Circuit

__all__ = [
    "Mark",
    "Probe",
    "begin_probe",
    "end_probe",
    "is_probing",
    "is_retrying",
    "mark",
    "present_peer",
    "unmark",
]


@final
class Mark:
    """A call of the dependency `name`; `retries` says that it tries again by itself."""

    __slots__ = ("live", "name", "outer", "retries")

    def __init__(self, name: str, outer: Mark | None, retries: bool) -> None:
        self.name = name
        self.outer = outer
        self.retries = retries
        self.live = True


_present: ContextVar[Mark | None] = ContextVar("ninefold_call", default=None)
_get, _set = _present.get, _present.set


def mark(name: str, retries: bool) -> Mark:
    """Mark what follows as part of a call; `unmark` ends it."""
    outer = _get()
    if outer is not None and not outer.live:
        # Left behind in a context that outlived its call.
        outer = _living(outer)
    made = Mark(name, outer, retries)
    _set(made)
    return made


def unmark(made: Mark) -> None:
    """End a mark. By value: the context may be another one than where it began."""
    made.live = False
    if _get() is made:
        _set(made.outer)


def is_retrying(made: Mark) -> bool:
    """Whether a call further out, of the same dependency, tries again by itself."""
    found = made.outer
    while found is not None:
        if found.live and found.retries and found.name == made.name:
            return True
        found = found.outer
    return False


def present_peer() -> str | None:
    """The dependency that is being called here: `service.peer.name` of a client's span."""
    found = _get()
    while found is not None:
        if found.live:
            return found.name
        found = found.outer
    return None


def _living(found: Mark | None) -> Mark | None:
    while found is not None and not found.live:
        found = found.outer
    return found


@final
class Probe:
    """An attempt that tries whether a dependency is back."""

    __slots__ = ("circuit", "live", "outer")

    def __init__(self, circuit: Circuit, outer: Probe | None) -> None:
        self.circuit = circuit
        self.outer = outer
        self.live = True


_probe: ContextVar[Probe | None] = ContextVar("ninefold_probe", default=None)


def begin_probe(circuit: Circuit) -> Probe:
    """Mark what follows as part of a probe; `end_probe` ends it."""
    made = Probe(circuit, _probe.get())
    _probe.set(made)
    return made


def end_probe(made: Probe) -> None:
    """End a probe's mark, by value as `unmark` does."""
    made.live = False
    if _probe.get() is made:
        _probe.set(made.outer)


def is_probing(circuit: Circuit) -> bool:
    """Whether this is part of a probe of that breaker: a call inside of it is no probe more."""
    found = _probe.get()
    while found is not None:
        if found.live and found.circuit is circuit:
            return True
        found = found.outer
    return False
