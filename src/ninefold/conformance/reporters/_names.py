"""What is declared, with the names that Prometheus has for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._facts import Declaration
from ninefold.conformance._stored import stored_names

_CLIENT: Final = {"counter": "_total", "info": "_info"}
"""What prometheus_client adds to names."""


def metrics_as_json(report: Report) -> list[dict[str, object]]:
    """Each declaration, in the order of the files; `name` and `unit` are None where not known."""
    return [
        {
            "name": each.name.value,
            "kind": each.kind,
            "unit": each.unit.value if each.unit is not None else "",
            "api": each.api,
            "path": each.name.position.path,
            "line": each.name.position.line,
            "column": each.name.position.column,
            "prometheus": stored_names(each),
        }
        for each in _ordered(report)
    ]


def names(report: Report) -> list[str]:
    """For people: each metric once, and below it its names under the translation strategies."""
    lines: list[str] = []
    for each in dict.fromkeys(map(_described, _ordered(report))):
        lines.extend(each)
    return lines


def _ordered(report: Report) -> list[Declaration]:
    return sorted(report.facts.declarations, key=lambda each: each.name.position)


def _described(declaration: Declaration) -> tuple[str, ...]:
    unit = "" if declaration.unit is None else f", {declaration.unit.shown}"
    place = declaration.name.position
    head = (
        f"{place.path}:{place.line}:{place.column}: {declaration.name.shown}"
        f" ({declaration.kind}{unit})"
    )
    return (head, *_below(declaration))


def _below(declaration: Declaration) -> Iterator[str]:
    name = declaration.name.value
    suffix = _CLIENT.get(declaration.kind, "") if declaration.api == "prometheus_client" else ""
    if name and suffix and not name.endswith(suffix):
        yield f"  {name}{suffix}  as the client exposes it"
    by_name: dict[str, list[str]] = {}
    for strategy, name in stored_names(declaration).items():
        by_name.setdefault(name, []).append(strategy)
    wide = max(map(len, by_name), default=0)
    for name, strategies in by_name.items():
        yield f"  {name:{wide}}  {', '.join(strategies)}"
