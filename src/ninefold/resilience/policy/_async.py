"""Guards async functions: the driver of event loops."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from opentelemetry.context import get_current
from opentelemetry.trace import Span

from ninefold.errors import BulkheadFullError
from ninefold.resilience import deadline
from ninefold.resilience.breaker import Permit, Verdict
from ninefold.resilience.bulkhead._async import enter
from ninefold.resilience.policy._call import (
    Call,
    ResultFailed,
    admitted,
    attempt_ended,
    expired,
    refuse,
    time_allowed,
)
from ninefold.resilience.policy._marks import mark, unmark
from ninefold.resilience.policy._span import recording

if TYPE_CHECKING:
    from ninefold.core import Expiry
    from ninefold.resilience.policy._core import Core, Plan

__all__ = ["guarded_async", "take_place_async"]

P = ParamSpec("P")
R = TypeVar("R")


def guarded_async(
    fn: Callable[P, Awaitable[R]], core: Core, idempotent: bool | None
) -> Callable[P, Awaitable[R]]:
    """`fn` under the policy of `core`."""
    made: Callable[..., Awaitable[R]] = fn  # called anew with what the caller gave
    clock, name, settle = core.runtime.clock, core.name, core.settle

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        plan = core.plan or settle()
        if plan is None:
            return await fn(*args, **kwargs)
        began = clock()
        context = get_current()
        span = recording(context) if context else None
        retries = plan.retry is not None
        own = mark(name, retries) if retries or span is not None else None
        scope = None if plan.deadline is None else deadline.enter(began + plan.deadline, clock)
        try:
            try:
                result = await attempt(plan, span, 1, began, args, kwargs)
            except BaseException as error:  # noqa: BLE001 - told of, and raised in `answered`
                failed = Call(core, plan, began, span, own, idempotent)
                wait = failed.raised(error)
            else:
                if plan.funded is not None:
                    plan.funded()
                return result
            while wait is not None:
                try:
                    await core.runtime.async_sleep(wait)
                    result = await attempt(plan, span, failed.number, began, args, kwargs)
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
            answer: R = await answered(plan, failed, args, kwargs)
            return answer
        finally:
            if scope is not None:
                deadline.leave(scope)
            if own is not None:
                unmark(own)

    async def attempt(
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
            await take_place_async(core, plan, permit, allowed)
        began = clock()
        try:
            if allowed == math.inf and plan.fault is None:
                result = await made(*args, **kwargs)
            else:
                result = await within(plan, allowed, began, args, kwargs)
        except BaseException as error:
            attempt_ended(core, plan, permit, error, began, allowed, span, number)
            raise
        finally:
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

    async def within(plan: Plan, allowed: float, began: float, args: Any, kwargs: Any) -> R:
        if allowed == math.inf:
            if plan.fault is not None:
                await plan.fault.strike_async(core.runtime)
            return await made(*args, **kwargs)
        scope = deadline.enter(began + allowed, clock)
        expiry: Expiry | None = None
        try:
            async with core.runtime.timeout(allowed) as expiry:
                if plan.fault is not None:
                    await plan.fault.strike_async(core.runtime)
                return await made(*args, **kwargs)
        except TimeoutError as error:
            if expiry is not None and expiry.expired():
                raise expired(core, allowed) from error
            raise
        finally:
            deadline.leave(scope)

    async def answered(plan: Plan, failed: Call, args: Any, kwargs: Any) -> Any:
        if failed.falls_back and plan.fallback is not None:
            try:
                answer: Any = plan.fallback(args, kwargs, failed.error or failed.result)
                if plan.fallback.is_async:
                    answer = await answer
            except BaseException as error:
                failed.end()
                error.__context__, _ = failed.take()
                raise
            failed.end(fell_back=True)
            failed.take()
            return cast("R", answer)
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


async def take_place_async(core: Core, plan: Plan, permit: Permit | None, allowed: float) -> None:
    """Wait for a place in the bulkhead. Raises `BulkheadFullError`."""
    assert plan.places is not None  # asked for by those who looked
    try:
        await enter(plan.places, min(plan.wait, allowed), core.runtime, core.name)
    except BaseException as error:
        if permit is not None and plan.circuit is not None:
            plan.circuit.release(permit, Verdict.NONE, 0.0, core.now())
        if isinstance(error, BulkheadFullError):
            refuse(core, error)
        raise
