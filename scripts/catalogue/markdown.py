"""Writes the registry as the documentation's reference pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalogue.rules import is_standard, members
from catalogue.source import Group, Reference, Registry

_INSTRUMENTS = {
    "counter": "counter",
    "gauge": "gauge",
    "histogram": "histogram",
    "updowncounter": "up-down counter",
}


def render_metrics(registry: Registry, facts: dict[str, Any]) -> str:
    """The page of all metrics."""
    lines = [
        "# Metrics",
        "",
        "Every metric that ninefold declares, generated from `conformance/registry`. Standard",
        f"ones follow the OpenTelemetry semantic conventions {facts['tag']}. A metric is emitted",
        "once the part of ninefold that measures it is in use.",
        "",
    ]
    for metric in registry.metrics:
        lines += _metric(metric, registry, facts)
    return "\n".join(lines)


def render_attributes(registry: Registry, facts: dict[str, Any]) -> str:
    """The page of all attributes."""
    lines = [
        "# Attributes",
        "",
        "Every attribute that ninefold sets on metrics, spans or the resource, generated from",
        "`conformance/registry`. Those that begin with `ninefold.` are its own, `otel.` is the SDK",
        f"specification's, the rest the OpenTelemetry semantic conventions' ({facts['tag']}).",
        "",
        "| attribute | type | says |",
        "|---|---|---|",
    ]
    briefs = {r.key: r.brief for g in registry.groups for r in g.references if r.brief}
    closed = {r.key for g in registry.groups for r in g.references if r.closed}
    for key in sorted({*registry.definitions, *briefs}):
        definition = registry.definitions.get(key)
        kind = definition.type if definition else facts["attributes"][key]["type"]
        brief = briefs.get(key) or (definition.brief if definition else "")
        if (definition and definition.closed) or key in closed:
            values = members(key, registry, facts) or ()
            brief += f" One of {', '.join(f'`{value}`' for value in values)}."
        shown = "string" if isinstance(kind, list) and isinstance(kind[0], str) else kind
        shown = "int" if isinstance(kind, list) and isinstance(kind[0], int) else shown
        lines.append(f"| `{key}` | {'string' if shown == 'enum' else shown} | {brief} |")
    return "\n".join([*lines, ""])


_OF_WORKERS = {"sum": "sum", "max": "greatest", "min": "least", "each": "value of each"}


def _metric(metric: Group, registry: Registry, facts: dict[str, Any]) -> Iterator[str]:
    yield f"## `{metric.name}`"
    yield ""
    yield metric.brief + (f" {metric.note}" if metric.note else "")
    yield ""
    owner = "the conventions'" if is_standard(metric) else "ninefold's own"
    what = f"{'observable ' if metric.observable else ''}{_INSTRUMENTS[metric.instrument]}"
    yield f"{what[0].upper()}{what[1:]}, unit `{metric.unit}`; {owner}, {_words(metric.stability)}."
    yield ""
    if metric.workers:
        yield f"Of several workers that answer as one, the {_OF_WORKERS[metric.workers]} is shown."
        yield ""
    if metric.references:
        yield "| attribute | level | values |"
        yield "|---|---|---|"
        for reference in metric.references:
            level = _words(reference.level)
            if reference.condition:
                level = f"{level}: {reference.condition}"
            yield f"| `{reference.key}` | {level} | {_values(reference, registry, facts)} |"
        yield ""
    if metric.boundaries:
        yield f"Boundaries: {', '.join(f'{bound:g}' for bound in metric.boundaries)}."
        yield ""
    for key, why in metric.omits.items():
        yield f"`{key}` is left out: {why}."
        yield ""


def _values(reference: Reference, registry: Registry, facts: dict[str, Any]) -> str:
    values: tuple[str | int, ...] | None = reference.values
    if values is None:
        definition = registry.definitions.get(reference.key)
        closed = {r.key for g in registry.groups for r in g.references if r.closed}
        if reference.key in closed or (definition and definition.closed):
            values = members(reference.key, registry, facts)
    if values is None:
        return ""
    listed = ", ".join(f"`{value}`" for value in values)
    return f"{listed}; {reference.open}" if reference.open else listed


def _words(value: str) -> str:
    return value.replace("_", " ")
