"""Retry: predicates, the decision after a failure, and its three forms."""

from ninefold.resilience.retry._decoration import require_repeatable
from ninefold.resilience.retry._model import Retry
from ninefold.resilience.retry._predicates import Failures, Predicate, Status, status, status_of
from ninefold.resilience.retry._repeatable import method_is_repeatable
from ninefold.resilience.retry._switch import SWITCH
from ninefold.resilience.retry._trial import Trial

__all__ = [
    "SWITCH",
    "Failures",
    "Predicate",
    "Retry",
    "Status",
    "Trial",
    "method_is_repeatable",
    "require_repeatable",
    "status",
    "status_of",
]
