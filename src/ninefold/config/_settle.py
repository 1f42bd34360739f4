"""Settles every setting, given what was said: an engine without files, logs or environment."""

from __future__ import annotations

import glob
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from ninefold.config import _standard, _table
from ninefold.config._decision import Deliberation, Said, Word
from ninefold.config._keys import flat, refuse_unknown
from ninefold.config._model import AttributeValue, OtlpSettings, Row, Settings, Signal
from ninefold.config._override import is_override, override_rows, remedy_of, settings_alone
from ninefold.config._sampler_argument import argued, problem_of
from ninefold.config._setting import Setting
from ninefold.core import nearest

_KEYS: Final = frozenset(setting.key for setting in _table.ALL)
_SHORT_VARIABLES: Final = frozenset(
    variable.removeprefix("NINEFOLD_")
    for variable in (_table.CONFIG_VARIABLE, *(setting.variable for setting in _table.ALL))
)
_OTHERS: Final = "`ninefold doctor` lists all settings"
_DEFAULT_ENDPOINTS: Final = {
    "http/protobuf": "http://localhost:4318",
    "grpc": "http://localhost:4317",
}


def settle(said: Said, *, file: Path | None = None) -> Settings:
    """The settings that follow from what was said; a wrong word raises `ConfigurationError`.

    `said.file` may hold tables inside tables; `file` is only passed on.
    """
    overrides = override_rows(said)
    heard, said = said, replace(said, file=flat(settings_alone(said.file), _KEYS))
    refuse_unknown(said.file, said.where, _KEYS, others=_OTHERS)
    refuse_unknown(said.code, "argument of setup", _KEYS, others=_OTHERS)
    argument = _standard.our_argument(said.environ)
    problem = problem_of(argument) if argument else _standard.argument_problem(said.environ)
    if argument and problem is None:
        said = replace(said, argued=argued(argument))
    chosen = Deliberation(said)
    _warn_of_unknown(said.environ, chosen)
    if problem is not None:
        chosen.warn(f"{problem}; ignored, as OpenTelemetry asks for its own variables")
    for general in _table.OTLP.all():
        chosen.choose(general)
    otlp = {signal: _otlp(chosen, signal) for signal in _table.SIGNALS}
    metrics_exporter = _exporter(chosen, _table.METRICS_EXPORTER, "metrics")
    settings = Settings(
        name=chosen.choose(_table.NAME).value,
        version=chosen.choose(_table.VERSION).value,
        environment=chosen.choose(_table.ENVIRONMENT).value,
        owner=chosen.choose(_table.OWNER).value,
        namespace=chosen.choose(_table.NAMESPACE).value,
        resource_attributes=_resource_attributes(chosen),
        disabled=chosen.choose(_table.DISABLED).value,
        traces_exporter=_exporter(chosen, _table.TRACES_EXPORTER, "traces"),
        metrics_exporter=tuple(name for name in metrics_exporter if name != "prometheus"),
        logs_exporter=chosen.choose(_table.LOGS_EXPORTER).value,
        otlp_traces=otlp["traces"],
        otlp_metrics=otlp["metrics"],
        otlp_logs=otlp["logs"],
        otlp_temporality=chosen.choose(_table.OTLP_TEMPORALITY).value,
        metric_export_interval=chosen.choose(_table.METRIC_EXPORT_INTERVAL).value,
        metric_export_timeout=chosen.choose(_table.METRIC_EXPORT_TIMEOUT).value,
        require_tls=chosen.choose(_table.REQUIRE_TLS).value,
        propagators=chosen.choose(_table.PROPAGATORS).value,
        exemplar_filter=chosen.choose(_table.EXEMPLAR_FILTER).value,
        sampling_ratio=chosen.choose(_table.SAMPLING_RATIO).value,
        sampling_parent=chosen.choose(_table.SAMPLING_PARENT).value,
        sampling_rules=chosen.choose(_table.SAMPLING_RULES).value,
        sampling_target=_target(chosen),
        keep_errors=chosen.choose(_table.KEEP_ERRORS).value,
        keep_slower_than=chosen.choose(_table.KEEP_SLOWER_THAN).value,
        keep_propagate=chosen.choose(_table.KEEP_PROPAGATE).value,
        buffer_max_mb=chosen.choose(_table.BUFFER_MAX_MB).value,
        buffer_per_trace=chosen.choose(_table.BUFFER_PER_TRACE).value,
        buffer_grace=chosen.choose(_table.BUFFER_GRACE).value,
        buffer_max_age=chosen.choose(_table.BUFFER_MAX_AGE).value,
        prometheus=chosen.choose(_table.PROMETHEUS).value,
        metrics_path=chosen.choose(_table.METRICS_PATH).value,
        workers=chosen.choose(_table.WORKERS).value,
        admin=chosen.choose(_table.ADMIN).value,
        admin_token=chosen.choose(_table.ADMIN_TOKEN).value,
        health=chosen.choose(_table.HEALTH).value,
        startup=chosen.choose(_table.STARTUP).value,
        start_deadline=chosen.choose(_table.START_DEADLINE).value,
        heartbeat_timeout=chosen.choose(_table.HEARTBEAT_TIMEOUT).value,
        worker_threads=chosen.choose(_table.WORKER_THREADS).value,
        exclude=chosen.choose(_table.EXCLUDE).value,
        record_headers=chosen.choose(_table.RECORD_HEADERS).value,
        record_query=chosen.choose(_table.RECORD_QUERY).value,
        synthetic_user_agents=chosen.choose(_table.SYNTHETIC_USER_AGENTS).value,
        objectives=_objectives(chosen, file),
        accept_deadline=chosen.choose(_table.ACCEPT_DEADLINE).value,
        shutdown_timeout=chosen.choose(_table.SHUTDOWN_TIMEOUT).value,
        max_series=chosen.choose(_table.MAX_SERIES).value,
        resilience=chosen.choose(_table.RESILIENCE).value,
        log_correlation=chosen.choose(_table.LOG_CORRELATION).value,
        process_metrics=chosen.choose(_table.PROCESS_METRICS).value,
        file=file,
    )
    return replace(
        settings,
        rows=_in_order(chosen),
        problems=chosen.problems,
        overrides=overrides,
        heard=heard,
    )


