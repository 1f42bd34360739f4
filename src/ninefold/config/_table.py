"""The table of all settings. A setting exists when it is declared here.

Longer than most files: it is one table, and a reader looks for a setting in one place.

Over 300 lines, being one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from ninefold.config import _parse, _standard
from ninefold.config._model import (
    Address,
    AttributeValue,
    ExemplarFilter,
    OtlpProtocol,
    Propagate,
    Signal,
    StartupRule,
    Temporality,
)
from ninefold.config._setting import Follows, Parse, Setting, Standard

T = TypeVar("T")

CONFIG_VARIABLE: Final = "NINEFOLD_CONFIG"
KILL_SWITCH: Final = "OTEL_SDK_DISABLED"
SIGNALS: Final[tuple[Signal, ...]] = ("traces", "metrics", "logs")

_NO_ATTRIBUTES: Mapping[str, AttributeValue] = MappingProxyType({})
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_NO_NAMES: tuple[str, ...] = ()
_NO_TABLES: tuple[object, ...] = ()

ATTRIBUTES_WITH_SETTINGS: Final = frozenset(
    (
        "service.name",
        "service.version",
        "service.namespace",
        "deployment.environment.name",
        "ninefold.service.owner",
    )
)
"""Resource attributes with a setting of their own: there they are decided, and only there."""

SYNTHETIC: Final[tuple[str, ...]] = (
    # Probes of orchestrators and load balancers.
    "kube-probe/*",
    "GoogleHC/*",
    "ELB-HealthChecker/*",
    "Amazon-Route53-Health-Check-Service*",
    "Consul Health Check*",
    # Synthetic tests.
    "ninefold-probe/*",
    "Blackbox Exporter/*",
    "Prometheus/*",
    "GoogleStackdriverMonitoring-UptimeChecks*",
    "*DatadogSynthetics*",
    "*NewRelicSynthetics*",
    "*Pingdom.com_bot*",
    "*UptimeRobot/*",
    "*StatusCake*",
    "*Better Uptime Bot*",
    "Checkly/*",
    # Crawlers.
    "*Googlebot/*",
    "*bingbot/*",
    "*YandexBot/*",
    "*DuckDuckBot/*",
    "*Baiduspider/*",
    "*Applebot/*",
    "*AhrefsBot/*",
    "*SemrushBot/*",
    "*GPTBot/*",
    "*ClaudeBot/*",
)
"""User-Agents of what no user sends, where nothing else is said."""

_temporality: Parse[Temporality] = _parse.choice("cumulative", "delta", "lowmemory")
_exemplar_filter: Parse[ExemplarFilter] = _parse.choice("trace_based", "always_on", "always_off")
_propagate: Parse[Propagate] = _parse.choice("decision", "always")
_startup: Parse[StartupRule] = _parse.choice("open", "require")
_protocol: Parse[OtlpProtocol] = _parse.choice("http/protobuf", "grpc")
_compression: Parse[str] = _parse.choice("gzip", "deflate", "none")


def _otel(variable: str, parse: Parse[T]) -> Standard[T]:
    return Standard(variable, _standard.plain(parse))


RESOURCE_ATTRIBUTES = Setting(
    key="resource_attributes",
    standard=_otel("OTEL_RESOURCE_ATTRIBUTES", _parse.attributes),
    parse=_parse.attributes,
    default=_NO_ATTRIBUTES,
    doc="Further resource attributes; those of all sources are joined, one by one.",
)


def _attribute(key: str) -> Follows:
    """The resource attribute `key` counts as a word on the setting that stands for it."""

    def take(attributes: object) -> object | None:
        return attributes.get(key) or None if isinstance(attributes, Mapping) else None

    return Follows(RESOURCE_ATTRIBUTES, take)


def _prometheus(exporters: object) -> object | None:
    return True if isinstance(exporters, tuple) and "prometheus" in exporters else None


NAME = Setting(
    key="name",
    named="NINEFOLD_SERVICE_NAME",
    standard=_otel("OTEL_SERVICE_NAME", _parse.text),
    follows=_attribute("service.name"),
    parse=_parse.text,
    default="unknown_service",
    doc="The service's name (resource attribute service.name).",
)
VERSION: Setting[str | None] = Setting(
    key="version",
    named="NINEFOLD_SERVICE_VERSION",
    follows=_attribute("service.version"),
    parse=_parse.text,
    default=None,
    doc="The service's version (service.version).",
)
NAMESPACE: Setting[str | None] = Setting(
    key="namespace",
    named="NINEFOLD_SERVICE_NAMESPACE",
    follows=_attribute("service.namespace"),
    parse=_parse.text,
    default=None,
    doc="The group of services that this one's name is unique in (service.namespace).",
)
ENVIRONMENT: Setting[str | None] = Setting(
    key="environment",
    follows=_attribute("deployment.environment.name"),
    parse=_parse.text,
    default=None,
    doc="Where the service is deployed (deployment.environment.name).",
)
OWNER: Setting[str | None] = Setting(
    key="owner",
    follows=_attribute("ninefold.service.owner"),
    parse=_parse.text,
    default=None,
    doc="The team that answers for the service (ninefold.service.owner).",
)
DISABLED = Setting(
    key="disabled",
    standard=Standard(KILL_SWITCH, _standard.boolean, prevails=True),
    parse=_parse.boolean,
    default=False,
    doc="Nothing is measured or exported; the application runs as it would without ninefold.",
)
TRACES_EXPORTER = Setting(
    key="traces_exporter",
    standard=_otel("OTEL_TRACES_EXPORTER", _parse.names),
    parse=_parse.names,
    default=_NO_NAMES,
    absent="no OTLP endpoint is configured",
    doc="Exporters of spans: otlp, console, none. Default: otlp where an endpoint is configured.",
)
METRICS_EXPORTER = Setting(
    key="metrics_exporter",
    standard=_otel("OTEL_METRICS_EXPORTER", _parse.names),
    parse=_parse.names,
    default=_NO_NAMES,
    absent="no OTLP endpoint is configured",
    doc="Exporters of metrics: otlp, console, prometheus, none. Default: otlp where an endpoint "
    "is configured.",
)
LOGS_EXPORTER = Setting(
    key="logs_exporter",
    standard=_otel("OTEL_LOGS_EXPORTER", _parse.names),
    parse=_parse.names,
    default=_NO_NAMES,
    doc="Exporters of log records: otlp, console, none.",
)
OTLP_TEMPORALITY: Setting[Temporality] = Setting(
    key="otlp.temporality",
    standard=_otel("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", _temporality),
    parse=_temporality,
    default="cumulative",
    doc="Whether OTLP metrics carry totals (cumulative) or differences (delta, lowmemory).",
)
METRIC_EXPORT_INTERVAL = Setting(
    key="metric_export_interval",
    standard=Standard("OTEL_METRIC_EXPORT_INTERVAL", _standard.milliseconds),
    parse=_parse.duration,
    unit="s",
    default=60.0,
    doc="Seconds between two exports of metrics.",
)
METRIC_EXPORT_TIMEOUT = Setting(
    key="metric_export_timeout",
    standard=Standard("OTEL_METRIC_EXPORT_TIMEOUT", _standard.milliseconds),
    parse=_parse.duration,
    unit="s",
    default=30.0,
    doc="Seconds that one collection and export of metrics may take.",
)
REQUIRE_TLS = Setting(
    key="require_tls",
    parse=_parse.boolean,
    default=False,
    doc="An OTLP endpoint without TLS is refused at set-up.",
)
PROPAGATORS: Setting[tuple[str, ...] | None] = Setting(
    key="propagators",
    standard=_otel("OTEL_PROPAGATORS", _parse.names),
    parse=_parse.names,
    default=None,
    absent="left as it is: tracecontext and baggage, unless the application set another",
    doc="How context travels between services: tracecontext, baggage, b3, b3multi, …",
)
EXEMPLAR_FILTER: Setting[ExemplarFilter] = Setting(
    key="exemplar_filter",
    standard=_otel("OTEL_METRICS_EXEMPLAR_FILTER", _exemplar_filter),
    parse=_exemplar_filter,
    default="trace_based",
    doc="Which measurements may become exemplars: those inside a kept trace, all, or none.",
)
SAMPLING_RATIO = Setting(
    key="sampling.default",
    standard=Standard("OTEL_TRACES_SAMPLER", _standard.sampler_ratio),
    parse=_parse.share,
    default=1.0,
    doc="The share of root traces that are kept, from 0 to 1.",
)
SAMPLING_PARENT = Setting(
    key="sampling.parent",
    standard=Standard("OTEL_TRACES_SAMPLER", _standard.sampler_parent),
    parse=_parse.parent,
    default="respect",
    doc="Whether the decision that a caller sent along is kept (respect), kept for a share of "
    "traces at most (cap:0.05), or made anew (ignore).",
)
SAMPLING_RULES = Setting(
    key="sampling.rules",
    parse=_parse.tables,
    default=_NO_TABLES,
    doc="Rules that say which traces are kept, in order; a file writes each as [[sampling.rules]].",
)
SAMPLING_TARGET = Setting(
    key="sampling.target_per_s",
    parse=_parse.per_second,
    default=5.0,
    doc="How many traces per second a process keeps at most, of those that neither a rule nor a "
    "caller decides on; inf for no limit, as where OTEL_TRACES_SAMPLER names a standard sampler.",
)
KEEP_ERRORS: Setting[bool | None] = Setting(
    key="sampling.keep.errors",
    parse=_parse.boolean,
    default=None,
    absent="true where anything else of `sampling.keep` is said, else no trace waits",
    doc="Whether traces with an error are kept whatever the first decision was.",
)
KEEP_SLOWER_THAN: Setting[float | None] = Setting(
    key="sampling.keep.slower_than",
    parse=_parse.duration,
    unit="s",
    default=None,
    absent="none is kept for its time",
    doc="From how many seconds on a trace is kept for its time.",
)
KEEP_PROPAGATE: Setting[Propagate | None] = Setting(
    key="sampling.keep.propagate",
    parse=_propagate,
    default=None,
    absent="decision",
    doc="Whether those who are called hear that a waiting trace is sampled: as decided (decision), "
    "or always.",
)
BUFFER_MAX_MB: Setting[float] = Setting(
    key="sampling.buffer.max_mb",
    parse=_parse.amount("MB"),
    default=32.0,
    doc="Megabytes of ended spans that may wait in a process.",
)
BUFFER_PER_TRACE: Setting[int] = Setting(
    key="sampling.buffer.per_trace",
    parse=_parse.count(1, "spans"),
    default=512,
    doc="Ended spans of one trace that may wait.",
)
BUFFER_GRACE = Setting(
    key="sampling.buffer.grace",
    parse=_parse.duration,
    unit="s",
    default=2.0,
    doc="Seconds that a trace whose first span has ended waits for its other spans.",
)
BUFFER_MAX_AGE = Setting(
    key="sampling.buffer.max_age",
    parse=_parse.duration,
    unit="s",
    default=60.0,
    doc="Seconds that ended spans wait for the first span of their trace.",
)
PROMETHEUS = Setting(
    key="prometheus",
    follows=Follows(METRICS_EXPORTER, _prometheus),
    parse=_parse.boolean,
    default=False,
    doc="The application itself answers Prometheus at metrics_path.",
)
METRICS_PATH = Setting(
    key="metrics_path",
    parse=_parse.path,
    default="/metrics",
    doc="Where Prometheus is answered.",
)
ADMIN: Setting[Address | None] = Setting(
    key="admin",
    parse=_parse.listen_address,
    default=None,
    absent="none",
    doc="The address of a port of ninefold's own, such as 0.0.0.0:9464, which answers "
    "metrics_path and for health while the application is busy.",
)
ADMIN_TOKEN: Setting[str | None] = Setting(
    key="admin_token",
    parse=_parse.token,
    default=None,
    absent="none",
    secret=True,
    doc="Who sends it (Authorization: Bearer …) sees details of health, and may drain.",
)
HEALTH = Setting(
    key="health",
    parse=_parse.boolean,
    default=True,
    doc="The application answers /livez, /readyz, /startupz and /healthz, where it has no such "
    "route itself; the admin port does in any case.",
)
STARTUP: Setting[StartupRule] = Setting(
    key="startup",
    parse=_startup,
    default="open",
    doc="Whether the service is ready though a shared dependency is still down at the start "
    "deadline (open), or only once it was up (require).",
)
START_DEADLINE = Setting(
    key="start_deadline",
    parse=_parse.duration,
    unit="s",
    default=30.0,
    doc="Seconds after which a shared dependency that is down no longer holds the start back.",
)
HEARTBEAT_TIMEOUT = Setting(
    key="heartbeat_timeout",
    parse=_parse.duration,
    unit="s",
    default=30.0,
    doc="Seconds that the event loop, or all workers, may be blocked until /livez says so.",
)
WORKER_THREADS: Setting[int | None] = Setting(
    key="worker_threads",
    parse=_parse.count(1, "threads"),
    default=None,
    absent="1 where the server says that it has no threads, else unknown",
    doc="How many requests a WSGI server serves at once in a process; /livez misses their "
    "heartbeat when all of them are blocked.",
)
WORKERS = Setting(
    key="workers",
    parse=_parse.workers,
    default="auto",
    doc="Which processes answer a scrape as one: the workers of one server (auto), none (off), or "
    "those that name the same folder here, by its absolute path.",
)
EXCLUDE = Setting(
    key="exclude",
    parse=_parse.paths,
    default=_NO_NAMES,
    doc="Patterns of paths that are neither measured nor traced.",
)
RECORD_HEADERS = Setting(
    key="record_headers",
    parse=_parse.header_names,
    default=_NO_NAMES,
    doc="Request headers that server spans carry (http.request.header.<name>), by name; secrets "
    "are redacted.",
)
RECORD_QUERY = Setting(
    key="record_query",
    parse=_parse.parameter_names,
    default=_NO_NAMES,
    doc="Query parameters that server spans carry (url.query), by name; secrets are redacted.",
)
SYNTHETIC_USER_AGENTS = Setting(
    key="synthetic_user_agents",
    parse=_parse.globs,
    default=SYNTHETIC,
    absent="probes, synthetic tests and crawlers that are widely known",
    doc="Patterns of User-Agents whose requests are no events of an objective; `none` for no such.",
)
OBJECTIVES = Setting(
    key="objectives",
    parse=_parse.file_patterns,
    default=_NO_NAMES,
    doc="Files of objectives (OpenSLO v1): paths or globs, relative to the file of settings that "
    "names them, or else to the working directory.",
)
ACCEPT_DEADLINE = Setting(
    key="accept_deadline",
    parse=_parse.boolean,
    default=False,
    doc="Requests have the time that their header x-envoy-expected-rq-timeout-ms tells; for "
    "services whose callers, or proxies, are your own.",
)
SHUTDOWN_TIMEOUT = Setting(
    key="shutdown_timeout",
    parse=_parse.duration,
    unit="s",
    default=5.0,
    doc="Seconds that the last flush may take when the process ends.",
)
MAX_SERIES = Setting(
    key="max_series",
    parse=_parse.count(2, "series"),
    default=2000,
    doc="Series per instrument, the overflow one included.",
)
RESILIENCE = Setting(
    key="resilience",
    parse=_parse.boolean,
    default=True,
    doc="Policies guard calls; `false` makes each of them a plain call.",
)
LOG_CORRELATION = Setting(
    key="log_correlation",
    parse=_parse.boolean,
    default=True,
    doc="Log records carry the trace and span they were written in.",
)

PROCESS_METRICS = Setting(
    key="process_metrics",
    parse=_parse.boolean,
    default=True,
    doc="CPU, memory, threads and garbage collector of the process, and the lag of event loops.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpTable:
    """The OTLP settings of one scope: the general one, or one signal."""

    endpoint: Setting[str | None]
    protocol: Setting[OtlpProtocol]
    headers: Setting[Mapping[str, str]]
    headers_file: Setting[str | None]
    timeout: Setting[float]
    compression: Setting[str | None]
    certificate: Setting[str | None]
    client_key: Setting[str | None]
    client_certificate: Setting[str | None]
    insecure: Setting[bool]

    def all(self) -> tuple[Setting[object], ...]:
        """The settings of this scope, in the order in which they are told."""
        return (
            self.endpoint,
            self.protocol,
            self.headers,
            self.headers_file,
            self.timeout,
            self.compression,
            self.certificate,
            self.client_key,
            self.client_certificate,
            self.insecure,
        )


def _otlp(signal: Signal | None, general: OtlpTable | None) -> OtlpTable:
    """Declares one scope; a signal's settings follow the general ones, source by source."""
    key = "otlp." if signal is None else f"otlp.{signal}."
    variable = "OTEL_EXPORTER_OTLP_" if signal is None else f"OTEL_EXPORTER_OTLP_{signal.upper()}_"
    whose = "" if signal is None else f" of {signal}"

    def follows(what: Setting[object] | None) -> Follows | None:
        return None if what is None else Follows(what, _said)

    return OtlpTable(
        endpoint=Setting(
            key=f"{key}endpoint",
            standard=_otel(f"{variable}ENDPOINT", _parse.endpoint),
            follows=follows(general.endpoint if general else None),
            parse=_parse.endpoint,
            default=None,
            absent="not configured",
            doc="The OTLP endpoint of all signals; under HTTP each signal's path is added."
            if signal is None
            else f"The OTLP endpoint of {signal}, taken as it is.",
        ),
        protocol=Setting(
            key=f"{key}protocol",
            standard=_otel(f"{variable}PROTOCOL", _protocol),
            follows=follows(general.protocol if general else None),
            parse=_protocol,
            default="http/protobuf",
            doc=f"The OTLP protocol{whose}: http/protobuf, or grpc.",
        ),
        headers=Setting(
            key=f"{key}headers",
            standard=_otel(f"{variable}HEADERS", _parse.headers),
            follows=follows(general.headers if general else None),
            parse=_parse.headers,
            default=_NO_HEADERS,
            secret=True,
            doc=f"Headers sent with each OTLP export{whose}.",
        ),
        headers_file=Setting(
            key=f"{key}headers_file",
            follows=follows(general.headers_file if general else None),
            parse=_parse.file_path,
            default=None,
            doc=f"A file of further headers sent with each OTLP export{whose}: a secret that is "
            "mounted; `name: value` lines, or `name=value` pairs.",
        ),
        timeout=Setting(
            key=f"{key}timeout",
            # Python's exporters read this variable as seconds; the specification, and so ninefold,
            # as milliseconds. Hence the value is always handed to the exporter.
            standard=Standard(f"{variable}TIMEOUT", _standard.milliseconds),
            follows=follows(general.timeout if general else None),
            parse=_parse.duration,
            unit="s",
            # A dead collector must not hold up shutdown: well below the 10 of the specification.
            default=2.0,
            doc=f"Seconds that one OTLP export{whose} may take, retries included.",
        ),
        compression=Setting(
            key=f"{key}compression",
            standard=_otel(f"{variable}COMPRESSION", _compression),
            follows=follows(general.compression if general else None),
            parse=_compression,
            default=None,
            absent="none",
            doc=f"The compression of OTLP exports{whose}: gzip, deflate (HTTP alone), none.",
        ),
        certificate=Setting(
            key=f"{key}certificate",
            standard=_otel(f"{variable}CERTIFICATE", _parse.file_path),
            follows=follows(general.certificate if general else None),
            parse=_parse.file_path,
            default=None,
            doc=f"The file of certificates to trust for OTLP{whose} (PEM).",
        ),
        client_key=Setting(
            key=f"{key}client_key",
            standard=_otel(f"{variable}CLIENT_KEY", _parse.file_path),
            follows=follows(general.client_key if general else None),
            parse=_parse.file_path,
            default=None,
            doc=f"The file of the client's private key for OTLP{whose} (PEM).",
        ),
        client_certificate=Setting(
            key=f"{key}client_certificate",
            standard=_otel(f"{variable}CLIENT_CERTIFICATE", _parse.file_path),
            follows=follows(general.client_certificate if general else None),
            parse=_parse.file_path,
            default=None,
            doc=f"The file of the client's certificate for OTLP{whose} (PEM).",
        ),
        insecure=Setting(
            key=f"{key}insecure",
            standard=Standard(f"{variable}INSECURE", _standard.boolean),
            follows=follows(general.insecure if general else None),
            parse=_parse.boolean,
            default=False,
            doc=f"OTLP{whose} by gRPC goes without TLS where the endpoint has no scheme.",
        ),
    )


