"""Decides what a call of a policy comes to: its outcome, its reason, and what follows a failure."""

from __future__ import annotations

from dataclasses import dataclass

from ninefold.errors import BulkheadFullError, CircuitOpenError, DeadlineExceededError

__all__ = ["Ending", "ended"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: `ninefold.outcome` and `ninefold.reason` of it."""

    outcome: str
    reason: str | None = None


FAILURE = Ending("failure")
CANCELLED = Ending("cancelled")

_REASONS: dict[type[Exception], str] = {
    CircuitOpenError: "open",
    BulkheadFullError: "bulkhead",
    DeadlineExceededError: "deadline",
}


def ended(error: BaseException | None, *, reached: bool, fell_back: bool) -> Ending:
    """What a call came to that was no success.

    `error` is what it raised, None for a result that is a failure. `reached` says that its last
    attempt was under way: what our own guards then end is a failure of the dependency, which had
    its time; what they refuse beforehand is a rejection, with its reason. `fell_back` says that a
    fallback answered.
    """
    if error is not None and not isinstance(error, Exception):
        return CANCELLED
    reason = None if reached or error is None else _REASONS.get(type(error))
    if fell_back:
        return Ending("fallback", reason)
    return FAILURE if reason is None else Ending("rejected", reason)
