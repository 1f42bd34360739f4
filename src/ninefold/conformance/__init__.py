"""The conformance checker: whether metric names, units, kinds and labels are right.

Nothing that it reads is imported or run. What this package offers is imported when it is used:
`ninefold check` is run on every save.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.conformance._check import check, options_of
    from ninefold.conformance._config import Configuration, configuration
    from ninefold.conformance._engine import Report
    from ninefold.conformance._facts import (
        Attribute,
        Buckets,
        Declaration,
        Facts,
        Labels,
        Position,
        Text,
        Use,
        Value,
    )
    from ninefold.conformance._finding import Edit, Finding, Fix, Found
    from ninefold.conformance._options import Options
    from ninefold.conformance._rule import Context, Rule, rule
    from ninefold.conformance.rules import every_rule

__all__ = [
    "Attribute",
    "Buckets",
    "Configuration",
    "Context",
    "Declaration",
    "Edit",
    "Facts",
    "Finding",
    "Fix",
    "Found",
    "Labels",
    "Options",
    "Position",
    "Report",
    "Rule",
    "Text",
    "Use",
    "Value",
    "check",
    "configuration",
    "every_rule",
    "options_of",
    "rule",
]

_HOMES = {
    "check": "_check",
    "options_of": "_check",
    "Configuration": "_config",
    "configuration": "_config",
    "Report": "_engine",
    "Edit": "_finding",
    "Finding": "_finding",
    "Fix": "_finding",
    "Found": "_finding",
    "Options": "_options",
    "Context": "_rule",
    "Rule": "_rule",
    "rule": "_rule",
    "every_rule": "rules",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'ninefold.conformance' has no attribute {name!r}")
    value: object = getattr(
        import_module(f"ninefold.conformance.{_HOMES.get(name, '_facts')}"), name
    )
    globals()[name] = value
    return value
