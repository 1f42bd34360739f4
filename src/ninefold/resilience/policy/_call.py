"""Call: one guarded call after its first failure; both drivers ask it what follows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from opentelemetry.trace import Span

from ninefold.errors import CircuitOpenError, DeadlineExceededError
from ninefold.resilience.breaker import Permit, Rejected, Verdict
from ninefold.resilience.deadline import remaining
from ninefold.resilience.policy._engine import ended
from ninefold.resilience.policy._marks import Mark, is_retrying
from ninefold.resilience.retry import Trial

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core, Plan

__all__ = ["Call", "ResultFailed", "admitted", "attempt_ended", "expired", "refuse", "time_allowed"]


class ResultFailed(BaseException):
    """An attempt gave a result that is a failure. Between a driver and its attempts alone."""

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


class Call:
    """What became of a call so far, and what follows."""

    __slots__ = (
        "_began",
        "_core",
        "_idempotent",
        "_mark",
        "_plan",
        "_reached",
        "_span",
        "_trial",
        "error",
        "number",
        "result",
    )

    def __init__(
        self,
        core: Core,
        plan: Plan,
        began: float,
        span: Span | None,
        mark: Mark | None,
        idempotent: bool | None,
    ) -> None:
        self._core = core
        self._plan = plan
        self._began = began
        self._span = span
        self._mark = mark
        self._idempotent = idempotent
        self._trial: Trial | None = None
        self._reached = True
        self.number = 1
        """The number of the present attempt."""
        self.error: BaseException | None = None
        """What the call raises, if nothing better follows."""
        self.result: object = None
        """What it gives where no error is raised."""

    def came_to(self, error: BaseException | None) -> None:
        """Note what the call came to, which nothing follows."""
        refused = getattr(error, "_refused_by", None) is self._core
        self.error, self.result, self._reached = error, None, not refused

    def raised(self, error: BaseException) -> float | None:
        """In how many seconds to try again after `error`; None where this is the end."""
        if isinstance(error, ResultFailed):
            return self._returned(error.result)
        refused = getattr(error, "_refused_by", None) is self._core
        if refused and isinstance(error, CircuitOpenError) and self.number > 1:
            # Opened while this call waited: what the caller is told is the failure itself.
            self._suppressed("open")
            return None
        self.error, self.result, self._reached = error, None, not refused
        if not isinstance(error, Exception) or self._plan.retry is None:
            return None
        if not refused and self._plan.is_excluded(error):
            return None
        return self._next(self._tried().raised(error))

    def _returned(self, result: object) -> float | None:
        self.error, self.result, self._reached = None, result, True
        retry = self._plan.retry
        if retry is None or not retry.failures.is_result(result):
            return None
        return self._next(self._tried().returned(result))

    def _next(self, wait: float | None) -> float | None:
        trial, circuit = self._tried(), self._plan.circuit
        if wait is None:
            if trial.reason not in (None, "attempts"):
                self._suppressed(trial.reason)
            return None
        if circuit is not None and circuit.rejects(self._core.now() + wait):
            self._suppressed("open")
            if self._reached:
                # The retry was decided, and is not made.
                trial.note(self.error, "open", made=self.number)
            return None
        self.number += 1
        return wait

    def _suppressed(self, reason: str | None) -> None:
        if reason is not None:
            self._plan.records.gave_up(reason)

    def _tried(self) -> Trial:
        retry = self._plan.retry
        if self._trial is None:
            assert retry is not None  # asked for by those who looked
            left = remaining()
            nested = self._mark is not None and is_retrying(self._mark)
            self._trial = Trial(
                retry,
                self._core.runtime,
                self._began,
                tokens=self._plan.tokens,
                until=math.inf if left is None else self._core.now() + left,
                capped="nested" if nested else None,
                idempotent=self._idempotent,
                name=self._core.name,
            )
        return self._trial

    @property
    def falls_back(self) -> bool:
        """Whether a fallback answers for what the call came to."""
        error = self.error
        if self._plan.fallback is None or (error is not None and not isinstance(error, Exception)):
            return False
        return error is None or not self._reached or not self._plan.is_excluded(error)

    def end(self, *, fell_back: bool = False) -> None:
        """Record what the call came to."""
        error = self.error
        if isinstance(error, Exception) and self._reached and self._plan.is_excluded(error):
            # Its attempt is recorded already.
            self._plan.records.answered(self._elapsed(), self._span)
            return
        ending = ended(error, reached=self._reached, fell_back=fell_back)
        self._plan.records.ended(ending, error, self._elapsed(), self._span)

    def take(self) -> tuple[BaseException | None, object]:
        """What the call came to, an error or a result; let go of here, as its frames hold us."""
        error, result = self.error, self.result
        self.error = self.result = None
        return error, result

    def _elapsed(self) -> float:
        return self._core.now() - self._began


def refuse(core: Core, error: Exception) -> Exception:
    """Mark an exception as a word of our own guards, which kept the call from being made."""
    error._refused_by = core  # type: ignore[attr-defined]
    return error


def admitted(core: Core, plan: Plan) -> Permit | None:
    """Leave of the breaker for one call. Raises `CircuitOpenError`."""
    circuit = plan.circuit
    if circuit is None:
        return None
    decision = circuit.acquire(core.now())
    if isinstance(decision, Rejected):
        raise refuse(core, CircuitOpenError(core.name, decision.retry_after))
    return decision


def time_allowed(core: Core, plan: Plan) -> float:
    """How many seconds an attempt may take from now on: the shorter of its own and the caller's.

    Raises `DeadlineExceededError` where the caller's time is over.
    """
    left = remaining()
    if left is None:
        return plan.attempt_timeout
    if left <= 0.0:
        raise refuse(
            core,
            DeadlineExceededError(core.name),
        )
    return min(plan.attempt_timeout, left)


def attempt_ended(
    core: Core,
    plan: Plan,
    permit: Permit | None,
    error: BaseException | None,
    began: float,
    allowed: float,
    span: Span | None,
    number: int,
) -> None:
    """Tell breaker and telemetry of an attempt that raised, or whose result is a failure."""
    now = core.now()
    elapsed = now - began
    if error is None:
        verdict, outcome = Verdict.FAILURE, "failure"
    elif not isinstance(error, Exception):
        verdict, outcome = Verdict.NONE, "cancelled"
    elif plan.is_excluded(error):
        verdict, outcome = Verdict.SUCCESS, "success"
    elif isinstance(error, DeadlineExceededError) or elapsed >= allowed:
        verdict, outcome = Verdict.FAILURE, "timeout"
    else:
        verdict, outcome = Verdict.FAILURE, "failure"
    if permit is not None and plan.circuit is not None:
        plan.circuit.release(permit, verdict, elapsed, now)
    plan.records.attempted(outcome, None if outcome == "success" else error, elapsed, span, number)


def expired(core: Core, allowed: float) -> DeadlineExceededError:
    """What an attempt raises that our own limit ended."""
    return DeadlineExceededError(core.name, allowed)
