"""Measured operations: jobs, consumers, stages, whatever is no HTTP route."""

from __future__ import annotations

from ninefold.sli.operation._model import Classifier, MeasuredOperation, Measurement
from ninefold.sli.operation._operation import Operation
from ninefold.sli.operation._operations import Operations

__all__ = [
    "Classifier",
    "MeasuredOperation",
    "Measurement",
    "Operation",
    "Operations",
]
