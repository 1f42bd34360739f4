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
EVENTS_SAMPLE: Final = "ninefold_sli_events_total"


def service(*, ratio: float | None = None) -> Service:
    """A service whose metrics are scraped, and that keeps `ratio` of the roots if it traces."""
    import ninefold as nf

    options: dict[str, Any] = {}
    if ratio is not None:
        options["sampling"] = nf.Sampling(default=ratio, target_per_s=None)
    return nf.setup(
        "bench", version="1", environment="bench", owner="bench", prometheus=True, **options
    )


def declare(service: Service, route: str, number: int) -> None:
    """That many objectives on one route, one half availability and one half latency."""
    import ninefold as nf

    for each in range(number):
        if each % 2:
            kind = nf.latency(route=route, threshold=0.05 * (each + 1), target=0.99)
        else:
            kind = nf.availability(route=route, target=0.999)
        service.objective(f"objective-{each}", kind)


def server_spans(service: Service) -> int:
    """How many server spans were exported, those still queued included."""
    from bench.span_count import CountingExporter

    service.force_flush()
    return CountingExporter.exported