def _exporter(
    chosen: Deliberation, setting: Setting[tuple[str, ...]], signal: Signal
) -> tuple[str, ...]:
    """Nothing is exported where no endpoint and no exporter is configured."""
    if _has_endpoint(chosen, signal):
        because = "default, as an OTLP endpoint is configured"
        return chosen.choose(setting, default=("otlp",), because=because).value
    because = "default, as no OTLP endpoint is configured"
    return chosen.choose(setting, because=because).value


def _target(chosen: Deliberation) -> float:
    """A standard sampler keeps what its name says: a limit that nobody asked for would break it."""
    ratio = chosen.choose(_table.SAMPLING_RATIO)
    standard = _table.SAMPLING_RATIO.standard
    if standard is not None and ratio.name == standard.variable:
        because = f"default, as {ratio.name} names a standard sampler"
        return chosen.choose(_table.SAMPLING_TARGET, default=math.inf, because=because).value
    return chosen.choose(_table.SAMPLING_TARGET).value


def _has_endpoint(chosen: Deliberation, signal: Signal) -> bool:
    return bool(chosen.words(_table.OTLP_BY_SIGNAL[signal].endpoint))


def _otlp(chosen: Deliberation, signal: Signal) -> OtlpSettings:
    table = _table.OTLP_BY_SIGNAL[signal]
    protocol = chosen.choose(table.protocol).value
    address = chosen.choose(table.endpoint)
    endpoint = address.value or _DEFAULT_ENDPOINTS[protocol]
    insecure = chosen.choose(table.insecure).value
    if protocol == "http/protobuf":
        endpoint = endpoint if "://" in endpoint else f"http://{endpoint}"
        if address.value is None or address.key == _table.OTLP.endpoint.key:
            endpoint = _with_path(endpoint, signal)
    return OtlpSettings(
        endpoint=endpoint,
        protocol=protocol,
        headers=chosen.choose(table.headers).value,
        headers_file=chosen.choose(table.headers_file).value,
        timeout=chosen.choose(table.timeout).value,
        compression=chosen.choose(table.compression).value,
        certificate=chosen.choose(table.certificate).value,
        client_key=chosen.choose(table.client_key).value,
        client_certificate=chosen.choose(table.client_certificate).value,
        # A scheme decides by itself; the setting is asked only where there is none.
        insecure=endpoint.startswith("http://") or ("://" not in endpoint and insecure),
    )


def _with_path(endpoint: str, signal: Signal) -> str:
    # OpenTelemetry Protocol Exporter, "Endpoint URLs for OTLP/HTTP": the general one is a base.
    parts = urlsplit(endpoint)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/v1/{signal}"))


def _objectives(chosen: Deliberation, file: Path | None) -> tuple[str, ...]:
    """As they are opened: what a file of settings names is looked for beside that file."""
    word = chosen.choose(_table.OBJECTIVES)
    if word.source != "file" or file is None:
        return word.value
    beside = Path(glob.escape(str(file.parent)))
    return tuple(str(beside / pattern) for pattern in word.value)


def _resource_attributes(chosen: Deliberation) -> Mapping[str, AttributeValue]:
    """Each attribute by the strongest source that has it; a row for each one."""
    setting = _table.RESOURCE_ATTRIBUTES
    by_key: dict[str, list[Word[AttributeValue]]] = {}
    for word in chosen.words(setting):
        for key, value in word.value.items():
            if key not in _table.ATTRIBUTES_WITH_SETTINGS:
                each = Word(word.source, word.key, word.name, value)
                by_key.setdefault(key, []).append(each)
    chosen.choose(setting)
    for key, words in by_key.items():
        chosen.tell(setting, f"{setting.key}.{key}", tuple(words))
    if by_key:
        chosen.hide(setting.key)
    return MappingProxyType({key: words[0].value for key, words in by_key.items()})


def _in_order(chosen: Deliberation) -> tuple[Row, ...]:
    """The rows in the order of the table; resource attributes stand where their table does."""
    order = {setting.key: index for index, setting in enumerate(_table.ALL)}
    attributes = order[_table.RESOURCE_ATTRIBUTES.key]
    return tuple(
        sorted(chosen.rows.values(), key=lambda row: (order.get(row.key, attributes), row.key))
    )


def _warn_of_unknown(environ: Mapping[str, str], chosen: Deliberation) -> None:
    for variable, value in environ.items():
        short = variable.removeprefix("NINEFOLD_")
        if short == variable or short in _SHORT_VARIABLES or not value.strip():
            continue
        if is_override(variable):
            continue
        near = nearest(short, _SHORT_VARIABLES)
        hint = remedy_of(variable) if near is None else f"; did you mean NINEFOLD_{near}?"
        chosen.warn(f"there is no setting for the environment variable {variable}{hint}")
