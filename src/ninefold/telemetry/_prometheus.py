"""Answers a Prometheus scrape: collects when asked, in the format that the scraper accepts.

Importing this module imports prometheus_client and the SDK: it is loaded when a reader is wanted.
"""

from __future__ import annotations

import gzip
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics.export import MetricReader, MetricsData, ResourceMetrics
from prometheus_client.exposition import (
    CONTENT_TYPE_PLAIN_0_0_4,
    choose_encoder,
    generate_latest,
    gzip_accepted,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ninefold.core import require_positive
from ninefold.telemetry._exposition import Exposition

if TYPE_CHECKING:
    from ninefold.telemetry._workers._siblings import Siblings

SCRAPE_TIMEOUT = 10.0
"""Seconds that a scrape waits for the one before it: Prometheus's own default `scrape_timeout`."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """The answer to one scrape: a body and the headers that describe it."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class PrometheusReader(MetricReader):
    """A pull reader: each scrape collects, and gets what it collected.

    Counters and histograms are cumulative whatever the environment asks of OTLP. What Prometheus's
    formats cannot say is left out and logged once, as warnings of `ninefold.telemetry`. See
    `Exposition` for the options and their defaults.

    `timeout` is how many seconds a scrape waits for the one before it. Default: as long as
    Prometheus waits for an answer. `siblings` are the other workers of this process's server, for
    all of whom it answers.

    >>> from opentelemetry.sdk.metrics import MeterProvider
    >>> reader = PrometheusReader(target_info=False)
    >>> meter = MeterProvider([reader]).get_meter("shop")
    >>> orders = meter.create_counter("orders", "{order}", "Orders taken")
    >>> orders.add(2, {"shop.id": "b"})
    >>> body, content_type = reader.expose("text/plain")
    >>> print(body.decode(), end="")
    # HELP orders_total Orders taken
    # TYPE orders_total counter
    orders_total{shop_id="b"} 2.0
    """

    keeps_exemplars = True
    """An exemplar stays until a newer one takes its bucket: two servers may scrape one process."""

    def __init__(
        self,
        *,
        target_info: bool = True,
        scope_labels: bool = False,
        created: bool = False,
        timeout: float = SCRAPE_TIMEOUT,
        siblings: Siblings | None = None,
    ) -> None:
        require_positive("timeout", timeout, unit="seconds")
        super().__init__()
        self._timeout = timeout
        self._exposition = Exposition(
            target_info=target_info, scope_labels=scope_labels, created=created
        )
        self._siblings = siblings
        self._one_scrape = Lock()
        self._received: list[MetricsData] = []

    def expose(self, accept: str | None = None) -> tuple[bytes, str]:
        """Collect, and return the body and its `Content-Type`.

        `accept` is the scraper's `Accept` header: OpenMetrics 1.0 where it asks for that, with
        exemplars; otherwise the text format 0.0.4. prometheus_client negotiates.

        Raises `TimeoutError` when the scrape before this one has not ended within `timeout`
        seconds, as when the callback of an observable instrument hangs.
        """
        return encoded(self.families(), accept)

    def scrape(self, accept: str | None = None, accept_encoding: str | None = None) -> Scrape:
        """Collect, and return body and headers, compressed where `accept_encoding` allows gzip.

        Raises `TimeoutError` as `expose` does.
        """
        body, content_type = self.expose(accept)
        headers = [("Content-Type", content_type), ("Vary", "Accept, Accept-Encoding")]
        if gzip_accepted(accept_encoding or ""):
            # Level 1: a scrape is read once, and time is the application's.
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return Scrape(body, (*headers, ("Content-Length", str(len(body)))))

    def families(self) -> Sequence[Metric]:
        """Collect, and return prometheus_client's families: for a registry of the user's own.

        Raises `TimeoutError` as `expose` does.
        """
        with self._alone():
            resources = self._collected()
            if self._siblings is not None:
                resources = self._siblings.merged(resources)
            return self._exposition.families(resources)

    def tell(self) -> None:
        """Collect, and have the other workers know; raises `TimeoutError` as `expose` does."""
        if self._siblings is not None:
            with self._alone():
                self._siblings.publish(self._collected())

    @contextmanager
    def _alone(self) -> Generator[None]:
        # The SDK resets what observable instruments reported when it collects: of two scrapes at
        # once, one would miss them.
        if not self._one_scrape.acquire(timeout=self._timeout):
            raise TimeoutError(
                f"the scrape before this one must end within {self._timeout:g} seconds and has "
                "not; look for an observable instrument whose callback blocks"
            )
        try:
            yield
        finally:
            self._received.clear()
            self._one_scrape.release()

    def _collected(self) -> Sequence[ResourceMetrics]:
        self._received.clear()
        self.collect(timeout_millis=self._timeout * 1_000)
        return [resource for data in self._received for resource in data.resource_metrics]

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing waits to be sent: a scrape fetches."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Nothing to close. The last totals stay readable, for a scrape during shutdown."""

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> None:
        self._received[:] = [metrics_data]


def encoded(families: Iterable[Metric], accept: str | None = None) -> tuple[bytes, str]:
    """The families in the format that `accept` asks for, and its `Content-Type`."""
    try:
        encode, content_type = choose_encoder(accept or "")
    except (TypeError, ValueError):
        # A version that is no number: the format that everybody reads.
        encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
    return encode(_Collected(families)), content_type


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
