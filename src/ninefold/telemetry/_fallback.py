"""Our instruments over the plain API: for a user's provider, and for exponential histograms.

There our cells cannot feed the readers, so a record costs what the SDK's costs, there is no limit
of ours on series, and boundaries are only advice to the provider. The interface is the same, and so
is what counts as a measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import NonRecordingSpan, set_span_in_context

from ninefold.errors import ConfigurationError
from ninefold.telemetry._instruments import Key, attributes_of, merged_bounds
from ninefold.telemetry._measurement import LARGEST, plain
from ninefold.telemetry._pending import Exemplar, Pending

if TYPE_CHECKING:
    from ninefold.registry import AnyMetric, HistogramMetric
    from ninefold.telemetry._faults import Faults
    from ninefold.telemetry._observed import Observed

_REMEMBERED = 2000
"""How many keys' attributes are kept ready; further ones are made each time."""


class ApiSeries:
    """One series of a plain instrument: what a caller holds who records again and again."""

    __slots__ = ("_key", "_owner")

    def __init__(self, owner: ApiInstrument, key: Key) -> None:
        self._owner = owner
        self._key = key

    def record(self, value: float, exemplar: Exemplar | None = None) -> None:
        """Record one measurement in the metric's unit."""
        self._owner.record(value, self._key, exemplar)

    def add(self, value: float, exemplar: Exemplar | None = None) -> None:
        """Add to the sum."""
        self._owner.add(value, self._key, exemplar)

    def step(self) -> None:
        """Add 1."""
        self._owner.add(1, self._key)

    def set(self, value: float) -> None:
        """Set the value."""
        self._owner.set(value, self._key)


class ApiInstrument:
    """A histogram, counter, up-down counter or gauge of the plain API, keyed as ours are.

    A histogram is created with its first record: until then it takes further boundaries.
    """

    __slots__ = (
        "_act",
        "_attributes",
        "_created",
        "_faults",
        "_floor",
        "_lock",
        "_meter",
        "_metric",
        "bounds",
    )

    def __init__(
        self, meter: Meter, metric: AnyMetric, bounds: Sequence[float], faults: Faults
    ) -> None:
        self._metric = metric
        self._faults = faults
        self._attributes: dict[Key, dict[str, Any]] = {}
        self._floor = 0.0 if metric.kind in ("histogram", "counter") else -LARGEST
        self.bounds = tuple(bounds)
        self._lock = RLock()
        self._meter = meter
        self._created = False
        arguments = {"unit": metric.unit, "description": metric.description}
        match metric.kind:
            case "histogram":
                self._act: Any = self._record_first
            case "counter":
                self._act = meter.create_counter(metric.name, **arguments).add
            case "updowncounter":
                self._act = meter.create_up_down_counter(metric.name, **arguments).add
            case "gauge":
                self._act = meter.create_gauge(metric.name, **arguments).set

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = RLock()

    def _record_first(self, *measured: Any) -> None:
        """Create the histogram, and record in it from now on."""
        with self._lock:
            if not self._created:
                self._act = self._meter.create_histogram(
                    self._metric.name,
                    unit=self._metric.unit,
                    description=self._metric.description,
                    explicit_bucket_boundaries_advisory=self.bounds or None,
                ).record
                self._created = True
        self._act(*measured)

    def widen(self, metric: HistogramMetric, extra: Sequence[float]) -> None:
        """Add boundaries; raises `ConfigurationError` for a new one after the first record."""
        with self._lock:
            bounds = tuple(sorted({*self.bounds, *merged_bounds(metric, extra)}))
            if bounds == self.bounds:
                return
            if self._created:
                missing = min(set(bounds) - set(self.bounds))
                raise ConfigurationError(
                    f"{metric.name} has recorded already and cannot take the boundary"
                    f" {missing:g} {metric.unit}; declare it before the first record"
                )
            self.bounds = bounds

    def _of(self, key: Key) -> dict[str, Any]:
        attributes = self._attributes.get(key)
        if attributes is None:
            attributes = attributes_of(self._metric, key)
            if len(self._attributes) < _REMEMBERED:
                self._attributes[key] = attributes
        return attributes

    def record(self, value: float, key: Key, exemplar: Exemplar | None = None) -> None:
        """Record one measurement in the metric's unit; never raises."""
        self._measure(value, key, exemplar)

    def add(self, value: float, key: Key, exemplar: Exemplar | None = None) -> None:
        """Add to the sum; never raises."""
        self._measure(value, key, exemplar)

    def set(self, value: float, key: Key) -> None:
        """Set the value; never raises."""
        self._measure(value, key, None)

    def _measure(self, value: float, key: Key, exemplar: Exemplar | None) -> None:
        try:
            number = plain(value)
            if not self._floor <= number <= LARGEST:
                self._faults.invalid_value(value)
            elif exemplar is None or isinstance(exemplar, Pending):
                # An SDK meter shows what is sampled as it is measured, or never.
                self._act(number, self._of(key))
            else:
                context = set_span_in_context(NonRecordingSpan(exemplar))
                self._act(number, self._of(key), context)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def cell(self, key: Key) -> ApiSeries:
        """The series of a key. Raises `ValueError` for a key of the wrong length."""
        self._of(key)
        return ApiSeries(self, key)

    def reserve(self, key: Key) -> ApiSeries:
        """The series of a key, at zero where the kind can say zero. Raises as `cell` does."""
        series = self.cell(key)
        if self._metric.kind in ("counter", "updowncounter"):
            self.add(0, key)
        return series


def observe(meter: Meter, observed: Observed) -> None:
    """Register an observed metric with the plain API."""

    def call(options: CallbackOptions) -> Iterable[Observation]:
        del options
        return [
            Observation(reading.value, reading.attributes)  # type: ignore[arg-type]  # the API's Attributes is read-only
            for reading in observed.read()
        ]

    metric = observed.metric
    create = {
        "counter": meter.create_observable_counter,
        "updowncounter": meter.create_observable_up_down_counter,
        "gauge": meter.create_observable_gauge,
    }[metric.kind]
    create(metric.name, callbacks=[call], unit=metric.unit, description=metric.description)
