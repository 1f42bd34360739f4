"""The only home of OpenTelemetry SDK calls: providers, instruments, readers, shutdown."""

from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import SpanProcessor

from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._decisions import Decisions
from ninefold.telemetry._dropped_span import DroppedSpan
from ninefold.telemetry._faults import Faults, quoted
from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._instruments import Histogram, Key
from ninefold.telemetry._measurement import LARGEST, plain
from ninefold.telemetry._measuring import Bound, Measuring, Spans, bind, part
from ninefold.telemetry._observed import Observation
from ninefold.telemetry._pending import Exemplar, exemplar_of, is_deferred
from ninefold.telemetry._sampler import HeadSampler
from ninefold.telemetry._seen import Started, method_of, path_of
from ninefold.telemetry._server_trace import ServerTrace, ServerTracing
from ninefold.telemetry._telemetry import AnyCounter, AnyGauge, AnyHistogram, Telemetry

__all__ = [
    "LARGEST",
    "AnyCounter",
    "AnyGauge",
    "AnyHistogram",
    "Bound",
    "Decisions",
    "DroppedSpan",
    "Exemplar",
    "Faults",
    "GaugeCell",
    "HeadSampler",
    "Histogram",
    "HistogramCell",
    "Key",
    "Measuring",
    "MetricReader",
    "NumberCell",
    "Observation",
    "ServerTrace",
    "ServerTracing",
    "SpanProcessor",
    "Spans",
    "Started",
    "Telemetry",
    "bind",
    "exemplar_of",
    "is_deferred",
    "method_of",
    "part",
    "path_of",
    "plain",
    "quoted",
    "restart_after_fork",
]
