"""Makes of a document what it declares: an SLO with its objective, or the reason for none."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Final, cast

from ninefold.core import require_between, require_one_of, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.sli import (
    Objective,
    availability,
    dependency_availability,
    first_byte,
    fresh,
    latency,
    quality,
    saturation,
    throughput,
)
from ninefold.sli.objective import Kind, Side, Window
from ninefold.slo.openslo._annotations import annotations_of, duties, path_of
from ninefold.slo.openslo._decode import decode
from ninefold.slo.openslo._definition import LATER, Definition, Value
from ninefold.slo.openslo._indicator import Library, meant
from ninefold.slo.openslo._model import At, BudgetingMethod, Document, LeftOut, Slo, TimeSlices
from ninefold.slo.openslo._shape import ObjectiveShape, SloDocument, SloSpec

__all__ = ["slo_of"]

_METHODS: Final = ("Occurrences", "Timeslices", "RatioTimeslices")
_OPERATORS: Final = ("lte", "gte", "lt", "gt")
_DEFAULT_WINDOW: Final = "28d"
_OBJECTIVE: Final = "spec.objectives[0]"


def slo_of(document: Document, library: Library, *, owner: str | None) -> Slo | LeftOut:
    """The SLO that a document of the kind SLO declares; `owner` is the service's.

    Raises `ConfigurationError` for whatever in it cannot be meant.
    """
    shape = decode(document.content, SloDocument, document.error)
    annotations = annotations_of(document, "metadata", shape.metadata)
    about = meant(document, shape, annotations, library, _value(document, shape.spec))
    if about.vendors:
        asked = f"is asked of {', '.join(about.vendors)} by rule, and not counted in the process"
        if about.is_annotated:
            asked += "; take its metricSource out to have it counted as its annotations say"
        return LeftOut(document=document, why=asked, is_surprising=about.is_annotated)
    definition = about.definition
    assert definition is not None
    if definition.sli in LATER:
        why = f"is about {definition.sli}, which a later version of ninefold counts: not counted"
        return LeftOut(document=document, why=why, is_surprising=True)
    objective = _one_objective(document, shape.spec)
    _check_operator(document, definition, objective)
    window = _window(document, shape.spec)
    method = _method(document, shape.spec)
    target, at_target = _target(document, objective)
    told = duties(document, annotations, owner=owner)
    places = {
        **definition.at,
        "name": definition.at["operation"],
        "slower_than": definition.at["threshold"],
        "vendor": At(document, path_of("metadata", "vendor")),
        "target": At(document, at_target),
        "objective name": At(document, "metadata.name"),
        "owner": At(document, path_of("metadata", "owner")),
        "runbook": At(document, path_of("metadata", "runbook")),
        "escalation": At(document, path_of("metadata", "escalation")),
        "min_bad_events": At(document, path_of("metadata", "min-bad-events")),
    }
    with _telling(document, places):
        made = Objective(
            name=document.name,
            kind=_kind(definition, target, str(window), told.vendor),
            owner=told.owner,
            runbook=told.runbook,
            escalation=told.escalation,
            min_bad_events=told.min_bad_events,
            source=str(document.file),
        )
    return Slo(
        document=document,
        service=shape.spec.service,
        display_name=shape.metadata.display_name,
        description=shape.spec.description,
        labels=shape.metadata.labels or {},
        annotations=annotations,
        budgeting_method=method,
        time_slices=_time_slices(document, objective, method, window),
        objective=made,
    )


@contextmanager
def _telling(document: Document, places: Mapping[str, At]) -> Generator[None]:
    """Give an error the place of what it is about: its first words are an argument's name."""
    try:
        yield
    except ConfigurationError as error:
        words = str(error)
        for name, at in places.items():
            if words.startswith(f"{name} "):
                raise at.error(words.removeprefix(f"{name} ")) from error
        raise document.error("spec", f"cannot be meant: {words}") from error


def _value(document: Document, spec: SloSpec) -> Value | None:
    value = spec.objectives[0].value if spec.objectives else None
    return None if value is None else Value(value, At(document, f"{_OBJECTIVE}.value"))


def _kind(definition: Definition, target: float, window: str, vendor: str | None) -> Kind:
    route, operation = definition.routes, definition.operation or ""
    threshold = definition.threshold or 0.0
    match definition.sli:
        case "http.availability":
            return availability(route=route, target=target, window=window)
        case "http.latency":
            return latency(route=route, threshold=threshold, target=target, window=window)
        case "http.first_byte":
            return first_byte(route=route, threshold=threshold, target=target, window=window)
        case "operation.availability":
            return availability(operation=operation, target=target, window=window)
        case "operation.latency":
            return latency(operation=operation, threshold=threshold, target=target, window=window)
        case "dependency.availability":
            return dependency_availability(
                definition.dependency or "",
                side=cast("Side", definition.side),
                slower_than=definition.threshold,
                target=target,
                window=window,
                vendor=vendor,
            )
        case "quality":
            return quality(operation, target=target, window=window)
        case "freshness":
            return fresh(operation, threshold=threshold, target=target, window=window)
        case "throughput":
            return throughput(operation, threshold=threshold, target=target, window=window)
        case "saturation":
            return saturation(operation, threshold=threshold, target=target, window=window)
        case _:
            raise AssertionError(f"{definition.sli} is known, and has no kind")


