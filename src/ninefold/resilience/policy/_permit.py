"""A guarded block, for code that is not one function: `with policy.permit() as call: ...`."""

from __future__ import annotations

import math
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from opentelemetry.context import get_current
from opentelemetry.trace import Span

from ninefold.resilience import deadline
from ninefold.resilience.breaker import HALF_OPEN
from ninefold.resilience.policy._async import take_place_async
from ninefold.resilience.policy._call import Call, admitted, attempt_ended, expired, time_allowed
from ninefold.resilience.policy._marks import Mark, Probe, begin_probe, end_probe, mark, unmark
from ninefold.resilience.policy._parts import NOTHING_OWN
from ninefold.resilience.policy._span import NOWHERE, present_span
from ninefold.resilience.policy._sync import take_place

if TYPE_CHECKING:
    from ninefold.resilience.breaker import Permit
    from ninefold.resilience.deadline import Scope
    from ninefold.resilience.policy._core import Core, Plan

__all__ = ["Passage"]


class Passage:
    """One guarded block, entered once by `with` or `async with`.

    Breaker, bulkhead, deadline and attempt timeout apply; a block cannot be run again, so nothing
    is retried, and nothing answers in its place. In `async with` the block is ended when its time
    is over; in `with` that time is told by `nf.remaining()`.
    """

    __slots__ = (
        "_allowed",
        "_began",
        "_core",
        "_failed",
        "_limit",
        "_mark",
        "_permit",
        "_plan",
        "_probe",
        "_scope",
        "_span",
        "_started",
    )

    def __init__(self, core: Core) -> None:
        self._core = core
        self._plan: Plan | None = None
        self._failed = False
        self._scope: Scope | None = None
        self._mark: Mark | None = None
        self._span: Span | None = None
        self._permit: Permit | None = None
        self._probe: Probe | None = None
        self._limit: AbstractAsyncContextManager[Any] | None = None
        self._began = self._started = 0.0
        self._allowed = math.inf

    def fail(self) -> None:
        """Say that the block failed though it raises nothing, as after a bad answer."""
        self._failed = True

    def __enter__(self) -> Passage:
        plan = self._begin()
        if plan is not None:
            try:
                self._permit = admitted(self._core, plan)
                if plan.places is not None and not plan.places.try_enter():
                    self._allowed = take_place(self._core, plan, self._permit, self._allowed)
            except BaseException as error:
                self._refused(plan, error)
                raise
            self._start(plan)
            if plan.fault is not None:
                self._struck(plan)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._plan is not None:
            self._end(self._plan, error)

    async def __aenter__(self) -> Passage:
        plan = self._begin()
        if plan is not None:
            try:
                self._permit = admitted(self._core, plan)
                if plan.places is not None and not plan.places.try_enter():
                    self._allowed = await take_place_async(
                        self._core, plan, self._permit, self._allowed
                    )
            except BaseException as error:
                self._refused(plan, error)
                raise
            self._start(plan)
            if self._allowed != math.inf:
                try:
                    limit = self._core.runtime.timeout(self._allowed)
                    await limit.__aenter__()
                except BaseException as error:
                    # Not on an event loop of asyncio, or in no task of it.
                    self._end(plan, error)
                    raise
                self._limit = limit
            if plan.fault is not None:
                try:
                    await plan.fault.strike_async(self._core.runtime)
                except BaseException as error:
                    await self.__aexit__(type(error), error, error.__traceback__)
                    raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        plan, limit = self._plan, self._limit
        if plan is None:
            return
        if limit is not None:
            try:
                await limit.__aexit__(kind, error, traceback)
            except TimeoutError as over:
                late = expired(self._core, self._allowed)
                self._end(plan, late)
                raise late from over
        self._end(plan, error)

    def _begin(self) -> Plan | None:
        if self._plan is not None:
            raise RuntimeError(
                f"this permit of {self._core.name!r} was entered already; ask permit() for another"
            )
        plan = self._plan = self._core.plan or self._core.settle()
        if plan is None:
            return None
        clock = self._core.runtime.clock
        self._began = clock()
        context = get_current()
        self._span, open_to = present_span(context) if context else NOWHERE
        if self._span is not None or (open_to and plan.spans.made):
            self._mark = mark(self._core.name, retries=False)
        if plan.deadline is not None:
            self._scope = deadline.enter(self._began + plan.deadline, clock)
        self._allowed = plan.attempt_timeout
        if deadline.current() is not None:
            try:
                self._allowed = time_allowed(self._core, plan)
            except BaseException as error:
                self._refused(plan, error)
                raise
        return plan

    def _start(self, plan: Plan) -> None:
        clock = self._core.runtime.clock
        self._started = clock()
        if self._permit is not None and self._permit.state == HALF_OPEN:
            assert plan.circuit is not None  # who else gives permits
            self._probe = begin_probe(plan.circuit)
        if plan.attempt_timeout != math.inf:
            self._leave_scope()
            self._scope = deadline.enter(self._started + self._allowed, clock)

    def _struck(self, plan: Plan) -> None:
        try:
            assert plan.fault is not None  # asked for by who looked
            plan.fault.strike(self._core.runtime, self._allowed)
        except BaseException as error:
            self._end(plan, error)
            raise

    def _refused(self, plan: Plan, error: BaseException) -> None:
        self._leave()
        self._told(plan, error)

    def _end(self, plan: Plan, error: BaseException | None) -> None:
        core = self._core
        if plan.places is not None:
            plan.places.leave()
        self._leave()
        if error is None and not self._failed:
            now = core.now()
            elapsed = now - self._started
            if self._permit is not None and plan.circuit is not None:
                plan.circuit.succeeded(self._permit, elapsed, now)
            plan.records.succeeded(now - self._began, elapsed, self._span, 1)
            if plan.funded is not None:
                plan.funded()
            return
        attempt_ended(core, plan, self._permit, error, self._started, self._allowed, self._span, 1)
        self._told(plan, error)

    def _told(self, plan: Plan, error: BaseException | None) -> None:
        call = Call(self._core, plan, self._began, self._span, self._mark, NOTHING_OWN)
        call.came_to(error)
        call.end()
        call.take()

    def _leave_scope(self) -> None:
        if self._scope is not None:
            deadline.leave(self._scope)
            self._scope = None

    def _leave(self) -> None:
        self._leave_scope()
        if self._probe is not None:
            end_probe(self._probe)
        if self._mark is not None:
            unmark(self._mark)
