"""What a type checker knows of the catalogue, and what it must refuse.

Each `type: ignore` stands on a line that must not type-check: mypy reports one that is not needed.
"""

from __future__ import annotations

from typing import Literal, assert_type

from ninefold import registry
from ninefold.registry import (
    AnyMetric,
    Attribute,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    MetricName,
    UpDownCounterMetric,
)


def takes_histogram(metric: HistogramMetric) -> None:
    """Stands for an instrument that only a histogram's metric can make."""


def takes_any(metric: AnyMetric) -> None:
    """Stands for code that serves every kind."""


def takes_outcome(outcome: registry.CallOutcome) -> None:
    """Stands for code that counts a dependency's calls."""


assert_type(registry.HTTP_SERVER_REQUEST_DURATION, HistogramMetric)
assert_type(registry.HTTP_SERVER_REQUEST_DURATION.kind, Literal["histogram"])
assert_type(registry.SLI_EVENTS, CounterMetric)
assert_type(registry.BREAKER_STATUS, UpDownCounterMetric)
assert_type(registry.EVENT_LOOP_LAG, GaugeMetric)
assert_type(registry.METRICS["ninefold.sli.events"], AnyMetric)
assert_type(registry.ATTRIBUTES["http.route"], Attribute)

takes_any(registry.SLI_EVENTS)
takes_histogram(registry.OPERATION_DURATION)
takes_histogram(registry.SLI_EVENTS)  # type: ignore[arg-type]  # a counter is no histogram

name: MetricName = "http.server.request.duration"
old: MetricName = "http.server.duration"  # type: ignore[assignment]  # before it was stable
registry.METRICS["http.server.duration"]  # type: ignore[index]  # likewise, as a key
registry.ATTRIBUTES["http.status_code"]  # type: ignore[index]  # renamed long ago
old_metric = registry.HTTP_SERVER_DURATION  # type: ignore[attr-defined]  # no such constant

state: registry.BreakerState = "half_open"
wrong_state: registry.BreakerState = "halfopen"  # type: ignore[assignment]  # misspelt
takes_outcome("rejected")
takes_outcome("good")  # type: ignore[arg-type]  # an objective's outcome, not a call's
method: registry.HttpRequestMethod = "_OTHER"
wrong_method: registry.HttpRequestMethod = "FOO"  # type: ignore[assignment]  # would be _OTHER
