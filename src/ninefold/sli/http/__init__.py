"""What one HTTP exchange counts as: its `error.type` and its bounded labels."""

from __future__ import annotations

from ninefold.sli.http._engine import error_type
from ninefold.sli.http._labels import (
    KNOWN_METHODS,
    OTHER,
    known_methods,
    method_label,
    protocol_version_label,
    scheme_label,
    status_code,
    status_label,
)
from ninefold.sli.http._model import Ending, ending_of
from ninefold.sli.http._served import Applications, Route, Routes, merged
from ninefold.sli.http._synthetic import SyntheticTraffic

__all__ = [
    "KNOWN_METHODS",
    "OTHER",
    "Applications",
    "Ending",
    "SyntheticTraffic",
    "Route",
    "Routes",
    "ending_of",
    "error_type",
    "known_methods",
    "merged",
    "method_label",
    "protocol_version_label",
    "scheme_label",
    "status_code",
    "status_label",
]
