"""The standard library, shaped: time and chance, checks of what users pass in, and secrets.

What is here is imported when it is used: the checker wants a few of these, on every save.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "_callables": (
        "FUNCTIONS",
        "CallKind",
        "function_of",
        "kind_of_call",
    ),
    "_names": (
        "MetricKind",
        "TranslationStrategy",
        "label_value",
        "prometheus_label",
        "prometheus_labels",
        "prometheus_name",
    ),
    "_redaction": (
        "REDACTED",
        "is_secret",
        "redacted_query",
        "redacted_text",
    ),
    "_runtime": (
        "Expiry",
        "Runtime",
    ),
    "_units": ("prometheus_unit",),
    "_validation": (
        "nearest",
        "require_between",
        "require_count",
        "require_name",
        "require_non_negative",
        "require_one_of",
        "require_positive",
        "require_token",
        "seconds",
        "shown",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'ninefold.core' has no attribute {name!r}")
    value: object = getattr(import_module(f"ninefold.core.{home}"), name)
    globals()[name] = value
    return value
