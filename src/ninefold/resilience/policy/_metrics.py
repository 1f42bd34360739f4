"""Turns what happens in policies into instruments and span events.

Over 300 lines by a few: what records, and what records nothing, is read side by side.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from opentelemetry.trace import Span

from ninefold.registry import (
    ATTR_ATTEMPT_NUMBER,
    ATTR_DEPENDENCY_NAME,
    ATTR_ERROR_TYPE,
    ATTR_OUTCOME,
    ATTR_SERVICE_PEER_NAME,
    BREAKER_STATUS,
    BREAKER_TRANSITIONS,
    BULKHEAD_LIMIT,
    BULKHEAD_USAGE,
    DEPENDENCY_ATTEMPTS,
    DEPENDENCY_CALL_DURATION,
    RETRY_SUPPRESSED,
)
from ninefold.resilience.breaker import STATES, Transition
from ninefold.resilience.policy._engine import Ending
from ninefold.resilience.policy._tally import Tally
from ninefold.telemetry import Exemplar, Faults, Measuring, Observation, Spans, exemplar_of

if TYPE_CHECKING:
    from ninefold.resilience.breaker import Circuit
    from ninefold.resilience.bulkhead import Places

__all__ = ["Instruments", "Judges", "Recorder", "Records", "Silent"]

RESERVED: Final = 200
"""Names that have their series outside of the limit; later ones count towards `max_series`."""

ATTEMPT_EVENT: Final = "ninefold.attempt"


class Judges(Protocol):
    """Who counts calls and attempts for objectives; `ours` and `theirs` hold whom they look at."""

    def call(self, dependency: str, outcome: str, reason: str | None) -> None:
        """Count a call that ended."""
        ...

    def attempt(self, dependency: str, outcome: str, elapsed: float) -> None:
        """Count an attempt that reached the dependency; `elapsed` in seconds."""
        ...


class Shown(Protocol):
    """What is observed of a policy when a reader collects."""

    name: str

    @property
    def circuit(self) -> Circuit | None:
        """Its breaker."""
        ...

    @property
    def places(self) -> Places | None:
        """Its bulkhead."""
        ...

    def now(self) -> float:
        """The policy's own clock."""
        ...


class Instruments:
    """The instruments of all policies that measure in one place."""

    def __init__(self, measuring: Measuring) -> None:
        self.measuring = measuring
        self.durations = measuring.histogram(DEPENDENCY_CALL_DURATION)
        self.attempts = measuring.counter(DEPENDENCY_ATTEMPTS)
        self.suppressed = measuring.counter(RETRY_SUPPRESSED)
        self.transitions = measuring.counter(BREAKER_TRANSITIONS)
        self.error_types = measuring.error_types(DEPENDENCY_CALL_DURATION)
        self._lock = threading.RLock()
        self._names: set[str] = set()
        self._shown: weakref.WeakSet[Shown] = weakref.WeakSet()
        measuring.observe(BREAKER_STATUS, self._statuses)
        measuring.observe(BULKHEAD_USAGE, self._usages)
        measuring.observe(BULKHEAD_LIMIT, self._limits)

    def admit(self, name: str) -> bool:
        """Whether the series of this name are to be reserved."""
        with self._lock:
            if name not in self._names and len(self._names) >= RESERVED:
                return False
            self._names.add(name)
            return True

    def show(self, shown: Shown) -> None:
        """Observe a policy as long as it lives."""
        with self._lock:
            self._shown.add(shown)

    def hide(self, shown: Shown) -> None:
        """Observe a policy no longer."""
        with self._lock:
            self._shown.discard(shown)

    def _each(self) -> list[Shown]:
        with self._lock:
            return list(self._shown)

    def _statuses(self) -> Iterator[Observation]:
        counts: dict[tuple[str, str], int] = {}
        for shown in self._each():
            circuit = shown.circuit
            if circuit is not None:
                present = circuit.state(shown.now())
                for state in STATES:
                    key = (shown.name, state)
                    counts[key] = counts.get(key, 0) + (state == present)
        yield from ((value, key) for key, value in counts.items())

    def _usages(self) -> Iterator[Observation]:
        return self._places(lambda places: places.usage)

    def _limits(self) -> Iterator[Observation]:
        return self._places(lambda places: places.limit)

    def _places(self, read: Callable[[Places], int]) -> Iterator[Observation]:
        sums: dict[str, int] = {}
        for shown in self._each():
            places = shown.places
            if places is not None:
                sums[shown.name] = sums.get(shown.name, 0) + read(places)
        yield from ((value, (name,)) for name, value in sums.items())


