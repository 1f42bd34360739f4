"""What good means: the kinds of SLI, and the objectives that a service declares with them."""

from __future__ import annotations

from ninefold.sli.objective import (
    Objective,
    Objectives,
    availability,
    dependency_availability,
    first_byte,
    fresh,
    latency,
    quality,
    saturation,
    throughput,
)
from ninefold.sli.operation import MeasuredOperation, Measurement, Operation

__all__ = [
    "MeasuredOperation",
    "Measurement",
    "Objective",
    "Objectives",
    "Operation",
    "availability",
    "dependency_availability",
    "first_byte",
    "fresh",
    "latency",
    "quality",
    "saturation",
    "throughput",
]
