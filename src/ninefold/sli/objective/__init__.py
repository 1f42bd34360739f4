"""Objectives: what good means, over which window, counted where the decision is made."""

from __future__ import annotations

from ninefold.sli.objective._declared import Objectives
from ninefold.sli.objective._dependency import DependencyObjectives
from ninefold.sli.objective._http import HttpObjectives
from ninefold.sli.objective._kinds import (
    availability,
    dependency_availability,
    first_byte,
    fresh,
    latency,
    quality,
    saturation,
    throughput,
)
from ninefold.sli.objective._model import (
    DependencyAvailability,
    EventKind,
    Freshness,
    HttpAvailability,
    HttpFirstByte,
    HttpKind,
    HttpLatency,
    Kind,
    Objective,
    OperationAvailability,
    OperationLatency,
    Quality,
    Saturation,
    Side,
    SliName,
    StateKind,
    Throughput,
)
from ninefold.sli.objective._operation import OperationObjectives
from ninefold.sli.objective._unknown import UnknownNames
from ninefold.sli.objective._window import Window

__all__ = [
    "DependencyAvailability",
    "DependencyObjectives",
    "EventKind",
    "Freshness",
    "HttpAvailability",
    "HttpFirstByte",
    "HttpKind",
    "HttpLatency",
    "HttpObjectives",
    "Kind",
    "Objective",
    "Objectives",
    "OperationAvailability",
    "OperationLatency",
    "OperationObjectives",
    "Quality",
    "Saturation",
    "Side",
    "SliName",
    "StateKind",
    "Throughput",
    "UnknownNames",
    "Window",
    "availability",
    "dependency_availability",
    "first_byte",
    "fresh",
    "latency",
    "quality",
    "saturation",
    "throughput",
]
