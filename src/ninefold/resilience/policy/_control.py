"""BreakerControl: a breaker as those on call and tests see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ninefold.resilience.breaker import FORCED_CLOSED, FORCED_OPEN, Circuit, Transition

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core

__all__ = ["BreakerControl"]


class BreakerControl:
    """The breaker of a policy: its state, and the hand on it.

    >>> import ninefold as nf
    >>> policy = nf.Policy("search", breaker=nf.Breaker())
    >>> policy.breaker.force_open()
    >>> policy.breaker.state
    'forced_open'
    >>> policy.breaker.reset()
    >>> policy.breaker.state
    'closed'
    """

    __slots__ = ("_circuit", "_core")

    def __init__(self, core: Core, circuit: Circuit) -> None:
        self._core = core
        self._circuit = circuit

    def __repr__(self) -> str:
        return f"BreakerControl({self.name!r}, {self.state!r})"

    @property
    def name(self) -> str:
        """The policy's name."""
        return self._core.name

    @property
    def state(self) -> str:
        """`closed`, `open`, `half_open`, `forced_open`, `forced_closed` or `shadow`, as of now."""
        return self._circuit.state(self._core.now())

    def force_open(self) -> None:
        """Reject every call until `reset`."""
        self._circuit.force(FORCED_OPEN, self._core.now())

    def force_closed(self) -> None:
        """Let every call pass, whatever it comes to, until `reset`."""
        self._circuit.force(FORCED_CLOSED, self._core.now())

    def reset(self) -> None:
        """Close, forget what was counted, and judge again."""
        self._circuit.reset(self._core.now())

    def on_transition(self, listener: Callable[[Transition], None]) -> None:
        """Call `listener` with every `Transition` from now on, in the thread that caused it.

        No lock is held meanwhile; an exception of it is logged and goes no further.
        """
        self._core.listen(listener)
