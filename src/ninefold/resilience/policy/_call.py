"""Call: one guarded call after its first failure; both drivers ask it what follows.

Over 300 lines by a few: what sync and async decide alike is in one place.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from opentelemetry.trace import Span

from ninefold.errors import CircuitOpenError, DeadlineExceededError, RejectedError
from ninefold.resilience.breaker import IGNORED, Permit, Rejected, Verdict
from ninefold.resilience.deadline import current, remaining
from ninefold.resilience.policy._engine import ended
from ninefold.resilience.policy._marks import Mark, is_probing, is_retrying
from ninefold.resilience.retry import Trial

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core, Plan
    from ninefold.resilience.policy._parts import Fallback, Own

__all__ = [
    "Call",
    "ResultFailed",
    "admitted",
    "attempt_ended",
    "expired",
    "raise_again",
    "refuse",
    "time_allowed",
    "time_left",
]


_ALL_BUT: Final = 0.999
"""How much of its time an attempt has taken that its client ended by it.

Sums of floats, and two clocks of one system, differ by less than the rest.
"""


_SUPPRESSED: Final[dict[type[BaseException], str]] = {
    CircuitOpenError: "open",
    DeadlineExceededError: "deadline",
}
"""Why a retry was not made that our own guards refused."""


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
        "_exchanges",
        "_let_go",
        "_mark",
        "_own",
        "_plan",
        "_reached",
        "_request",
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
        own: Own,
        args: Any = (),
    ) -> None:
        self._core = core
        self._plan = plan
        self._began = began
        self._span = span
        self._mark = mark
        self._own = own
        self._exchanges = own.exchanges
        self._request = args[0] if own.exchanges is not None else None
        self._let_go = False
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
        self.error, self.result, self._reached = error, None, not is_refused(self._core, error)

    def raised(self, error: BaseException) -> float | None:
        """In how many seconds to try again after `error`; None where this is the end."""
        if isinstance(error, ResultFailed):
            return self._returned(error.result)
        refused = is_refused(self._core, error)
        if refused and not self._plan.retries_refusals:
            if self.number > 1:
                self._suppressed(_SUPPRESSED.get(type(error)))
            if self.number == 1 or self._let_go:
                self.error, self.result, self._reached = error, None, False
            # Refused while this call waited to try again: what the caller is told is the failure
            # itself. But a response that was closed meanwhile is nothing to be told.
            return None
        self.error, self.result, self._reached = error, None, not refused
        if not isinstance(error, Exception) or self._plan.retry is None:
            return None
        if not refused and self._plan.is_excluded(error):
            return None
        return self._next(self._tried().raised(error))

    def let_go(self) -> object:
        """The response that the caller will not be given, as the call goes on; None without one."""
        result, self.result = self.result, None
        self._let_go = result is not None
        return result

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
            trial.take_back()
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
            nested = self._mark is not None and is_retrying(self._mark)
            self._trial = Trial(
                retry,
                self._core.runtime,
                self._began,
                tokens=self._plan.tokens,
                capped="nested" if nested else None,
                idempotent=self._own.idempotent,
                name=self._core.name,
                may_repeat=None if self._exchanges is None else self._may_repeat,
            )
        return self._trial

    def _may_repeat(self, said: bool | None, outcome: object) -> bool:
        assert self._exchanges is not None  # asked by who was given this
        if isinstance(outcome, RejectedError) and getattr(outcome, "_refused_by", None):
            # Our own guards kept it from being sent.
            return said is not False
        return self._exchanges.may_repeat(said, outcome, self._request)

    @property
    def fallback(self) -> Fallback | None:
        """What answers for what the call came to; the function's own before the policy's."""
        found, error = self._own.fallback or self._plan.fallback, self.error
        if found is None or error is None:
            return found
        if not isinstance(error, Exception):
            return None
        return None if self._reached and self._plan.is_excluded(error) else found

    def end(self, *, fell_back: bool = False) -> None:
        """Record what the call came to."""
        error = self.error
        if isinstance(error, Exception) and self._reached and self._plan.is_excluded(error):
            # Its attempt is recorded already.
            self._plan.records.answered(self._elapsed(), self._span)
            return
        ending = ended(error, reached=self._reached, fell_back=fell_back)
        self._plan.records.ended(ending, error, self._elapsed(), self._span)

    @property
    def came(self) -> object:
        """The error or the result that a fallback answers for."""
        return self.result if self.error is None else self.error

    def led_to(self, error: BaseException) -> object:
        """Record the call, whose fallback raised; the first failure is the context of its error.

        Gives the result that the fallback was to answer for, if there was one.
        """
        self.end()
        first, result = self.take()
        # At the end of the chain, which a fallback may have begun itself, by `raise error` as well.
        last, seen = error, {id(first)}
        while last.__context__ is not None and id(last) not in seen:
            seen.add(id(last))
            last = last.__context__
        if id(last) not in seen:
            # An exception that refuses, as a frozen dataclass, goes on without.
            with suppress(Exception):
                last.__context__ = first
        return result

    def take(self) -> tuple[BaseException | None, object]:
        """What the call came to, an error or a result; let go of here, as its frames hold us."""
        error, result = self.error, self.result
        self.error = self.result = None
        # It asks us whether to repeat, and would keep us until the GC comes.
        self._trial = None
        return error, result

    def _elapsed(self) -> float:
        return self._core.now() - self._began


def refuse(core: Core, error: Exception) -> Exception:
    """Mark an exception as a word of our own guards, which kept the call from being made."""
    error._refused_by = core  # type: ignore[attr-defined]
    return error


def is_refused(core: Core, error: BaseException | None) -> bool:
    """Whether an exception is such a word. Nobody else's is looked at: its attributes may raise."""
    return isinstance(error, RejectedError) and getattr(error, "_refused_by", None) is core


