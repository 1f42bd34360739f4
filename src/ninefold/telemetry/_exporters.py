"""Exporters by the names OpenTelemetry gives them: `otlp`, `console`, or an entry point's."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Literal

from ninefold.errors import ConfigurationError
from ninefold.telemetry._identity import read_identity

if TYPE_CHECKING:
    from ninefold.config import OtlpSettings, Settings, Temporality
    from ninefold.telemetry._identity import Identity

SignalName = Literal["traces", "metrics", "logs"]

_ENTRY_POINTS = {
    "traces": "opentelemetry_traces_exporter",
    "metrics": "opentelemetry_metrics_exporter",
    "logs": "opentelemetry_logs_exporter",
}

_PROVIDER = "_CREDENTIAL_PROVIDER"


def exporter_makers(settings: Settings, signal: SignalName) -> list[Callable[[], Any]]:
    """Import the exporters configured for a signal and say how to build each.

    Nothing is connected and no thread starts before a maker is called: that is done once in every
    process, a forked child included. Raises `ConfigurationError` for a name nobody provides.
    """
    names: tuple[str, ...] = getattr(settings, f"{signal}_exporter")
    return [_maker(settings, signal, name) for name in names if name != "prometheus"]


def _maker(settings: Settings, signal: SignalName, name: str) -> Callable[[], Any]:
    if name == "otlp":
        return _otlp(settings, signal)
    if name == "console":
        return _console(signal)
    for point in entry_points(group=_ENTRY_POINTS[signal], name=name):
        try:
            loaded: Callable[[], Any] = point.load()
        except Exception as error:
            raise ConfigurationError(
                f"the {signal} exporter {name!r} cannot be imported: {error}; install what it"
                f" needs, or choose another with OTEL_{signal.upper()}_EXPORTER"
            ) from error
        return loaded
    raise ConfigurationError(
        f"no {signal} exporter is called {name!r}; use 'otlp', 'console', 'none', or install the"
        f" distribution that provides it (entry point group {_ENTRY_POINTS[signal]})"
    )


def _console(signal: SignalName) -> Callable[[], Any]:
    if signal == "traces":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter
    if signal == "metrics":
        from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

        return ConsoleMetricExporter
    from opentelemetry.sdk._logs import export as log_export

    # Renamed between the supported versions; the old name is deprecated where both exist.
    names = ("ConsoleLogRecordExporter", "ConsoleLogExporter")
    found: Callable[[], Any] = getattr(log_export, next(n for n in names if hasattr(log_export, n)))
    return found


def _otlp(settings: Settings, signal: SignalName) -> Callable[[], Any]:
    refusal = settings.refusal(signal)
    if refusal is not None:
        raise ConfigurationError(refusal)
    target = settings.otlp(signal)
    arguments: dict[str, Any] = {
        "endpoint": target.endpoint,
        "headers": dict(target.headers) or None,
        "timeout": target.timeout,
    }
    if signal == "metrics":
        arguments["preferred_temporality"] = _temporality(settings.otlp_temporality)
    identity = read_identity(target)
    if target.protocol == "grpc":
        exporter = _otlp_grpc(signal)
        arguments |= _grpc_arguments(target, identity)
    else:
        exporter = _otlp_http(signal)
        arguments |= _http_arguments(target)

    def make() -> Any:
        return exporter(**arguments)

    return make


def _temporality(preference: Temporality) -> dict[type, Any]:
    """What the preference means, kind by kind (OTLP exporter specification for metrics)."""
    from opentelemetry.sdk import metrics
    from opentelemetry.sdk.metrics.export import AggregationTemporality

    delta: tuple[type, ...]
    match preference:
        case "cumulative":
            delta = ()
        case "delta":
            delta = (metrics.Counter, metrics.Histogram, metrics.ObservableCounter)
        case "lowmemory":
            delta = (metrics.Counter, metrics.Histogram)
    return dict.fromkeys(delta, AggregationTemporality.DELTA)


def _http_arguments(target: OtlpSettings) -> dict[str, Any]:
    from opentelemetry.exporter.otlp.proto.http import Compression

    arguments: dict[str, Any] = {
        "certificate_file": target.certificate,
        "client_key_file": target.client_key,
        "client_certificate_file": target.client_certificate,
        "compression": Compression(target.compression or "none"),
    }
    # A session of a credential provider is the exporter's to find.
    if target.certificate and not any(name.endswith(_PROVIDER) for name in os.environ):
        from ninefold.telemetry._session import TrustingSession

        arguments["session"] = TrustingSession()
    return arguments


def _grpc_arguments(target: OtlpSettings, identity: Identity) -> dict[str, Any]:
    import grpc

    arguments: dict[str, Any] = {
        "insecure": target.insecure,
        "compression": {
            "gzip": grpc.Compression.Gzip,
            "deflate": grpc.Compression.Deflate,
        }.get(target.compression or "", grpc.Compression.NoCompression),
    }
    if identity.certificate or identity.client_certificate:
        # A key may stand in the file of its certificate.
        key = identity.client_key or identity.client_certificate
        arguments["credentials"] = grpc.ssl_channel_credentials(
            identity.certificate, key, identity.client_certificate
        )
    return arguments


def _otlp_http(signal: SignalName) -> Callable[..., Any]:
    match signal:
        case "traces":
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter
        case "metrics":
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
                OTLPMetricExporter,
            )

            return OTLPMetricExporter
        case "logs":
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

            return OTLPLogExporter


def _otlp_grpc(signal: SignalName) -> Callable[..., Any]:
    match signal:
        case "traces":
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter
        case "metrics":
            from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
                OTLPMetricExporter,
            )

            return OTLPMetricExporter
        case "logs":
            from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

            return OTLPLogExporter
