"""OTLP over TLS, to a real endpoint: what is trusted gets through, and nothing else does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from opentelemetry import metrics, trace
from tests.support.impatient import impatient
from tests.support.net import LOOPBACK
from tests.support.otlp_sink import OtlpSink
from tests.support.tls import Authority, Pair, ServerTls

import ninefold as nf

SinkWith = Callable[[ServerTls], OtlpSink]
PROTOCOLS = pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
LATE = 30.0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the deployment trusts."""
    return Authority(tmp_path / "ours")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Whom nobody trusts."""
    return Authority(tmp_path / "theirs")


@pytest.fixture
def sink() -> Iterator[SinkWith]:
    """Start an OTLP receiver with TLS."""
    with ExitStack() as stack:
        yield lambda tls: stack.enter_context(OtlpSink(tls))


def trusting(
    monkeypatch: pytest.MonkeyPatch,
    sink: OtlpSink,
    protocol: str,
    root: Path | None,
    client: Pair | None = None,
    scope: str = "",
) -> None:
    """Set the standard variables; `scope` is `TRACES_` where they are one signal's own."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.endpoint(protocol))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5000")
    monkeypatch.setenv("NINEFOLD_REQUIRE_TLS", "true")
    files = {"CERTIFICATE": root}
    if client is not None:
        files |= {"CLIENT_CERTIFICATE": client.certificate, "CLIENT_KEY": client.key}
    for what, path in files.items():
        if path is not None:
            monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{scope}{what}", str(path))


def send() -> None:
    """Set up, emit a span and a count, and end."""
    service = nf.setup("secure")
    try:
        metrics.get_meter("app").create_counter("orders").add(3)
        trace.get_tracer("app").start_span("work").end()
        service.force_flush(LATE)
    finally:
        service.shutdown(0.5)


@PROTOCOLS
def test_a_collector_with_a_trusted_certificate_gets_everything(
    monkeypatch: pytest.MonkeyPatch,
    sink: SinkWith,
    authority: Authority,
    stranger: Authority,
    protocol: str,
) -> None:
    """`OTEL_EXPORTER_OTLP_CERTIFICATE` names whom to trust, whatever other clients are told."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.root))
    receiver = sink(ServerTls(authority.issue()))
    trusting(monkeypatch, receiver, protocol, authority.root)
    send()
    assert len(receiver.spans(name="work")) == 1
    assert [point.value for point in receiver.latest("orders")] == [3]


@impatient
@PROTOCOLS
@pytest.mark.parametrize("wrong", ["authority", "host", "default"])
def test_a_collector_that_is_not_trusted_gets_nothing(
    monkeypatch: pytest.MonkeyPatch,
    sink: SinkWith,
    authority: Authority,
    stranger: Authority,
    protocol: str,
    wrong: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Another authority, another host, or none named: it is counted, and the log says why."""
    shown = {"authority": stranger.issue(), "host": authority.issue("collector.example")}
    receiver = sink(ServerTls(shown.get(wrong, authority.issue())))
    trusting(monkeypatch, receiver, protocol, None if wrong == "default" else authority.root)
    send()
    assert receiver.received == ()
    # What other tests left behind, such as exporters, has its own troubles.
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert any("dropped 1 item(s) of traces: export_failed" in each for each in said)
    assert any(" of metrics: export_failed" in each for each in said)


@PROTOCOLS
@pytest.mark.parametrize("scope", ["", "TRACES_"])
def test_a_collector_that_asks_who_is_there_is_answered(
    monkeypatch: pytest.MonkeyPatch,
    sink: SinkWith,
    authority: Authority,
    protocol: str,
    scope: str,
) -> None:
    """Mutual TLS, by the general variables or by one signal's own."""
    receiver = sink(ServerTls(authority.issue(), clients=authority.root))
    client = authority.issue("client.example")
    trusting(monkeypatch, receiver, protocol, authority.root, client, scope)
    send()
    assert len(receiver.spans(name="work")) == 1
    assert len(receiver.latest("orders")) == (0 if scope else 1)


@PROTOCOLS
def test_a_key_may_stand_in_the_file_of_its_certificate(
    monkeypatch: pytest.MonkeyPatch, sink: SinkWith, authority: Authority, protocol: str
) -> None:
    """One file is enough, as many tools issue it."""
    receiver = sink(ServerTls(authority.issue(), clients=authority.root))
    client = authority.issue("client.example")
    client.certificate.write_bytes(client.certificate.read_bytes() + client.key.read_bytes())
    trusting(monkeypatch, receiver, protocol, authority.root)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", str(client.certificate))
    send()
    assert len(receiver.spans(name="work")) == 1


@impatient
@PROTOCOLS
@pytest.mark.parametrize("known", [True, False], ids=["a stranger", "nobody"])
def test_a_client_that_is_not_trusted_is_turned_away(
    monkeypatch: pytest.MonkeyPatch,
    sink: SinkWith,
    authority: Authority,
    stranger: Authority,
    protocol: str,
    known: bool,
) -> None:
    """Without a certificate, or with somebody else's, nothing gets through."""
    receiver = sink(ServerTls(authority.issue(), clients=authority.root))
    client = stranger.issue("client.example") if known else None
    trusting(monkeypatch, receiver, protocol, authority.root, client)
    send()
    assert receiver.received == ()


@PROTOCOLS
@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("key", None, "is no certificate in PEM"),
        ("certificate", None, "is no certificate in PEM with its private key"),
        ("certificate", "other", "with the private key for it in"),
        ("certificate", "locked", "or that key wants a password"),
        (None, "key", "has no client_certificate beside it"),
    ],
)
def test_what_cannot_serve_as_identity_is_told_at_set_up(
    monkeypatch: pytest.MonkeyPatch,
    authority: Authority,
    stranger: Authority,
    protocol: str,
    certificate: str | None,
    key: str | None,
    message: str,
) -> None:
    """A wrong pair is an error before traffic, says the file and never what is in it."""
    pair = authority.issue()
    locked = pair.key.with_name("locked.key")
    locked.write_bytes(_locked(pair.key))
    files = {
        "certificate": pair.certificate,
        "key": pair.key,
        "other": stranger.issue().key,
        "locked": locked,
    }
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"https://{LOOPBACK}:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    if certificate is not None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", str(files[certificate]))
    if key is not None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", str(files[key]))
    with pytest.raises(nf.ConfigurationError, match=message) as raised:
        nf.setup("secure")
    assert "BEGIN" not in str(raised.value)


@PROTOCOLS
def test_a_certificate_to_trust_that_is_none_is_told_at_set_up(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, protocol: str
) -> None:
    """A key in its place is not repeated."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"https://{LOOPBACK}:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(authority.issue().key))
    with pytest.raises(nf.ConfigurationError, match="holds no certificate in PEM") as raised:
        nf.setup("secure")
    assert "BEGIN" not in str(raised.value)


def _locked(key: Path) -> bytes:
    """The same private key, under a password."""
    from cryptography.hazmat.primitives import serialization

    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
