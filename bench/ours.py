"""ninefold as its users set it up, for the modes that the scenarios compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ninefold.service import Service

METRICS_ONLY: Final = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
"""Metrics are read through `/metrics`; there is no tracing."""

WITH_TRACES: Final = {"OTEL_TRACES_EXPORTER": "bench", "OTEL_METRICS_EXPORTER": "none"}
"""Tracing is on, exported to a counter: see `bench.span_count` and `bench/entry_points`."""

COUNT_SAMPLE: Final = "http_server_request_duration_seconds_count"


def service(*, ratio: float | None = None) -> Service:
    """A service whose metrics are scraped, and that keeps `ratio` of the roots if it traces."""
    import ninefold as nf

    options: dict[str, Any] = {}
    if ratio is not None:
        options["sampling"] = nf.Sampling(default=ratio)
    return nf.setup(
        "bench", version="1", environment="bench", owner="bench", prometheus=True, **options
    )


def server_spans(service: Service) -> int:
    """How many server spans were exported, those still queued included."""
    from bench.span_count import CountingExporter

    service.force_flush()
    return CountingExporter.exported
