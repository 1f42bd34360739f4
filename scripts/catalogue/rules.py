"""What the registry must hold to: Weaver's rules, the conventions' facts, and ninefold's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from catalogue.source import Group, Reference, Registry, RegistryError

INSTRUMENTS = ("counter", "gauge", "histogram", "updowncounter")
LEVELS = ("required", "conditionally_required", "recommended", "opt_in")
VALUE_TYPES = ("int", "double")
MERGES = ("sum", "max", "min", "each")
BRIEF_LIMIT = 79  # keeps every generated line within 100 columns; more goes into the note


def verify(registry: Registry, facts: dict[str, Any]) -> None:
    """Raise RegistryError with every problem found; return when there is none."""
    problems = [
        *_unique(registry),
        *_attributes(registry, facts),
        *(problem for metric in registry.metrics for problem in _metric(metric, registry, facts)),
        *_named_types(registry),
    ]
    if problems:
        raise RegistryError(problems)


def is_standard(metric: Group) -> bool:
    """Whether the conventions own the metric's name."""
    return not metric.name.startswith("ninefold.")


def members(key: str, registry: Registry, facts: dict[str, Any]) -> tuple[str | int, ...] | None:
    """The declared values of an enum attribute, None for another type."""
    if key in registry.definitions:
        declared = registry.definitions[key].members
        return None if declared is None else tuple(value for value, _ in declared)
    kind = facts["attributes"][key]["type"]
    return tuple(kind) if isinstance(kind, list) else None


def _unique(registry: Registry) -> Iterator[str]:
    for what, names in (
        ("group id", [group.id for group in registry.groups]),
        ("metric_name", [metric.name for metric in registry.metrics]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                yield f"{what} {name} is declared {count} times; one must go"


def _attributes(registry: Registry, facts: dict[str, Any]) -> Iterator[str]:
    for key, definition in registry.definitions.items():
        if key in facts["attributes"]:
            yield f"{definition.file}: {key} is the conventions'; refer to it with ref"
    briefs = {
        reference.key
        for group in registry.groups
        if group.type == "attribute_group"
        for reference in group.references
        if reference.brief
    }
    for key, definition in registry.definitions.items():
        yield from _brief(f"{definition.file}: {key}", definition.brief)
    for group in registry.groups:
        yield from _brief(f"{group.file}: {group.id}", group.brief)
        for key, count in Counter(reference.key for reference in group.references).items():
            if count > 1:
                yield f"{group.file}: {group.id}: {key} is listed {count} times"
        for reference in group.references:
            yield from _brief(f"{group.file}: {group.id}: {reference.key}", reference.brief or "")
            at = f"{group.file}: {group.id}: {reference.key}"
            if reference.level not in LEVELS:
                yield f"{at}: requirement_level must be one of {LEVELS}, got {reference.level!r}"
            if reference.level == "conditionally_required" and not reference.condition:
                yield f"{at}: conditionally_required needs its condition"
            if reference.key in registry.definitions:
                continue
            fact = facts["attributes"].get(reference.key)
            if fact is None:
                yield f"{at}: defined neither here nor in the conventions {facts['tag']}"
            elif "deprecated" in fact:
                yield f"{at}: deprecated in the conventions: {fact['deprecated']}"
            elif reference.key not in briefs:
                yield f"{at}: no attribute_group of the registry gives its brief"


def _brief(at: str, brief: str) -> Iterator[str]:
    if len(brief) > BRIEF_LIMIT:
        yield f"{at}: brief has {len(brief)} characters, at most {BRIEF_LIMIT}; use note"


def _metric(metric: Group, registry: Registry, facts: dict[str, Any]) -> Iterator[str]:
    at = f"{metric.file}: {metric.name}"
    if metric.id != f"metric.{metric.name}":
        yield f"{at}: its id must be metric.{metric.name}, got {metric.id}"
    if metric.instrument not in INSTRUMENTS:
        yield f"{at}: instrument must be one of {INSTRUMENTS}, got {metric.instrument!r}"
    if metric.value_type not in VALUE_TYPES:
        yield (
            f"{at}: annotations.code_generation.metric_value_type must be one of {VALUE_TYPES}, "
            f"got {metric.value_type!r}"
        )
    if (metric.instrument == "histogram") != bool(metric.boundaries):
        yield f"{at}: a histogram has boundaries and no other instrument has"
    for lower, upper in pairwise(metric.boundaries):
        if lower >= upper:
            yield f"{at}: boundaries must ascend, got {upper:g} after {lower:g}"
    if metric.instrument in ("gauge", "updowncounter"):
        if metric.workers not in MERGES:
            yield (
                f"{at}: annotations.ninefold.workers must say what of several workers' values is "
                f"shown, one of {MERGES}, got {metric.workers!r}"
            )
    elif metric.workers:
        yield f"{at}: counts of several workers are added; leave annotations.ninefold.workers out"
    for reference in metric.references:
        yield from _values(f"{at}: {reference.key}", reference, registry, facts)
    if is_standard(metric):
        yield from _standard(at, metric, facts)


def _values(
    at: str, reference: Reference, registry: Registry, facts: dict[str, Any]
) -> Iterator[str]:
    if reference.values is None or reference.open is not None:
        return
    known = members(reference.key, registry, facts)
    if known is None:
        yield f"{at}: values are given, but the attribute is no enum"
        return
    for value in reference.values:
        if value not in known:
            yield f"{at}: {value!r} is no member, known are {known}"


def _standard(at: str, metric: Group, facts: dict[str, Any]) -> Iterator[str]:
    fact = facts["metrics"].get(metric.name)
    if fact is None:
        yield f"{at}: not in the conventions {facts['tag']}; our own names begin with ninefold."
        return
    if "deprecated" in fact:
        yield f"{at}: deprecated in the conventions: {fact['deprecated']}"
    for field in ("instrument", "unit", "stability"):
        ours = getattr(metric, field)
        if ours != fact[field]:
            yield f"{at}: {field} is {ours!r}, the conventions say {fact[field]!r}"
    levels = fact.get("attributes", {})
    ours = {reference.key: reference.level for reference in metric.references}
    for key, level in ours.items():
        if key not in levels:
            yield f"{at}: {key} is no attribute of this metric in the conventions"
        elif level != levels[key]:
            yield f"{at}: {key} is {level}, the conventions say {levels[key]}"
    for key, level in levels.items():
        if key in ours or level == "opt_in":
            continue
        if level == "required":
            yield f"{at}: {key} is required by the conventions and missing"
        elif key not in metric.omits:
            yield f"{at}: {key} ({level}) is left out; say why in annotations.ninefold.omits"
    for key in metric.omits:
        if key in ours or key not in levels:
            yield f"{at}: omits names {key}, which is not left out"


def _named_types(registry: Registry) -> Iterator[str]:
    seen: dict[str, tuple[str, ...]] = {}
    for metric in registry.metrics:
        for reference in metric.references:
            if reference.type_name is None or reference.values is None:
                continue
            first = seen.setdefault(reference.type_name, reference.values)
            if first != reference.values:
                yield (
                    f"{metric.file}: {metric.name}: {reference.type_name} is {reference.values} "
                    f"here and {first} elsewhere; one name, one set of values"
                )
