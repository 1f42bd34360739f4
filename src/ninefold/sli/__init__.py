"""What good means: the kinds of SLI, and the objectives that a service declares with them."""

from __future__ import annotations

from ninefold.sli.objective import (
    Objective,
    Objectives,
    availability,
    first_byte,
    fresh,
    latency,
    quality,
    saturation,
    throughput,
)

__all__ = [
    "Objective",
    "Objectives",
    "availability",
    "first_byte",
    "fresh",
    "latency",
    "quality",
    "saturation",
    "throughput",
]
