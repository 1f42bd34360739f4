"""What the SDK collected, as prometheus_client's metric families.

Follows the OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md, except that
scopes are labels only when asked for, and that points in different units are not put into one
family. Nothing in the data makes a scrape fail: what cannot be said is left out, once logged.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    Gauge,
    Histogram,
    Metric,
    ResourceMetrics,
    Sum,
)
from prometheus_client.metrics_core import Metric as PrometheusMetric

from ninefold.core import (
    MetricKind,
    label_value,
    prometheus_labels,
    prometheus_name,
    prometheus_unit,
)
from ninefold.telemetry._families import (
    Claims,
    Distribution,
    Family,
    FamilyType,
    Labels,
    Number,
)
from ninefold.telemetry._faults import quoted
from ninefold.telemetry._samples import as_float, prometheus_metric

if TYPE_CHECKING:
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

_log = logging.getLogger("ninefold.telemetry")

_SAID_AT_MOST = 1_000


class Exposition:
    """Turns one collection after the other into families; remembers what it has logged.

    - `target_info`: the resource's attributes as the labels of `target_info`. Default: on.
    - `scope_labels`: `otel_scope_name` and `otel_scope_version` on every series. Default: off, for
      they say nothing about the service and lengthen every series.
    - `created`: `_created` with the start of each counter and histogram. Default: off, for
      Prometheus stores them as series of their own.
    """

    def __init__(
        self, *, target_info: bool = True, scope_labels: bool = False, created: bool = False
    ) -> None:
        self._target_info = target_info
        self._scope_labels = scope_labels
        self._created = created
        self._claims = Claims()
        self._said: set[str] = set()

    def families(self, resources: Sequence[ResourceMetrics]) -> list[PrometheusMetric]:
        """The families of what was collected, ready for prometheus_client's encoders.

        One `target_info` is allowed: that of the first resource.
        """
        families: dict[str, Family] = {}
        if self._target_info and resources:
            info = Family("target", "info", "gauge", "", "Target metadata")
            labels = _labels(resources[0].resource.attributes, {})
            if labels and self._claims.grants(info):
                info.numbers[labels] = Number(value=1.0, start_ns=0, time_ns=0)
                families["target"] = info
        for resource in resources:
            for scope_metrics in resource.scope_metrics:
                scope = self._labels_of(scope_metrics.scope)
                for metric in scope_metrics.metrics:
                    with self._left_out_if_broken(metric.name):
                        self._add(families, metric, scope)
        encoded: list[PrometheusMetric] = []
        for family in families.values():
            if family.numbers or family.distributions:
                with self._left_out_if_broken(family.name):
                    encoded.append(prometheus_metric(family, created=self._created))
        return encoded

    @contextmanager
    def _left_out_if_broken(self, name: str) -> Generator[None]:
        # A failed scrape loses every series of the process: one bad metric must not cost the rest.
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a point of somebody's holds
            self._say_once(f"{name!r} is left out of /metrics: {quoted(error)}")

    def _add(self, families: dict[str, Family], metric: Metric, scope: Mapping[str, str]) -> None:
        kind = self._kind(metric)
        if kind is None:
            return
        unit = metric.unit or ""
        wanted = _family(metric.name, unit, kind, metric.description or "")
        if not self._claims.grants(wanted):
            self._say_once(
                f"{metric.name!r} ({wanted.type}, unit {unit!r}) is left out of /metrics: its name "
                f"there, {wanted.name!r}, is taken by {self._claims.owner(wanted)!r} of another "
                "type or unit; rename one of the two"
            )
            return
        family = families.setdefault(wanted.name, wanted)
        match metric.data:
            case Sum() | Gauge():
                for point in metric.data.data_points:
                    value = as_float(point.value)
                    if kind == "counter" and not value >= 0:
                        self._say_once(
                            f"a series of {metric.name!r} is left out of /metrics: a counter must "
                            f"be >= 0, got {value}; check what its callback returns"
                        )
                        continue
                    number = Number(
                        value=value,
                        # A gauge of the SDK has no start.
                        start_ns=point.start_time_unix_nano or 0,
                        time_ns=point.time_unix_nano,
                        exemplars=point.exemplars,
                    )
                    family.add_number(_labels(point.attributes, scope), number)
            case Histogram():
                for bucketed in metric.data.data_points:
                    distribution = Distribution.of_buckets(
                        bucketed.explicit_bounds,
                        bucketed.bucket_counts,
                        sum_=bucketed.sum,
                        low=bucketed.min,
                        start_ns=bucketed.start_time_unix_nano,
                        exemplars=bucketed.exemplars,
                    )
                    labels = _labels(bucketed.attributes, scope, "le")
                    family.add_distribution(labels, distribution)
            case ExponentialHistogram():
                self._say_once(
                    f"{metric.name!r} is an exponential histogram, which the text formats of "
                    "Prometheus cannot hold: /metrics has its count and sum, no buckets; give it "
                    "explicit buckets in its View, or read it by OTLP"
                )
                for scaled in metric.data.data_points:
                    # Its own bounds widen as values come. As `le` they would appear and vanish
                    # between scrapes, and quantiles over them would be wrong without a sign.
                    distribution = Distribution.of_buckets(
                        (),
                        (scaled.count,),
                        sum_=scaled.sum,
                        low=scaled.min,
                        start_ns=scaled.start_time_unix_nano,
                        exemplars=scaled.exemplars,
                    )
                    labels = _labels(scaled.attributes, scope, "le")
                    family.add_distribution(labels, distribution)

    def _kind(self, metric: Metric) -> MetricKind | None:
        data = metric.data
        if isinstance(data, Gauge):
            return "gauge"
        if data.aggregation_temporality is not AggregationTemporality.CUMULATIVE:
            self._say_once(
                f"{metric.name!r} is left out of /metrics: Prometheus reads cumulative data and "
                "got deltas; leave the temporality of its reader at the default"
            )
            return None
        if isinstance(data, Sum):
            return "counter" if data.is_monotonic else "updowncounter"
        return "histogram"

    def _labels_of(self, scope: InstrumentationScope) -> dict[str, str]:
        if not self._scope_labels:
            return {}
        labels = {"otel_scope_name": scope.name, "otel_scope_version": scope.version}
        return {label: label_value(value) for label, value in labels.items() if value}

    def _say_once(self, message: str) -> None:
        if message not in self._said and len(self._said) < _SAID_AT_MOST:
            self._said.add(message)
            _log.warning("%s", message)


def _family(name: str, unit: str, kind: MetricKind, description: str) -> Family:
    # OpenMetrics wants `_total` on every counter: the family is named without.
    family_name = prometheus_name(name, unit, kind)
    types: dict[MetricKind, FamilyType] = {"counter": "counter", "histogram": "histogram"}
    if kind == "counter":
        family_name = family_name.removesuffix("_total")
    word = prometheus_unit(unit, ratio=kind == "gauge")
    # A unit that is in the name but not at its end cannot be said: OpenMetrics, "Unit".
    said = word if family_name.endswith(f"_{word}") else ""
    return Family(family_name, types.get(kind, "gauge"), kind, said, label_value(description))


def _labels(
    attributes: Mapping[str, object] | None, scope: Mapping[str, str], *taken: str
) -> Labels:
    labels: dict[str, str] = {}
    for label, value in prometheus_labels(attributes or {}).items():
        # Prometheus does the same to labels of a target that it needs for itself.
        needed = label in taken or label in scope or label.startswith("__")
        name = f"exported_{label.lstrip('_')}" if needed else label
        labels[name] = f"{labels[name]};{value}" if name in labels else value
    labels.update(scope)
    return tuple(sorted(labels.items()))
