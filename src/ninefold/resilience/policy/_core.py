"""Core: what a policy has at run time: engines, the plan in force, and where it is recorded.

Over 300 lines by a few: a plan is read beside what it is made of and what replaces it.
"""

from __future__ import annotations

import logging
import math
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from ninefold.core import Runtime, seconds
from ninefold.errors import RejectedError
from ninefold.resilience.breaker import Breaker, Circuit, Transition, register
from ninefold.resilience.budget import Budget, Tokens
from ninefold.resilience.bulkhead import Bulkhead, Places
from ninefold.resilience.fleet import SHARING
from ninefold.resilience.policy._budgets import BUDGETS
from ninefold.resilience.policy._metrics import Instruments, Judges, Recorder, Records, Silent
from ninefold.resilience.policy._parts import NOTHING, Fallback, Parts
from ninefold.resilience.policy._tally import Tally
from ninefold.resilience.retry import Failures, Retry
from ninefold.telemetry import Measuring, bind, part, restart_after_fork

__all__ = ["Core", "Fault", "Plan"]


class Fault(Protocol):
    """What a test puts in the way of a dependency: it waits, raises, or lets pass."""

    def strike(self, runtime: Runtime, allowed: float) -> None:
        """Wait, or raise; `allowed` is how many seconds the attempt has."""
        ...

    async def strike_async(self, runtime: Runtime) -> None:
        """Likewise, on an event loop, which ends it when its time is over."""
        ...


_log = logging.getLogger("ninefold.resilience")


class Plan:
    """What every call goes by, all of one moment; a reload puts another in its place."""

    __slots__ = (
        "attempt_timeout",
        "circuit",
        "deadline",
        "excluded",
        "failures",
        "fallback",
        "fault",
        "funded",
        "places",
        "records",
        "retries_refusals",
        "retry",
        "spans",
        "tokens",
        "unsaid",
        "wait",
    )

    def __init__(
        self,
        parts: Parts,
        *,
        records: Records,
        circuit: Circuit | None,
        places: Places | None,
        tokens: Tokens | None,
        fault: Fault | None,
    ) -> None:
        self.records = records
        self.spans = records.spans
        self.retry = parts.retry
        self.circuit = circuit
        self.places = places
        self.tokens = tokens
        self.funded = None if tokens is None else tokens.succeeded
        self.fault = fault
        self.wait = 0.0 if parts.bulkhead is None else parts.bulkhead.wait
        self.deadline = None if parts.deadline is None else seconds("deadline", parts.deadline)
        self.attempt_timeout = (
            math.inf
            if parts.attempt_timeout is None
            else seconds("attempt_timeout", parts.attempt_timeout)
        )
        self.fallback = None if parts.fallback is NOTHING else Fallback(parts.fallback)
        self.excluded = Failures("excluded", parts.excluded) if parts.excluded != () else None
        self.failures = _failing(parts)
        # A call that was refused is not made again, unless that was asked for by name: with an open
        # breaker it would only wait for the next probe.
        self.retries_refusals = parts.retry is not None and any(
            issubclass(one, RejectedError) for one in parts.retry.failures.classes
        )
        self.unsaid = parts.fail_on == ()
        """Whether nobody said which results are failures."""

    def is_excluded(self, error: BaseException) -> bool:
        """Whether an exception is a proper answer of the dependency."""
        if self.excluded is not None and self.excluded.is_error(error):
            return True
        return (
            self.circuit is not None
            and isinstance(error, Exception)
            and not self.circuit.is_failure(error)
        )


class _Failing:
    """Results that are failures: by `fail_on`, and those that are tried again."""

    __slots__ = ("_every",)

    def __init__(self, every: tuple[Failures, ...]) -> None:
        self._every = every

    def is_result(self, result: object) -> bool:
        return any(one.is_result(result) for one in self._every)


def _failing(parts: Parts) -> _Failing | None:
    said = [Failures("fail_on", parts.fail_on)]
    if parts.retry is not None:
        said.append(parts.retry.failures)
    every = tuple(one for one in said if one.asks_results)
    return _Failing(every) if every else None


def _weakly(core: Core) -> Callable[[Transition], None]:
    """Tell a core that is still there: one that holds itself would be observed for ever."""
    present = weakref.ref(core)

    def entered(transition: Transition) -> None:
        found = present()
        if found is not None:
            found.entered(transition)

    return entered


