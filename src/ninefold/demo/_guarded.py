"""What `/metrics` says of the calls to a dependency, and of what guarded them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Metric

from ninefold.core import prometheus_label, prometheus_name
from ninefold.registry import (
    ATTR_BREAKER_STATE,
    ATTR_DEPENDENCY_NAME,
    ATTR_OUTCOME,
    ATTR_REASON,
    BREAKER_STATUS,
    BREAKER_TRANSITIONS,
    DEPENDENCY_ATTEMPTS,
    DEPENDENCY_CALL_DURATION,
    RETRY_SUPPRESSED,
    AnyMetric,
)

_NAME: Final = prometheus_label(ATTR_DEPENDENCY_NAME)
_OUTCOME: Final = prometheus_label(ATTR_OUTCOME)
_REASON: Final = prometheus_label(ATTR_REASON)
_STATE: Final = prometheus_label(ATTR_BREAKER_STATE)


@dataclass(slots=True)
class Guarded:
    """One dependency: its calls and attempts by how they ended, and its breaker.

    `calls` are by outcome, with the reason of what our own guards refused behind it.
    """

    name: str
    calls: Counter[str] = field(default_factory=Counter[str])
    attempts: Counter[str] = field(default_factory=Counter[str])
    suppressed: Counter[str] = field(default_factory=Counter[str])
    entered: Counter[str] = field(default_factory=Counter[str])
    state: str = ""


def guarded(families: Mapping[str, Metric]) -> tuple[Guarded, ...]:
    """Every dependency that is told of, by name."""
    found: dict[str, Guarded] = {}

    def each(metric: AnyMetric, suffix: str) -> list[tuple[Guarded, dict[str, str], int]]:
        name = prometheus_name(metric.name, metric.unit, metric.kind)
        family = families.get(name) or families.get(name.removesuffix("_total"))
        return [
            (
                found.setdefault(sample.labels[_NAME], Guarded(sample.labels[_NAME])),
                sample.labels,
                int(sample.value),
            )
            for sample in (family.samples if family is not None else ())
            if sample.name.endswith(suffix) and sample.value
        ]

    for one, labels, value in each(DEPENDENCY_CALL_DURATION, "_count"):
        reason = labels.get(_REASON)
        one.calls[labels[_OUTCOME] + (f" ({reason})" if reason else "")] += value
    for one, labels, value in each(DEPENDENCY_ATTEMPTS, "_total"):
        one.attempts[labels[_OUTCOME]] += value
    for one, labels, value in each(RETRY_SUPPRESSED, "_total"):
        one.suppressed[labels[_REASON]] += value
    for one, labels, value in each(BREAKER_TRANSITIONS, "_total"):
        one.entered[labels[_STATE]] += value
    for one, labels, _ in each(BREAKER_STATUS, ""):
        one.state = labels[_STATE]
    return tuple(found[name] for name in sorted(found))
