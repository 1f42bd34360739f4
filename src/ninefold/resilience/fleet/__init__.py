"""Breakers of several instances that hear of one another: votes, a quorum, and Redis."""

from ninefold.resilience.fleet._driver import SHARING, Sharing
from ninefold.resilience.fleet._engine import Fleet, count
from ninefold.resilience.fleet._model import Count, Declare, SharedState, Sight, Stay, Trip

__all__ = [
    "SHARING",
    "Count",
    "Declare",
    "Fleet",
    "SharedState",
    "Sharing",
    "Sight",
    "Stay",
    "Trip",
    "count",
]
