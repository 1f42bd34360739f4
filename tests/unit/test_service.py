"""Service: set up once, found again, and ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ninefold as nf
from ninefold.service import current


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No service outlives its test."""
    yield
    service = current()
    if service is not None:
        service.shutdown()


def test_the_same_words_give_the_same_service() -> None:
    """Modules that each call setup() with the same arguments share one service."""
    reader, processor = InMemoryMetricReader(), SimpleSpanProcessor(InMemorySpanExporter())

    def again() -> nf.Service:
        return nf.setup(
            "shop",
            version="1",
            environment="test",
            owner="payments",
            resource={"cloud.region": "eu"},
            sampling=nf.Sampling(default=0.5),
            exclude=["/internal/*"],
            readers=[reader],
            span_processors=[processor],
        )

    assert again() is again() is current()


def test_a_worker_that_only_registers_states_exports_them_once_it_has_started() -> None:
    """Without start() there is nothing to collect from before the first record."""
    reader = InMemoryMetricReader()
    service = nf.setup("indexer", readers=[reader])
    service.freshness("index", updated_at=lambda: 1.5)
    assert service.telemetry.pipeline.built is None
    service.start()
    collected = reader.get_metrics_data()
    assert collected is not None
    told = [m.name for r in collected.resource_metrics for s in r.scope_metrics for m in s.metrics]
    assert "ninefold.freshness.timestamp" in told


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"name": "shop2"}, "name"),
        ({"version": "2"}, "version"),
        ({"environment": "production"}, "environment"),
        ({"sampling": nf.Sampling(default=0.1)}, "sampling.default"),
        ({"sampling": nf.Sampling(parent="ignore")}, "sampling.parent"),
        ({"exclude": ["/x"]}, "exclude"),
        ({"resource": {"a": "b"}}, "resource_attributes.a"),
        ({"prometheus": True}, "prometheus"),
        ({"admin": ":9464"}, "admin"),
        ({"readers": [InMemoryMetricReader()]}, "readers"),
        ({"span_processors": [SimpleSpanProcessor(InMemorySpanExporter())]}, "span_processors"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_words_are_an_error_that_names_them(other: dict[str, Any], named: str) -> None:
    """A second setup() that says something else is refused, and says in what it differs."""
    words: dict[str, Any] = {"name": "shop", "version": "1"}
    first = nf.setup(**words)
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup(**(words | other))
    assert f", in {named}; call it once" in str(caught.value)
    assert current() is first


def test_after_shutdown_set_up_begins_anew() -> None:
    """A service that was ended makes room for the next, whatever that one says."""
    first = nf.setup("first")
    assert first.shutdown()
    assert current() is None
    second = nf.setup("second", sampling=nf.Sampling(default=0.1))
    assert second is not first
    assert current() is second
    assert first.shutdown()
    assert current() is second


def test_a_failed_set_up_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error there is no service, and the next attempt works."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "pigeon")
    with pytest.raises(nf.ConfigurationError):
        nf.setup("shop")
    assert current() is None
    monkeypatch.delenv("OTEL_TRACES_EXPORTER")
    assert nf.setup("shop") is current()


def test_expose_tells_how_to_switch_it_on() -> None:
    """Without prometheus=True there is nothing to scrape, and the error says what to do."""
    with pytest.raises(nf.ConfigurationError, match="prometheus=True"):
        nf.setup("shop").expose("")


@pytest.mark.parametrize("target", [object(), 7, "app", lambda: None, None, logging])
def test_what_cannot_be_instrumented_is_told(target: object) -> None:
    """Neither an application nor a client: the error says what there is."""
    with pytest.raises(nf.ConfigurationError, match="cannot instrument"):
        nf.setup("shop").instrument(target)


def test_log_correlation_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `log_correlation` false no log record is touched."""
    from ninefold.telemetry._log_ids import remove_log_ids

    def record() -> logging.LogRecord:
        return logging.getLogger("x").makeRecord("x", logging.INFO, "", 0, "", (), None)

    remove_log_ids()
    monkeypatch.setenv("NINEFOLD_LOG_CORRELATION", "false")
    service = nf.setup("shop")
    assert not hasattr(record(), "trace_id")
    service.shutdown()
    monkeypatch.delenv("NINEFOLD_LOG_CORRELATION")
    nf.setup("shop")
    assert record().trace_id == ""  # type: ignore[attr-defined]  # set by ninefold
