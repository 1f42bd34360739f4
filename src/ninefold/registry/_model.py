"""What the catalogue says of one metric and of one attribute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Literal, TypeAlias, TypeVar

Kind: TypeAlias = Literal["counter", "updowncounter", "gauge", "histogram"]
AttributeType: TypeAlias = Literal["string", "int", "double", "boolean", "string[]", "enum"]
Stability: TypeAlias = Literal["stable", "release_candidate", "beta", "alpha", "development"]
Level: TypeAlias = Literal["required", "conditionally_required", "recommended", "opt_in"]
Values: TypeAlias = tuple[str, ...] | tuple[int, ...]
Merge: TypeAlias = Literal["sum", "max", "min", "each"]
KindT = TypeVar("KindT", bound=Kind, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute key: its type and, where it is closed, its values.

    `values` is None for an open attribute. A closed one takes nothing else.
    """

    key: str
    type: AttributeType
    brief: str
    values: Values | None = None
    stability: Stability = "development"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Generic[KindT]):
    """One metric: what an instrument needs to be made, and in which order its attributes come.

    `attributes` are the keys a point may carry, in the order in which values are passed to an
    instrument. `boundaries` are a histogram's, in `unit`, ascending; empty for other kinds.
    `observable` says that the value is read when a reader collects. `levels` gives each attribute's
    requirement level, `values` what a closed attribute can be on this metric, which may be less
    than `Attribute.values`. `standard` says that the conventions own the name. `workers` is what
    of several workers' values is shown where one answers for all; counts are always added.
    """

    name: str
    kind: KindT
    unit: str
    description: str
    attributes: tuple[str, ...]
    boundaries: tuple[float, ...] = ()
    observable: bool = False
    workers: Merge = "sum"
    value_type: Literal["int", "double"] = "double"
    stability: Stability = "development"
    standard: bool = False
    # Read-only mappings, and left out of the hash: mappingproxy has none before Python 3.12.
    levels: Mapping[str, Level] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    values: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}), hash=False)


HistogramMetric: TypeAlias = Metric[Literal["histogram"]]
CounterMetric: TypeAlias = Metric[Literal["counter"]]
UpDownCounterMetric: TypeAlias = Metric[Literal["updowncounter"]]
GaugeMetric: TypeAlias = Metric[Literal["gauge"]]
AnyMetric: TypeAlias = Metric[Kind]
