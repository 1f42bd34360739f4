"""What can be told from outside a service about whether its telemetry will arrive."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from ninefold.config import OtlpSettings, Settings, Signal

Level = Literal["ok", "note", "wrong"]
Reach = Callable[[str, int], str | None]
"""Says why the host and port cannot be reached, or None."""

_EXPORTERS: Final = "opentelemetry_{}_exporter"
_PROPAGATORS: Final = "opentelemetry_propagator"
_INSTRUMENTATIONS: Final = "opentelemetry_instrumentor"
_ALWAYS_THERE: Final = frozenset(("otlp", "console"))
_OURS: Final = frozenset(("asgi", "fastapi", "flask", "httpx", "requests", "starlette", "wsgi"))
_PROVIDERS: Final = (
    "OTEL_PYTHON_TRACER_PROVIDER",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_LOGGER_PROVIDER",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `wrong` ones make `ninefold doctor` fail; notes do not."""

    level: Level
    message: str


def diagnose(
    settings: Settings, environ: Mapping[str, str], *, why_unreachable: Reach
) -> list[Finding]:
    """All findings; `why_unreachable` is asked once about each address that OTLP goes to."""
    findings = [Finding("note", problem) for problem in settings.problems]
    if settings.disabled:
        name = settings.origin("disabled").name
        return [*findings, Finding("note", f"ninefold is disabled by {name}: nothing is measured")]
    findings += _exporters(settings)
    findings += _propagators(settings)
    findings += _providers(environ)
    findings += _instrumentations(environ)
    findings += _endpoints(settings, why_unreachable)
    return findings


def _signals(settings: Settings) -> Iterator[tuple[Signal, tuple[str, ...], OtlpSettings]]:
    yield "traces", settings.traces_exporter, settings.otlp_traces
    yield "metrics", settings.metrics_exporter, settings.otlp_metrics
    yield "logs", settings.logs_exporter, settings.otlp_logs


def _exporters(settings: Settings) -> Iterator[Finding]:
    nowhere = [signal for signal, names, _ in _signals(settings) if not names]
    if settings.prometheus:
        yield Finding("ok", f"Prometheus is answered on the application, {settings.metrics_path}")
    if settings.admin is not None:
        yield Finding(
            "ok",
            f"Prometheus is answered on the admin port {settings.admin},"
            f" at {settings.metrics_path}",
        )
    if settings.scraped:
        nowhere = [signal for signal in nowhere if signal != "metrics"]
    if nowhere:
        yield Finding(
            "note",
            f"{', '.join(nowhere)}: not exported; set OTEL_EXPORTER_OTLP_ENDPOINT, or "
            f"OTEL_{nowhere[0].upper()}_EXPORTER",
        )
    for signal, names, _ in _signals(settings):
        group = _EXPORTERS.format(signal)
        for name in sorted({*names} - _ALWAYS_THERE):
            if not entry_points(group=group, name=name):
                yield Finding(
                    "wrong",
                    f"no exporter of {signal} is called {name!r}; install the distribution that "
                    f"provides it, or change {settings.origin(f'{signal}_exporter').name}",
                )


def _propagators(settings: Settings) -> Iterator[Finding]:
    for name in settings.propagators or ():
        if not entry_points(group=_PROPAGATORS, name=name):
            yield Finding(
                "wrong",
                f"no propagator is called {name!r}; install the distribution that provides it "
                f"(opentelemetry-propagator-…), or change {settings.origin('propagators').name}",
            )


def _providers(environ: Mapping[str, str]) -> Iterator[Finding]:
    for variable in _PROVIDERS:
        if environ.get(variable, "").strip():
            yield Finding(
                "note",
                f"{variable}={environ[variable]} chooses a provider; where it is set before "
                "setup() it stays, and ninefold measures through its plain API",
            )


def _instrumentations(environ: Mapping[str, str]) -> Iterator[Finding]:
    switched_off = {
        name.strip() for name in environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(",")
    }
    installed = {point.name for point in entry_points(group=_INSTRUMENTATIONS)}
    for name in sorted((installed & _OURS) - switched_off):
        yield Finding(
            "note",
            f"opentelemetry-instrumentation-{name} is installed; under opentelemetry-instrument "
            f"it works on the same app: OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={name} leaves "
            "ninefold alone",
        )


def _endpoints(settings: Settings, why_unreachable: Reach) -> Iterator[Finding]:
    used: dict[tuple[str, int], list[Signal]] = {}
    for signal, names, otlp in _signals(settings):
        if "otlp" in names:
            used.setdefault(_address(otlp), []).append(signal)
            yield from _files(signal, otlp)
            refusal = settings.refusal(signal)
            if refusal is not None:
                yield Finding("wrong", refusal)
    for (host, port), signals in used.items():
        whose = f"OTLP endpoint {host}:{port} ({', '.join(signals)})"
        why_not = why_unreachable(host, port)
        if why_not is None:
            yield Finding("ok", f"{whose} accepts connections")
        else:
            origin = settings.origin(f"otlp.{signals[0]}.endpoint")
            change = "set OTEL_EXPORTER_OTLP_ENDPOINT"
            if origin.source != "default":
                change = f"change {origin.name}"
            yield Finding(
                "wrong",
                f"{whose} accepts no connection: {why_not}; start a collector there, or {change}",
            )


def _files(signal: Signal, otlp: OtlpSettings) -> Iterator[Finding]:
    for what, path in (
        ("certificate", otlp.certificate),
        ("client_key", otlp.client_key),
        ("client_certificate", otlp.client_certificate),
    ):
        if path is not None and not Path(path).is_file():
            yield Finding("wrong", f"otlp.{signal}.{what} names a file that is not there: {path}")


def _address(otlp: OtlpSettings) -> tuple[str, int]:
    written = otlp.endpoint if "://" in otlp.endpoint else f"//{otlp.endpoint}"
    parts = urlsplit(written)
    usual = 4317
    if otlp.protocol == "http/protobuf":
        usual = 443 if parts.scheme == "https" else 80
    return parts.hostname or "localhost", parts.port or usual


def why_unreachable(host: str, port: int, *, patience: float = 1.0) -> str | None:
    """Why no TCP connection comes about within `patience` seconds; None where one does."""
    answer: list[str | None] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=patience).close()
        except OSError as error:
            answer.append(error.strerror or str(error))
        else:
            answer.append(None)

    # A thread, because looking up a name knows no timeout; a daemon, because nobody waits for it.
    attempt = threading.Thread(target=connect, name="ninefold-doctor", daemon=True)
    attempt.start()
    attempt.join(patience)
    return answer[0] if answer else f"no answer within {patience:g} s"
