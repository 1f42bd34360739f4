"""OpenSLO v1 documents: files of objectives, read, checked and turned into `Objective`s."""

from __future__ import annotations

from ninefold.slo.openslo._files import found
from ninefold.slo.openslo._load import Loaded, documents, load, read
from ninefold.slo.openslo._model import BudgetingMethod, Document, LeftOut, Slo, TimeSlices

__all__ = [
    "BudgetingMethod",
    "Document",
    "LeftOut",
    "Loaded",
    "Slo",
    "TimeSlices",
    "documents",
    "found",
    "load",
    "read",
]
