"""One family as prometheus_client's: a sample for every line, exemplars where they may be."""

from __future__ import annotations

from bisect import bisect_left
from math import inf, isnan
from typing import TYPE_CHECKING

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar as PrometheusExemplar
from prometheus_client.utils import floatToGoString

from ninefold.core import prometheus_labels
from ninefold.telemetry._families import Distribution, Family

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import Exemplar

EXEMPLAR_RUNES = 128
"""How many characters the labels of an exemplar may have: OpenMetrics 1.0, "Exemplars"."""


def prometheus_metric(family: Family, *, created: bool = False) -> Metric:
    """The family with its samples; with `created`, since when its counts are counted."""
    metric = Metric(family.name, family.description, family.type, family.unit)
    suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
    for labels, number in family.numbers.items():
        exemplar = None
        if number.exemplars and family.type == "counter":
            # Increments are alike: the newest is the nearest to what is happening now.
            exemplar = _exemplar(max(number.exemplars, key=lambda one: one.time_unix_nano))
        metric.add_sample(family.name + suffix, dict(labels), number.value, exemplar=exemplar)
        if created and family.type == "counter":
            metric.add_sample(f"{family.name}_created", dict(labels), number.start_ns / 1e9)
    spelled: dict[tuple[float, ...], list[str]] = {}
    for labels, distribution in family.distributions.items():
        bounds = distribution.bounds
        if bounds not in spelled:
            spelled[bounds] = [_spelled(bound) for bound in (*bounds, inf)]
        _add_buckets(metric, dict(labels), distribution, spelled[bounds])
        if created:
            start = distribution.start_ns / 1e9
            metric.add_sample(f"{family.name}_created", dict(labels), start)
    return metric


def as_float(value: float) -> float:
    """The value as a float; an integer beyond any float as infinity.

    >>> as_float(-(10**400))
    -inf
    """
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _add_buckets(
    metric: Metric, labels: dict[str, str], distribution: Distribution, spelled: list[str]
) -> None:
    name = f"{metric.name}_bucket"
    counts = (*distribution.cumulative, distribution.count)
    exemplars = _exemplars(distribution)
    for place, (le, count) in enumerate(zip(spelled, counts, strict=True)):
        metric.add_sample(name, {**labels, "le": le}, count, exemplar=exemplars.get(place))
    metric.add_sample(f"{metric.name}_count", labels, distribution.count)
    if distribution.sum is not None:
        metric.add_sample(f"{metric.name}_sum", labels, distribution.sum)


def _exemplars(distribution: Distribution) -> dict[int, PrometheusExemplar | None]:
    """For each bucket, by its place, the exemplar of the largest value; of equals the newest.

    The largest is the specification's choice. Its other rule, to repeat a lower bucket's exemplar
    in one that has none, is left out: OpenMetrics wants an exemplar inside of its bucket.
    """
    chosen: dict[int, Exemplar] = {}
    for exemplar in sorted(distribution.exemplars, key=lambda one: (one.value, one.time_unix_nano)):
        if not isnan(exemplar.value):
            chosen[bisect_left(distribution.bounds, exemplar.value)] = exemplar
    return {place: _exemplar(exemplar) for place, exemplar in chosen.items()}


def _exemplar(exemplar: Exemplar) -> PrometheusExemplar | None:
    labels: dict[str, str] = {}
    if exemplar.trace_id:
        labels["trace_id"] = f"{exemplar.trace_id:032x}"
    if exemplar.span_id:
        labels["span_id"] = f"{exemplar.span_id:016x}"
    more = {**prometheus_labels(exemplar.filtered_attributes or {}), **labels}
    if sum(len(label) + len(value) for label, value in more.items()) <= EXEMPLAR_RUNES:
        labels = more
    if not labels:
        return None
    return PrometheusExemplar(labels, as_float(exemplar.value), exemplar.time_unix_nano / 1e9)


def _spelled(bound: float) -> str:
    text: str = floatToGoString(bound)  # type: ignore[no-untyped-call]  # not typed there
    return text