def _one_objective(document: Document, spec: SloSpec) -> ObjectiveShape:
    if len(spec.objectives) != 1:
        raise document.error(
            "spec.objectives",
            f"must hold exactly one objective, got {len(spec.objectives)}; write an SLO document"
            " of its own for each",
        )
    objective = spec.objectives[0]
    for name, given in (
        ("indicator", objective.indicator),
        ("indicatorRef", objective.indicator_ref),
        ("compositeWeight", objective.composite_weight),
    ):
        if given is not None:
            raise document.error(
                f"{_OBJECTIVE}.{name}",
                "makes this a composite SLO, which ninefold does not count; move the indicator to"
                " spec, with one SLO for each",
            )
    return objective


def _check_operator(document: Document, definition: Definition, objective: ObjectiveShape) -> None:
    at, operator = f"{_OBJECTIVE}.op", objective.op
    if operator is None:
        return
    with _telling(document, {at: At(document, at)}):
        require_one_of(at, operator, _OPERATORS)
    right = "gte" if definition.sli == "throughput" else "lte"
    if objective.value is not None and operator != right:
        raise document.error(
            at,
            f"must be {right!r} for {definition.sli}, where the threshold itself is good, got"
            f" {operator!r}; write {right}",
        )


def _window(document: Document, spec: SloSpec) -> Window:
    windows = spec.time_window
    if windows is None:
        return Window.of(_DEFAULT_WINDOW)
    at = "spec.timeWindow"
    if len(windows) != 1:
        raise document.error(
            at, f"must hold exactly one window, got {len(windows)}; keep the one that counts"
        )
    window = windows[0]
    if window.calendar is not None or window.is_rolling is False:
        raise document.error(
            f"{at}[0]",
            f"must be a rolling window, got one of {shown(window.duration)} by the calendar; write"
            " {duration: 28d, isRolling: true}",
        )
    with _telling(document, {"window": At(document, f"{at}[0].duration")}):
        return Window.of(window.duration)


def _method(document: Document, spec: SloSpec) -> BudgetingMethod:
    at = "spec.budgetingMethod"
    with _telling(document, {at: At(document, at)}):
        require_one_of(at, spec.budgeting_method, _METHODS)
    return cast("BudgetingMethod", spec.budgeting_method)


def _target(document: Document, objective: ObjectiveShape) -> tuple[float, str]:
    """The target as a share, and the path of where it is said."""
    share, percent = objective.target, objective.target_percent
    if (share is None) == (percent is None):
        got = "neither" if share is None else "both"
        raise document.error(
            _OBJECTIVE, f"must have target or targetPercent, got {got}; write target: 0.999"
        )
    if share is not None:
        return share, f"{_OBJECTIVE}.target"
    assert percent is not None
    at = f"{_OBJECTIVE}.targetPercent"
    # Below 1 % nobody promises anything: it is a share, written in the wrong field.
    if not 1 < percent < 100:
        raise document.error(
            at,
            f"must be above 1 and below 100, got {percent:g}; for 99.9 % write 99.9, or target:"
            " 0.999",
        )
    # In decimal: 99.9 / 100 is 0.9990000000000001 in binary.
    return float(Decimal(repr(percent)) / 100), at


def _time_slices(
    document: Document, objective: ObjectiveShape, method: BudgetingMethod, window: Window
) -> TimeSlices | None:
    wanted = {"Occurrences": (), "Timeslices": ("Target", "Window"), "RatioTimeslices": ("Window",)}
    given = {"Target": objective.time_slice_target, "Window": objective.time_slice_window}
    for name, value in given.items():
        at = f"{_OBJECTIVE}.timeSlice{name}"
        if value is None and name in wanted[method]:
            raise document.error(at, f"is missing, and the method {method} needs it; add it")
        if value is not None and name not in wanted[method]:
            raise document.error(
                at, f"says nothing under the method {method}, got {shown(value)}; take it out"
            )
    if method == "Occurrences":
        return None
    at = f"{_OBJECTIVE}.timeSliceWindow"
    written = objective.time_slice_window
    with _telling(document, {"window": At(document, at)}):
        # OpenSLO v1, "Objectives": a number without a unit is minutes.
        length = (
            seconds("window", written) * 60
            if isinstance(written, float | int)
            else float(Window.of(written).seconds)
        )
    if length > window.seconds:
        raise document.error(
            at, f"must be no longer than the window, {window}, got {shown(written)}; write 1m"
        )
    if objective.time_slice_target is not None:
        at = f"{_OBJECTIVE}.timeSliceTarget"
        with _telling(document, {"share": At(document, at)}):
            require_between("share", objective.time_slice_target, 0, 1, above=True)
    return TimeSlices(window=length, target=objective.time_slice_target)
