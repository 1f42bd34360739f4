"""Every metric and attribute that ninefold emits, generated from conformance/registry.

Made with the OpenTelemetry semantic conventions v1.44.0. Change the registry and
run scripts/generate_catalogue.py; an edit here is lost. Over 300 lines, being one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ninefold.registry._model import (
    AnyMetric,
    Attribute,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Metric,
    UpDownCounterMetric,
)

CONVENTIONS_VERSION: Final = "1.44.0"

MetricName: TypeAlias = Literal[
    "cpython.gc.collected_objects",
    "cpython.gc.collections",
    "cpython.gc.uncollectable_objects",
    "db.client.operation.duration",
    "http.client.request.duration",
    "http.server.active_requests",
    "http.server.request.duration",
    "messaging.client.operation.duration",
    "messaging.process.duration",
    "ninefold.breaker.status",
    "ninefold.breaker.transitions",
    "ninefold.bulkhead.limit",
    "ninefold.bulkhead.usage",
    "ninefold.dependency.attempts",
    "ninefold.dependency.call.duration",
    "ninefold.event_loop.lag",
    "ninefold.events",
    "ninefold.freshness.timestamp",
    "ninefold.health.check.duration",
    "ninefold.health.status",
    "ninefold.operation.duration",
    "ninefold.retry.suppressed",
    "ninefold.sampling.buffer.dropped",
    "ninefold.sampling.decisions",
    "ninefold.saturation.utilization",
    "ninefold.sli.events",
    "ninefold.telemetry.dropped",
    "ninefold.throughput.arrived",
    "ninefold.throughput.backlog",
    "ninefold.throughput.processed",
    "process.cpu.time",
    "process.memory.usage",
    "process.thread.count",
]
AttributeName: TypeAlias = Literal[
    "client.address",
    "client.port",
    "cpu.mode",
    "cpython.gc.generation",
    "db.collection.name",
    "db.namespace",
    "db.operation.name",
    "db.query.summary",
    "db.response.status_code",
    "db.stored_procedure.name",
    "db.system.name",
    "deployment.environment.name",
    "error.type",
    "exception.message",
    "exception.stacktrace",
    "exception.type",
    "http.request.method",
    "http.request.method_original",
    "http.request.resend_count",
    "http.response.status_code",
    "http.route",
    "messaging.consumer.group.name",
    "messaging.destination.name",
    "messaging.destination.partition.id",
    "messaging.destination.subscription.name",
    "messaging.destination.template",
    "messaging.operation.name",
    "messaging.operation.type",
    "messaging.system",
    "network.peer.address",
    "network.peer.port",
    "network.protocol.version",
    "ninefold.attempt.number",
    "ninefold.breaker.state",
    "ninefold.dependency.name",
    "ninefold.health.state",
    "ninefold.operation.name",
    "ninefold.outcome",
    "ninefold.reason",
    "ninefold.sampling.decision",
    "ninefold.sampling.rule",
    "ninefold.saturation.name",
    "ninefold.service.owner",
    "ninefold.signal",
    "ninefold.slo.name",
    "otel.metric.overflow",
    "server.address",
    "server.port",
    "service.instance.id",
    "service.name",
    "service.peer.name",
    "service.version",
    "url.full",
    "url.path",
    "url.query",
    "url.scheme",
    "user_agent.original",
    "user_agent.synthetic.type",
]

AttemptOutcome: TypeAlias = Literal["success", "failure", "timeout", "cancelled"]
BreakerState: TypeAlias = Literal[
    "closed",
    "open",
    "half_open",
    "forced_open",
    "forced_closed",
    "shadow",
]
BufferDropReason: TypeAlias = Literal["buffer_bytes", "buffer_age", "buffer_spans"]
CallOutcome: TypeAlias = Literal["success", "failure", "fallback", "rejected", "cancelled"]
CpythonGcGeneration: TypeAlias = Literal[0, 1, 2]
EventOutcome: TypeAlias = Literal["good", "bad"]
HealthState: TypeAlias = Literal["up", "degraded", "down", "unknown", "starting", "draining"]
HttpRequestMethod: TypeAlias = Literal[
    "CONNECT",
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "TRACE",
    "QUERY",
    "_OTHER",
]
HttpServerErrorType: TypeAlias = Literal[
    "client_disconnected",
    "timeout",
    "cancelled",
    "incomplete_response",
    "_OTHER",
]
OperationOutcome: TypeAlias = Literal["success", "failure", "ignored", "cancelled"]
Outcome: TypeAlias = Literal[
    "good",
    "bad",
    "success",
    "failure",
    "ignored",
    "cancelled",
    "fallback",
    "rejected",
    "timeout",
]
ProcessCpuMode: TypeAlias = Literal["user", "system"]
Reason: TypeAlias = Literal[
    "open",
    "bulkhead",
    "deadline",
    "budget",
    "nested",
    "queue_full",
    "export_failed",
    "invalid_value",
    "cardinality",
    "internal_error",
    "buffer_bytes",
    "buffer_age",
    "buffer_spans",
]
RejectionReason: TypeAlias = Literal["open", "bulkhead", "deadline"]
RetrySuppressionReason: TypeAlias = Literal["budget", "deadline", "open", "nested"]
SamplingDecision: TypeAlias = Literal["kept", "dropped", "deferred_kept", "deferred_dropped"]
Signal: TypeAlias = Literal["metrics", "traces", "logs"]
TelemetryDropReason: TypeAlias = Literal[
    "queue_full",
    "export_failed",
    "invalid_value",
    "cardinality",
    "internal_error",
    "buffer_bytes",
    "buffer_age",
    "buffer_spans",
]
UserAgentSyntheticType: TypeAlias = Literal["bot", "test"]

ATTR_CLIENT_ADDRESS: Final = "client.address"
ATTR_CLIENT_PORT: Final = "client.port"
ATTR_CPU_MODE: Final = "cpu.mode"
ATTR_CPYTHON_GC_GENERATION: Final = "cpython.gc.generation"
ATTR_DB_COLLECTION_NAME: Final = "db.collection.name"
ATTR_DB_NAMESPACE: Final = "db.namespace"
ATTR_DB_OPERATION_NAME: Final = "db.operation.name"
ATTR_DB_QUERY_SUMMARY: Final = "db.query.summary"
ATTR_DB_RESPONSE_STATUS_CODE: Final = "db.response.status_code"
ATTR_DB_STORED_PROCEDURE_NAME: Final = "db.stored_procedure.name"
ATTR_DB_SYSTEM_NAME: Final = "db.system.name"
ATTR_DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"
ATTR_ERROR_TYPE: Final = "error.type"
ATTR_EXCEPTION_MESSAGE: Final = "exception.message"
ATTR_EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
ATTR_EXCEPTION_TYPE: Final = "exception.type"
ATTR_HTTP_REQUEST_METHOD: Final = "http.request.method"
ATTR_HTTP_REQUEST_METHOD_ORIGINAL: Final = "http.request.method_original"
ATTR_HTTP_REQUEST_RESEND_COUNT: Final = "http.request.resend_count"
ATTR_HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
ATTR_HTTP_ROUTE: Final = "http.route"
ATTR_MESSAGING_CONSUMER_GROUP_NAME: Final = "messaging.consumer.group.name"
ATTR_MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
ATTR_MESSAGING_DESTINATION_PARTITION_ID: Final = "messaging.destination.partition.id"
ATTR_MESSAGING_DESTINATION_SUBSCRIPTION_NAME: Final = "messaging.destination.subscription.name"
ATTR_MESSAGING_DESTINATION_TEMPLATE: Final = "messaging.destination.template"
ATTR_MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
ATTR_MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
ATTR_MESSAGING_SYSTEM: Final = "messaging.system"
ATTR_NETWORK_PEER_ADDRESS: Final = "network.peer.address"
ATTR_NETWORK_PEER_PORT: Final = "network.peer.port"
ATTR_NETWORK_PROTOCOL_VERSION: Final = "network.protocol.version"
ATTR_ATTEMPT_NUMBER: Final = "ninefold.attempt.number"
ATTR_BREAKER_STATE: Final = "ninefold.breaker.state"
ATTR_DEPENDENCY_NAME: Final = "ninefold.dependency.name"
ATTR_HEALTH_STATE: Final = "ninefold.health.state"
ATTR_OPERATION_NAME: Final = "ninefold.operation.name"
ATTR_OUTCOME: Final = "ninefold.outcome"
ATTR_REASON: Final = "ninefold.reason"
ATTR_SAMPLING_DECISION: Final = "ninefold.sampling.decision"
ATTR_SAMPLING_RULE: Final = "ninefold.sampling.rule"
ATTR_SATURATION_NAME: Final = "ninefold.saturation.name"
ATTR_SERVICE_OWNER: Final = "ninefold.service.owner"
ATTR_SIGNAL: Final = "ninefold.signal"
ATTR_SLO_NAME: Final = "ninefold.slo.name"
ATTR_OTEL_METRIC_OVERFLOW: Final = "otel.metric.overflow"
ATTR_SERVER_ADDRESS: Final = "server.address"
ATTR_SERVER_PORT: Final = "server.port"
ATTR_SERVICE_INSTANCE_ID: Final = "service.instance.id"
ATTR_SERVICE_NAME: Final = "service.name"
ATTR_SERVICE_PEER_NAME: Final = "service.peer.name"
ATTR_SERVICE_VERSION: Final = "service.version"
ATTR_URL_FULL: Final = "url.full"
ATTR_URL_PATH: Final = "url.path"
ATTR_URL_QUERY: Final = "url.query"
ATTR_URL_SCHEME: Final = "url.scheme"
ATTR_USER_AGENT_ORIGINAL: Final = "user_agent.original"
ATTR_USER_AGENT_SYNTHETIC_TYPE: Final = "user_agent.synthetic.type"

CPYTHON_GC_COLLECTED_OBJECTS: Final[CounterMetric] = Metric(
    name="cpython.gc.collected_objects",
    kind="counter",
    unit="{object}",
    description="Objects that garbage collection freed, by generation.",
    attributes=("cpython.gc.generation",),
    observable=True,
    value_type="int",
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "cpython.gc.generation": "required",
        }
    ),
    values=MappingProxyType(
        {
            "cpython.gc.generation": (0, 1, 2),
        }
    ),
)

CPYTHON_GC_COLLECTIONS: Final[CounterMetric] = Metric(
    name="cpython.gc.collections",
    kind="counter",
    unit="{collection}",
    description="Garbage collections, by generation.",
    attributes=("cpython.gc.generation",),
    observable=True,
    value_type="int",
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "cpython.gc.generation": "required",
        }
    ),
    values=MappingProxyType(
        {
            "cpython.gc.generation": (0, 1, 2),
        }
    ),
)

CPYTHON_GC_UNCOLLECTABLE_OBJECTS: Final[CounterMetric] = Metric(
    name="cpython.gc.uncollectable_objects",
    kind="counter",
    unit="{object}",
    description="Objects that garbage collection could not free, by generation.",
    attributes=("cpython.gc.generation",),
    observable=True,
    value_type="int",
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "cpython.gc.generation": "required",
        }
    ),
    values=MappingProxyType(
        {
            "cpython.gc.generation": (0, 1, 2),
        }
    ),
)

DB_CLIENT_OPERATION_DURATION: Final[HistogramMetric] = Metric(
    name="db.client.operation.duration",
    kind="histogram",
    unit="s",
    description="Duration of database client operations.",
    attributes=(
        "db.system.name",
        "db.collection.name",
        "db.namespace",
        "db.operation.name",
        "db.response.status_code",
        "error.type",
        "server.port",
        "db.query.summary",
        "db.stored_procedure.name",
        "network.peer.address",
        "network.peer.port",
        "server.address",
    ),
    boundaries=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0),
    stability="stable",
    standard=True,
    levels=MappingProxyType(
        {
            "db.system.name": "required",
            "db.collection.name": "conditionally_required",
            "db.namespace": "conditionally_required",
            "db.operation.name": "conditionally_required",
            "db.response.status_code": "conditionally_required",
            "error.type": "conditionally_required",
            "server.port": "conditionally_required",
            "db.query.summary": "recommended",
            "db.stored_procedure.name": "recommended",
            "network.peer.address": "recommended",
            "network.peer.port": "recommended",
            "server.address": "recommended",
        }
    ),
)

HTTP_CLIENT_REQUEST_DURATION: Final[HistogramMetric] = Metric(
    name="http.client.request.duration",
    kind="histogram",
    unit="s",
    description="Duration of HTTP client requests.",
    attributes=(
        "http.request.method",
        "server.address",
        "server.port",
        "http.response.status_code",
        "error.type",
        "network.protocol.version",
    ),
    boundaries=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    stability="stable",
    standard=True,
    levels=MappingProxyType(
        {
            "http.request.method": "required",
            "server.address": "required",
            "server.port": "required",
            "http.response.status_code": "conditionally_required",
            "error.type": "conditionally_required",
            "network.protocol.version": "recommended",
        }
    ),
    values=MappingProxyType(
        {
            "http.request.method": (
                "CONNECT",
                "DELETE",
                "GET",
                "HEAD",
                "OPTIONS",
                "PATCH",
                "POST",
                "PUT",
                "TRACE",
                "QUERY",
                "_OTHER",
            ),
        }
    ),
)

HTTP_SERVER_ACTIVE_REQUESTS: Final[UpDownCounterMetric] = Metric(
    name="http.server.active_requests",
    kind="updowncounter",
    unit="{request}",
    description="Number of active HTTP server requests.",
    attributes=("http.request.method", "url.scheme"),
    value_type="int",
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "http.request.method": "required",
            "url.scheme": "required",
        }
    ),
    values=MappingProxyType(
        {
            "http.request.method": (
                "CONNECT",
                "DELETE",
                "GET",
                "HEAD",
                "OPTIONS",
                "PATCH",
                "POST",
                "PUT",
                "TRACE",
                "QUERY",
                "_OTHER",
            ),
        }
    ),
)

HTTP_SERVER_REQUEST_DURATION: Final[HistogramMetric] = Metric(
    name="http.server.request.duration",
    kind="histogram",
    unit="s",
    description="Duration of HTTP server requests.",
    attributes=(
        "http.request.method",
        "url.scheme",
        "http.route",
        "http.response.status_code",
        "error.type",
        "network.protocol.version",
    ),
    boundaries=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    stability="stable",
    standard=True,
    levels=MappingProxyType(
        {
            "http.request.method": "required",
            "url.scheme": "required",
            "http.route": "conditionally_required",
            "http.response.status_code": "conditionally_required",
            "error.type": "conditionally_required",
            "network.protocol.version": "recommended",
        }
    ),
    values=MappingProxyType(
        {
            "http.request.method": (
                "CONNECT",
                "DELETE",
                "GET",
                "HEAD",
                "OPTIONS",
                "PATCH",
                "POST",
                "PUT",
                "TRACE",
                "QUERY",
                "_OTHER",
            ),
        }
    ),
)

MESSAGING_CLIENT_OPERATION_DURATION: Final[HistogramMetric] = Metric(
    name="messaging.client.operation.duration",
    kind="histogram",
    unit="s",
    description="Duration of a messaging operation that a producer or consumer started.",
    attributes=(
        "messaging.operation.name",
        "messaging.system",
        "error.type",
        "messaging.consumer.group.name",
        "messaging.destination.name",
        "messaging.destination.subscription.name",
        "messaging.destination.template",
        "messaging.operation.type",
        "server.address",
        "messaging.destination.partition.id",
        "server.port",
    ),
    boundaries=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "messaging.operation.name": "required",
            "messaging.system": "required",
            "error.type": "conditionally_required",
            "messaging.consumer.group.name": "conditionally_required",
            "messaging.destination.name": "conditionally_required",
            "messaging.destination.subscription.name": "conditionally_required",
            "messaging.destination.template": "conditionally_required",
            "messaging.operation.type": "conditionally_required",
            "server.address": "conditionally_required",
            "messaging.destination.partition.id": "recommended",
            "server.port": "recommended",
        }
    ),
)

MESSAGING_PROCESS_DURATION: Final[HistogramMetric] = Metric(
    name="messaging.process.duration",
    kind="histogram",
    unit="s",
    description="Duration of the processing of messages.",
    attributes=(
        "messaging.operation.name",
        "messaging.system",
        "error.type",
        "messaging.consumer.group.name",
        "messaging.destination.name",
        "messaging.destination.subscription.name",
        "messaging.destination.template",
        "server.address",
        "messaging.destination.partition.id",
        "server.port",
    ),
    boundaries=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
    stability="development",
    standard=True,
    levels=MappingProxyType(
        {
            "messaging.operation.name": "required",
            "messaging.system": "required",
            "error.type": "conditionally_required",
            "messaging.consumer.group.name": "conditionally_required",
            "messaging.destination.name": "conditionally_required",
            "messaging.destination.subscription.name": "conditionally_required",
            "messaging.destination.template": "conditionally_required",
            "server.address": "conditionally_required",
            "messaging.destination.partition.id": "recommended",
            "server.port": "recommended",
        }
    ),
)

BREAKER_STATUS: Final[UpDownCounterMetric] = Metric(
    name="ninefold.breaker.status",
    kind="updowncounter",
    unit="{breaker}",
    description="State of circuit breakers: 1 for the present state, 0 for the others.",
    attributes=("ninefold.dependency.name", "ninefold.breaker.state"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.breaker.state": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.breaker.state": (
                "closed",
                "open",
                "half_open",
                "forced_open",
                "forced_closed",
                "shadow",
            ),
        }
    ),
)

BREAKER_TRANSITIONS: Final[CounterMetric] = Metric(
    name="ninefold.breaker.transitions",
    kind="counter",
    unit="{transition}",
    description="How often circuit breakers entered a state.",
    attributes=("ninefold.dependency.name", "ninefold.breaker.state"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.breaker.state": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.breaker.state": (
                "closed",
                "open",
                "half_open",
                "forced_open",
                "forced_closed",
                "shadow",
            ),
        }
    ),
)

BULKHEAD_LIMIT: Final[UpDownCounterMetric] = Metric(
    name="ninefold.bulkhead.limit",
    kind="updowncounter",
    unit="{call}",
    description="Places that the bulkhead has.",
    attributes=("ninefold.dependency.name",),
    observable=True,
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
        }
    ),
)

BULKHEAD_USAGE: Final[UpDownCounterMetric] = Metric(
    name="ninefold.bulkhead.usage",
    kind="updowncounter",
    unit="{call}",
    description="Calls that hold a place in the bulkhead now.",
    attributes=("ninefold.dependency.name",),
    observable=True,
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
        }
    ),
)

DEPENDENCY_ATTEMPTS: Final[CounterMetric] = Metric(
    name="ninefold.dependency.attempts",
    kind="counter",
    unit="{attempt}",
    description="Attempts that reached for a dependency; a retried call has several.",
    attributes=("ninefold.dependency.name", "ninefold.outcome"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.outcome": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("success", "failure", "timeout", "cancelled"),
        }
    ),
)

DEPENDENCY_CALL_DURATION: Final[HistogramMetric] = Metric(
    name="ninefold.dependency.call.duration",
    kind="histogram",
    unit="s",
    description="Duration of calls to a dependency as callers see it, retries included.",
    attributes=("ninefold.dependency.name", "ninefold.outcome", "ninefold.reason", "error.type"),
    boundaries=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.outcome": "required",
            "ninefold.reason": "conditionally_required",
            "error.type": "conditionally_required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("success", "failure", "fallback", "rejected", "cancelled"),
            "ninefold.reason": ("open", "bulkhead", "deadline"),
        }
    ),
)

EVENT_LOOP_LAG: Final[GaugeMetric] = Metric(
    name="ninefold.event_loop.lag",
    kind="gauge",
    unit="s",
    description="How late the event loop ran a callback that was due.",
    attributes=(),
    observable=True,
    workers="max",
    stability="development",
)

EVENTS: Final[CounterMetric] = Metric(
    name="ninefold.events",
    kind="counter",
    unit="{event}",
    description="Good and bad items that the application itself counted.",
    attributes=("ninefold.operation.name", "ninefold.outcome"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
            "ninefold.outcome": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("good", "bad"),
        }
    ),
)

FRESHNESS_TIMESTAMP: Final[GaugeMetric] = Metric(
    name="ninefold.freshness.timestamp",
    kind="gauge",
    unit="s",
    description="When the data was last brought up to date, in seconds since the Unix epoch.",
    attributes=("ninefold.operation.name",),
    observable=True,
    workers="max",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
        }
    ),
)

HEALTH_CHECK_DURATION: Final[HistogramMetric] = Metric(
    name="ninefold.health.check.duration",
    kind="histogram",
    unit="s",
    description="Duration of health checks.",
    attributes=("ninefold.dependency.name", "ninefold.outcome", "error.type"),
    boundaries=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.outcome": "required",
            "error.type": "conditionally_required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("success", "failure", "timeout", "cancelled"),
        }
    ),
)

HEALTH_STATUS: Final[UpDownCounterMetric] = Metric(
    name="ninefold.health.status",
    kind="updowncounter",
    unit="{dependency}",
    description="Health of dependencies: 1 for the present state, 0 for the others.",
    attributes=("ninefold.dependency.name", "ninefold.health.state"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.health.state": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.health.state": ("up", "degraded", "down", "unknown", "starting", "draining"),
        }
    ),
)

OPERATION_DURATION: Final[HistogramMetric] = Metric(
    name="ninefold.operation.duration",
    kind="histogram",
    unit="s",
    description="Duration of operations that are no HTTP route.",
    attributes=("ninefold.operation.name", "ninefold.outcome", "error.type"),
    boundaries=(
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1.0,
        2.5,
        5.0,
        7.5,
        10.0,
        30.0,
        60.0,
        120.0,
        300.0,
    ),
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
            "ninefold.outcome": "required",
            "error.type": "conditionally_required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("success", "failure", "ignored", "cancelled"),
        }
    ),
)

RETRY_SUPPRESSED: Final[CounterMetric] = Metric(
    name="ninefold.retry.suppressed",
    kind="counter",
    unit="{retry}",
    description="Retries that were due and were not made.",
    attributes=("ninefold.dependency.name", "ninefold.reason"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.dependency.name": "required",
            "ninefold.reason": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.reason": ("budget", "deadline", "open", "nested"),
        }
    ),
)

SAMPLING_BUFFER_DROPPED: Final[CounterMetric] = Metric(
    name="ninefold.sampling.buffer.dropped",
    kind="counter",
    unit="{span}",
    description="Spans of deferred traces that the buffer gave up, waiting or kept.",
    attributes=("ninefold.reason",),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.reason": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.reason": ("buffer_bytes", "buffer_age", "buffer_spans"),
        }
    ),
)

SAMPLING_DECISIONS: Final[CounterMetric] = Metric(
    name="ninefold.sampling.decisions",
    kind="counter",
    unit="{trace}",
    description="Decisions on traces that start here, at first and by how they end.",
    attributes=("ninefold.sampling.rule", "ninefold.sampling.decision"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.sampling.rule": "required",
            "ninefold.sampling.decision": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.sampling.decision": ("kept", "dropped", "deferred_kept", "deferred_dropped"),
        }
    ),
)

SATURATION_UTILIZATION: Final[GaugeMetric] = Metric(
    name="ninefold.saturation.utilization",
    kind="gauge",
    unit="1",
    description="Share of a resource that is in use, usage divided by limit.",
    attributes=("ninefold.saturation.name",),
    observable=True,
    workers="max",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.saturation.name": "required",
        }
    ),
)

SLI_EVENTS: Final[CounterMetric] = Metric(
    name="ninefold.sli.events",
    kind="counter",
    unit="{event}",
    description="Events of an objective, counted where they happen.",
    attributes=("ninefold.slo.name", "ninefold.outcome"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.slo.name": "required",
            "ninefold.outcome": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.outcome": ("good", "bad"),
        }
    ),
)

TELEMETRY_DROPPED: Final[CounterMetric] = Metric(
    name="ninefold.telemetry.dropped",
    kind="counter",
    unit="{item}",
    description="Telemetry that was lost inside the process.",
    attributes=("ninefold.signal", "ninefold.reason"),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.signal": "required",
            "ninefold.reason": "required",
        }
    ),
    values=MappingProxyType(
        {
            "ninefold.signal": ("metrics", "traces", "logs"),
            "ninefold.reason": (
                "queue_full",
                "export_failed",
                "invalid_value",
                "cardinality",
                "internal_error",
                "buffer_bytes",
                "buffer_age",
                "buffer_spans",
            ),
        }
    ),
)

THROUGHPUT_ARRIVED: Final[CounterMetric] = Metric(
    name="ninefold.throughput.arrived",
    kind="counter",
    unit="{item}",
    description="Items that came in to be processed.",
    attributes=("ninefold.operation.name",),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
        }
    ),
)

THROUGHPUT_BACKLOG: Final[UpDownCounterMetric] = Metric(
    name="ninefold.throughput.backlog",
    kind="updowncounter",
    unit="{item}",
    description="Items that wait to be processed.",
    attributes=("ninefold.operation.name",),
    observable=True,
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
        }
    ),
)

THROUGHPUT_PROCESSED: Final[CounterMetric] = Metric(
    name="ninefold.throughput.processed",
    kind="counter",
    unit="{item}",
    description="Items that were processed.",
    attributes=("ninefold.operation.name",),
    value_type="int",
    stability="development",
    levels=MappingProxyType(
        {
            "ninefold.operation.name": "required",
        }
    ),
)

PROCESS_CPU_TIME: Final[CounterMetric] = Metric(
    name="process.cpu.time",
    kind="counter",
    unit="s",
    description="CPU time of the process, by mode.",
    attributes=("cpu.mode",),
    observable=True,
    stability="release_candidate",
    standard=True,
    levels=MappingProxyType(
        {
            "cpu.mode": "required",
        }
    ),
    values=MappingProxyType(
        {
            "cpu.mode": ("user", "system"),
        }
    ),
)

PROCESS_MEMORY_USAGE: Final[UpDownCounterMetric] = Metric(
    name="process.memory.usage",
    kind="updowncounter",
    unit="By",
    description="Physical memory that the process holds.",
    attributes=(),
    observable=True,
    value_type="int",
    stability="release_candidate",
    standard=True,
)

PROCESS_THREAD_COUNT: Final[UpDownCounterMetric] = Metric(
    name="process.thread.count",
    kind="updowncounter",
    unit="{thread}",
    description="Threads of the process.",
    attributes=(),
    observable=True,
    value_type="int",
    stability="release_candidate",
    standard=True,
)

METRICS: Final[Mapping[MetricName, AnyMetric]] = MappingProxyType(
    {
        "cpython.gc.collected_objects": CPYTHON_GC_COLLECTED_OBJECTS,
        "cpython.gc.collections": CPYTHON_GC_COLLECTIONS,
        "cpython.gc.uncollectable_objects": CPYTHON_GC_UNCOLLECTABLE_OBJECTS,
        "db.client.operation.duration": DB_CLIENT_OPERATION_DURATION,
        "http.client.request.duration": HTTP_CLIENT_REQUEST_DURATION,
        "http.server.active_requests": HTTP_SERVER_ACTIVE_REQUESTS,
        "http.server.request.duration": HTTP_SERVER_REQUEST_DURATION,
        "messaging.client.operation.duration": MESSAGING_CLIENT_OPERATION_DURATION,
        "messaging.process.duration": MESSAGING_PROCESS_DURATION,
        "ninefold.breaker.status": BREAKER_STATUS,
        "ninefold.breaker.transitions": BREAKER_TRANSITIONS,
        "ninefold.bulkhead.limit": BULKHEAD_LIMIT,
        "ninefold.bulkhead.usage": BULKHEAD_USAGE,
        "ninefold.dependency.attempts": DEPENDENCY_ATTEMPTS,
        "ninefold.dependency.call.duration": DEPENDENCY_CALL_DURATION,
        "ninefold.event_loop.lag": EVENT_LOOP_LAG,
        "ninefold.events": EVENTS,
        "ninefold.freshness.timestamp": FRESHNESS_TIMESTAMP,
        "ninefold.health.check.duration": HEALTH_CHECK_DURATION,
        "ninefold.health.status": HEALTH_STATUS,
        "ninefold.operation.duration": OPERATION_DURATION,
        "ninefold.retry.suppressed": RETRY_SUPPRESSED,
        "ninefold.sampling.buffer.dropped": SAMPLING_BUFFER_DROPPED,
        "ninefold.sampling.decisions": SAMPLING_DECISIONS,
        "ninefold.saturation.utilization": SATURATION_UTILIZATION,
        "ninefold.sli.events": SLI_EVENTS,
        "ninefold.telemetry.dropped": TELEMETRY_DROPPED,
        "ninefold.throughput.arrived": THROUGHPUT_ARRIVED,
        "ninefold.throughput.backlog": THROUGHPUT_BACKLOG,
        "ninefold.throughput.processed": THROUGHPUT_PROCESSED,
        "process.cpu.time": PROCESS_CPU_TIME,
        "process.memory.usage": PROCESS_MEMORY_USAGE,
        "process.thread.count": PROCESS_THREAD_COUNT,
    }
)

ATTRIBUTES: Final[Mapping[AttributeName, Attribute]] = MappingProxyType(
    {
        "client.address": Attribute(
            key="client.address",
            type="string",
            brief="Address of the client, on spans alone.",
            stability="stable",
        ),
        "client.port": Attribute(
            key="client.port",
            type="int",
            brief="Port of the client, on spans alone.",
            stability="stable",
        ),
        "cpu.mode": Attribute(
            key="cpu.mode",
            type="enum",
            brief="On whose behalf the CPU worked.",
            stability="release_candidate",
        ),
        "cpython.gc.generation": Attribute(
            key="cpython.gc.generation",
            type="enum",
            brief="Generation that the collector went through.",
            values=(0, 1, 2),
            stability="development",
        ),
        "db.collection.name": Attribute(
            key="db.collection.name",
            type="string",
            brief="Table, collection or container that was addressed.",
            stability="stable",
        ),
        "db.namespace": Attribute(
            key="db.namespace",
            type="string",
            brief="Database, or schema, that was in use.",
            stability="stable",
        ),
        "db.operation.name": Attribute(
            key="db.operation.name",
            type="string",
            brief="Command that was run, such as SELECT or HGET.",
            stability="stable",
        ),
        "db.query.summary": Attribute(
            key="db.query.summary",
            type="string",
            brief="Command and its targets, without values.",
            stability="stable",
        ),
        "db.response.status_code": Attribute(
            key="db.response.status_code",
            type="string",
            brief="Status that the database gave.",
            stability="stable",
        ),
        "db.stored_procedure.name": Attribute(
            key="db.stored_procedure.name",
            type="string",
            brief="Stored procedure that was called.",
            stability="stable",
        ),
        "db.system.name": Attribute(
            key="db.system.name",
            type="enum",
            brief="Database product, as its client identifies it.",
            stability="stable",
        ),
        "deployment.environment.name": Attribute(
            key="deployment.environment.name",
            type="enum",
            brief="Environment that setup() was given.",
            stability="stable",
        ),
        "error.type": Attribute(
            key="error.type",
            type="enum",
            brief="What went wrong, from a bounded set. Absent on success.",
            stability="stable",
        ),
        "exception.message": Attribute(
            key="exception.message",
            type="string",
            brief="What the exception says.",
            stability="stable",
        ),
        "exception.stacktrace": Attribute(
            key="exception.stacktrace",
            type="string",
            brief="Where it was raised.",
            stability="stable",
        ),
        "exception.type": Attribute(
            key="exception.type",
            type="string",
            brief="Qualified name of the exception's class.",
            stability="stable",
        ),
        "http.request.method": Attribute(
            key="http.request.method",
            type="enum",
            brief="Method of the request; what the conventions do not know becomes _OTHER.",
            values=(
                "CONNECT",
                "DELETE",
                "GET",
                "HEAD",
                "OPTIONS",
                "PATCH",
                "POST",
                "PUT",
                "TRACE",
                "QUERY",
                "_OTHER",
            ),
            stability="stable",
        ),
        "http.request.method_original": Attribute(
            key="http.request.method_original",
            type="string",
            brief="Method as the client sent it, where http.request.method says _OTHER.",
            stability="stable",
        ),
        "http.request.resend_count": Attribute(
            key="http.request.resend_count",
            type="int",
            brief="How many times this request was sent before.",
            stability="stable",
        ),
        "http.response.status_code": Attribute(
            key="http.response.status_code",
            type="int",
            brief="Status that was sent. Absent where none was.",
            stability="stable",
        ),
        "http.route": Attribute(
            key="http.route",
            type="string",
            brief="Template that the framework matched, mounts included.",
            stability="stable",
        ),
        "messaging.consumer.group.name": Attribute(
            key="messaging.consumer.group.name",
            type="string",
            brief="Consumer group that was read for.",
            stability="development",
        ),
        "messaging.destination.name": Attribute(
            key="messaging.destination.name",
            type="string",
            brief="Queue or topic.",
            stability="development",
        ),
        "messaging.destination.partition.id": Attribute(
            key="messaging.destination.partition.id",
            type="string",
            brief="Partition that was written to or read from.",
            stability="development",
        ),
        "messaging.destination.subscription.name": Attribute(
            key="messaging.destination.subscription.name",
            type="string",
            brief="Subscription that was read from.",
            stability="development",
        ),
        "messaging.destination.template": Attribute(
            key="messaging.destination.template",
            type="string",
            brief="Pattern of the queue's or topic's name, where the name itself has no bound.",
            stability="development",
        ),
        "messaging.operation.name": Attribute(
            key="messaging.operation.name",
            type="string",
            brief="Operation by the product's own name, such as ack or send.",
            stability="development",
        ),
        "messaging.operation.type": Attribute(
            key="messaging.operation.type",
            type="enum",
            brief="Operation by its kind, such as send, receive or process.",
            stability="development",
        ),
        "messaging.system": Attribute(
            key="messaging.system",
            type="enum",
            brief="Messaging product, as its client identifies it.",
            stability="development",
        ),
        "network.peer.address": Attribute(
            key="network.peer.address",
            type="string",
            brief="Address at the other end of the connection.",
            stability="stable",
        ),
        "network.peer.port": Attribute(
            key="network.peer.port",
            type="int",
            brief="Port at the other end of the connection.",
            stability="stable",
        ),
        "network.protocol.version": Attribute(
            key="network.protocol.version",
            type="string",
            brief="Version of HTTP that was spoken.",
            stability="stable",
        ),
        "ninefold.attempt.number": Attribute(
            key="ninefold.attempt.number",
            type="int",
            brief="Which attempt of a call this was, from 1; on events of its span.",
            stability="development",
        ),
        "ninefold.breaker.state": Attribute(
            key="ninefold.breaker.state",
            type="enum",
            brief="State of a circuit breaker.",
            values=("closed", "open", "half_open", "forced_open", "forced_closed", "shadow"),
            stability="development",
        ),
        "ninefold.dependency.name": Attribute(
            key="ninefold.dependency.name",
            type="string",
            brief="Name of the dependency; of the policy where it stands alone.",
            stability="development",
        ),
        "ninefold.health.state": Attribute(
            key="ninefold.health.state",
            type="enum",
            brief="Health of a dependency or of the service.",
            values=("up", "degraded", "down", "unknown", "starting", "draining"),
            stability="development",
        ),
        "ninefold.operation.name": Attribute(
            key="ninefold.operation.name",
            type="string",
            brief="Name of the operation, the stage or the data set.",
            stability="development",
        ),
        "ninefold.outcome": Attribute(
            key="ninefold.outcome",
            type="enum",
            brief="How an event, an operation, a call, an attempt or a check ended.",
            values=(
                "good",
                "bad",
                "success",
                "failure",
                "ignored",
                "cancelled",
                "fallback",
                "rejected",
                "timeout",
            ),
            stability="development",
        ),
        "ninefold.reason": Attribute(
            key="ninefold.reason",
            type="enum",
            brief="Why a call, a retry or a piece of telemetry was given up.",
            values=(
                "open",
                "bulkhead",
                "deadline",
                "budget",
                "nested",
                "queue_full",
                "export_failed",
                "invalid_value",
                "cardinality",
                "internal_error",
                "buffer_bytes",
                "buffer_age",
                "buffer_spans",
            ),
            stability="development",
        ),
        "ninefold.sampling.decision": Attribute(
            key="ninefold.sampling.decision",
            type="enum",
            brief="What became of a trace.",
            values=("kept", "dropped", "deferred_kept", "deferred_dropped"),
            stability="development",
        ),
        "ninefold.sampling.rule": Attribute(
            key="ninefold.sampling.rule",
            type="string",
            brief="Name of the rule that decided.",
            stability="development",
        ),
        "ninefold.saturation.name": Attribute(
            key="ninefold.saturation.name",
            type="string",
            brief="Name of the resource that can fill up.",
            stability="development",
        ),
        "ninefold.service.owner": Attribute(
            key="ninefold.service.owner",
            type="string",
            brief="Team that answers for the service.",
            stability="development",
        ),
        "ninefold.signal": Attribute(
            key="ninefold.signal",
            type="enum",
            brief="The kind of telemetry.",
            values=("metrics", "traces", "logs"),
            stability="development",
        ),
        "ninefold.slo.name": Attribute(
            key="ninefold.slo.name",
            type="string",
            brief="Name of the objective.",
            stability="development",
        ),
        "otel.metric.overflow": Attribute(
            key="otel.metric.overflow",
            type="boolean",
            brief="True on the one series that sums what is over an instrument's limit.",
            stability="stable",
        ),
        "server.address": Attribute(
            key="server.address",
            type="string",
            brief="Host that was called, or that the client asked for.",
            stability="stable",
        ),
        "server.port": Attribute(
            key="server.port",
            type="int",
            brief="Port that was called.",
            stability="stable",
        ),
        "service.instance.id": Attribute(
            key="service.instance.id",
            type="string",
            brief="One process, by an identifier that a fork makes anew.",
            stability="stable",
        ),
        "service.name": Attribute(
            key="service.name",
            type="string",
            brief="Name that setup() was given.",
            stability="stable",
        ),
        "service.peer.name": Attribute(
            key="service.peer.name",
            type="string",
            brief="The same name as ninefold.dependency.name, on spans.",
            stability="development",
        ),
        "service.version": Attribute(
            key="service.version",
            type="string",
            brief="Version that setup() was given.",
            stability="stable",
        ),
        "url.full": Attribute(
            key="url.full",
            type="string",
            brief="Whole URL of an outgoing request, without credentials, on spans alone.",
            stability="stable",
        ),
        "url.path": Attribute(
            key="url.path",
            type="string",
            brief="Path of the request, on spans alone.",
            stability="stable",
        ),
        "url.query": Attribute(
            key="url.query",
            type="string",
            brief="Query string with its values redacted, on spans alone.",
            stability="stable",
        ),
        "url.scheme": Attribute(
            key="url.scheme",
            type="string",
            brief="http or https, as the server saw it.",
            stability="stable",
        ),
        "user_agent.original": Attribute(
            key="user_agent.original",
            type="string",
            brief="User-Agent header, on spans alone.",
            stability="stable",
        ),
        "user_agent.synthetic.type": Attribute(
            key="user_agent.synthetic.type",
            type="enum",
            brief="Marks traffic of bots and probes, on spans alone.",
            values=("bot", "test"),
            stability="development",
        ),
    }
)
