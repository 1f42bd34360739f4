"""Proof that a variant did the work that it was timed for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

Check = Callable[[int], str | None]


def expect(what: str, count: Callable[[], int], *, none: bool = False) -> Check:
    """A check that `count()` equals the number of operations done, or 0 with `none`."""

    def check(done: int) -> str | None:
        wanted, found = 0 if none else done, count()
        return None if found == wanted else f"{found} {what} instead of {wanted}"

    return check


def both(first: Check, second: Check) -> Check:
    """A check that two checks hold."""
    return lambda done: "; ".join(filter(None, (first(done), second(done)))) or None


def recorded(reader: InMemoryMetricReader, metric_name: str) -> int:
    """How many measurements the SDK's histogram of that name holds."""
    return sum(int(point.count) for point in _points(reader, metric_name))


def added(reader: InMemoryMetricReader, metric_name: str, **attributes: str) -> int:
    """What the counter of that name has come to, where the last parts of attributes are so."""
    return sum(
        int(point.value)
        for point in _points(reader, metric_name)
        if all(
            value == attributes[name.rpartition(".")[2]]
            for name, value in point.attributes.items()
            if name.rpartition(".")[2] in attributes
        )
    )


def _points(reader: InMemoryMetricReader, metric_name: str) -> list[Any]:
    data = reader.get_metrics_data()
    return [
        point
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == metric_name
        for point in metric.data.data_points
    ]


def exposed(text: str, sample: str) -> int:
    """The sum of all series of one sample name in Prometheus exposition text."""
    found = re.findall(rf"^{re.escape(sample)}(?:\{{.*\}})? (\S+)", text, re.MULTILINE)
    return round(sum(float(value) for value in found))
