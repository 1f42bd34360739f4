"""Which SLI is meant, of what: said by annotations, or by a `metricSource` of ninefold's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from ninefold.core import shown
from ninefold.slo.openslo._annotations import DEFINING, PREFIX, path_of
from ninefold.slo.openslo._decode import unknown
from ninefold.slo.openslo._model import At, Document, step

__all__ = ["LATER", "NAMES", "Definition", "Value", "by_annotations", "by_source"]

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Value(NamedTuple):
    """The value of an SLO's objective, which is the threshold of a threshold metric."""

    number: float
    at: At


class _Fields(NamedTuple):
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


_FIELDS: Final[Mapping[str, _Fields]] = {
    "http.availability": _Fields((), ("route",)),
    "http.latency": _Fields(("threshold",), ("route",)),
    "http.first_byte": _Fields(("threshold",), ("route",)),
    "operation.availability": _Fields(("operation",)),
    "operation.latency": _Fields(("operation", "threshold")),
    "quality": _Fields(("operation",)),
    "freshness": _Fields(("operation", "threshold")),
    "throughput": _Fields(("operation", "threshold")),
    "saturation": _Fields(("operation", "threshold")),
    "dependency.availability": _Fields(("dependency",), ("side", "threshold")),
    "journey": _Fields((), DEFINING),
}
NAMES: Final = tuple(_FIELDS)
LATER: Final = frozenset(("journey",))
"""Known, and counted by a later version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One SLI in full. `at` says where each field stands; two that say the same are equal."""

    sli: str
    routes: tuple[str, ...] | None
    operation: str | None
    dependency: str | None
    side: str | None
    threshold: float | None
    at: Mapping[str, At] = field(compare=False, repr=False)

    def differences(self, other: Definition) -> list[str]:
        """The fields in which `other` says something else."""
        pairs = (
            ("sli", self.sli, other.sli),
            ("route", self.routes, other.routes),
            ("operation", self.operation, other.operation),
            ("dependency", self.dependency, other.dependency),
            ("side", self.side, other.side),
            ("threshold", self.threshold, other.threshold),
        )
        return [name for name, one, another in pairs if one != another]


def by_annotations(
    document: Document, at: str, annotations: Mapping[str, str], value: Value | None
) -> Definition | None:
    """What the annotations of the metadata at `at` define, if they name an SLI.

    `value` is the objective's, the threshold where no annotation says one.
    """
    given: dict[str, object] = {}
    for name in DEFINING:
        if f"{PREFIX}{name}" in annotations:
            given[name] = annotations[f"{PREFIX}{name}"].strip()
    where = {name: At(document, path_of(at, name)) for name in DEFINING}
    if not given:
        return None
    if "sli" not in given:
        said = next(iter(given))
        raise where[said].error(
            f"says nothing without {PREFIX}sli; add it, one of {', '.join(map(repr, NAMES))}",
        )
    written = given.get("threshold")
    if isinstance(written, str):
        if not _NUMBER.fullmatch(written):
            raise where["threshold"].error(
                f"must be a number (seconds, items per minute, or a share), got {shown(written)};"
                ' write "0.3"',
            )
        given["threshold"] = float(written)
    return _definition(given, where, value)


def by_source(
    document: Document, at: str, spec: Mapping[str, object] | None, value: Value | None
) -> Definition:
    """What the `spec` at the path `at` of a metric source of ninefold's defines."""
    given = dict(spec or {})
    where = {name: At(document, step(at, name)) for name in (*DEFINING, *given)}
    for name, each in given.items():
        if name not in DEFINING:
            hint = unknown(name, DEFINING)
            raise where[name].error(f"is no field of the source ninefold; {hint}")
        is_number = isinstance(each, int | float) and not isinstance(each, bool)
        if name == "threshold" and not is_number:
            raise where[name].error(f"must be a number, got {shown(each)}; write it without quotes")
        is_list = name == "route" and isinstance(each, list) and all(map(_is_text, each))
        if name != "threshold" and not is_list and not _is_text(each):
            raise where[name].error(f"must be text, got {shown(each)}; put it in quotes")
    if "sli" not in given:
        raise where["sli"].error(f"is missing; add it, one of {', '.join(map(repr, NAMES))}")
    return _definition(given, where, value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _definition(
    given: Mapping[str, object], where: Mapping[str, At], value: Value | None
) -> Definition:
    sli = str(given["sli"])
    fields = _FIELDS.get(sli)
    if fields is None:
        raise where["sli"].error(
            f"must name an SLI of ninefold, got {shown(sli)}; {unknown(sli, NAMES)}"
        )
    for name in given:
        if name != "sli" and name not in (*fields.needs, *fields.may):
            raise where[name].error(
                f"says nothing about {sli}, which has {_listed(fields)}; take it out"
            )
    threshold, said = given.get("threshold"), where["threshold"]
    if value is not None and sli not in LATER:
        if "threshold" not in (*fields.needs, *fields.may):
            raise value.at.error(f"says nothing about {sli}, got {value.number:g}; take it out")
        if threshold is not None and threshold != value.number:
            raise value.at.error(
                f"must be the same as {said}, {shown(threshold)}, got {value.number:g}; take one"
                " out"
            )
        threshold, said = value
    for name in fields.needs:
        if name not in given and (name != "threshold" or threshold is None):
            raise where[name].error(f"is missing, and {sli} needs {_listed(fields)}; add it")
    return Definition(
        sli=sli,
        routes=_routes(given.get("route")),
        operation=cast("str | None", given.get("operation")),
        dependency=cast("str | None", given.get("dependency")),
        side=_side(given.get("side"), where["side"], sli, threshold),
        threshold=cast("float | None", threshold),
        at={**where, "threshold": said},
    )


def _side(written: object, at: At, sli: str, threshold: object) -> str | None:
    """Whose view of a dependency is meant: only on their side an attempt can be too slow."""
    if sli != "dependency.availability":
        return None
    if written is None:
        return "ours" if threshold is None else "theirs"
    if written == "ours" and threshold is not None:
        raise at.error(
            f"must be 'theirs' where there is a threshold, got 'ours' and {shown(threshold)}; write"
            " theirs, or take the threshold out"
        )
    return str(written)


def _routes(written: object) -> tuple[str, ...] | None:
    if written is None:
        return None
    parts: Iterable[str]
    if isinstance(written, str):
        parts = (each.strip() for each in written.split(","))
    else:
        parts = cast("list[str]", written)
    return tuple(sorted({*parts}))


def _listed(fields: _Fields) -> str:
    return " and ".join((*fields.needs, *(f"{name} or none" for name in fields.may))) or "nothing"
