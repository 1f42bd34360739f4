"""The global meter provider that `setup()` installs: its instruments find their process's own SDK.

A counter taken before a fork works in the child, and callbacks are registered anew there. What an
application records through it never raises: the SDK lets `counter.add("x")` through as a TypeError,
and `gauge.set("x")` into an export that then fails as a whole. Nor does it limit the series.

Over 300 lines: the meter and its eight instruments, each of a few lines.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry import metrics
from opentelemetry.metrics import (
    CallbackT,
    Instrument,
    NoOpMeterProvider,
    NoOpObservableCounter,
    NoOpObservableGauge,
    NoOpObservableUpDownCounter,
)
from opentelemetry.metrics import _Gauge as Gauge  # the API's gauge has no public name

from ninefold.errors import ConfigurationError
from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._measurement import LARGEST, exportable
from ninefold.telemetry._series_limit import SeriesLimit

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes

    from ninefold.telemetry._pipeline import Built, Pipeline

_NO_METRICS = NoOpMeterProvider()


class DelegatingMeterProvider(metrics.MeterProvider):
    """A meter provider whose instruments act through the pipeline of the present process."""

    def __init__(self) -> None:
        self._pipeline: Pipeline | None = None
        self._lock = threading.RLock()
        self._meters: dict[tuple[object, ...], _Meter] = {}
        restart_after_fork(self)

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()

    @property
    def pipeline(self) -> Pipeline | None:
        """What the instruments act through."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline | None) -> None:
        self._pipeline = pipeline
        if pipeline is not None:
            pipeline.when_built(self._observe)

    def _observe(self, built: Built) -> None:
        if built.meter_provider is not None:
            for meter in list(self._meters.values()):
                meter.observe(built.meter_provider)

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> metrics.Meter:
        """A meter that stays valid over forks and over a later `setup()`.

        It is the same for the same scope: some applications ask for one in every request.
        """
        scope = (name, version, schema_url, attributes)
        key = (name, version, schema_url, repr(sorted((attributes or {}).items())))
        with self._lock:
            meter = self._meters.get(key)
            if meter is None:
                meter = self._meters[key] = _Meter(self, scope)
            return meter

    def sdk_provider(self) -> metrics.MeterProvider:
        """The SDK's provider in this process, or one that does nothing."""
        pipeline = self._pipeline
        if pipeline is None:
            return _NO_METRICS
        return (pipeline.built or pipeline.ensure()).meter_provider or _NO_METRICS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Export what is held; whether it ended in time."""
        return self._pipeline is None or self._pipeline.force_flush(timeout_millis / 1000)

    def shutdown(self, timeout_millis: float = 30_000) -> None:
        """End the pipeline, all signals together: they share their shutdown's time."""
        if self._pipeline is not None:
            self._pipeline.shutdown(timeout_millis / 1000)


class _Meter(metrics.Meter):
    def __init__(self, provider: DelegatingMeterProvider, scope: tuple[Any, ...]) -> None:
        super().__init__(*scope[:3])
        self._provider = provider
        self._scope = scope
        self._lock = threading.RLock()
        self._observed: list[tuple[str, tuple[Any, ...]]] = []
        self._observed_by: metrics.MeterProvider | None = None
        self._limits: WeakKeyDictionary[Any, SeriesLimit] = WeakKeyDictionary()
        restart_after_fork(self)

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()

    def real(self, provider: metrics.MeterProvider) -> metrics.Meter:
        """The meter of the same scope in a provider of the SDK's."""
        return provider.get_meter(*self._scope)

    def limit(self, instrument: Any, name: str, pipeline: Pipeline) -> SeriesLimit:
        """The limit of an instrument of the SDK's, which several of our handles may share."""
        with self._lock:
            found = self._limits.get(instrument)
            if found is None:
                found = SeriesLimit(name, pipeline.settings.max_series, pipeline.faults)
                self._limits[instrument] = found
            return found

    def create_counter(self, name: str, unit: str = "", description: str = "") -> metrics.Counter:
        return _Counter(self._provider, self, "create_counter", (name, unit, description))

    def create_up_down_counter(
        self, name: str, unit: str = "", description: str = ""
    ) -> metrics.UpDownCounter:
        return _UpDownCounter(
            self._provider, self, "create_up_down_counter", (name, unit, description)
        )

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> metrics.Histogram:
        return _Histogram(
            self._provider,
            self,
            "create_histogram",
            (name, unit, description),
            explicit_bucket_boundaries_advisory=explicit_bucket_boundaries_advisory,
        )

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> Gauge:
        return _Gauge(self._provider, self, "create_gauge", (name, unit, description))

    def create_observable_counter(
        self,
        name: str,
        callbacks: Sequence[CallbackT] | None = None,
        unit: str = "",
        description: str = "",
    ) -> metrics.ObservableCounter:
        args = self._observe("create_observable_counter", name, callbacks, unit, description)
        return NoOpObservableCounter(*args)

    def create_observable_up_down_counter(
        self,
        name: str,
        callbacks: Sequence[CallbackT] | None = None,
        unit: str = "",
        description: str = "",
    ) -> metrics.ObservableUpDownCounter:
        args = self._observe(
            "create_observable_up_down_counter", name, callbacks, unit, description
        )
        return NoOpObservableUpDownCounter(*args)

    def create_observable_gauge(
        self,
        name: str,
        callbacks: Sequence[CallbackT] | None = None,
        unit: str = "",
        description: str = "",
    ) -> metrics.ObservableGauge:
        args = self._observe("create_observable_gauge", name, callbacks, unit, description)
        return NoOpObservableGauge(*args)

    def _observe(
        self,
        create: str,
        name: str,
        callbacks: Sequence[CallbackT] | None,
        unit: str,
        description: str,
    ) -> tuple[Any, ...]:
        """Register callbacks in this process, and in each that builds providers later."""
        _require_name(name, unit, description)
        # A list of ours: an iterator would be used up by the first registration.
        args = (name, list(callbacks or ()), unit, description)
        with self._lock:
            self._observed.append((create, args))
            pipeline = self._provider.pipeline
            built = None if pipeline is None else pipeline.built
            provider = None if built is None else built.meter_provider
            if provider is not None:
                if self._observed_by is provider:
                    getattr(self.real(provider), create)(*args)
                else:
                    self.observe(provider)
        return args

    def observe(self, provider: metrics.MeterProvider) -> None:
        """Register every callback with a provider that was just built."""
        with self._lock:
            if self._observed_by is not provider:
                self._observed_by = provider
                meter = self.real(provider)
                for create, args in self._observed:
                    getattr(meter, create)(*args)


