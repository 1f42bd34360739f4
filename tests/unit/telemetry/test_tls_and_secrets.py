"""`require_tls` refuses what goes out in the open; no failure repeats a secret."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner
from opentelemetry import trace
from tests.support.impatient import impatient
from tests.support.net import LOOPBACK, free_port

import ninefold as nf
from ninefold.cli import main

SECRET = "hunter2canary"


@pytest.mark.parametrize(
    ("protocol", "endpoint", "variables"),
    [
        ("http/protobuf", "http://collector:4318", {}),
        ("http/protobuf", "HTTP://collector:4318", {}),
        ("http/protobuf", "collector:4318", {}),
        ("http/protobuf", f"http://me:{SECRET}@collector:4318/v1?key={SECRET}", {}),
        ("grpc", "http://collector:4317", {}),
        ("grpc", "collector:4317", {"OTEL_EXPORTER_OTLP_INSECURE": "true"}),
        ("grpc", f"http://me:{SECRET}@collector:4317", {}),
    ],
)
def test_a_plain_endpoint_is_refused(
    monkeypatch: pytest.MonkeyPatch, protocol: str, endpoint: str, variables: dict[str, str]
) -> None:
    """At set-up, with the endpoint, who said so, and what to write instead."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(nf.ConfigurationError) as raised:
        nf.setup("secure", require_tls=True)
    message = str(raised.value)
    assert "collector:431" in message
    assert "(OTEL_EXPORTER_OTLP_ENDPOINT): it goes without TLS; write https://" in message
    assert "require_tls (setup(): require_tls) refuses" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
        },
    ],
    ids=["nothing is exported", "https", "gRPC without a scheme", "disabled", "not used"],
)
def test_what_sends_nothing_in_the_open_is_not_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Where nothing is exported there is nothing to refuse."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    nf.setup("secure", require_tls=True).shutdown()


def test_the_default_endpoint_is_plain_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exporter without an endpoint goes to this machine, by http."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("NINEFOLD_REQUIRE_TLS", "true")
    with pytest.raises(nf.ConfigurationError, match="localhost:4318/v1/traces' of traces"):
        nf.setup("secure")


@impatient
@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_failed_export_repeats_no_secret(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    protocol: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Exporters tell of the address they failed with, and of headers that cannot be sent."""
    headers = tmp_path / "headers"
    # Neither protocol can send it: both quote it in what they raise.
    headers.write_text(f"x-key: {SECRET}\u20ac")
    endpoint = f"http://me:{SECRET}@{LOOPBACK}:{free_port()}/?key={SECRET}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    for wanted in (None, str(headers)):
        if wanted is not None:
            monkeypatch.setenv("NINEFOLD_OTLP_HEADERS_FILE", wanted)
        caplog.clear()
        service = nf.setup("secret")
        trace.get_tracer("app").start_span("work").end()
        service.force_flush(30)
        service.shutdown(30)
        said = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
        assert len(said) == 1
        assert said[0].startswith("dropped 1 item(s) of traces: export_failed")
        assert SECRET not in caplog.text


@pytest.mark.parametrize("form", ["text", "json"])
def test_doctor_shows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str) -> None:
    """Headers by name, addresses without credentials, a refusal without either."""
    headers = tmp_path / "headers"
    headers.write_text(f"authorization: {SECRET}")
    for variable, value in {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://me:{SECRET}@{LOOPBACK}:{free_port()}/?k={SECRET}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={SECRET}",
        "NINEFOLD_OTLP_HEADERS_FILE": str(headers),
        "NINEFOLD_REQUIRE_TLS": "true",
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["doctor", "--format", form])
    assert done.exit_code == 1
    assert SECRET not in done.output
    assert "authorization=REDACTED" in done.output
    assert "x-key=REDACTED" in done.output
    assert "require_tls (NINEFOLD_REQUIRE_TLS) refuses" in done.output
    if form == "json":
        assert json.loads(done.output)["settings"]
