"""The standard library, shaped: time and chance, checks of what users pass in, and secrets."""

from ninefold.core._callables import FUNCTIONS, CallKind, function_of, kind_of_call
from ninefold.core._names import (
    MetricKind,
    TranslationStrategy,
    label_value,
    prometheus_label,
    prometheus_labels,
    prometheus_name,
)
from ninefold.core._redaction import REDACTED, is_secret, redacted_query, redacted_text
from ninefold.core._runtime import Expiry, Runtime
from ninefold.core._units import prometheus_unit
from ninefold.core._validation import (
    nearest,
    require_between,
    require_count,
    require_name,
    require_non_negative,
    require_one_of,
    require_positive,
    require_token,
    seconds,
    shown,
)

__all__ = [
    "FUNCTIONS",
    "REDACTED",
    "CallKind",
    "Expiry",
    "MetricKind",
    "Runtime",
    "TranslationStrategy",
    "function_of",
    "is_secret",
    "kind_of_call",
    "label_value",
    "nearest",
    "prometheus_label",
    "prometheus_labels",
    "prometheus_name",
    "prometheus_unit",
    "redacted_query",
    "redacted_text",
    "require_between",
    "require_count",
    "require_name",
    "require_non_negative",
    "require_one_of",
    "require_positive",
    "require_token",
    "seconds",
    "shown",
]