class _Handle:
    """A synchronous instrument of the application's: found anew in each process, never raising."""

    _floor = -LARGEST

    def __init__(
        self,
        provider: DelegatingMeterProvider,
        meter: _Meter,
        create: str,
        args: tuple[str, str, str],
        **kwargs: Any,
    ) -> None:
        _require_name(*args)
        self._provider = provider
        self._meter = meter
        self._create = (create, args, kwargs)
        self._found: tuple[metrics.MeterProvider | None, Any, SeriesLimit | None]
        self._found = (None, None, None)

    def _real(self, pipeline: Pipeline) -> tuple[Any, SeriesLimit]:
        provider = self._provider.sdk_provider()
        known, instrument, limit = self._found
        if limit is None or known is not provider:
            create, args, kwargs = self._create
            instrument = getattr(self._meter.real(provider), create)(*args, **kwargs)
            limit = self._meter.limit(instrument, args[0], pipeline)
            self._found = (provider, instrument, limit)
        return instrument, limit

    def _act(
        self,
        verb: str,
        value: Any,
        attributes: Attributes,
        rest: tuple[Any, ...],
        named: dict[str, Any],
    ) -> None:
        pipeline = self._provider.pipeline
        if pipeline is None:
            return
        try:
            if not isinstance(value, (int, float)):
                # Numbers of other makes are recorded as floats; text that looks like one is none.
                value = value.__float__()
            if self._floor <= value <= LARGEST:
                instrument, limit = self._real(pipeline)
                getattr(instrument, verb)(exportable(value), limit.of(attributes), *rest, **named)
                return
        except (AttributeError, OverflowError, TypeError, ValueError):
            pass
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            pipeline.faults.internal_error("metrics", error)
            return
        pipeline.faults.invalid_value(value)


class _Counter(_Handle, metrics.Counter):
    _floor = 0.0

    def add(self, amount: float, attributes: Attributes = None, *args: Any, **kwargs: Any) -> None:
        self._act("add", amount, attributes, args, kwargs)


class _UpDownCounter(_Handle, metrics.UpDownCounter):
    def add(self, amount: float, attributes: Attributes = None, *args: Any, **kwargs: Any) -> None:
        self._act("add", amount, attributes, args, kwargs)


class _Histogram(_Handle, metrics.Histogram):
    _floor = 0.0

    def record(
        self, amount: float, attributes: Attributes = None, *args: Any, **kwargs: Any
    ) -> None:
        self._act("record", amount, attributes, args, kwargs)


class _Gauge(_Handle, Gauge):
    def set(self, amount: float, attributes: Attributes = None, *args: Any, **kwargs: Any) -> None:
        self._act("set", amount, attributes, args, kwargs)


def _require_name(name: str, unit: str, description: str) -> None:
    """Say at once what the SDK would object to only at the first record.

    Raises `ConfigurationError`; the SDK raises a bare `Exception` for the same.
    """
    checked = Instrument._check_name_unit_description(name, unit, description)
    if checked["name"] is None:
        raise ConfigurationError(
            "the name of an instrument must be a letter and at most 254 of letters, digits and"
            f" _ . - /, got {name!r}"
        )
    if checked["unit"] is None:
        raise ConfigurationError(
            f"the unit of {name} must be at most 63 ASCII characters, got {unit!r}"
        )
