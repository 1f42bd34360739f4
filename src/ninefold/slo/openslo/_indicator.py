"""Finds what an SLO is about: its annotations, its indicator, and the SLI that it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ninefold.core import nearest, shown
from ninefold.slo.openslo._annotations import PREFIX, annotations_of
from ninefold.slo.openslo._decode import decode
from ninefold.slo.openslo._definition import Definition, Value, by_annotations, by_source
from ninefold.slo.openslo._model import Document
from ninefold.slo.openslo._shape import (
    DataSourceDocument,
    Metadata,
    MetricSource,
    SliDocument,
    SliSpec,
    SloDocument,
)

__all__ = ["OURS", "Library", "Meant", "meant"]

OURS: Final = "ninefold"
"""The type of a metric source that says what ninefold counts."""


class Library:
    """The documents that others refer to by name."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_name: dict[tuple[str, str], list[Document]] = {}
        for each in documents:
            self._by_name.setdefault((each.kind, each.name), []).append(each)

    def find(self, kind: str, name: str) -> Document | None:
        """The document of a kind and name, if there is one. Raises where there are two."""
        found = self._by_name.get((kind, name), [])
        if len(found) > 1:
            raise found[1].error(
                "metadata.name",
                f"is taken: the {kind} {name!r} is in {found[0].place()} already; rename one",
            )
        return found[0] if found else None

    def names(self, kind: str) -> list[str]:
        """The names of all documents of a kind."""
        return sorted(name for each, name in self._by_name if each == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What an SLO is about: a definition of ours, or the vendors that are asked instead.

    `is_annotated` is whether annotations define an SLI although vendors are asked.
    """

    definition: Definition | None = None
    vendors: tuple[str, ...] = ()
    is_annotated: bool = False


@dataclass(frozen=True, slots=True)
class _Described:
    """An indicator: the document that it stands in, and where."""

    document: Document
    at: str
    metadata: Metadata | None
    spec: SliSpec


def meant(
    document: Document,
    slo: SloDocument,
    annotations: Mapping[str, str],
    library: Library,
    value: Value | None,
) -> Meant:
    """What the SLO is about; `value` is its objective's, for thresholds."""
    said: list[Definition] = []
    vendors: list[str] = []

    own = by_annotations(document, "metadata", annotations, value)
    if own is not None:
        said.append(own)
    described = _described(document, slo, library)
    if described is not None:
        home, at = described.document, described.at
        below = f"{at}.metadata".removeprefix(".")
        beside = annotations_of(home, below, described.metadata)
        of_indicator = by_annotations(home, below, beside, value)
        if of_indicator is not None:
            said.append(of_indicator)
        is_annotated, asks_us = bool(said), False
        for path, source in _sources(described):
            kind = _type_of(home, path, source, library)
            if kind.casefold() == OURS:
                said.append(by_source(home, f"{path}.spec", source.spec, value))
                asks_us = True
            else:
                vendors.append(kind)
        if vendors:
            if asks_us:
                raise home.error(
                    f"{at}.spec".removeprefix("."),
                    f"asks {OURS} and {', '.join(sorted({*vendors}))} at once; ask one of them",
                )
            return Meant(vendors=tuple(sorted({*vendors})), is_annotated=is_annotated)
    if not said:
        raise document.error(
            "spec",
            f"names no SLI; add the annotation {PREFIX}sli, or an indicator whose metricSource is"
            f" of type {OURS}",
        )
    _agree(said)
    return Meant(definition=said[0])


def _agree(said: Sequence[Definition]) -> None:
    first = said[0]
    for other in said[1:]:
        for name in first.differences(other):
            raise other.at[name].error(
                f"disagrees with {first.at[name]} about the {name}; say the same in both, or take"
                " one of the definitions out"
            )


def _described(document: Document, slo: SloDocument, library: Library) -> _Described | None:
    spec = slo.spec
    if spec.indicator is not None:
        if spec.indicator_ref is not None:
            raise document.error(
                "spec.indicatorRef", "cannot stand beside spec.indicator; take one of them out"
            )
        return _Described(document, "spec.indicator", spec.indicator.metadata, spec.indicator.spec)
    if spec.indicator_ref is None:
        return None
    home = library.find("SLI", spec.indicator_ref)
    if home is None:
        names = library.names("SLI")
        near = nearest(spec.indicator_ref, names)
        hint = f"did you mean {near!r}?" if near else "add its document to one of them"
        raise document.error(
            "spec.indicatorRef",
            f"refers to the SLI {shown(spec.indicator_ref)}, which is in no file of objectives;"
            f" {hint}",
        )
    sli = decode(home.content, SliDocument, home.error)
    return _Described(home, "", sli.metadata, sli.spec)


def _sources(described: _Described) -> Iterator[tuple[str, MetricSource]]:
    """Every metric source of an indicator, with its path."""
    home, spec = described.document, described.spec
    at = f"{described.at}.spec".removeprefix(".")
    if (spec.threshold_metric is None) == (spec.ratio_metric is None):
        many = "neither" if spec.threshold_metric is None else "both"
        raise home.error(at, f"must have thresholdMetric or ratioMetric, got {many}; write one")
    if spec.threshold_metric is not None:
        yield f"{at}.thresholdMetric.metricSource", spec.threshold_metric.metric_source
    if spec.ratio_metric is not None:
        ratio, none = spec.ratio_metric, True
        for name, metric in (
            ("good", ratio.good),
            ("bad", ratio.bad),
            ("total", ratio.total),
            ("raw", ratio.raw),
        ):
            if metric is not None:
                none = False
                yield f"{at}.ratioMetric.{name}.metricSource", metric.metric_source
        if none:
            raise home.error(
                f"{at}.ratioMetric", "must have good or bad, and total, or raw; it has none of them"
            )


def _type_of(home: Document, path: str, source: MetricSource, library: Library) -> str:
    if source.type is not None:
        return source.type
    if source.metric_source_ref is None:
        raise home.error(f"{path}.type", f"is missing; write 'type: {OURS}', or a metricSourceRef")
    found = library.find("DataSource", source.metric_source_ref)
    if found is None:
        # It is set up where the vendor's own tool reads it.
        return source.metric_source_ref
    return decode(found.content, DataSourceDocument, found.error).spec.type
