"""Calls that fail well: retry, budget, breaker, bulkhead, deadline, fallback, and their policy."""

from ninefold.resilience.backoff import Backoff
from ninefold.resilience.breaker import Breaker, Transition
from ninefold.resilience.budget import Budget
from ninefold.resilience.bulkhead import Bulkhead
from ninefold.resilience.fleet import SharedState
from ninefold.resilience.policy import (
    NOTHING,
    BreakerControl,
    Judges,
    Passage,
    Policy,
    Tally,
    asked,
    known_policies,
    present_peer,
)
from ninefold.resilience.retry import Retry, Status, status

# `deadline` stays the name of the package here; users have the function as `nf.deadline`.
__all__ = [
    "NOTHING",
    "Backoff",
    "Breaker",
    "BreakerControl",
    "Budget",
    "Bulkhead",
    "Judges",
    "Passage",
    "Policy",
    "Retry",
    "SharedState",
    "Status",
    "Tally",
    "Transition",
    "asked",
    "known_policies",
    "present_peer",
    "status",
]
