"""Guards functions: the driver of threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from opentelemetry.context import get_current
from opentelemetry.trace import Span

from ninefold.errors import BulkheadFullError
from ninefold.resilience import deadline
from ninefold.resilience.breaker import Permit, Verdict
from ninefold.resilience.bulkhead._sync import enter
from ninefold.resilience.policy._call import (
    Call,
    ResultFailed,
    admitted,
    attempt_ended,
    refuse,
    time_allowed,
)
from ninefold.resilience.policy._marks import mark, unmark
from ninefold.resilience.policy._span import recording

if TYPE_CHECKING:
    from ninefold.resilience.policy._core import Core, Plan

__all__ = ["guarded", "take_place"]

P = ParamSpec("P")
R = TypeVar("R")


def guarded(fn: Callable[P, R], core: Core, idempotent: bool | None) -> Callable[P, R]:
    """`fn` under the policy of `core`."""
    made: Callable[..., R] = fn  # called anew with what the caller gave
    clock, name, settle = core.runtime.clock, core.name, core.settle

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        plan = core.plan or settle()
        if plan is None:
            return fn(*args, **kwargs)
        began = clock()
        context = get_current()
        span = recording(context) if context else None
        retries = plan.retry is not None
        own = mark(name, retries) if retries or span is not None else None
        scope = None if plan.deadline is None else deadline.enter(began + plan.deadline, clock)
        try:
            try:
                result = attempt(plan, span, 1, began, args, kwargs)
            except BaseException as error:  # noqa: BLE001 - told of, and raised in `answered`
                failed = Call(core, plan, began, span, own, idempotent)
                wait = failed.raised(error)
            else:
                if plan.funded is not None:
                    plan.funded()
                return result
            while wait is not None:
                try:
                    core.runtime.sleep(wait)
                    result = attempt(plan, span, failed.number, began, args, kwargs)
                except BaseException as error:  # noqa: BLE001 - likewise
                    wait = failed.raised(error)
                else:
                    if plan.funded is not None:
                        plan.funded()
                    return result
            # A fallback stands outside of the deadline and of the retry.
            if scope is not None:
                deadline.leave(scope)
            if own is not None:
                unmark(own)
            return answered(plan, failed, args, kwargs)
        finally:
            if scope is not None:
                deadline.leave(scope)
            if own is not None:
                unmark(own)

    def attempt(
        plan: Plan, span: Span | None, number: int, called: float, args: Any, kwargs: Any
    ) -> R:
        allowed = plan.attempt_timeout
        if deadline.current() is not None:
            allowed = time_allowed(core, plan)
        permit: Permit | None = None
        circuit = plan.circuit
        if circuit is not None:
            permit = circuit.closed or admitted(core, plan)
        places = plan.places
        if places is not None and not places.try_enter():
            take_place(core, plan, permit, allowed)
        began = clock()
        scope = None if allowed == math.inf else deadline.enter(began + allowed, clock)
        try:
            if plan.fault is not None:
                plan.fault.strike(core.runtime, allowed)
            result = made(*args, **kwargs)
        except BaseException as error:
            attempt_ended(core, plan, permit, error, began, allowed, span, number)
            raise
        finally:
            if scope is not None:
                deadline.leave(scope)
            if places is not None:
                places.leave()
        if plan.failures is not None and plan.failures.is_result(result):
            attempt_ended(core, plan, permit, None, began, allowed, span, number)
            raise ResultFailed(result)
        now = clock()
        elapsed = now - began
        if permit is not None and circuit is not None:
            circuit.succeeded(permit, elapsed, now)
        plan.records.succeeded(now - called, elapsed, span, number)
        return result

    def answered(plan: Plan, failed: Call, args: Any, kwargs: Any) -> R:
        if failed.falls_back and plan.fallback is not None:
            try:
                answer: R = plan.fallback(args, kwargs, failed.error or failed.result)
            except BaseException as error:
                failed.end()
                error.__context__, _ = failed.take()
                raise
            failed.end(fell_back=True)
            failed.take()
            return answer
        failed.end()
        failure, result = failed.take()
        if failure is None:
            return cast("R", result)
        try:
            raise failure
        finally:
            # A frame that holds an exception that holds the frame would wait for the GC.
            failure = None

    return call


def take_place(core: Core, plan: Plan, permit: Permit | None, allowed: float) -> None:
    """Wait for a place in the bulkhead. Raises `BulkheadFullError`."""
    assert plan.places is not None  # asked for by those who looked
    try:
        enter(plan.places, min(plan.wait, allowed), core.runtime, core.name)
    except BaseException as error:
        if permit is not None and plan.circuit is not None:
            plan.circuit.release(permit, Verdict.NONE, 0.0, core.now())
        if isinstance(error, BulkheadFullError):
            refuse(core, error)
        raise
