"""Writes the registry as a typed Python module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from catalogue.rules import is_standard, members
from catalogue.source import Group, Registry

_CLASSES = {
    "counter": "CounterMetric",
    "gauge": "GaugeMetric",
    "histogram": "HistogramMetric",
    "updowncounter": "UpDownCounterMetric",
}


def render(registry: Registry, facts: dict[str, Any]) -> str:
    """The text of the module; the same input gives the same text."""
    keys = sorted({*registry.definitions, *_referenced(registry)})
    lines = [
        '"""Every metric and attribute that ninefold emits, generated from conformance/registry.',
        "",
        f"Made with the OpenTelemetry semantic conventions {facts['tag']}. Change the registry and",
        "run scripts/generate_catalogue.py; an edit here is lost. Over 300 lines, being one table.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "from types import MappingProxyType",
        "from typing import Final, Literal, TypeAlias",
        "",
        "from ninefold.registry._model import (",
        *(
            f"    {name},"
            for name in sorted(["AnyMetric", "Attribute", "Metric", *_CLASSES.values()])
        ),
        ")",
        "",
        f'CONVENTIONS_VERSION: Final = "{facts["tag"].removeprefix("v")}"',
        "",
        *_literal("MetricName", [metric.name for metric in registry.metrics]),
        *_literal("AttributeName", keys),
        "",
    ]
    for name, values in sorted(_types(registry, facts).items()):
        lines += _literal(name, values)
    lines.append("")
    lines += (f'ATTR_{_constant(key)}: Final = "{key}"' for key in keys)
    for metric in registry.metrics:
        lines += ["", *_metric(metric, registry, facts)]
    lines += ["", "METRICS: Final[Mapping[MetricName, AnyMetric]] = MappingProxyType(", "    {"]
    lines += (f'        "{m.name}": {_constant(m.name)},' for m in registry.metrics)
    lines += ["    }", ")"]
    lines += ["", "ATTRIBUTES: Final[Mapping[AttributeName, Attribute]] = MappingProxyType("]
    lines.append("    {")
    for key in keys:
        lines += _attribute(key, registry, facts)
    lines += ["    }", ")", ""]
    return "\n".join(lines)


def render_package(registry: Registry, facts: dict[str, Any]) -> str:
    """The text of the package's __init__: the model and the whole catalogue, by explicit names."""
    keys = sorted({*registry.definitions, *_referenced(registry)})
    catalogue = [
        *(f"ATTR_{_constant(key)}" for key in keys),
        "ATTRIBUTES",
        "CONVENTIONS_VERSION",
        *(_constant(metric.name) for metric in registry.metrics),
        "METRICS",
        "AttributeName",
        "MetricName",
        *_types(registry, facts),
    ]
    # As ruff sorts the members of an import: constants first, without regard to case.
    catalogue.sort(key=lambda name: (not name.isupper(), name.lower()))
    model = [
        "AnyMetric",
        "Attribute",
        "AttributeType",
        "Kind",
        "Level",
        "Metric",
        "Stability",
        "Merge",
        "Values",
        *_CLASSES.values(),
    ]
    return "\n".join(
        [
            '"""The typed catalogue of what ninefold emits; generated, like _catalogue."""',
            "",
            "from ninefold.registry._catalogue import (",
            *(f"    {name}," for name in catalogue),
            ")",
            "from ninefold.registry._model import (",
            *(f"    {name}," for name in sorted(model)),
            ")",
            "",
            "__all__ = [",
            *(f'    "{name}",' for name in sorted([*catalogue, *model])),
            "]",
            "",
        ]
    )


