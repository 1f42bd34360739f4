"""R803 and R804: a name of the conventions with another unit or instrument than theirs."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, known_name, rule
from ninefold.conformance.ucum import Unit, meant, parse


@rule(
    "R803",
    "other-unit",
    "E",
    source="OpenTelemetry semantic conventions; Weaver's live check: unit mismatch",
    fix="unsafe",
)
def other_unit(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric of the conventions, or of the project's registry, has another unit than there.

    ## Why

    Who knows the name takes its unit for granted: dashboards and alerts that are made for it read
    milliseconds as seconds. In Prometheus the unit is part of the name, so that nothing finds it.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    duration = meter.create_histogram(
        "http.server.request.duration", unit="ms", description="Duration of requests."
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
    if declaration.api == "exposition":
        yield from _exposed(declaration, context)
        return
    if declaration.api == "prometheus_client":
        return
    name = declaration.name.value or ""
    fact = context.registry.metric(name)
    unit = declaration.unit
    if fact is None or (unit is not None and unit.value is None):
        return
    declared = unit.value if unit is not None else ""
    if declared == fact["unit"]:
        return
    where = unit.position if unit is not None and declared else declaration.name.position
    yield Found(
        where,
        f"the unit of {name!r} is {fact['unit']!r}, "
        + (f"not {declared!r}" if declared else "and none is given"),
        f"write {fact['unit']!r} and record in it, or give the metric another name",
        replaced(unit, fact["unit"], "unsafe")
        if unit is not None and declared and not _is_other_scale(declared, fact["unit"])
        else None,
    )


def _is_other_scale(declared: str, wanted: str) -> bool:
    """Whether values have to be divided or multiplied too, which no edit of the unit does."""
    one, two = parse(declared), parse(wanted)
    if not isinstance(one, Unit):
        one = parse(meant(declared) or "")
    if not isinstance(one, Unit) or not isinstance(two, Unit):
        return True
    units = [each.single for each in (one, two)]
    if None in units:
        return one.quantity != two.quantity
    return len({(each.prefix, each.atom) for each in units if each is not None}) > 1


@rule(
    "R804",
    "other-instrument",
    "E",
    source="OpenTelemetry semantic conventions; Weaver's live check: instrument mismatch",
)
def other_instrument(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric of the conventions, or of the project's registry, is of another instrument.

    ## Why

    Queries depend on it: a counter is asked for its rate, a histogram for its quantiles, a gauge
    for its value. Asked of another instrument they give nothing, or numbers without meaning.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    active = meter.create_counter(
        "http.server.active_requests", unit="{request}", description="Requests in progress."
    )
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    active = meter.create_up_down_counter(
        "http.server.active_requests", unit="{request}", description="Requests in progress."
    )
    ```
    """
    name = known_name(declaration, context.registry)
    fact = context.registry.metric(name) if name is not None else None
    if fact is None or declaration.kind == "unknown":
        return
    wanted: str = fact["instrument"]
    if declaration.api == "exposition" and wanted == "updowncounter":
        wanted = "gauge"  # what Prometheus stores of it
    if declaration.kind != wanted:
        yield Found(
            declaration.name.position,
            f"the instrument of {name!r} is {wanted!r}, not {declaration.kind!r}",
            f"make it {wanted!r}, or give the metric another name",
        )


def _exposed(declaration: Declaration, context: Context) -> Iterator[Found]:
    # An exposition speaks of conventions only where OpenTelemetry's exporter made it.
    if declaration.scope is None:
        return
    found = context.registry.of_prometheus_in_other_unit(declaration.name.value or "")
    if found is not None:
        name, words = found
        unit = (context.registry.metric(name) or {})["unit"]
        yield Found(
            declaration.name.position,
            f"the unit of {name!r} is {unit!r}, not {words}",
            f"record it in {unit!r}, or give the metric another name",
        )