class Recorder:
    """Records the calls of one policy. Raises no `Exception`."""

    __slots__ = (
        "_attempt_cells",
        "_faults",
        "_instruments",
        "_judges",
        "_name",
        "_tally",
        "_tried",
        "_went_well",
        "exemplars",
        "spans",
    )

    def __init__(
        self,
        name: str,
        instruments: Instruments,
        judges: Judges | None,
        tally: Tally,
        *,
        retries: bool,
        breaks: bool,
    ) -> None:
        self._tally = tally
        self._name = name
        self._instruments = instruments
        self._judges = judges
        self._faults: Faults = instruments.measuring.faults
        self.exemplars = instruments.measuring.exemplars
        self.spans = instruments.measuring.spans
        success = (name, "success", None, None)
        if instruments.admit(name):
            # There at zero from the first call on: Prometheus sees the first failure.
            cell = instruments.durations.reserve(success)
            for outcome in ("success", "failure", "timeout", "cancelled"):
                instruments.attempts.reserve((name, outcome))
            for reason in ("budget", "deadline", "open", "nested") if retries else ():
                instruments.suppressed.reserve((name, reason))
            for state in ("closed", "open", "half_open") if breaks else ():
                instruments.transitions.reserve((name, state))
        else:
            cell = instruments.durations.cell(success)
        self._went_well = cell.record
        self._tried = instruments.attempts.cell((name, "success"))

    def succeeded(self, elapsed: float, tried: float, span: Span | None, number: int) -> None:
        """Record a call that went well, and its last attempt; the way nearly all calls take.

        `elapsed` is the call's duration and `tried` the attempt's, in seconds.
        """
        self._tally.good += 1
        try:
            if span is None:
                self._went_well(elapsed)
            else:
                self._went_well(elapsed, self._point(span))
            self._tried.step()
            judges = self._judges
            if judges is not None:
                judges.call(self._name, "success", None)
                judges.attempt(self._name, "success", tried)
            if span is not None:
                self._event(span, "success", None, number)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def answered(self, elapsed: float, span: Span | None) -> None:
        """Record a call that came to a proper answer, by raising it; its attempt is recorded."""
        try:
            self._went_well(elapsed, None if span is None else self._point(span))
            if self._judges is not None:
                self._judges.call(self._name, "success", None)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def ended(
        self, ending: Ending, error: BaseException | None, elapsed: float, span: Span | None
    ) -> None:
        """Record a call that came to `ending`."""
        if ending.reason == "open":
            self._tally.refused += 1
        try:
            kind = None
            if error is not None and ending.reason is None and ending.outcome != "cancelled":
                kind = self._instruments.error_types.of(error)
            self._instruments.durations.record(
                elapsed,
                (self._name, ending.outcome, ending.reason, kind),
                None if span is None else self._point(span),
            )
            if self._judges is not None:
                self._judges.call(self._name, ending.outcome, ending.reason)
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", fault)

    def attempted(
        self,
        outcome: str,
        error: BaseException | None,
        elapsed: float,
        span: Span | None,
        number: int,
    ) -> None:
        """Record an attempt that came to `outcome`."""
        self._tally.attempted(outcome)
        try:
            self._instruments.attempts.add(1, (self._name, outcome))
            if self._judges is not None:
                self._judges.attempt(self._name, outcome, elapsed)
            if span is not None:
                self._event(span, outcome, error, number)
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", fault)

    def gave_up(self, reason: str) -> None:
        """Count a retry that was due and is not made."""
        self._instruments.suppressed.add(1, (self._name, reason))

    def entered(self, transition: Transition) -> None:
        """Tell of a breaker's new state, as a metric and in the log."""
        self._instruments.transitions.add(1, (self._name, transition.state))

    def _point(self, span: Span) -> Exemplar | None:
        return exemplar_of(span.get_span_context()) if self.exemplars else None

    def _event(self, span: Span, outcome: str, error: BaseException | None, number: int) -> None:
        attributes: dict[str, str | int] = {
            ATTR_DEPENDENCY_NAME: self._name,
            ATTR_SERVICE_PEER_NAME: self._name,
            ATTR_OUTCOME: outcome,
            ATTR_ATTEMPT_NUMBER: number,
        }
        if error is not None:
            attributes[ATTR_ERROR_TYPE] = self._instruments.error_types.of(error)
        span.add_event(ATTEMPT_EVENT, attributes)


class Silent:
    """Records nothing: `OTEL_SDK_DISABLED`. Health goes on."""

    exemplars = False
    spans = Spans()

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def succeeded(self, elapsed: float, tried: float, span: Span | None, number: int) -> None:
        """Count it."""
        self._tally.good += 1

    def answered(self, elapsed: float, span: Span | None) -> None:
        """Nothing."""

    def ended(
        self, ending: Ending, error: BaseException | None, elapsed: float, span: Span | None
    ) -> None:
        """Count a rejected call."""
        if ending.reason == "open":
            self._tally.refused += 1

    def attempted(
        self,
        outcome: str,
        error: BaseException | None,
        elapsed: float,
        span: Span | None,
        number: int,
    ) -> None:
        """Count it."""
        self._tally.attempted(outcome)

    def gave_up(self, reason: str) -> None:
        """Nothing."""

    def entered(self, transition: Transition) -> None:
        """Nothing."""


Records: TypeAlias = Recorder | Silent
"""Where a policy's events go."""
