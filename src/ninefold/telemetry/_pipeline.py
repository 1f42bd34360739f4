"""The SDK providers of one process: built when first used, and built anew in a forked child.

`Pipeline` itself starts no thread and opens no socket when it is made: a server that loads the
application before it forks must find nothing running that a fork would cut in half.

Over 300 lines: one process's providers are built, flushed and ended in one place, in one order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from opentelemetry.sdk.metrics import (
    AlwaysOffExemplarFilter,
    AlwaysOnExemplarFilter,
    ExemplarFilter,
)
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from ninefold._version import __version__
from ninefold.telemetry._exemplar_filter import KeptExemplarFilter
from ninefold.telemetry._exporters import exporter_makers
from ninefold.telemetry._feed import Feed, Source
from ninefold.telemetry._guarded import (
    GuardedLogProcessor,
    GuardedMetricExporter,
    GuardedSpanProcessor,
    guard_reader,
)
from ninefold.telemetry._ids import DecidedIds
from ninefold.telemetry._resource import resource_of
from ninefold.telemetry._sampler import HeadSampler
from ninefold.telemetry._threads import PATCHED, are_patched
from ninefold.telemetry._worker import Worker, wait_all

if TYPE_CHECKING:
    from ninefold.config import Settings
    from ninefold.registry import Signal
    from ninefold.telemetry._deferring import Deferring
    from ninefold.telemetry._faults import Faults
    from ninefold.telemetry._prometheus import PrometheusReader
    from ninefold.telemetry._workers._siblings import Siblings

T = TypeVar("T")
_log = logging.getLogger("ninefold.telemetry")
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
_FILTERS: Final[dict[str, Callable[[], ExemplarFilter]]] = {
    "trace_based": KeptExemplarFilter,
    "always_on": AlwaysOnExemplarFilter,
    "always_off": AlwaysOffExemplarFilter,
}


class Built:
    """One process's providers, readers and workers."""

    def __init__(self, resource: Resource, ids: DecidedIds) -> None:
        self.resource = resource
        self.ids = ids
        self.tracer_provider: SdkTracerProvider | None = None
        self.meter_provider: SdkMeterProvider | None = None
        self.deferring: Deferring | None = None
        self.logger_provider: Any = None
        self.readers: list[MetricReader] = []
        self.prometheus: PrometheusReader | None = None
        self.workers: dict[str, Worker] = {}