def admitted(core: Core, plan: Plan) -> Permit | None:
    """Leave of the breaker for one call. Raises `CircuitOpenError`."""
    circuit = plan.circuit
    if circuit is None:
        return None
    if circuit.closed is None and is_probing(circuit):
        # One guarded function that calls another: the outer one's end is the verdict.
        return IGNORED
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


def time_left(core: Core, plan: Plan) -> float:
    """Likewise, once a place was waited for; where the time is over by then, it is given back."""
    if current() is None:
        return plan.attempt_timeout
    try:
        return time_allowed(core, plan)
    except BaseException:
        if plan.places is not None:
            plan.places.leave()
        raise


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
    elif not isinstance(error, Exception) or is_refused(core, error):
        # What our own guards kept from being made inside of it says nothing of the dependency.
        verdict, outcome = Verdict.NONE, "cancelled"
    elif plan.is_excluded(error):
        verdict, outcome = Verdict.SUCCESS, "success"
    elif isinstance(error, DeadlineExceededError) or elapsed >= allowed * _ALL_BUT:
        verdict, outcome = Verdict.FAILURE, "timeout"
    else:
        verdict, outcome = Verdict.FAILURE, "failure"
    if permit is not None and plan.circuit is not None:
        plan.circuit.release(permit, verdict, elapsed, now)
    plan.records.attempted(outcome, None if outcome == "success" else error, elapsed, span, number)


def raise_again(failure: BaseException) -> NoReturn:
    """Raise what a call came to, whose context stays that of the function which raised it first."""
    context = failure.__context__
    try:
        raise failure
    finally:
        # Where the caller handles an exception, `raise` has put that one in the context's place.
        if context is not None:
            with suppress(Exception):
                failure.__context__ = context
        del failure, context


def expired(core: Core, allowed: float) -> DeadlineExceededError:
    """What an attempt raises that our own limit ended."""
    return DeadlineExceededError(core.name, allowed)
