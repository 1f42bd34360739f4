"""Settings: what the environment, a file, code and the defaults say, and which of them won."""

from ninefold.config._load import load, read
from ninefold.config._model import (
    Address,
    AttributeValue,
    ExemplarFilter,
    Origin,
    OtlpProtocol,
    OtlpSettings,
    Overridden,
    ParentRule,
    Row,
    Settings,
    Signal,
    Source,
    Temporality,
)

__all__ = [
    "Address",
    "AttributeValue",
    "ExemplarFilter",
    "Origin",
    "OtlpProtocol",
    "OtlpSettings",
    "Overridden",
    "ParentRule",
    "Row",
    "Settings",
    "Signal",
    "Source",
    "Temporality",
    "load",
    "read",
]
