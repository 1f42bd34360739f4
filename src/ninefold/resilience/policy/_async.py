"""Guards async functions: the driver of event loops."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from opentelemetry.context import get_current
from opentelemetry.trace import Span

from ninefold.errors import BulkheadFullError
from ninefold.resilience import deadline
from ninefold.resilience.breaker import HALF_OPEN, Permit, Verdict
from ninefold.resilience.bulkhead._async import enter
from ninefold.resilience.policy._call import (
    Call,
    ResultFailed,
    admitted,
    attempt_ended,
    expired,
    raise_again,
    refuse,
    time_allowed,
    time_left,
)
from ninefold.resilience.policy._marks import begin_probe, end_probe, mark, unmark
from ninefold.resilience.policy._span import NOWHERE, present_span

if TYPE_CHECKING:
    from ninefold.core import Expiry
    from ninefold.resilience.policy._core import Core, Plan
    from ninefold.resilience.policy._parts import Own

__all__ = ["guarded_async", "take_place_async"]

P = ParamSpec("P")
R = TypeVar("R")


def guarded_async(fn: Callable[P, Awaitable[R]], core: Core, own: Own) -> Callable[P, Awaitable[R]]:
    """`fn` under the policy of `core`; `own` is what is said of this function alone."""
    made: Callable[..., Awaitable[R]] = fn  # called anew with what the caller gave
    clock, name, settle = core.runtime.clock, core.name, core.settle
    exchanges = own.exchanges
    innermost = deadline.innermost

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        plan = core.plan or settle()
        if plan is None:
            return await fn(*args, **kwargs)
        began = clock()
        context = get_current()
        span, open_to = present_span(context) if context else NOWHERE
        retries = plan.retry is not None
        named = retries or span is not None or (open_to and plan.spans.made)
        here = mark(name, retries) if named else None
        scope = None if plan.deadline is None else deadline.enter(began + plan.deadline, clock)
        try:
            try:
                result = await attempt(plan, span, 1, began, began, args, kwargs)
            except BaseException as error:  # noqa: BLE001 - told of, and raised in `answered`
                failed = Call(core, plan, began, span, here, own, args)
                wait = failed.raised(error)
            else:
                if plan.funded is not None:
                    plan.funded()
                return result
            while wait is not None:
                try:
                    if exchanges is not None:
                        await exchanges.discard(failed.let_go())
                    await core.runtime.async_sleep(wait)
                    result = await attempt(plan, span, failed.number, began, clock(), args, kwargs)
                except BaseException as error:  # noqa: BLE001 - likewise
                    wait = failed.raised(error)
                else:
                    if plan.funded is not None:
                        plan.funded()
                    return result
        finally:
            if scope is not None:
                deadline.leave(scope)
            if here is not None:
                unmark(here)
        # Out of the deadline and the mark: a fallback that calls somebody else has time to.
        answer: R = await answered(failed, args, kwargs)
        return answer

    async def attempt(
        plan: Plan,
        span: Span | None,
        number: int,
        called: float,
        began: float,
        args: Any,
        kwargs: Any,
    ) -> R:
        allowed = plan.attempt_timeout
        if innermost() is not None:
            allowed = time_allowed(core, plan)
        permit: Permit | None = None
        probes = False
        circuit = plan.circuit
        if circuit is not None:
            permit = circuit.closed
            if permit is None:
                permit = admitted(core, plan)
                probes = permit is not None and permit.state == HALF_OPEN
                began = clock()
        places = plan.places
        if places is not None and not places.try_enter():
            allowed = await take_place_async(core, plan, permit, allowed)
            began = clock()
        probe = begin_probe(circuit) if probes and circuit is not None else None
        try:
            if allowed == math.inf and plan.fault is None:
                result = await made(*args, **kwargs)
            else:
                result = await within(plan, allowed, began, args, kwargs)
        except BaseException as error:
            attempt_ended(core, plan, permit, error, began, allowed, span, number)
            raise
        finally:
            if probe is not None:
                end_probe(probe)
            if places is not None:
                places.leave()
        if (plan.failures is not None and plan.failures.is_result(result)) or (
            exchanges is not None and plan.unsaid and exchanges.is_failure(result)
        ):
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

    async def answered(failed: Call, args: Any, kwargs: Any) -> Any:
        fallback = failed.fallback
        if fallback is not None:
            given = args if exchanges is None else args[:1]
            try:
                answer: Any = fallback(given, kwargs, failed.came)
                if fallback.is_async:
                    answer = await answer
            except BaseException as error:
                result = failed.led_to(error)
                if exchanges is not None:
                    await exchanges.discard(result)
                raise
            failed.end(fell_back=True)
            _, result = failed.take()
            if exchanges is not None and result is not answer:
                await exchanges.discard(result)
            return cast("R", answer)
        failed.end()
        failure, result = failed.take()
        if failure is None:
            return cast("R", result)
        try:
            raise_again(failure)
        finally:
            # A frame that holds an exception that holds the frame would wait for the GC.
            failure = None

    return call


async def take_place_async(core: Core, plan: Plan, permit: Permit | None, allowed: float) -> float:
    """Wait for a place in the bulkhead; how many seconds the attempt may take from then on.

    Raises `BulkheadFullError`, and `DeadlineExceededError` where the caller's time is over.
    """
    assert plan.places is not None  # asked for by those who looked
    try:
        await enter(plan.places, min(plan.wait, allowed), core.runtime, core.name)
        return time_left(core, plan)
    except BaseException as error:
        if permit is not None and plan.circuit is not None:
            plan.circuit.release(permit, Verdict.NONE, 0.0, core.now())
        if isinstance(error, BulkheadFullError):
            refuse(core, error)
        raise