def _metric(metric: Group, registry: Registry, facts: dict[str, Any]) -> Iterator[str]:
    yield f"{_constant(metric.name)}: Final[{_CLASSES[metric.instrument]}] = Metric("
    yield f'    name="{metric.name}",'
    yield f'    kind="{metric.instrument}",'
    yield f'    unit="{metric.unit}",'
    yield f"    description={_quoted(metric.brief)},"
    yield from _tuple("    attributes=", [_quoted(r.key) for r in metric.references])
    if metric.boundaries:
        yield from _tuple("    boundaries=", [repr(bound) for bound in metric.boundaries])
    if metric.observable:
        yield "    observable=True,"
    if metric.workers not in ("", "sum"):
        yield f'    workers="{metric.workers}",'
    if metric.value_type != "double":
        yield f'    value_type="{metric.value_type}",'
    yield f'    stability="{metric.stability}",'
    if is_standard(metric):
        yield "    standard=True,"
    if metric.references:
        yield "    levels=MappingProxyType("
        yield "        {"
        for reference in metric.references:
            yield f'            "{reference.key}": "{reference.level}",'
        yield "        }"
        yield "    ),"
    closed = {r.key: _closed(r.key, r.values, r.open, registry, facts) for r in metric.references}
    if any(values is not None for values in closed.values()):
        yield "    values=MappingProxyType("
        yield "        {"
        for key, values in closed.items():
            if values is not None:
                yield from _tuple(f'            "{key}": ', [_quoted(value) for value in values])
        yield "        }"
        yield "    ),"
    yield ")"


def _attribute(key: str, registry: Registry, facts: dict[str, Any]) -> Iterator[str]:
    definition = registry.definitions.get(key)
    fact = facts["attributes"].get(key, {})
    kind = definition.type if definition else fact["type"]
    yield f'        "{key}": Attribute('
    yield f'            key="{key}",'
    yield f'            type="{"enum" if isinstance(kind, list) else kind}",'
    yield f"            brief={_quoted(definition.brief if definition else _brief(key, registry))},"
    values = _closed(key, None, None, registry, facts)
    if values is not None:
        yield from _tuple("            values=", [_quoted(value) for value in values])
    yield f'            stability="{definition.stability if definition else fact["stability"]}",'
    yield "        ),"


def _closed(
    key: str,
    subset: tuple[str, ...] | None,
    open_: str | None,
    registry: Registry,
    facts: dict[str, Any],
) -> tuple[str | int, ...] | None:
    if open_ is not None:
        return None
    if subset is not None:
        return subset
    definition = registry.definitions.get(key)
    closed = definition.closed if definition else key in _closed_references(registry)
    return members(key, registry, facts) if closed else None


def _closed_references(registry: Registry) -> set[str]:
    return {r.key for group in registry.groups for r in group.references if r.closed}


def _brief(key: str, registry: Registry) -> str:
    return next(r.brief for g in registry.groups for r in g.references if r.key == key and r.brief)


def _types(registry: Registry, facts: dict[str, Any]) -> dict[str, tuple[str | int, ...]]:
    found: dict[str, tuple[str | int, ...]] = {}
    for key in sorted({*registry.definitions, *_referenced(registry)}):
        values = _closed(key, None, None, registry, facts)
        if values is not None:
            words = key.removeprefix("ninefold.").replace("_", ".").split(".")
            found["".join(word.capitalize() for word in words)] = values
    for metric in registry.metrics:
        for reference in metric.references:
            if reference.type_name is not None and reference.values is not None:
                found[reference.type_name] = reference.values
    return found


def _referenced(registry: Registry) -> set[str]:
    return {reference.key for group in registry.groups for reference in group.references}


def _constant(name: str) -> str:
    return name.removeprefix("ninefold.").replace(".", "_").upper()


def _quoted(value: str | int) -> str:
    if isinstance(value, int):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literal(name: str, values: Iterable[str | int]) -> Iterator[str]:
    quoted = [_quoted(value) for value in values]
    line = f"{name}: TypeAlias = Literal[{', '.join(quoted)}]"
    if len(line) <= 100:
        yield line
        return
    yield f"{name}: TypeAlias = Literal["
    for value in quoted:
        yield f"    {value},"
    yield "]"


def _tuple(prefix: str, items: list[str]) -> Iterator[str]:
    inside = ", ".join(items) + ("," if len(items) == 1 else "")
    line = f"{prefix}({inside}),"
    if len(line) <= 100:
        yield line
        return
    indent = " " * (len(prefix) - len(prefix.lstrip()))
    yield f"{prefix}("
    for item in items:
        yield f"{indent}    {item},"
    yield f"{indent}),"
