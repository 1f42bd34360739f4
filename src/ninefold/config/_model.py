"""What set-up works with: the effective settings, and where each of them came from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ninefold.core import nearest
from ninefold.errors import ConfigurationError

Source = Literal["environment", "file", "code", "default"]
Signal = Literal["traces", "metrics", "logs"]
OtlpProtocol = Literal["http/protobuf", "grpc"]
ExemplarFilter = Literal["trace_based", "always_on", "always_off"]
ParentRule = Literal["respect", "ignore"]
Temporality = Literal["cumulative", "delta", "lowmemory"]
AttributeValue = str | bool | int | float | Sequence[str | bool | int | float]

REDACTED = "[redacted]"

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/]*@")


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
    - `timeout` is in seconds, for one export with its retries. `headers` are secret.
    - `insecure` matters only to gRPC, where the endpoint has no scheme.
    """

    endpoint: str
    protocol: OtlpProtocol
    headers: Mapping[str, str]
    timeout: float
    compression: str | None
    certificate: str | None
    client_key: str | None
    client_certificate: str | None
    insecure: bool

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
    propagators: tuple[str, ...] | None
    exemplar_filter: ExemplarFilter
    sampling_ratio: float
    sampling_parent: ParentRule
    prometheus: bool
    metrics_path: str
    exclude: tuple[str, ...]
    record_headers: tuple[str, ...]
    record_query: tuple[str, ...]
    synthetic_user_agents: tuple[str, ...]
    objectives: tuple[str, ...]
    shutdown_timeout: float
    max_series: int
    log_correlation: bool
    process_metrics: bool
    file: Path | None = field(default=None, compare=False)
    problems: tuple[str, ...] = field(default=(), compare=False)
    rows: tuple[Row, ...] = field(default=(), compare=False, repr=False)

    def origin(self, key: str) -> Origin:
        """Where the setting `key`, written as in a file (`"otlp.endpoint"`), came from.

        Raises `ConfigurationError` where there is no such setting.
        """
        for row in self.rows:
            if row.key == key:
                return row.origin
        near = nearest(key, [row.key for row in self.rows])
        hint = "" if near is None else f"; did you mean {near!r}?"
        raise ConfigurationError(f"there is no setting {key!r}{hint}")

    def explain(self) -> tuple[Row, ...]:
        """What there is to tell: every setting, and nothing twice."""
        return tuple(row for row in self.rows if not row.repeats)


def without_password(endpoint: str) -> str:
    """`endpoint` without what is secret in an address: user and password, and the query.

    >>> without_password("https://me:secret@collector:4318/v1/traces?key=secret")
    'https://[redacted]@collector:4318/v1/traces?[redacted]'
    """
    # By pattern: this must also serve what is no valid address, on its way into a message.
    address, query, _ = endpoint.partition("?")
    address = _USER.sub(rf"\g<1>{REDACTED}@", address, count=1)
    return f"{address}?{REDACTED}" if query else address
