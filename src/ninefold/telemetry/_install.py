"""Whose providers are the global ones: ours, installed once, or the user's, left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import SpanProcessor

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.telemetry._logger_provider import DelegatingLoggerProvider
from ninefold.telemetry._meter_provider import DelegatingMeterProvider
from ninefold.telemetry._pipeline import Pipeline
from ninefold.telemetry._tracer_provider import DelegatingTracerProvider

if TYPE_CHECKING:
    from ninefold.config import Settings

Owner = Literal["ninefold", "user", "nobody"]

# OpenTelemetry's stand-ins until a provider is set; it has no public way to ask.
_UNSET = frozenset({"ProxyTracerProvider", "_ProxyMeterProvider", "ProxyLoggerProvider"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who owns the global provider of each signal."""

    traces: Owner
    metrics: Owner
    logs: Owner

    @classmethod
    def present(cls) -> Owners:
        """Look at the global providers as they are now."""
        return cls(
            traces=_owner(trace.get_tracer_provider(), DelegatingTracerProvider),
            metrics=_owner(metrics.get_meter_provider(), DelegatingMeterProvider),
            logs=_owner(_logs.get_logger_provider(), DelegatingLoggerProvider),
        )

    @classmethod
    def nobody(cls) -> Owners:
        """Nothing is measured: `OTEL_SDK_DISABLED`."""
        return cls(traces="nobody", metrics="nobody", logs="nobody")


def _owner(provider: object, ours: type) -> Owner:
    if isinstance(provider, ours) or type(provider).__name__ in _UNSET:
        return "ninefold"
    return "user"


def require_usable(
    owners: Owners,
    settings: Settings,
    readers: Sequence[object],
    span_processors: Sequence[object],
) -> None:
    """Check what the caller brought along.

    Raises `ConfigurationError` for what is of the wrong kind, and where nothing would come of it.
    """
    for reader in readers:
        if not isinstance(reader, MetricReader):
            raise ConfigurationError(
                f"readers must list OpenTelemetry MetricReader objects, got {shown(reader)} in it;"
                " write readers=[PeriodicExportingMetricReader(exporter)]"
            )
        if reader._collect is not None:
            raise ConfigurationError(
                f"the reader {shown(reader)} is registered with a provider already, and can have"
                " but one; make a new one for setup()"
            )
    for processor in span_processors:
        if not isinstance(processor, SpanProcessor):
            raise ConfigurationError(
                "span_processors must list OpenTelemetry SpanProcessor objects, got"
                f" {shown(processor)} in it; write span_processors=[BatchSpanProcessor(exporter)]"
            )
    # What a deployment says of Prometheus may be meant for the application's own provider.
    prometheus = settings.prometheus and settings.origin("prometheus").source == "code"
    for signal, owner, given, what in (
        ("meter", owners.metrics, bool(readers), "readers"),
        ("meter", owners.metrics, prometheus, "prometheus=True"),
        ("tracer", owners.traces, bool(span_processors), "span_processors"),
        ("tracer", owners.traces, _keeps_by_code(settings), "Sampling(keep=...)"),
    ):
        if given and owner == "user":
            raise ConfigurationError(
                f"{what} would have no effect: the application set a {signal} provider of its own"
                " before setup(); configure that provider, or call setup() before it is set"
            )


def _keeps_by_code(settings: Settings) -> bool:
    """Whether code says that traces are kept for how they end."""
    return any(
        value is not None and settings.origin(f"sampling.keep.{key}").source == "code"
        for key, value in (
            ("errors", settings.keep_errors),
            ("slower_than", settings.keep_slower_than),
            ("propagate", settings.keep_propagate),
        )
    )


def install(pipeline: Pipeline, owners: Owners) -> None:
    """Point the global providers at `pipeline`, installing ours where there are none yet."""
    if owners.traces == "ninefold":
        tracers = trace.get_tracer_provider()
        if not isinstance(tracers, DelegatingTracerProvider):
            tracers = DelegatingTracerProvider()
            trace.set_tracer_provider(tracers)
        tracers.pipeline = pipeline
    if owners.metrics == "ninefold":
        meters = metrics.get_meter_provider()
        if not isinstance(meters, DelegatingMeterProvider):
            meters = DelegatingMeterProvider()
            metrics.set_meter_provider(meters)
        meters.pipeline = pipeline
    # A logger provider is installed only where records go somewhere: its presence alone makes
    # frameworks emit a record for every exception.
    if owners.logs == "ninefold" and pipeline.logs:
        loggers = _logs.get_logger_provider()
        if not isinstance(loggers, DelegatingLoggerProvider):
            loggers = DelegatingLoggerProvider()
            _logs.set_logger_provider(loggers)
        loggers.pipeline = pipeline


def uninstall(pipeline: Pipeline) -> None:
    """Point the global providers at nothing, where they still point at `pipeline`."""
    for provider in (
        trace.get_tracer_provider(),
        metrics.get_meter_provider(),
        _logs.get_logger_provider(),
    ):
        if (
            isinstance(
                provider,
                DelegatingTracerProvider | DelegatingMeterProvider | DelegatingLoggerProvider,
            )
            and provider.pipeline is pipeline
        ):
            provider.pipeline = None
