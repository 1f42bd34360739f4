"""Where a feature's measurements go that needs no `setup()`: the present service, or the API.

A policy may be made before `setup()`, after it, or where nobody ever calls it. It is told whenever
that changes, so that asking costs nothing per call.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from opentelemetry import metrics

from ninefold._version import __version__
from ninefold.telemetry import _fallback as fallback
from ninefold.telemetry._error_types import ErrorTypes
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._instruments import merged_bounds
from ninefold.telemetry._observed import Observation, Observed

if TYPE_CHECKING:
    from ninefold.registry import AnyMetric, CounterMetric, HistogramMetric
    from ninefold.telemetry._telemetry import AnyCounter, AnyHistogram

__all__ = ["Alone", "Bound", "Measuring", "Spans", "bind", "part"]

T = TypeVar("T")
_MOST_SERIES = 2000
_log = logging.getLogger("ninefold.telemetry")


class Spans:
    """Whether spans are made at all, to be looked at on every call."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = False


class Measuring(Protocol):
    """What a feature asks of where it measures; `Telemetry` is one."""

    faults: Faults
    spans: Spans

    @property
    def disabled(self) -> bool:
        """Whether nothing is to be measured."""
        ...

    @property
    def exemplars(self) -> bool:
        """Whether a record wants to be told of the present span: ours do, the SDK's look at it."""
        ...

    def histogram(self, metric: HistogramMetric, /) -> AnyHistogram:
        """The histogram of a metric."""
        ...

    def counter(self, metric: CounterMetric, /) -> AnyCounter:
        """The counter of a metric."""
        ...

    def observe(self, metric: AnyMetric, callback: Callable[[], Iterable[Observation]], /) -> None:
        """Have `callback` asked whenever a reader collects."""
        ...

    def error_types(self, metric: AnyMetric, /) -> ErrorTypes:
        """What names the exceptions on a metric."""
        ...


class Alone:
    """The plain API's global providers, for what is used without `setup()`."""

    disabled = False
    exemplars = False

    def __init__(self) -> None:
        self.faults = Faults()
        self.spans = Spans()
        self._lock = threading.RLock()
        self._instruments: dict[str, fallback.ApiInstrument] = {}
        self._error_types: dict[str, ErrorTypes] = {}

    def _meter(self) -> metrics.Meter:
        return metrics.get_meter("ninefold", __version__)

    def _plain(self, metric: AnyMetric, bounds: Iterable[float] = ()) -> fallback.ApiInstrument:
        with self._lock:
            found = self._instruments.get(metric.name)
            if found is None:
                found = fallback.ApiInstrument(self._meter(), metric, tuple(bounds), self.faults)
                self._instruments[metric.name] = found
            return found

    def histogram(self, metric: HistogramMetric) -> fallback.ApiInstrument:
        """The histogram of a metric."""
        return self._plain(metric, merged_bounds(metric, ()))

    def counter(self, metric: CounterMetric) -> fallback.ApiInstrument:
        """The counter of a metric."""
        return self._plain(metric)

    def observe(self, metric: AnyMetric, callback: Callable[[], Iterable[Observation]]) -> None:
        """Have `callback` asked whenever a reader collects."""
        fallback.observe(self._meter(), Observed(metric, callback, self.faults, _MOST_SERIES))

    def error_types(self, metric: AnyMetric) -> ErrorTypes:
        """What names the exceptions on a metric."""
        return self._error_types.setdefault(metric.name, ErrorTypes())

    def restart(self) -> None:
        """Take locks of its own, as a forked child must."""
        self._lock = threading.RLock()
        self.faults.restart()
        for instrument in self._instruments.values():
            instrument.restart()


class Bound(Protocol):
    """Something that measures, and is told where."""

    def bind(self, measuring: Measuring | None) -> None:
        """Measure there from now on; None while nobody is set up and the API's providers serve."""
        ...


class _Present:
    """The service's telemetry that is set up in this process, and who is told of it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._present: Measuring | None = None
        self._alone: Alone | None = None
        self._bound: weakref.WeakSet[Bound] = weakref.WeakSet()
        self._parts: weakref.WeakKeyDictionary[Any, dict[type, Any]] = weakref.WeakKeyDictionary()

    def restart(self) -> None:
        self._lock = threading.RLock()
        if self._alone is not None:
            self._alone.restart()

    def bind(self, bound: Bound) -> None:
        with self._lock:
            self._bound.add(bound)
            bound.bind(self._present)

    def change(self, measuring: Measuring | None) -> None:
        with self._lock:
            self._present = measuring
            bound = list(self._bound)
        for one in bound:
            try:
                one.bind(measuring)
            except Exception:  # noqa: BLE001 - logged; set-up and shutdown go on
                _log.exception("%s could not change where it measures", type(one).__name__)

    def leave(self, measuring: Measuring) -> None:
        with self._lock:
            if self._present is not measuring:
                return
        self.change(None)

    def alone(self) -> Alone:
        with self._lock:
            if self._alone is None:
                self._alone = Alone()
            return self._alone

    def part(self, measuring: Measuring, make: Callable[[Measuring], T]) -> T:
        with self._lock:
            parts: dict[Any, T] = self._parts.setdefault(measuring, {})
            found = parts.get(make)
            if found is None:
                found = parts[make] = make(measuring)
            return found


present = _Present()
restart_after_fork(present)


def bind(bound: Bound) -> None:
    """Tell `bound`, which is held weakly, where to measure: now, and whenever that changes."""
    present.bind(bound)


def part(measuring: Measuring | None, make: Callable[[Measuring], T]) -> T:
    """What `make`, a class, makes of `measuring`: once, and the same for all who ask.

    None stands for the API's own providers.
    """
    return present.part(present.alone() if measuring is None else measuring, make)
