"""Reads what a service's `/metrics` says of its requests, and of the requests that it made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

from ninefold.core import prometheus_label, prometheus_name
from ninefold.demo._guarded import Guarded, guarded
from ninefold.demo._histogram import Histogram
from ninefold.registry import (
    ATTR_ERROR_TYPE,
    ATTR_HTTP_REQUEST_METHOD,
    ATTR_HTTP_RESPONSE_STATUS_CODE,
    ATTR_HTTP_ROUTE,
    ATTR_SERVER_ADDRESS,
    ATTR_SERVER_PORT,
    ATTR_SERVICE_NAME,
    ATTR_SERVICE_VERSION,
    HTTP_CLIENT_REQUEST_DURATION,
    HTTP_SERVER_REQUEST_DURATION,
    HistogramMetric,
)

ACCEPT: Final = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

_METHOD: Final = prometheus_label(ATTR_HTTP_REQUEST_METHOD)
_ROUTE: Final = prometheus_label(ATTR_HTTP_ROUTE)
_STATUS: Final = prometheus_label(ATTR_HTTP_RESPONSE_STATUS_CODE)
_ERROR: Final = prometheus_label(ATTR_ERROR_TYPE)
_ADDRESS: Final = prometheus_label(ATTR_SERVER_ADDRESS)
_PORT: Final = prometheus_label(ATTR_SERVER_PORT)


def series_name(metric: HistogramMetric) -> str:
    """The name that Prometheus knows a histogram by."""
    return prometheus_name(metric.name, metric.unit, "histogram")


@dataclass(frozen=True, slots=True)
class Series:
    """The requests of one method, route, status and error, as one histogram says.

    What was asked of others has the address it went to as `server`, and no route.
    """

    method: str
    route: str | None
    server: str | None
    status: int | None
    error: str | None
    durations: Histogram

    @property
    def name(self) -> str:
        """What a person calls them: method and route, or method and server."""
        return f"{self.method} {self.route or self.server or '(no route)'}"

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this series from the others."""
        return self.method, self.route, self.server, self.status, self.error


@dataclass(frozen=True, slots=True)
class Reading:
    """One scrape: of which service, what that served, what it asked of others, and how guarded."""

    service: str
    version: str
    served: tuple[Series, ...]
    asked: tuple[Series, ...]
    guarded: tuple[Guarded, ...] = ()

    @property
    def requests(self) -> int:
        """How many requests the service has counted."""
        return sum(each.durations.count for each in self.served)


def read(text: str, content_type: str) -> Reading:
    """Read an exposition in either format. Raises `ValueError` where it is no exposition."""
    parse = open_metrics if content_type.startswith("application/openmetrics-text") else plain_text
    families: dict[str, Metric] = {family.name: family for family in parse(text)}
    target = next(_labels(families, "target_info", "target"), {})
    return Reading(
        target.get(prometheus_label(ATTR_SERVICE_NAME), ""),
        target.get(prometheus_label(ATTR_SERVICE_VERSION), ""),
        tuple(_series(families.get(series_name(HTTP_SERVER_REQUEST_DURATION)))),
        tuple(_series(families.get(series_name(HTTP_CLIENT_REQUEST_DURATION)))),
        guarded(families),
    )


def _labels(families: dict[str, Metric], *names: str) -> Iterator[dict[str, str]]:
    for name in names:
        for sample in families[name].samples if name in families else ():
            yield sample.labels


def _series(family: Metric | None) -> Iterable[Series]:
    buckets: dict[frozenset[tuple[str, str]], dict[float, float]] = {}
    for sample in family.samples if family is not None else ():
        if sample.name.endswith("_bucket"):
            labels = dict(sample.labels)
            bound = float(labels.pop("le"))
            buckets.setdefault(frozenset(labels.items()), {})[bound] = sample.value
    for key, counts in buckets.items():
        labels = dict(key)
        status = labels.get(_STATUS)
        bounds = tuple(sorted(counts))
        yield Series(
            labels.get(_METHOD, ""),
            labels.get(_ROUTE),
            f"{labels[_ADDRESS]}:{labels[_PORT]}" if _ADDRESS in labels else None,
            None if status is None else int(status),
            labels.get(_ERROR),
            Histogram(bounds, tuple(counts[bound] for bound in bounds)),
        )
