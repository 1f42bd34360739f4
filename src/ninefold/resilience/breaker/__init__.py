"""The circuit breaker: a window of results, three states, a few probes."""

from ninefold.resilience.breaker._engine import Circuit
from ninefold.resilience.breaker._model import (
    FORCED_CLOSED,
    FORCED_OPEN,
    HALF_OPEN,
    IGNORED,
    STATES,
    Breaker,
    Permit,
    Rejected,
    Transition,
    Verdict,
)
from ninefold.resilience.breaker._register import register

__all__ = [
    "FORCED_CLOSED",
    "FORCED_OPEN",
    "HALF_OPEN",
    "IGNORED",
    "STATES",
    "Breaker",
    "Circuit",
    "Permit",
    "Rejected",
    "Transition",
    "Verdict",
    "register",
]