def _said(value: object) -> object:
    return value


OTLP: Final = _otlp(None, None)
OTLP_BY_SIGNAL: Final[Mapping[Signal, OtlpTable]] = MappingProxyType(
    {signal: _otlp(signal, OTLP) for signal in SIGNALS}
)

ALL: Final[tuple[Setting[object], ...]] = (
    NAME,
    VERSION,
    NAMESPACE,
    ENVIRONMENT,
    OWNER,
    RESOURCE_ATTRIBUTES,
    DISABLED,
    TRACES_EXPORTER,
    METRICS_EXPORTER,
    LOGS_EXPORTER,
    *OTLP.all(),
    *(setting for signal in SIGNALS for setting in OTLP_BY_SIGNAL[signal].all()),
    OTLP_TEMPORALITY,
    METRIC_EXPORT_INTERVAL,
    METRIC_EXPORT_TIMEOUT,
    REQUIRE_TLS,
    PROPAGATORS,
    EXEMPLAR_FILTER,
    SAMPLING_RATIO,
    SAMPLING_PARENT,
    SAMPLING_RULES,
    SAMPLING_TARGET,
    KEEP_ERRORS,
    KEEP_SLOWER_THAN,
    KEEP_PROPAGATE,
    BUFFER_MAX_MB,
    BUFFER_PER_TRACE,
    BUFFER_GRACE,
    BUFFER_MAX_AGE,
    PROMETHEUS,
    METRICS_PATH,
    WORKERS,
    ADMIN,
    ADMIN_TOKEN,
    HEALTH,
    STARTUP,
    START_DEADLINE,
    HEARTBEAT_TIMEOUT,
    WORKER_THREADS,
    EXCLUDE,
    RECORD_HEADERS,
    RECORD_QUERY,
    SYNTHETIC_USER_AGENTS,
    OBJECTIVES,
    ACCEPT_DEADLINE,
    SHUTDOWN_TIMEOUT,
    MAX_SERIES,
    RESILIENCE,
    LOG_CORRELATION,
    PROCESS_METRICS,
)
