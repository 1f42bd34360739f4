"""What set-up works with: the effective settings, and where each of them came from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from ninefold.core import REDACTED, nearest
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.config._decision import Said

Source = Literal["environment", "file", "code", "default"]
Signal = Literal["traces", "metrics", "logs"]
OtlpProtocol = Literal["http/protobuf", "grpc"]
ExemplarFilter = Literal["trace_based", "always_on", "always_off"]
Propagate = Literal["decision", "always"]
StartupRule = Literal["open", "require"]
Temporality = Literal["cumulative", "delta", "lowmemory"]
AttributeValue = str | bool | int | float | Sequence[str | bool | int | float]


_SHORTEST_SECRET = 4
"""Anything shorter is none, and is found in many a word."""

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/]*@")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a host, empty for all interfaces, and a TCP port, 0 for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Overridden:
    """A word that lost: who said it, and what, as text with secrets left out."""

    source: Source
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from, and what it won over, the strongest first.

    `name` is the environment variable, the file and the key in it, the argument of `setup()`, or
    the reason for the default.
    """

    source: Source
    name: str
    overridden: tuple[Overridden, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what `ninefold doctor` prints: a setting as text, with secrets left out.

    `repeats` says that other rows tell the same: a setting of one signal that takes over what the
    general one says, or the table of resource attributes, each of which has a row.
    """

    key: str
    value: str
    origin: Origin
    doc: str
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpSettings:
    """Where and how one signal goes by OTLP. Everything is resolved: pass it on as it is.

    - `endpoint` is the whole address; under HTTP the signal's path is already part of it.
    - `timeout` is in seconds, for one export with its retries.
    - `headers` are secret; those of `headers_file` are among them.
    - `insecure` matters only to gRPC, where the endpoint has no scheme.
    """

    endpoint: str
    protocol: OtlpProtocol
    headers: Mapping[str, str]
    headers_file: str | None
    timeout: float
    compression: str | None
    certificate: str | None
    client_key: str | None
    client_certificate: str | None
    insecure: bool

    @property
    def is_plain(self) -> bool:
        """Whether what is sent can be read on the way: there is no TLS."""
        if self.protocol == "grpc":
            return self.insecure
        return urlsplit(self.endpoint).scheme != "https"

    @property
    def secrets(self) -> frozenset[str]:
        """What no message may repeat: values of headers, and what is secret in the address."""
        address = urlsplit(self.endpoint if "://" in self.endpoint else f"//{self.endpoint}")
        said = [*self.headers.values(), address.netloc.rpartition("@")[0], address.query]
        # 'Bearer abc' and 'user:abc' may be repeated in part.
        parts = [re.split(r"[ :]", each)[-1] for each in said]
        return frozenset(each for each in (*said, *parts) if len(each) >= _SHORTEST_SECRET)

    def __repr__(self) -> str:
        # A representation ends up in logs, and the headers are secret.
        shown = without_password(self.endpoint)
        return f"OtlpSettings(endpoint={shown!r}, protocol={self.protocol!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting's effective value. Durations are float seconds.

    Two settings are equal when their values are, wherever these came from.

    >>> from ninefold.config import load
    >>> settings = load(
    ...     code={"name": "checkout", "environment": "production"},
    ...     environ={"OTEL_SERVICE_NAME": "checkout-eu"},
    ... )
    >>> settings.name, settings.environment
    ('checkout-eu', 'production')
    >>> settings.origin("name").name
    'OTEL_SERVICE_NAME'
    """

    name: str
    version: str | None
    environment: str | None
    owner: str | None
    namespace: str | None
    resource_attributes: Mapping[str, AttributeValue]
    disabled: bool
    traces_exporter: tuple[str, ...]
    metrics_exporter: tuple[str, ...]
    logs_exporter: tuple[str, ...]
    otlp_traces: OtlpSettings
    otlp_metrics: OtlpSettings
    otlp_logs: OtlpSettings
    otlp_temporality: Temporality
    metric_export_interval: float
    metric_export_timeout: float
    require_tls: bool
    propagators: tuple[str, ...] | None
    exemplar_filter: ExemplarFilter
    sampling_ratio: float
    sampling_parent: str
    """`respect`, `ignore`, or `cap:` and a share."""
    sampling_rules: tuple[object, ...]
    """As they are written, or as code has them: who samples reads them."""
    sampling_target: float
    """Traces per second; infinity for no limit."""
    keep_errors: bool | None
    keep_slower_than: float | None
    keep_propagate: Propagate | None
    buffer_max_mb: float
    buffer_per_trace: int
    buffer_grace: float
    buffer_max_age: float
    prometheus: bool
    metrics_path: str
    workers: str
    admin: Address | None
    admin_token: str | None = field(repr=False)
    health: bool
    startup: StartupRule
    start_deadline: float
    heartbeat_timeout: float
    worker_threads: int | None
    exclude: tuple[str, ...]
    record_headers: tuple[str, ...]
    record_query: tuple[str, ...]
    synthetic_user_agents: tuple[str, ...]
    objectives: tuple[str, ...]
    accept_deadline: bool
    shutdown_timeout: float
    max_series: int
    resilience: bool
    log_correlation: bool
    process_metrics: bool
    file: Path | None = field(default=None, compare=False)
    problems: tuple[str, ...] = field(default=(), compare=False)
    rows: tuple[Row, ...] = field(default=(), compare=False, repr=False)
    overrides: tuple[Row, ...] = field(default=(), compare=False, repr=False)
    """What is said of policies, dependencies and sampling rules by name, as it is written."""
    heard: Said | None = field(default=None, compare=False, repr=False)
    """What they were made of, secrets included."""

    @property
    def scraped(self) -> bool:
        """Whether Prometheus may ask this process, on the application or on the admin port."""
        return self.prometheus or self.admin is not None

    def otlp(self, signal: Signal) -> OtlpSettings:
        """Where and how a signal goes by OTLP."""
        match signal:
            case "traces":
                return self.otlp_traces
            case "metrics":
                return self.otlp_metrics
            case "logs":
                return self.otlp_logs

    def refusal(self, signal: Signal) -> str | None:
        """Why `require_tls` refuses to send a signal by OTLP; None where it does not."""
        target = self.otlp(signal)
        if not self.require_tls or not target.is_plain:
            return None
        return (
            f"require_tls ({self.origin('require_tls').name}) refuses the OTLP endpoint"
            f" {without_password(target.endpoint)!r} of {signal}"
            f" ({self.origin(f'otlp.{signal}.endpoint').name}): it goes without TLS; write"
            " https://…, or leave require_tls out"
        )

    def origin(self, key: str) -> Origin:
        """Where the setting `key`, written as in a file (`"otlp.endpoint"`), came from.

        Raises `ConfigurationError` where there is no such setting.
        """
        for row in (*self.rows, *self.overrides):
            if row.key == key:
                return row.origin
        near = nearest(key, [row.key for row in self.rows])
        hint = "" if near is None else f"; did you mean {near!r}?"
        raise ConfigurationError(f"there is no setting {key!r}{hint}")

    def explain(self) -> tuple[Row, ...]:
        """What there is to tell: every setting and every override, and nothing twice."""
        return (*(row for row in self.rows if not row.repeats), *self.overrides)


def without_password(endpoint: str) -> str:
    """`endpoint` without what is secret in an address: user and password, and the query.

    >>> without_password("https://me:secret@collector:4318/v1/traces?key=secret")
    'https://REDACTED@collector:4318/v1/traces?REDACTED'
    """
    # By pattern: this must also serve what is no valid address, on its way into a message.
    address, query, _ = endpoint.partition("?")
    address = _USER.sub(rf"\g<1>{REDACTED}@", address, count=1)
    return f"{address}?{REDACTED}" if query else address
