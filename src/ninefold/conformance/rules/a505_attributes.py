"""A505: the attributes that a metric of the conventions has."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Use
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule

_RECORDS = ("add", "record", "set", "callback")


@rule(
    "A505",
    "attributes-of-convention",
    "W",
    source="OpenTelemetry semantic conventions; Weaver's live check: required attributes",
    about="use",
    profiles=("otel",),
)
def attributes_of_convention(use: Use, context: Context) -> Iterator[Found]:
    """A metric of the conventions lacks an attribute that it must have, or has a foreign one.

    ## Why

    What is made for the metric groups by its required attributes: without them everything is one
    line. One more than the convention lists multiplies the series of everyone who adds it up, and
    dashboards do not expect it; one that the conventions know is told for information only. One in
    a namespace of your own, as `shop.tenant`, is yours to add.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    duration = get_meter("shop").create_histogram(
        "http.server.request.duration", unit="s", description="Duration of requests."
    )
    duration.record(0.2, {"http.request.method": "GET"})
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    duration = get_meter("shop").create_histogram(
        "http.server.request.duration", unit="s", description="Duration of requests."
    )
    duration.record(0.2, {"http.request.method": "GET", "url.scheme": "https"})
    ```
    """
    if use.method not in _RECORDS or use.declaration.api not in ("opentelemetry", "ninefold"):
        return
    name = use.declaration.name.value or ""
    registry = context.registry
    fact = registry.metric(name)
    if fact is None:
        return
    levels: dict[str, str] = fact.get("attributes", {})
    keys = [attribute.key.value for attribute in use.attributes]
    if use.is_complete and None not in keys:
        missing = [key for key, level in levels.items() if level == "required" and key not in keys]
        if missing:
            shown = ", ".join(map(repr, missing))
            yield Found(
                use.position,
                f"{name!r} is recorded without {shown}, which it must have",
                "add what is missing",
            )
    for attribute in use.attributes:
        key = attribute.key.value
        if not key or key in levels or _is_template(key, levels) or _is_own(key, context):
            continue
        # The conventions have had bare words, as `state`, that were meant for one metric alone.
        known = registry.attribute(key) if "." in key else None
        # An old or misspelt key is A502's.
        if (known is not None and "deprecated" in known) or (
            known is None
            and (("." in key and registry.attribute_successor(key)) or registry.near(key))
        ):
            continue
        yield Found(
            attribute.key.position,
            f"the attribute {key!r} is none that the convention of {name!r} lists",
            "leave it out, or record it with a metric of your own",
            severity="W" if known is None else "I",
        )


def _is_own(key: str, context: Context) -> bool:
    """Whether a key is in a namespace that no attribute of the conventions is in."""
    starts = context.remembered(
        "namespaces of attributes",
        lambda: frozenset(each.partition(".")[0] for each in context.registry.attributes),
    )
    start, separator, _ = key.partition(".")
    return bool(separator) and start not in starts


def _is_template(key: str, levels: dict[str, str]) -> bool:
    return any(key.startswith(f"{listed}.") for listed in levels)