class Core:
    """One policy under one name. Its engines live as long as it does, whatever is reloaded."""

    __slots__ = (
        "__weakref__",
        "_fault",
        "_instruments",
        "_judges",
        "_lock",
        "_measuring",
        "_off",
        "_on_transition",
        "_records",
        "answers_threads",
        "circuit",
        "name",
        "parts",
        "places",
        "plan",
        "runtime",
        "tally",
        "tokens",
    )

    def __init__(
        self,
        name: str,
        parts: Parts,
        runtime: Runtime,
        *,
        judges: Judges | None = None,
        off: bool = False,
        measuring: Measuring | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.name = name
        self.tally = Tally() if tally is None else tally
        """What its calls came to, for health; a dependency's policies share one."""
        self.runtime = runtime
        self._lock = threading.RLock()
        self._judges = judges
        self._off = off
        self._fault: Fault | None = None
        self._on_transition: tuple[Callable[[Transition], None], ...] = ()
        self._records: Records | None = None
        self._instruments: Instruments | None = None
        self._measuring = measuring
        self.circuit: Circuit | None = None
        self.places: Places | None = None
        self.tokens: Tokens | None = None
        self.answers_threads = False
        """Whether the fallback stands behind a function that cannot await one."""
        self.parts = parts
        self.plan: Plan | None = None
        """What calls go by; None before the first one, and while all of it is off."""
        self.take(parts)
        restart_after_fork(self)
        if measuring is None:
            bind(self)

    def now(self) -> float:
        """The policy's own clock."""
        return self.runtime.clock()

    @property
    def is_off(self) -> bool:
        """Whether every call is a plain one."""
        return self._off

    def take(self, parts: Parts) -> None:
        """Go by these parts from the next call on."""
        with self._lock:
            self.circuit = self._breaker(parts.breaker)
            self.places = self._bulkhead(parts.bulkhead)
            self.tokens = self._budget(parts.retry)
            self.parts = parts
            self._records = None
            self.plan = None

    def _breaker(self, options: Breaker | None) -> Circuit | None:
        if options is None:
            return None
        state = register(self.name, options.excluded)  # type: ignore[arg-type]  # a tuple by now
        if self.circuit is None:
            return Circuit(options, state, _weakly(self))
        if options != self.circuit.options:
            self.circuit.reload(options, state)
        return self.circuit

    def _bulkhead(self, options: Bulkhead | None) -> Places | None:
        if options is None:
            return None
        if self.places is None:
            return Places(options.limit)
        self.places.resize(options.limit)
        return self.places

    def _budget(self, retry: Retry | None) -> Tokens | None:
        budget: Budget | None = None if retry is None else retry.budget
        if budget is None:
            return None
        if self.tokens is None:
            return BUDGETS.of(self.name, self.runtime.clock, budget)
        if self.tokens.budget != budget:
            self.tokens.replace(budget)
        return self.tokens

    def bind(self, measuring: Measuring | None) -> None:
        """Measure there from the next call on."""
        with self._lock:
            if self._instruments is not None:
                # Observed in one place only: its state would be counted twice.
                self._instruments.hide(self)
            self._measuring = measuring
            self._records = None
            self.plan = None

    @property
    def fault(self) -> Fault | None:
        """What stands in the way of the dependency, in a test."""
        return self._fault

    def put(self, fault: Fault | None) -> None:
        """Have a fault of a test stand in for the dependency; None takes it away."""
        with self._lock:
            self._fault = fault
            self.plan = None

    def listen(self, listener: Callable[[Transition], None]) -> None:
        """Tell `listener` of every transition, off the lock; one that raises is logged."""
        self._on_transition = (*self._on_transition, listener)

    def settle(self) -> Plan | None:
        """The plan in force; None where every call is a plain one."""
        with self._lock:
            if self._off:
                return None
            if self.plan is None:
                self.plan = Plan(
                    self.parts,
                    records=self.records(),
                    circuit=self.circuit,
                    places=self.places,
                    tokens=self.tokens,
                    fault=self._fault,
                )
                SHARING.join(self)
            return self.plan

    def records(self) -> Records:
        """Where events go; found when the first one comes, as nothing is to start at import."""
        with self._lock:
            if self._records is None:
                self._records = self._recorder()
            return self._records

    def _recorder(self) -> Records:
        if self._measuring is not None and self._measuring.disabled:
            return Silent(self.tally)
        instruments = part(self._measuring, Instruments)
        instruments.show(self)
        self._instruments = instruments
        return Recorder(
            self.name,
            instruments,
            self._judges,
            self.tally,
            retries=self.parts.retry is not None,
            breaks=self.circuit is not None,
        )

    def entered(self, transition: Transition) -> None:
        """Tell of the breaker's new state: metric, log, listeners."""
        self.records().entered(transition)
        level = logging.WARNING if transition.state == "open" else logging.INFO
        _log.log(level, "breaker %r is %s: %s", self.name, transition.state, transition.reason)
        for listener in self._on_transition:
            try:
                listener(transition)
            except Exception:  # noqa: BLE001 - somebody else's listener never reaches the caller
                _log.exception("a listener of the breaker %r failed", self.name)

    def restart(self) -> None:
        """Take locks of its own, as a forked child must."""
        self._lock = threading.RLock()
        self.tally.restart()
        if self.circuit is not None and self.circuit.options.shared is not None:
            # Made anew at the first call here, and shared from then on.
            self.plan = None
        engines: tuple[Any, ...] = (self.circuit, self.places, self.tokens)
        for engine in engines:
            if engine is not None:
                engine.restart()
