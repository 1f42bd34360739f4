"""C701 and C702: one name that is declared in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ninefold.conformance._facts import Declaration, Facts
from ninefold.conformance._finding import Found, Severity
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._together import are_alternatives, are_near, by_name, comparable, place

_LONGEST: Final = 60
"""Characters of a description that are shown of each."""


@rule(
    "C701",
    "conflicting-declarations",
    "E",
    about="run",
    source="OpenTelemetry specification, metrics API: duplicate instruments; MET-003",
)
def conflicting_declarations(facts: Facts, context: Context) -> Iterator[Found]:
    """One name is declared with different kinds, units or labels; or with different descriptions.

    Different descriptions are a warning. Labels and descriptions are compared within a folder and
    those beneath it: others may belong to programs of their own. Tests and examples are left out,
    as are meters that are known to be different, and the alternatives of an `if`.

    ## Why

    An SDK keeps both and warns; a store takes the first and refuses, or mixes, the other. What a
    query returns then depends on which of the two came first.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    again = meter.create_histogram("shop.orders", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    sizes = meter.create_histogram("shop.order.size", unit="{line}", description="Lines of each.")
    ```
    """
    for profile in ("otel", "prometheus"):
        for name, group in by_name(comparable(facts, context, profile)).items():
            for index, each in enumerate(group[1:], 1):
                if context.is_known(each):
                    continue
                for other in group[:index]:
                    said = _difference(other, each)
                    if said is not None:
                        yield Found(
                            each.name.position,
                            f"{name!r} {said.here} here, and {said.there} in {place(other)}",
                            "declare it in one place, or give it another name",
                            severity=said.severity,
                            metric=name,
                            same=said.same,
                        )
                        break


_AS_TEXT: Final = ({"stateset", "gauge"}, {"gaugehistogram", "histogram"})
"""Kinds of which Prometheus's own format has the second only, and OpenMetrics both."""


class _Difference(NamedTuple):
    """What the later of two declarations says, what the earlier, and both for the fingerprint."""

    here: str
    there: str
    severity: Severity
    same: str


def _difference(one: Declaration, two: Declaration) -> _Difference | None:
    """What two declarations of a name differ in."""
    if one.position == two.position or _apart(one, two) or are_alternatives(one, two):
        return None
    if (one.kind == "info") != (two.kind == "info"):
        return None  # one is exposed with `_info` at its end
    if "exposition" in (one.api, two.api) and {one.kind, two.kind} in _AS_TEXT:
        return None
    if one.kind != two.kind and "unknown" not in (one.kind, two.kind):
        kinds = f"a {two.kind}", f"a {one.kind}"
        return _Difference(f"is {kinds[0]}", kinds[1], "E", f"{kinds[0]}, but {kinds[1]}")
    if one.unit is not None and two.unit is not None:
        units = one.unit.value, two.unit.value
        if None not in units and units[0] != units[1]:
            said = f"in {units[1]!r}, but in {units[0]!r}"
            return _Difference(f"has the unit {units[1]!r}", f"{units[0]!r}", "E", said)
    if not are_near(one, two):
        return None  # what follows may differ between programs
    if one.profile == "prometheus" and one.api != "exposition":
        labels = _labels(one), _labels(two)
        if labels[0] is not None and labels[1] is not None and labels[0] != labels[1]:
            shown = [", ".join(sorted(each)) or "nothing" for each in labels if each is not None]
            said = f"labelled by {shown[1]}, but by {shown[0]}"
            return _Difference(f"is labelled by {shown[1]}", f"by {shown[0]}", "E", said)
    if one.description is not None and two.description is not None:
        texts = one.description.value, two.description.value
        if None not in texts and texts[0] != texts[1]:
            shown = [_short(each or "") for each in texts]
            said = "described differently, but as it is"
            return _Difference(f"is described as {shown[1]}", f"as {shown[0]}", "W", said)
    return None


def _short(text: str) -> str:
    """A description for a message: its beginning says which it is."""
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _apart(one: Declaration, two: Declaration) -> bool:
    """Whether two meters are known to be different."""
    if one.scope is None or two.scope is None:
        return False
    return None not in (one.scope.value, two.scope.value) and one.scope.value != two.scope.value


def _labels(declaration: Declaration) -> frozenset[str] | None:
    if declaration.labels is None:
        return frozenset()
    names = declaration.labels.names
    if names is None or any(each.value is None for each in names):
        return None
    return frozenset(each.value or "" for each in names)


@rule(
    "C702",
    "conflicting-buckets",
    "W",
    about="run",
    source="instrumentation score, MET-004",
)
def conflicting_buckets(facts: Facts, context: Context) -> Iterator[Found]:
    """One name is declared with different buckets.

    ## Why

    Quantiles over both are computed from the boundaries that they share, and are wrong between them
    without saying so.

    ## Bad

    ```python
    from prometheus_client import CollectorRegistry, Histogram

    web, jobs = CollectorRegistry(), CollectorRegistry()
    one = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 1, 10), registry=web)
    two = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.5, 5, 50), registry=jobs)
    ```

    ## Use instead

    ```python
    from prometheus_client import CollectorRegistry, Histogram

    web, jobs = CollectorRegistry(), CollectorRegistry()
    BUCKETS = (0.1, 1, 10)
    one = Histogram("shop_wait_seconds", "Time waited.", buckets=BUCKETS, registry=web)
    two = Histogram("shop_wait_seconds", "Time waited.", buckets=BUCKETS, registry=jobs)
    ```
    """
    for profile in ("otel", "prometheus"):
        for name, group in by_name(comparable(facts, context, profile)).items():
            histograms = [each for each in group if each.kind == "histogram"]
            first = histograms[0] if histograms else None
            for each in histograms[1:]:
                assert first is not None
                if (
                    first.buckets is None
                    or each.buckets is None
                    or _apart(first, each)
                    or are_alternatives(first, each)
                ):
                    continue
                bounds = first.buckets.bounds, each.buckets.bounds
                if None not in bounds and bounds[0] != bounds[1]:
                    yield Found(
                        each.buckets.position,
                        f"{name!r} has other buckets here than in {place(first)}",
                        "use the same boundaries in both places",
                        metric=name,
                        same="other buckets",
                    )
