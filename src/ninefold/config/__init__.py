"""Settings: what the environment, a file, code and the defaults say, and which of them won."""

from ninefold.config._load import (
    forget_file,
    is_resilience_on,
    load,
    overrides,
    read,
    sampler_settings,
    unasked,
)
from ninefold.config._model import (
    Address,
    AttributeValue,
    ExemplarFilter,
    Origin,
    OtlpProtocol,
    OtlpSettings,
    Overridden,
    Row,
    Settings,
    Signal,
    Source,
    StartupRule,
    Temporality,
)
from ninefold.config._override import Asked, Override, OverrideKind, variable_of
from ninefold.config._parse import boolean, choice, count, duration, share, wait
from ninefold.config._setting import Parse

__all__ = [
    "Address",
    "Asked",
    "AttributeValue",
    "ExemplarFilter",
    "Origin",
    "OtlpProtocol",
    "OtlpSettings",
    "Overridden",
    "Override",
    "OverrideKind",
    "Parse",
    "Row",
    "Settings",
    "Signal",
    "Source",
    "StartupRule",
    "Temporality",
    "boolean",
    "choice",
    "count",
    "duration",
    "forget_file",
    "is_resilience_on",
    "load",
    "overrides",
    "read",
    "sampler_settings",
    "share",
    "unasked",
    "variable_of",
    "wait",
]
