"""R801 and R802: names that the conventions no longer have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, known_name, rule
from ninefold.conformance.ucum import Unit, parse

_SECONDS: Mapping[str, float] = {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60, "h": 3600}


@rule(
    "R801",
    "deprecated-metric",
    "E",
    source="OpenTelemetry semantic conventions, schema and model; a project's own registry",
    fix="unsafe",
)
def deprecated_metric(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric has a name that the conventions, or the project's registry, gave up.

    ## Why

    Dashboards, alerts and backends that know the conventions look for the new name. Where the unit
    changed too, the values change with it: a threshold of 500 that was milliseconds means eight
    minutes now, and a histogram's boundaries do not fit any more.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    duration = meter.create_histogram(
        "http.server.duration", unit="ms", description="Duration of requests."
    )
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    duration = meter.create_histogram(
        "http.server.request.duration", unit="s", description="Duration of requests."
    )
    ```
    """
    registry = context.registry
    name = known_name(declaration, registry)
    if name is None:
        return
    old = registry.metric(name)
    deprecated = (old or {}).get("deprecated")
    if (old is not None and deprecated is None) or (deprecated or {}).get("reason") == "moved":
        return
    successor = registry.successor(name)
    if successor is None:
        if deprecated is not None:
            yield Found(
                declaration.name.position,
                f"{name!r} is deprecated and has no successor",
                "drop it, or give the metric a name in your own namespace",
            )
        return
    new = registry.metric(successor) or {}
    changes = list(_changes(declaration, old or {}, new))
    yield Found(
        declaration.name.position,
        f"{name!r} is deprecated: it is {successor!r} now{', ' if changes else ''}"
        + ", ".join(changes),
        "rename it; record both until no query, rule or dashboard asks for the old one",
        # Another unit is more than another name: what is recorded must change with it.
        None if changes else replaced(declaration.name, successor, "unsafe"),
    )


@rule(
    "R802",
    "moved-metric",
    "I",
    source="OpenTelemetry semantic conventions, model",
)
def moved_metric(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric's convention is kept in another registry now.

    ## Why

    The name lives on there and may change; what ninefold knows of it is its state at the move. Give
    that registry as one of the project's own, and it is judged by it.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("assistant")
    tokens = meter.create_histogram(
        "gen_ai.client.token.usage", unit="{token}", description="Tokens used."
    )
    ```

    ## Use instead

    The same, with the registry it has moved to in `[tool.ninefold.check]`: `registry = ["…"]`.

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("assistant")
    tokens = meter.create_histogram(
        "assistant.tokens", unit="{token}", description="Tokens used for an answer."
    )
    ```
    """
    name = known_name(declaration, context.registry)
    fact = context.registry.metric(name) if name is not None else None
    if fact is not None and fact.get("deprecated", {}).get("reason") == "moved":
        yield Found(
            declaration.name.position,
            f"{name!r} has moved out of the conventions to a registry of its own",
            "give that registry in `[tool.ninefold.check]`, and the metric is judged by it",
        )


def _changes(
    declaration: Declaration, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[str]:
    declared = declaration.unit.value if declaration.unit is not None else None
    before = declared or old.get("unit") or _unit_in(declaration)
    after = new.get("unit", "")
    if before and before != after:
        factor = _factor(before, after)
        yield f"in {after!r} instead of {before!r}" + (
            f": values and boundaries are to be {factor}" if factor else ""
        )
    was, now = old.get("instrument") or declaration.kind, new.get("instrument", "")
    if declaration.api != "exposition" and was != now:
        yield f"of instrument {now!r} instead of {was!r}"


def _unit_in(declaration: Declaration) -> str:
    name = declaration.name.value or ""
    return "ms" if name.endswith("_milliseconds") else ""


def _factor(before: str, after: str) -> str:
    if before in _SECONDS and after in _SECONDS:
        factor = _SECONDS[before] / _SECONDS[after]
        if factor < 1:
            return f"divided by {1 / factor:,.0f}"
        return f"multiplied by {factor:,.0f}"
    units = parse(before), parse(after)
    if all(isinstance(unit, Unit) and unit.quantity == "time" for unit in units):
        return "converted"
    return ""
