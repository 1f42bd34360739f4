"""OpenSLO v1 as it is written: the fields of a document, named as in its specification.

Source: OpenSLO specification v1, sections "General Schema", "SLO", "SLI", "DataSource". What says
nothing to us (alert policies, connection details) may hold anything.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "Calendar",
    "DataSourceDocument",
    "Head",
    "Indicator",
    "Metadata",
    "Metric",
    "MetricSource",
    "ObjectiveShape",
    "RatioMetric",
    "SliDocument",
    "SliSpec",
    "SloDocument",
    "SloSpec",
    "TimeWindow",
]


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Fields in camel case, and no others."""


class Metadata(Shape, frozen=True, kw_only=True):
    """Who a document is; annotations must be text, which is looked at apart."""

    name: str
    display_name: str | None = None
    labels: dict[str, object] | None = None
    annotations: dict[str, object] | None = None


class MetricSource(Shape, frozen=True, kw_only=True):
    """Whom to ask for a metric; `spec` is in the words of that source."""

    metric_source_ref: str | None = None
    type: str | None = None
    spec: dict[str, object] | None = None


class Metric(Shape, frozen=True, kw_only=True):
    """A metric that is compared with a threshold, or one side of a ratio."""

    metric_source: MetricSource


class RatioMetric(Shape, frozen=True, kw_only=True):
    """Good or bad of a total, or a ratio that is made already."""

    counter: bool | None = None
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw_type: str | None = None
    raw: Metric | None = None


class SliSpec(Shape, frozen=True, kw_only=True):
    """What is measured."""

    description: str | None = None
    threshold_metric: Metric | None = None
    ratio_metric: RatioMetric | None = None


class Indicator(Shape, frozen=True, kw_only=True):
    """An SLI inside its SLO."""

    metadata: Metadata | None = None
    spec: SliSpec


class Calendar(Shape, frozen=True, kw_only=True):
    """When a window that is aligned to the calendar begins."""

    start_time: str
    time_zone: str


class TimeWindow(Shape, frozen=True, kw_only=True):
    """Over how long an objective is looked at."""

    duration: str
    is_rolling: bool | None = None
    calendar: Calendar | None = None


class ObjectiveShape(Shape, frozen=True, kw_only=True):
    """A target; `op` and `value` say the threshold of a threshold metric."""

    display_name: str | None = None
    op: str | None = None
    value: float | None = None
    target: float | None = None
    target_percent: float | None = None
    time_slice_target: float | None = None
    time_slice_window: str | float | None = None
    indicator: Indicator | None = None
    indicator_ref: str | None = None
    composite_weight: float | None = None


class SloSpec(Shape, frozen=True, kw_only=True):
    """What an SLO says."""

    description: str | None = None
    service: str
    indicator: Indicator | None = None
    indicator_ref: str | None = None
    time_window: tuple[TimeWindow, ...] | None = None
    budgeting_method: str
    objectives: tuple[ObjectiveShape, ...]
    alert_policies: tuple[object, ...] | None = None


class SloDocument(Shape, frozen=True, kw_only=True):
    """A document of the kind SLO."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: SloSpec


class SliDocument(Shape, frozen=True, kw_only=True):
    """A document of the kind SLI."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: SliSpec


class DataSourceSpec(Shape, frozen=True, kw_only=True):
    """What a data source is; how to reach it is not our business."""

    description: str | None = None
    type: str
    connection_details: object = None


class DataSourceDocument(Shape, frozen=True, kw_only=True):
    """A document of the kind DataSource."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: DataSourceSpec


class HeadMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What every document has."""

    name: str


class Head(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is looked at in every document, whoever it is for; the rest is its reader's business."""

    api_version: str
    kind: str
    metadata: HeadMetadata
    spec: object = None


class HeadSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at in every SLO."""

    service: str


class SloHead(msgspec.Struct, frozen=True, kw_only=True):
    """Whose an SLO is."""

    spec: HeadSpec