class Pipeline:
    """Builds the providers once per process, and ends them in bounded time.

    `owns_traces` and `owns_metrics` say for which signals there is no provider of the user's.
    """

    def __init__(
        self,
        settings: Settings,
        faults: Faults,
        sources: Callable[[], Sequence[Source]],
        *,
        sampler: Sampler | None,
        readers: Iterable[MetricReader],
        span_processors: Iterable[SpanProcessor],
        owns_traces: bool,
        owns_metrics: bool,
        siblings: Siblings | None = None,
    ) -> None:
        self._settings = settings
        self.faults = self._faults = faults
        self._sources = sources
        self._sampler = sampler or ALWAYS_ON
        self._readers = list(readers)
        self._span_processors = list(span_processors)
        self._owns_traces = owns_traces
        self._owns_metrics = owns_metrics
        self._siblings = siblings
        # Names are resolved and modules imported here, at set-up: the first request must not pay.
        self._span_makers = exporter_makers(settings, "traces") if owns_traces else []
        self._metric_makers = exporter_makers(settings, "metrics") if owns_metrics else []
        self._log_makers = [] if settings.disabled else exporter_makers(settings, "logs")
        if settings.scraped:
            import_module("ninefold.telemetry._prometheus")
        self._lock = threading.RLock()
        self._on_built: list[Callable[[Built], None]] = []
        self._on_change: list[Callable[[], None]] = []
        self._building: Built | None = None
        self._ended = False
        self.built: Built | None = None
        """What this process has, or None before its first use."""

    @property
    def settings(self) -> Settings:
        """What it was built from."""
        return self._settings

    @property
    def traces(self) -> bool:
        """Whether spans go anywhere."""
        wanted = bool(self._span_makers or self._span_processors)
        return self._owns_traces and wanted and not self._ended

    @property
    def logs(self) -> bool:
        """Whether log records go anywhere."""
        return bool(self._log_makers)

    def when_built(self, action: Callable[[Built], None]) -> None:
        """Have `action` called with this process's providers, now or when they are built."""
        with self._lock:
            self._on_built.append(action)
            built = self.built
        if built is not None:
            action(built)

    def when_changed(self, action: Callable[[], None]) -> None:
        """Have `action` called when spans begin or cease to go anywhere, and in a forked child."""
        self._on_change.append(action)

    def ensure(self) -> Built:
        """This process's providers, built now if they are not yet; never raises."""
        built = self.built
        if built is not None:
            return built
        with self._lock:
            built = self.built
            if built is not None:
                return built
            if self._building is not None:
                # An exporter that is just being made asks for a tracer: there is none yet.
                return self._building
            made = self._building = Built(self._resource(), DecidedIds())
            try:
                if not self._ended:
                    self._build(made)
                self.built = made
            finally:
                self._building = None
            if self._siblings is not None and made.prometheus is not None:
                self._attempt("metrics", self._siblings.begin, made.prometheus.tell)
            for action in self._on_built:
                self._attempt("metrics", action, made)
            return made

    def _resource(self) -> Resource:
        try:
            return resource_of(self._settings)
        except Exception as error:  # noqa: BLE001 - a third party's detector
            self._faults.internal_error("metrics", error)
            return Resource({"service.name": self._settings.name})

    def wake(self) -> None:
        """As `ensure`, for the recording path: a service that has ended stays so."""
        if self.built is None and not self._ended:
            self.ensure()

    def _build(self, built: Built) -> None:
        """Build each signal; one that cannot be built costs neither the others nor a request."""
        if are_patched():
            # Since setup(), as in a worker of a server that loads the application before it forks.
            _log.error("nothing is measured: %s", PATCHED)
            return
        if self.traces:
            self._attempt("traces", self._build_traces, built)
        if self._owns_metrics:
            self._attempt("metrics", self._build_metrics, built)
        if self._log_makers:
            self._attempt("logs", self._build_logs, built)

    def _attempt(self, signal: Signal, action: Callable[[T], None], given: T) -> None:
        try:
            action(given)
        except Exception as error:  # noqa: BLE001 - the application must not notice
            self._faults.internal_error(signal, error)

    def _made(self, signal: Signal, makers: Iterable[Callable[[], Any]]) -> Iterator[Any]:
        """The exporters of a signal, without those that cannot be made."""
        for make in makers:
            try:
                made = make()
            except Exception as error:  # noqa: BLE001 - a third party's exporter
                self._faults.internal_error(signal, error)
            else:
                yield made

    def _build_traces(self, built: Built) -> None:
        provider = SdkTracerProvider(
            sampler=self._sampler,
            resource=built.resource,
            id_generator=built.ids,
            shutdown_on_exit=False,
        )
        exporting = [
            GuardedSpanProcessor(processor, self._faults)
            for processor in (
                *filter(_exports, self._span_processors),
                *map(BatchSpanProcessor, self._made("traces", self._span_makers)),
            )
        ]
        built.deferring = (
            self._sampler.defer(exporting, self._faults)
            if isinstance(self._sampler, HeadSampler)
            else None
        )
        for processor in self._span_processors:
            if not _exports(processor):
                provider.add_span_processor(GuardedSpanProcessor(processor, self._faults))
        for processor in exporting if built.deferring is None else [built.deferring]:
            provider.add_span_processor(processor)
        built.tracer_provider = provider
        built.workers["traces"] = Worker("traces", self._faults)

    def _build_metrics(self, built: Built) -> None:
        settings = self._settings
        readers: list[MetricReader] = list(self._readers)
        if settings.scraped:
            from ninefold.telemetry._prometheus import PrometheusReader

            built.prometheus = PrometheusReader(siblings=self._siblings)
            readers.append(built.prometheus)
        for made in self._made("metrics", self._metric_makers):
            readers.append(
                made
                if isinstance(made, MetricReader)
                else PeriodicExportingMetricReader(
                    GuardedMetricExporter(made, self._faults),
                    export_interval_millis=settings.metric_export_interval * 1000,
                    export_timeout_millis=settings.metric_export_timeout * 1000,
                )
            )
        provider = SdkMeterProvider(
            metric_readers=readers,
            resource=built.resource,
            exemplar_filter=_FILTERS[settings.exemplar_filter](),
            shutdown_on_exit=False,
        )
        feed = Feed(
            self._sources,
            built.resource,
            InstrumentationScope("ninefold", __version__, SCHEMA_URL),
            self._faults,
        )
        for reader in readers:
            guard_reader(reader, self._faults)
            feed.attach(reader, reader._collect)  # type: ignore[arg-type]  # pyright: ignore[reportPrivateUsage, reportArgumentType]
        built.meter_provider = provider
        built.readers = readers
        if readers:
            built.workers["metrics"] = Worker("metrics", self._faults)

    def _build_logs(self, built: Built) -> None:
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

        provider = LoggerProvider(resource=built.resource, shutdown_on_exit=False)
        for made in self._made("logs", self._log_makers):
            processor = GuardedLogProcessor(BatchLogRecordProcessor, made, self._faults)
            provider.add_log_record_processor(cast("Any", processor))
        built.logger_provider = provider
        built.workers["logs"] = Worker("logs", self._faults)

    def add_span_processor(self, processor: SpanProcessor) -> None:
        """Have spans go to this processor too, from now on."""
        with self._lock:
            self._span_processors.append(processor)
            built = self.built
            if built is not None and not self._ended:
                if built.tracer_provider is None:
                    self._attempt("traces", self._build_traces, built)
                else:
                    guarded = GuardedSpanProcessor(processor, self._faults)
                    if built.deferring is not None and _exports(processor):
                        built.deferring.add(guarded)
                    else:
                        built.tracer_provider.add_span_processor(guarded)
        self._changed()

    def _changed(self) -> None:
        for action in self._on_change:
            action()

    def restart(self) -> None:
        """Forget the parent's providers: their threads are not here, their locks may be held.

        Readers and processors that were given as objects are the parent's too, once it used them.
        Where it did not, as when a server loads the application and then forks, they are new here.
        """
        self._lock = threading.RLock()
        self._building = None
        built, self.built = self.built, None
        if built is not None:
            for reader in built.readers:
                Feed.detach(reader)
            self._readers = []
            self._span_processors = []
        self._changed()

    def force_flush(self, timeout: float) -> bool:
        """Export what is held, all signals at once; whether that ended within `timeout` seconds."""
        built = self.built
        if built is None:
            return True
        until = monotonic() + timeout
        millis = int(timeout * 1000)
        return wait_all(
            [
                worker.submit(partial(self._flush, worker.signal, provider, millis))
                for worker, provider in self._working(built)
            ],
            until - monotonic(),
        )

    def _flush(self, signal: str, provider: Any, millis: int) -> None:
        if signal == "metrics" and self._siblings is not None:
            self._siblings.tell()
        provider.force_flush(millis)

    def shutdown(self, timeout: float) -> bool:
        """Export what is held and end, all signals at once; whether it ended in time."""
        until = monotonic() + timeout
        # Whoever builds at this moment may take longer than there is time.
        if not self._lock.acquire(timeout=max(0.0, timeout)):
            return False
        try:
            built, self._ended = self.built, True
            working = [] if built is None else self._working(built)
            if built is not None:
                built.workers = {}
        finally:
            self._lock.release()
        self._changed()
        events = []
        for worker, provider in working:
            if worker.signal == "metrics":
                action = partial(provider.shutdown, timeout_millis=timeout * 1000)
                if self._siblings is not None:
                    events.append(worker.submit(self._siblings.end))
            else:
                action = provider.shutdown
            events.append(worker.submit(action))
            worker.stop()
        return wait_all(events, until - monotonic())

    @staticmethod
    def _working(built: Built) -> list[tuple[Worker, Any]]:
        providers = {
            "traces": built.tracer_provider,
            "metrics": built.meter_provider,
            "logs": built.logger_provider,
        }
        return [(worker, providers[signal]) for signal, worker in built.workers.items()]


def _exports(processor: SpanProcessor) -> bool:
    """Whether it is one of the SDK's own that hand spans to an exporter, and do nothing else."""
    return type(processor) in (BatchSpanProcessor, SimpleSpanProcessor)
