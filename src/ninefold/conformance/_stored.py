"""The names under which Prometheus stores what is declared."""

from __future__ import annotations

from collections.abc import Mapping

from ninefold.conformance._facts import Declaration
from ninefold.core import TranslationStrategy, prometheus_name
from ninefold.errors import ConfigurationError


def stored_as(
    declaration: Declaration,
    strategy: TranslationStrategy = TranslationStrategy.UNDERSCORES_WITH_SUFFIXES,
) -> str | None:
    """What an OpenTelemetry metric is called in Prometheus; None where that cannot be said.

    That is where the name or the unit is not known, where nothing is left of the name, and for
    metrics of other APIs.
    """
    unit = declaration.unit.value if declaration.unit is not None else ""
    kind = declaration.kind
    if (
        declaration.api not in ("opentelemetry", "ninefold")
        or not declaration.name.value
        or unit is None
        or kind not in ("counter", "updowncounter", "gauge", "histogram")
    ):
        return None
    try:
        return prometheus_name(declaration.name.value, unit, kind, strategy=strategy)
    except ConfigurationError:
        return None  # N101 says that nothing is left of it


def stored_names(declaration: Declaration) -> Mapping[str, str]:
    """The name under each of Prometheus 3's translation strategies, by the strategy's own name.

    Empty where it cannot be said.
    """
    found: dict[str, str] = {}
    for strategy in TranslationStrategy:
        name = stored_as(declaration, strategy)
        if name is not None:
            found[str(strategy)] = name
    return found
