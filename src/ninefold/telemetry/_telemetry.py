"""Telemetry: one service's instruments, providers and their end.

Instruments are made once per metric and shared; what they hold reaches every reader through
`_feed`. Where the global provider is the user's own, the same instruments stand on the plain API.

Over 300 lines by a few: what is made, begun anew in a child and ended is read in one place.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from opentelemetry import metrics, trace

from ninefold._version import __version__
from ninefold.core import seconds
from ninefold.registry import TELEMETRY_DROPPED
from ninefold.telemetry import _fallback as fallback
from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._error_types import ErrorTypes
from ninefold.telemetry._exit import process_exit
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._install import Owners, install, require_usable, uninstall
from ninefold.telemetry._instruments import (
    Counter,
    Gauge,
    Histogram,
    Series,
    merged_bounds,
)
from ninefold.telemetry._level import Level
from ninefold.telemetry._measuring import Spans, present
from ninefold.telemetry._observed import Observation, Observed
from ninefold.telemetry._pipeline import SCHEMA_URL, Pipeline
from ninefold.telemetry._propagators import Propagator, configured_propagator
from ninefold.telemetry._threads import require_threads

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.sampling import Sampler

    from ninefold.config import Settings
    from ninefold.registry import (
        AnyMetric,
        CounterMetric,
        GaugeMetric,
        HistogramMetric,
        UpDownCounterMetric,
    )
    from ninefold.telemetry._workers._siblings import Siblings

AnyHistogram = Histogram | fallback.ApiInstrument
AnyCounter = Counter | fallback.ApiInstrument
AnyGauge = Gauge | fallback.ApiInstrument
_EXPONENTIAL = "base2_exponential_bucket_histogram"


class Telemetry:
    """What `setup()` makes of the settings, shared by everything a service measures.

    `readers` and `span_processors` are the caller's own, beside those that the settings name;
    a forked child takes them along if this process had no use for them yet, and otherwise not.

    Raises `ConfigurationError` for what is no reader or processor, or could never be asked, for
    exporters and propagators that nobody provides, and where gevent has replaced threads.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sampler: Sampler | None = None,
        readers: Iterable[MetricReader] = (),
        span_processors: Iterable[SpanProcessor] = (),
    ) -> None:
        if not settings.disabled:
            require_threads()
        self.settings = settings
        targets = (settings.otlp_traces, settings.otlp_metrics, settings.otlp_logs)
        self.faults = Faults(secrets=set[str]().union(*(target.secrets for target in targets)))
        self._lock = threading.RLock()
        self._instruments: dict[str, AnyHistogram | AnyCounter | AnyGauge] = {}
        self._error_types: dict[str, ErrorTypes] = {}
        self._levels: dict[str, Level] = {}
        self._sources: list[Histogram | Counter | Gauge | Observed] = []
        self.owners = Owners.nobody() if settings.disabled else Owners.present()
        readers, span_processors = tuple(readers), tuple(span_processors)
        require_usable(self.owners, settings, readers, span_processors)
        propagator = None if settings.disabled else configured_propagator(settings)
        self._propagator = Propagator(propagator)
        self._siblings = _siblings(settings)
        self.pipeline = Pipeline(
            settings,
            self.faults,
            lambda: tuple(self._sources),
            sampler=sampler,
            readers=readers,
            span_processors=span_processors,
            owns_traces=self.owners.traces == "ninefold",
            owns_metrics=self.owners.metrics == "ninefold",
            siblings=self._siblings,
        )
        self.spans = Spans()
        self._look_at_spans()
        self.pipeline.when_changed(self._look_at_spans)
        install(self.pipeline, self.owners)
        self._propagator.install()
        self._plain_histograms = (
            os.environ.get("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "").lower()
            == _EXPONENTIAL
        )
        dropped = self.counter(TELEMETRY_DROPPED)
        self.faults.count_with(dropped.add)
        restart_after_fork(self)
        present.change(self)
        self._left = settings.shutdown_timeout
        self.pipeline.when_built(lambda _: process_exit.join())
        if not settings.disabled:
            process_exit.add(self)

    @property
    def disabled(self) -> bool:
        """Whether `OTEL_SDK_DISABLED` says that nothing is to be measured."""
        return self.settings.disabled

    def _look_at_spans(self) -> None:
        self.spans.made = self.pipeline.traces or self.owners.traces == "user"

    @property
    def exemplars(self) -> bool:
        """Whether a record wants to be told of the present span.

        The SDK of a user's own provider looks at it itself.
        """
        return self.owners.metrics == "ninefold" and self.settings.exemplar_filter != "always_off"

    def _meter(self) -> metrics.Meter:
        if self.disabled:
            return metrics.NoOpMeter("ninefold")
        return metrics.get_meter("ninefold", __version__, schema_url=SCHEMA_URL)

    def histogram(self, metric: HistogramMetric, boundaries: Sequence[float] = ()) -> AnyHistogram:
        """The histogram of a metric, with further boundaries where wanted.

        Boundaries can be added until the first record; after it, one that is not there yet raises
        `ConfigurationError`, as buckets cannot be split once they hold counts.
        """
        with self._lock:
            found = self._instruments.get(metric.name)
            if isinstance(found, Histogram):
                found.widen(boundaries)
                return found
            if isinstance(found, fallback.ApiInstrument):
                if self.owners.metrics != "ninefold":
                    # Exponential histograms of ours have no boundaries to add to.
                    found.widen(metric, boundaries)
                return found
            bounds = merged_bounds(metric, boundaries)
            if self._plain_histograms or self.owners.metrics != "ninefold":
                return self._plain(metric, bounds)
            faults, exemplars = self.faults, self.settings.exemplar_filter

            def make(attributes: dict[str, object]) -> HistogramCell:
                return HistogramCell(attributes, made.bounds, faults, exemplars)

            made = Histogram(
                Series(metric, make, self.settings.max_series, faults, self.pipeline.wake),
                bounds,
                faults,
            )
            self._add(metric, made)
            return made

    def counter(self, metric: CounterMetric) -> AnyCounter:
        """The counter of a metric."""
        return self._number(metric, monotonic=True)

    def up_down_counter(self, metric: UpDownCounterMetric) -> AnyCounter:
        """The up-down counter of a metric."""
        return self._number(metric, monotonic=False)

    def _number(self, metric: AnyMetric, *, monotonic: bool) -> AnyCounter:
        with self._lock:
            found = self._instruments.get(metric.name)
            if isinstance(found, Counter | fallback.ApiInstrument):
                return found
            if self.owners.metrics != "ninefold":
                return self._plain(metric, ())
            faults, exemplars = self.faults, self.settings.exemplar_filter
            made = Counter(
                Series(
                    metric,
                    lambda attributes: NumberCell(attributes, monotonic, faults, exemplars),
                    self.settings.max_series,
                    faults,
                    self.pipeline.wake,
                ),
                faults,
            )
            self._add(metric, made)
            return made

    def gauge(self, metric: GaugeMetric) -> AnyGauge:
        """The gauge of a metric."""
        with self._lock:
            found = self._instruments.get(metric.name)
            if isinstance(found, Gauge | fallback.ApiInstrument):
                return found
            if self.owners.metrics != "ninefold":
                return self._plain(metric, ())
            faults = self.faults
            made = Gauge(
                Series(
                    metric,
                    lambda attributes: GaugeCell(attributes, faults),
                    self.settings.max_series,
                    faults,
                    self.pipeline.wake,
                ),
                faults,
            )
            self._add(metric, made)
            return made

    def level(self, metric: UpDownCounterMetric) -> Level:
        """What counts the things under way of a metric."""
        with self._lock:
            found = self._levels.get(metric.name)
            if found is None:
                found = self._levels[metric.name] = Level(metric)
                self.observe(metric, found.read)
            return found

    def observe(
        self,
        metric: AnyMetric,
        callback: Callable[[], Iterable[Observation]],
        *,
        bounded: bool = True,
    ) -> None:
        """Have `callback` asked for (value, key) pairs whenever a reader collects.

        `bounded=False` lets any number of series pass: for those that were declared one by one.
        """
        most = self.settings.max_series if bounded else sys.maxsize
        observed = Observed(metric, callback, self.faults, most)
        if self.owners.metrics != "ninefold":
            fallback.observe(self._meter(), observed)
            return
        with self._lock:
            self._sources.append(observed)

    def _plain(self, metric: AnyMetric, bounds: Sequence[float]) -> fallback.ApiInstrument:
        made = fallback.ApiInstrument(self._meter(), metric, bounds, self.faults)
        self._instruments[metric.name] = made
        return made

    def _add(self, metric: AnyMetric, made: Histogram | Counter | Gauge) -> None:
        self._instruments[metric.name] = made
        self._sources.append(made)
        if self._siblings is not None:
            self._siblings.add(made.series)

    def error_types(self, metric: AnyMetric) -> ErrorTypes:
        """What names the exceptions on a metric: one per metric, as the limit is per instrument."""
        return self._error_types.setdefault(metric.name, ErrorTypes())

    def tracer(self) -> trace.Tracer:
        """The tracer for our own spans."""
        if self.disabled:
            return trace.NoOpTracer()
        return trace.get_tracer("ninefold", __version__, schema_url=SCHEMA_URL)

    def restart(self) -> None:
        """Begin again, as a forked child must."""
        self._lock = threading.RLock()
        self._left = self.settings.shutdown_timeout
        self.faults.restart()
        self.pipeline.restart()
        for source in self._sources:
            (source if isinstance(source, Observed) else source.series).restart()
        for level in self._levels.values():
            level.restart()
        for instrument in self._instruments.values():
            if isinstance(instrument, fallback.ApiInstrument):
                instrument.restart()

    def force_flush(self, timeout: float | None = None) -> bool:
        """Export what is held now; whether that ended within `timeout` seconds."""
        return self.pipeline.force_flush(self._seconds(timeout))

    def shutdown(self, timeout: float | None = None) -> bool:
        """Export what is held and end; whether that ended within `timeout` seconds.

        Default: the setting `shutdown_timeout`, 5 seconds. A second call does nothing.
        """
        present.leave(self)
        ended = self.pipeline.shutdown(self._seconds(timeout))
        uninstall(self.pipeline)
        self._propagator.remove()
        process_exit.remove(self)
        return ended

    @property
    def in_use(self) -> bool:
        """Whether there is anything that an end of the process could lose."""
        return self.pipeline.built is not None

    @property
    def patience(self) -> float:
        """How many seconds are left for the end of the process, which may come in several steps."""
        return self._left

    def begin(self) -> None:
        """An application starts: its end has its whole time before it."""
        self._left = self.settings.shutdown_timeout

    def last_flush(self) -> bool:
        """Export what is held as an application ends; what follows has what is left of the time."""
        began = monotonic()
        ended = self.pipeline.force_flush(self._left)
        self._left = max(0.0, self._left - (monotonic() - began))
        return ended

    def end(self) -> None:
        """Shut down as the process ends, in the time that is left."""
        self.shutdown(self._left)

    def _seconds(self, timeout: float | None) -> float:
        if timeout is None:
            return self.settings.shutdown_timeout
        return seconds("timeout", timeout, zero=True)


def _siblings(settings: Settings) -> Siblings | None:
    """The other workers of this server, where somebody may scrape one of them."""
    # Windows has neither fork nor the locks by which siblings know of each other's end.
    if sys.platform == "win32" or settings.disabled or not settings.scraped:
        return None
    from ninefold.telemetry._workers._siblings import Siblings

    return Siblings(settings.name, settings.workers)
