"""One service and one collection of it: what a reader that comes once is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import ninefold as nf

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "sli"
Attributes = tuple[tuple[str, Any], ...]


class Told:
    """Points by metric and by the values of their attributes, in the order of the catalogue's."""

    def __init__(self, service: nf.Service, reader: InMemoryMetricReader) -> None:
        service.telemetry.pipeline.ensure()
        data = reader.get_metrics_data()
        self._points: dict[str, dict[tuple[Any, ...], Any]] = {
            metric.name: {
                tuple((point.attributes or {}).values()): getattr(point, "value", None)
                for point in metric.data.data_points
            }
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, metric: str) -> dict[tuple[Any, ...], Any]:
        """What was told of one metric."""
        return self._points.get(metric, {})

    def named(self, metric: str) -> dict[str, Any]:
        """What was told of a metric that has a name alone."""
        return {name: value for (name,), value in self.points(metric).items()}

    def dropped(self, reason: str) -> int:
        """How many values were lost for this reason."""
        found: int = self.points("ninefold.telemetry.dropped").get(("metrics", reason), 0)
        return found


@contextmanager
def started(**settings: Any) -> Iterator[tuple[nf.Service, Callable[[], Told]]]:
    """A service, and what collects it: everything is asked again each time."""
    reader = InMemoryMetricReader()
    service = nf.setup("states", readers=[reader], **settings)
    try:
        yield service, lambda: Told(service, reader)
    finally:
        service.shutdown()


def cases(topic: str) -> list[Any]:
    """The cases of one table as pytest parameters, named as they are there."""
    table = yaml.safe_load((_VECTORS / f"{topic}.yaml").read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in table["cases"]]


def answering(said: Any) -> Callable[[], Any]:
    """A callable that answers as a table says."""

    def answer() -> Any:
        if said == "raises":
            raise RuntimeError("as the table says")
        if isinstance(said, dict):
            return datetime.fromisoformat(said["datetime"])
        return said

    return answer


def asked(said: Any) -> Any:
    """A constant, or a callable where a table says so."""
    if said == "raises":
        return answering(said)
    return answering(said["answers"]) if isinstance(said, dict) else said
